"""The training loop beside the bare forward pass, backward pass and update, and how near the default comes to the truth.

    python -m tests.benchmarks.training [--device cuda] [--updates 5000] [--quality]
    python -m tests.benchmarks.training --page [--updates 5000]

Prints the ratio of the whole loop (drawing batches, learning rate, moving average, check of the loss) to the bare one, made in
turn so that a machine that drifts slows both alike; with --quality also the gap on two moons after the default training. With
--page the training is that of the Train tab, by the page's own job with all its live views, and what is compared is the CPU time
of this process, in which others do not count.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.progress import chain_costs
from diffviz.domains.plane.training import DenoisingTask, Recipe, begin
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from diffviz.ui.jobs import Job
from diffviz.views import view
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


ON_PAGE = {  # title: the recipes that the page trains on one clock
    "v": [Recipe("two_moons")],
    "energy": [Recipe("two_moons", objective="energy")],
    "two on one clock": [Recipe("two_moons"), Recipe("two_moons", objective="eps")],
}
LOG_SNR = 4.0  # of the score field that is seen


def seconds_of_cpu(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def on_page(recipes: list[Recipe], updates: int) -> tuple[list[float], int]:
    """CPU time of updates as the page makes them over that of as many bare ones, made in turn: of all, and the least and the most
    in a round; and how many reports were seen."""
    recipes = [replace(recipe, updates=updates) for recipe in recipes]
    job = Job([begin(recipe) for recipe in recipes], view("plane").live.see(recipes), 0)
    loops, rounds, reports = [bare(recipe, "cpu") for recipe in recipes], [], 0

    def page() -> None:
        nonlocal reports
        end = job.update + BLOCK
        while job.update < min(end, updates):
            job.go_on(updates, LOG_SNR)  # as many as there is time for in a call
            reports += len(job.reports.waiting)
            job.reports.fetched(reports)

    while job.update < updates:
        first, spent = job.update, seconds_of_cpu(page)
        made = job.update - first
        rounds.append((spent / made, sum(map(seconds_of_cpu, loops)) / BLOCK))
    of_page, of_bare = (sum(each) for each in zip(*rounds, strict=True))
    return [of_page / of_bare, min(a / b for a, b in rounds), max(a / b for a, b in rounds)], reports


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--updates", type=int, default=5000)
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--page", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.page:
        for title, recipes in ON_PAGE.items():
            (mean, least, most), reports = on_page(recipes, chosen.updates)
            print(
                f"{title:<20}{mean:.2f} x the bare updates ({least:.2f} to {most:.2f} in rounds), {reports} reports", flush=True
            )
        return
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
