"""How long it takes to find the optimal schedule, and how much more than its gap least dissipation leaves.

python -m tests.benchmarks.optimal_schedule [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import time

from diffviz import Experiment
from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.optimal_schedule import least_errors, optimal_log_snr
from diffviz.engine import Setup
from diffviz.gaussian.quadrature import marginal
from diffviz.views.plane.measure import analyse

STEPS = (10, 100)


def seconds(dataset: str, steps: int) -> tuple[float, float]:
    """Of the first schedule of a data set, its MMSE table included, and of one more step with the table at hand."""
    mixture = make_dataset(dataset)
    for function in (marginal, least_errors, optimal_log_snr):
        function.cache_clear()
    started = time.perf_counter()
    optimal_log_snr(mixture, steps)
    first = time.perf_counter() - started
    started = time.perf_counter()
    optimal_log_snr(mixture, steps + 1)
    return first, time.perf_counter() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    print(f"{'':<18}{'T':>5}{'first, s':>12}{'further, s':>12}{'least dissipation leaves more':>32}")
    for dataset in DATASETS:
        for steps in STEPS:
            first, further = (
                statistics.median(column) for column in zip(*(seconds(dataset, steps) for _ in range(rounds)), strict=True)
            )
            gaps = [
                analyse(Setup(Experiment(dataset=dataset, schedule=name, steps=steps))).gap.value
                for name in ("least_dissipation", "optimal")
            ]
            more = f"{100 * (gaps[0] / gaps[1] - 1):.1f} %" if gaps[1] > 1e-5 else "nothing to leave"
            print(f"{dataset:<18}{steps:>5}{first:>12.3f}{further:>12.4f}{more:>32}")


if __name__ == "__main__":
    main()
