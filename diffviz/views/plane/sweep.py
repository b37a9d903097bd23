"""The ELBO gap against T for several schedules: one button's work."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from diffviz.domains.plane.datasets import DATASETS
from diffviz.domains.plane.thermodynamics import leading_order_gap_nats
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.figures.sweep import gap_against_steps
from diffviz.gaussian.kernels import POINT_VARIANCES
from diffviz.gaussian.quadrature import ERROR_NATS
from diffviz.views.plane.measure import analyse
from diffviz.views.sweep import STEPS, swept

NAMES = ("optimal", "least_dissipation", "linear", "cosine", "rectified_flow", "karras")


def _excess(gaps: dict[Experiment, list[float]]) -> list[float] | None:
    """For each T, by what part the gap of least dissipation lies above the optimal one. None where gaps are too small
    to be known, as of one Gaussian."""
    least, optimal = (
        next(values for e, values in gaps.items() if e.schedule == name and not e.zero_snr)
        for name in ("least_dissipation", "optimal")
    )
    return None if math.isnan(sum(least + optimal)) else [a / b - 1.0 for a, b in zip(least, optimal, strict=True)]


def _gap_nats(experiment: Experiment) -> float:
    """Not a number where it is too small to be known."""
    gap = analyse(Setup(experiment)).gap.value
    return gap if gap > ERROR_NATS else math.nan


def gap_sweep(a: Experiment, b: Experiment) -> Iterator[dict[str, Any]]:
    """How many chains are done of how many; at last the title and the figure."""
    found = yield from swept(a, b, NAMES, _gap_nats)
    base = next(iter(found.values))
    leading = excess = None
    if base.variance == "optimal":
        excess = _excess(found.values)
        leading = [leading_order_gap_nats(Setup(base).distribution, n) for n in STEPS] if excess else None
    figure = gap_against_steps(STEPS, found.sides, found.others, leading, excess)
    variance = POINT_VARIANCES[base.variance].title
    title = f"ELBO gap vs T: {DATASETS[base.dataset].title}, reverse variance {variance}, exact denoiser, all T steps"
    yield {"title": title, "figure": figure}
