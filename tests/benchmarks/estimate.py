"""How long runs take until their frames have come, beside what the page estimates (ui/limits.py).

In the processor's time, on one core.

python -m tests.benchmarks.estimate [--rounds 3] [--of words]
"""

from __future__ import annotations

import argparse
import itertools
import time
from typing import Any

import torch

from diffviz.domains import domain_of
from diffviz.engine import Setup, stream
from diffviz.experiment import Experiment
from diffviz.ui.limits import QUICK_SECONDS, estimated_seconds

DIGITS: dict[str, Any] = {"dataset": "digits", "denoiser": "learned", "particles": 16, "steps": 50}
WORDS: tuple[dict[str, Any], ...] = ({"dataset": "names"}, {"dataset": "english"}, {"dataset": "own_words"})
GRAPHS: tuple[dict[str, Any], ...] = ({"dataset": "trees"}, {"dataset": "trees", "nodes": 4}, {"dataset": "block_model"})
SAMPLERS: tuple[dict[str, Any], ...] = (
    {"sampler": "random_order", "steps": 8},
    {"sampler": "remasking", "corrector_steps": 4, "particles": 50, "steps": 20},
    {"denoiser": "learned", "particles": 10},
    {"denoiser": "learned", "particles": 200, "steps": 20},
)
RUNS: tuple[dict[str, Any], ...] = (
    {},
    {"particles": 10, "steps": 1000},
    {"particles": 4000},
    {"dataset": "checkerboard"},
    {"dataset": "checkerboard", "particles": 4000},
    {"dataset": "spiral", "denoiser": "learned"},
    {"sampler": "heun"},
    {"sampler": "langevin", "corrector_steps": 20},
    {"sampler": "adaptive", "steps": 300},
    DIGITS,
    {**DIGITS, "denoiser": "exact", "particles": 64},
    {**DIGITS, "measurement": "inpaint"},
    {**DIGITS, "label": 7, "guidance": 2.0},
    {"dataset": "dead_leaves", "particles": 4, "steps": 20},
    {"dataset": "dead_leaves", "denoiser": "learned", "particles": 4, "steps": 20},
    {"dataset": "own", "particles": 4, "steps": 40},
    {"dataset": "heartbeat"},
    {"dataset": "heartbeat", "particles": 4000},
    {"dataset": "heartbeat", "particles": 10, "steps": 1000},
    {"dataset": "heartbeat", "denoiser": "learned"},
    *(
        {**data, "process": process, **size}
        for data in (*WORDS, *GRAPHS)
        for process in ("absorbing", "uniform")
        for size in ({"steps": 20}, {"particles": 100}, {"particles": 10, "steps": 200})
    ),
    *({**data, **sampler} for data in (WORDS[0], GRAPHS[0]) for sampler in SAMPLERS),
    {"dataset": "trees", "denoiser": "trees_uniform", "process": "uniform", "particles": 300, "steps": 30},
)


def taken(seed: int, values: dict[str, Any]) -> float:
    """Seconds of the processor for all frames of a run that no cache knows."""
    experiment = Experiment(seed=seed, **values)
    started = time.process_time()
    for _ in stream(experiment, Setup(experiment)):
        pass
    return time.process_time() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--of", default="", help="a kind of data, such as words; all without it")
    given = options.parse_args()
    torch.set_num_threads(1)
    seeds = itertools.count(1000)
    print(f"{'estimated':>10}{'taken':>9}{'times':>7}   run (by itself up to {QUICK_SECONDS:g} s)")
    for values in RUNS:
        experiment = Experiment(**values)
        if given.of in ("", domain_of(experiment.dataset).name):
            taken(next(seeds), values)  # what is loaded once
            seconds = min(taken(next(seeds), values) for _ in range(given.rounds))
            estimated = estimated_seconds(experiment)
            print(f"{estimated:>9.3f}s{seconds:>8.3f}s{estimated / seconds:>7.2f}   {values}")


if __name__ == "__main__":
    main()
