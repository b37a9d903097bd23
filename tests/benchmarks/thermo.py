"""Exact work values of paths: 1000 paths x 100 steps of both laws, and what is made of them.

python -m tests.benchmarks.thermo [--paths 1000] [--steps 100] [--rounds 5] [--threads 1]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from diffviz import Experiment
from diffviz.engine import Setup
from diffviz.thermodynamics.fluctuations import (
    acceptance_ratio,
    convergence,
    crooks_line,
    exponential_mean,
    log_ratio,
)
from diffviz.thermodynamics.work import Work, work_of_run

RUNS = {
    "eight_gaussians, exact": {"variance": "optimal"},
    "eight_gaussians, network": {"variance": "optimal", "denoiser": "learned"},
    "two_moons, exact": {"dataset": "two_moons", "variance": "optimal"},
    "checkerboard, exact": {"dataset": "checkerboard", "variance": "optimal"},
    "heartbeat, exact": {"dataset": "heartbeat"},
    "heartbeat, network": {"dataset": "heartbeat", "denoiser": "learned"},
}


def figures(work: Work) -> None:
    """All that is made of works."""
    q, p = work.work_forward, work.work_reverse
    log_ratio(q, p), exponential_mean(q, p), crooks_line(q, p), acceptance_ratio(q, p), convergence(q)


def timed(contender: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock, and of all cores together: what others do on the machine is not in them."""
    wall, core = time.perf_counter(), time.process_time()
    contender()
    return time.perf_counter() - wall, time.process_time() - core


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    for name, default in (("paths", 1000), ("steps", 100), ("rounds", 5), ("threads", 1)):
        options.add_argument(f"--{name}", type=int, default=default)
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    setups = {name: Setup(Experiment(**fields, steps=arguments.steps)) for name, fields in RUNS.items()}
    works = {name: work_of_run(setup, arguments.paths) for name, setup in setups.items()}  # a round that is not counted
    contenders = {name: lambda s=s: work_of_run(s, arguments.paths) for name, s in setups.items()}
    contenders["theorems of the first"] = lambda: figures(next(iter(works.values())))
    print(f"{arguments.paths} paths x {arguments.steps} steps, both processes\n{'':<28}{'wall':>10}{'of a core':>14}")
    for name, contender in contenders.items():
        wall, core = zip(*(timed(contender) for _ in range(arguments.rounds)), strict=True)
        print(f"{name:<28}{1000 * statistics.median(wall):>7.0f} ms{1000 * statistics.median(core):>11.0f} ms")


if __name__ == "__main__":
    main()
