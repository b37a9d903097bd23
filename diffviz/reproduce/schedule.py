"""Learning the forward schedule of the Swiss roll (Sohl-Dickstein et al. 2015, sec. 2.4.1 and app. B) with the exact denoiser,
for which the best schedule is known."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.information import information
from diffviz.domains.plane.learned_schedule import drawn_points, learn_schedule
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.files import written
from diffviz.gaussian.kernels import reverse_variances
from diffviz.reproduce.results import Outcome, Result
from diffviz.schedules import NoiseSchedule, from_log_snr

DATASET, STEPS = "swiss_roll", 40
FIRST, LAST = 8.0, -6.0  # log SNR at t = 1 and T before it is learned, even between
UPDATES, BATCH = 800, 128
QUICK_UPDATES, QUICK_BATCH = 100, 48
BESIDE = ("linear", "cosine", "sohl_dickstein", "least_dissipation", "optimal")
BITS = 1.0 / math.log(2.0)  # in a nat
NO_FIGURE = "The paper prints no figure for it: it says only that the schedules of its Gaussian chains were learned."


def run_of(**more: Any) -> Experiment:
    """A run of this experiment's data and T."""
    return Experiment(dataset=DATASET, steps=STEPS, **more)


def gap_nats(schedule: NoiseSchedule) -> float:
    """The ELBO gap of the exact denoiser with the optimal variance, by quadrature."""
    mixture, times = make_dataset(DATASET), np.arange(schedule.steps + 1)
    variances = reverse_variances("optimal", schedule, times, mixture)
    return information(mixture, schedule, variances, times, noise_levels(mixture, schedule, times)).gap.value


def levels_beside() -> dict[str, NoiseSchedule]:
    """The schedules that stand beside the learned one, by name."""
    return {name: Setup(run_of(schedule=name)).schedule for name in BESIDE}


def result_of(learned: NDArray[np.float64], seconds: float, seed: int) -> Result:
    """Of learned levels log SNR [T]. ours_bits is by quadrature and nothing of it is drawn: its standard error is 0. more: the
    gaps in nats, by how much each exceeds the smallest that there can be, and the levels, to four digits, that they are of."""
    learned = np.round(learned, 4)
    points, entropy = drawn_points(learned), noise_levels(make_dataset(DATASET), *_nothing()).entropy_nats[0]
    schedules = levels_beside() | {
        "learned": NoiseSchedule("learned", *from_log_snr(learned)),
        "drawn": Setup(run_of(schedule="drawn", points=points)).schedule,
    }
    gaps = {name: gap_nats(schedule) for name, schedule in schedules.items()}
    return Result(
        experiment="schedule",
        paper_bits=None,
        ours_bits=(round(-(entropy + gaps["learned"]) * BITS, 5), 0.0),
        exact_bits=round(-(entropy + gaps["optimal"]) * BITS, 5),
        truth_bits=round(-entropy * BITS, 5),
        seconds=seconds,
        seed=seed,
        reasons={"paper_bits": NO_FIGURE},
        more={
            "gap_nats": {name: round(gap, 5) for name, gap in gaps.items()},
            "from_optimum_nats": {name: round(gap - gaps["optimal"], 5) for name, gap in gaps.items()},
            "points": points,
            "levels": learned.tolist(),
        },
    )


def _nothing() -> tuple[NoiseSchedule, NDArray[np.int64]]:
    """A chain that is looked at where nothing is noised yet."""
    return NoiseSchedule("data", np.ones(1), np.zeros(1)), np.zeros(1, dtype=np.int64)


def rerun(seed: int, quick: bool) -> Iterator[float | Outcome]:
    """Learn and measure from scratch: yield how much is done, of 1, and at last the Outcome."""
    updates, batch = (QUICK_UPDATES, QUICK_BATCH) if quick else (UPDATES, BATCH)
    started, learned = time.perf_counter(), np.linspace(FIRST, LAST, STEPS)
    for update, found in enumerate(learn_schedule(make_dataset(DATASET), learned, updates, seed, batch), 1):
        learned = found
        yield 0.95 * update / updates
    result = result_of(learned, time.perf_counter() - started, seed)
    yield Outcome(result, lambda path: draw(learned, result, path))


def draw(learned: NDArray[np.float64], result: Result, path: Path) -> None:
    """log SNR over t of all schedules, and how far from the optimum each is. Raises WriteError."""
    from diffviz.figures.figure_2015 import schedules  # matplotlib takes a second to import
    from diffviz.figures.saving import save_figure

    curves = {name: schedule.log_snr[1:] for name, schedule in levels_beside().items()} | {"learned": learned}
    with written(path) as new:
        save_figure(schedules(curves, dict(result.more["from_optimum_nats"])), new)
