"""The discretisation gap over the number of steps T: a slow process dissipates less, in proportion to 1/T."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from diffviz.deadline import check_time
from diffviz.diagnostics.measured import Measured
from diffviz.experiment import Experiment
from diffviz.trajectory import Curve
from diffviz.views.sweep import STEPS


def gap_over_steps(
    measured: Measured, gap_nats: Callable[[Experiment], float], own: float, error: float
) -> dict[str, Curve | str]:
    """Of the exact denoiser with the run's schedule and reverse variance, every step taken; and the line of slope -1 through the
    last value, which a slow process approaches. own: of the run itself; error: nats below which nothing is known of a gap."""
    plain = replace(measured.experiment, denoiser="exact", sampler_steps=None, particles=1, bug="none")
    gaps = []
    for steps in STEPS:
        check_time()
        gaps.append(gap_nats(replace(plain, steps=steps)))
    x, values = np.array(STEPS), np.array(gaps)
    known = values > error
    if known.sum() < 2:
        return {"gap_over_steps": "With the exact denoiser the gap of this schedule is zero at every T, to within quadrature."}
    x, values = x[known], values[known]
    return {
        "gap_over_steps": Curve("discretisation gap, exact denoiser", x, values, "nats", over="T"),
        "slope_of_minus_one": Curve("slope −1", x, values[-1] * x[-1] / x, "nats", over="T"),
        "own_gap": Curve("this run", np.array([len(measured.times) - 1]), np.array([own]), "nats", over="T"),
    }
