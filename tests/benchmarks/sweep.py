"""A sweep of many short runs: processor seconds a run beside the engine called in a loop, and how two workers scale.

python -m tests.benchmarks.sweep [--runs 1000] [--alone 100] [--steps 10] [--particles 100]

Seconds of the clock depend on what else the machine does; those of processors, of this process and of its workers, hardly do. One
and two workers take turns in parts of the runs, so that a machine whose load drifts slows both alike.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

import psutil
import torch

from diffviz.experiment import Experiment
from diffviz.grids import combinations
from diffviz.sweeps.cluster import outcomes, workers
from diffviz.sweeps.rows import compute

ROUNDS = 5


def processor_seconds() -> float:
    """Of this process and of those that it has begun."""
    this = psutil.Process()
    return sum(each.cpu_times().user + each.cpu_times().system for each in (this, *this.children(recursive=True)))


def swept(client, runs: Sequence[Experiment]) -> tuple[float, float]:
    """Seconds of the clock and of processors for all of them."""
    wall, core = time.perf_counter(), processor_seconds()
    rows = dict(outcomes(client, runs))
    assert len(rows) == len(runs)
    assert not [why for why in rows.values() if isinstance(why, str)]
    return time.perf_counter() - wall, processor_seconds() - core


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    for name, default in (("runs", 1000), ("alone", 100), ("steps", 10), ("particles", 100)):
        options.add_argument(f"--{name}", type=int, default=default)
    arguments = options.parse_args()
    torch.set_num_threads(1)

    axes = {"schedule": ("linear", "cosine"), "sampler": ("ancestral", "ddim"), "seed": range(arguments.runs // 4)}
    fixed = {"steps": arguments.steps, "particles": arguments.particles}
    runs = [each.run for each in combinations(axes, lambda values: Experiment(**fixed, **values))]
    alone = runs[:: max(1, len(runs) // arguments.alone)]
    compute(alone[0].to_dict())
    wall, core = time.perf_counter(), time.process_time()
    for run in alone:
        compute(run.to_dict())
    wall, core = (time.perf_counter() - wall) / len(alone), (time.process_time() - core) / len(alone)
    print(f"{len(runs)} runs of {arguments.steps} steps and {arguments.particles} particles")
    print(f"{'':<26}{'wall':>10}{'processors':>13}  a run")
    print(f"{'the engine in a loop':<26}{1000 * wall:>7.1f} ms{1000 * core:>10.1f} ms")

    started = time.perf_counter()
    with workers(1) as one, workers(2) as two:
        clients = {1: one, 2: two}
        print(f"three workers begin in {time.perf_counter() - started:.1f} s")
        for count, client in clients.items():  # each worker imports what it needs
            swept(client, runs[: 4 * count])
        parts = [(len(runs) * n // ROUNDS, len(runs) * (n + 1) // ROUNDS) for n in range(ROUNDS)]
        spent = {count: [] for count in clients}
        for first, last in parts:
            for count, client in clients.items():
                spent[count].append(swept(client, runs[first:last] if count == 2 else runs[first : first + (last - first) // 4]))
        sizes = {1: sum((last - first) // 4 for first, last in parts), 2: len(runs)}
    for count, seconds in spent.items():
        each_wall, each_core = (1000 * sum(column) / sizes[count] for column in zip(*seconds, strict=True))
        print(f"{f'{count} worker' + 's' * (count > 1):<26}{each_wall:>7.1f} ms{each_core:>10.1f} ms")
    rates = [
        (one[0] / ((last - first) // 4)) / (two[0] / (last - first))
        for one, two, (first, last) in zip(spent[1], spent[2], parts, strict=True)
    ]
    least, most = min(rates), max(rates)
    print(f"two workers are {statistics.median(rates):.2f} x as fast as one ({least:.2f} to {most:.2f} in {ROUNDS} rounds)")


if __name__ == "__main__":
    main()
