"""The training loop beside the bare forward pass, backward pass and update, and how near the default comes to the truth.

    python -m tests.benchmarks.training [--device cuda] [--updates 5000] [--quality]

Prints the ratio of the whole loop (drawing batches, learning rate, moving average, check of the loss) to the bare one, made in
turn so that a machine that drifts slows both alike; with --quality also the gap on two moons after the default training.
"""

from __future__ import annotations

import argparse

import torch

from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.progress import chain_costs
from diffviz.domains.plane.training import DenoisingTask, Recipe, begin
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from tests.benchmarks.timing import interleave, table

BLOCK = 100  # updates of each contender in a round


def bare(recipe: Recipe, device: str):
    """Updates on one batch, by a loop with nothing else in it."""
    task = DenoisingTask(recipe, device)
    generator = torch.Generator().manual_seed(0)
    network = task.network(generator).to(device)
    optimiser, batch = task.optimiser(network), task.draw(1, generator)[0]

    def run() -> None:
        for _ in range(BLOCK):
            loss = (network(batch.x_t, batch.log_snr) - batch.target).square().mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
        loss.item()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--updates", type=int, default=5000)
    parser.add_argument("--quality", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    recipe = Recipe("two_moons", updates=chosen.updates)
    training = begin(recipe, chosen.device)
    rounds = chosen.updates // BLOCK - 1
    seconds = interleave({"bare": bare(recipe, chosen.device), "training": lambda: training.advance(BLOCK)}, rounds)
    table(f"{BLOCK} updates on {chosen.device}, batch {recipe.batch}, 3 x 128", seconds, "bare")
    if chosen.quality:
        found = chain_costs(NetworkDenoiser(training.average.to("cpu")), make_dataset("two_moons"), 4096)
        excess = found.gap.value - found.exact_gap.value
        print(
            f"\nafter {training.update} updates the gap is {excess:.4f} ± {found.gap.stderr:.4f} nats above the exact denoiser's"
        )


if __name__ == "__main__":
    main()
