"""The loop around a U-Net beside its bare forward passes, and a run of 64 digits as the page sends it.

python -m tests.benchmarks.images [--device cuda] [--rounds 5] [--threads 2]
"""

from __future__ import annotations

import argparse
import json
import time

import torch

from diffviz import checkpoints
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.noise import Stream
from diffviz.process import reverse_process
from diffviz.ui.broadcast import broadcast
from tests.benchmarks.timing import interleave, table

STEPS, BATCH = 50, 16


def loop(dataset: str, device: str, rounds: int) -> None:
    """DDPM with each variance, every frame kept, batch 16."""
    network = checkpoints.load(dataset, checkpoints.CHECKPOINTS / "pictures").network.to(device)
    synchronise = torch.cuda.synchronize if device == "cuda" else lambda: None

    def setup_of(variance: str) -> Setup:
        return Setup(
            Experiment(dataset=dataset, denoiser="learned", steps=STEPS, particles=BATCH, variance=variance, device=device)
        )

    first = setup_of("posterior")
    x_T = first.noise(Stream.REVERSE)(0)
    levels = torch.from_numpy(first.schedule.log_snr).float().to(device)

    @torch.inference_mode()
    def bare() -> None:
        for t in range(STEPS, 0, -1):
            network(x_T, levels[t : t + 1])
        synchronise()

    def ours(variance: str) -> None:
        setup = setup_of(variance)
        parts = setup.sampler, setup.schedule, setup.times, x_T, setup.noise(Stream.REVERSE)
        frames = [frame.x for frame in reverse_process(setup.denoiser, *parts)]
        torch.stack(frames).cpu()

    contenders = {"bare": bare} | {name: lambda name=name: ours(name) for name in ("posterior", "optimal", "learned")}
    table(f"{dataset}, {STEPS} steps of {BATCH} pictures, {device}", interleave(contenders, rounds), "bare")


def page() -> None:
    """64 digits, 100 steps: seconds to the first picture, to the last frame, to the bound; bytes."""
    started, first, frames, size = time.perf_counter(), 0.0, 0.0, 0
    for text in broadcast(Experiment(dataset="digits", denoiser="learned", particles=64, seed=time.time_ns() % 2**31)):
        message, size, now = json.loads(text), size + len(text), time.perf_counter() - started
        first = first or (now if "blocks" in message else 0.0)
        frames = now if "blocks" in message else frames
    done = time.perf_counter() - started
    print(
        f"\n64 digits, 100 steps: first picture {first:.2f} s, all frames {frames:.1f} s, bound {done:.1f} s, {size / 1e6:.1f} MB"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    for dataset in ("digits", "dead_leaves"):
        loop(dataset, arguments.device, arguments.rounds)
    page()


if __name__ == "__main__":
    main()
