"""The ELBO gap against T for several schedules: one button's work."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from diffviz.deadline import check_time
from diffviz.domains.plane.datasets import DATASETS
from diffviz.domains.plane.thermodynamics import leading_order_gap_nats
from diffviz.engine import Setup
from diffviz.experiment import Experiment, differing
from diffviz.exports import schedule_title
from diffviz.figures.sweep import gap_against_steps
from diffviz.gaussian.kernels import VARIANCES
from diffviz.gaussian.quadrature import ERROR_NATS
from diffviz.relevant import SCHEDULE_FIELDS
from diffviz.schedules import SCHEDULES
from diffviz.views.plane.measure import analyse

STEPS = (5, 10, 20, 50, 100, 200, 500)
NAMES = ("optimal", "least_dissipation", "linear", "cosine", "rectified_flow", "karras")


def _lines(a: Experiment, b: Experiment) -> tuple[dict[str, Experiment], dict[str, Experiment]]:
    """By label, what is swept: the schedules of A and of B as they are set, and others as they are by default. Data and reverse
    variance are A's for all; the denoiser is the exact one and every step is taken."""
    usual = Experiment()
    base = replace(a, denoiser="exact", sampler_steps=None, **{name: getattr(usual, name) for name in SCHEDULE_FIELDS})
    own = [replace(base, **{name: getattr(side, name) for name in SCHEDULE_FIELDS}) for side in (a, b)]
    titles = [schedule_title(side) for side in own]
    if not differing(*own):
        sides = {f"A = B: {titles[0]}": own[0]}
    else:
        sides = {f"{letter}: {title}": side for letter, title, side in zip("AB", titles, own, strict=True)}
    others = {SCHEDULES[name].title: replace(base, schedule=name) for name in NAMES}
    return sides, {title: other for title, other in others.items() if all(differing(other, side) for side in own)}


def _excess(gaps: dict[Experiment, list[float]]) -> list[float] | None:
    """For each T, by what part the gap of least dissipation lies above the optimal one. None where gaps are too small
    to be known, as of one Gaussian."""
    least, optimal = (
        next(values for e, values in gaps.items() if e.schedule == name and not e.zero_snr)
        for name in ("least_dissipation", "optimal")
    )
    return None if math.isnan(sum(least + optimal)) else [a / b - 1.0 for a, b in zip(least, optimal, strict=True)]


def gap_sweep(a: Experiment, b: Experiment) -> Iterator[dict[str, Any]]:
    """How many chains are done of how many; at last the title and the figure."""
    sides, others = _lines(a, b)
    gaps: dict[str, list[float]] = {label: [] for label in sides | others}
    work = list(itertools.product((sides | others).items(), STEPS))
    for index, ((label, experiment), steps) in enumerate(work):
        check_time()
        yield {"done": index, "all": len(work)}
        gap = analyse(Setup(replace(experiment, steps=steps))).gap.value
        gaps[label].append(gap if gap > ERROR_NATS else math.nan)
    base = next(iter(sides.values()))
    leading = excess = None
    if base.variance == "optimal":
        excess = _excess({experiment: gaps[label] for label, experiment in (sides | others).items()})
        leading = [leading_order_gap_nats(Setup(base).distribution, n) for n in STEPS] if excess else None
    usual = {title: gaps.get(title) for title in (SCHEDULES[name].title for name in NAMES)}
    figure = gap_against_steps(STEPS, {label: gaps[label] for label in sides}, usual, leading, excess)
    variance = VARIANCES[base.variance].title
    title = f"ELBO gap vs T: {DATASETS[base.dataset].title}, reverse variance {variance}, exact denoiser, all T steps"
    yield {"title": title, "figure": figure}
