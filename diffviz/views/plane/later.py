"""Charts of a run in the plane that take longer than the run should wait: computed when they become visible."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from diffviz.deadline import check_time
from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.gaussian.quadrature import ERROR_NATS
from diffviz.trajectory import Curve
from diffviz.views.base import LaterRow
from diffviz.views.plane.measure import analyse
from diffviz.views.sweep import STEPS
from diffviz.views.work import OF_BOTH_BRACKETS, OF_ONE_POINT, OF_WORK


def quasi_static(measured: Measured[Any]) -> dict[str, Curve | str]:
    """The discretisation gap of the exact denoiser with the run's schedule and reverse variance over the number of steps T, every
    step taken, and the line of slope -1 through the last value, which a slow process approaches."""
    plain = replace(measured.experiment, denoiser="exact", sampler_steps=None, particles=1, bug="none")
    gaps = []
    for steps in STEPS:
        check_time()
        gaps.append(float(analyse(Setup(replace(plain, steps=steps))).dissipation_nats.sum()))
    x, values = np.array(STEPS), np.array(gaps)
    known = values > ERROR_NATS
    if known.sum() < 2:
        return {"gap_over_steps": "With the exact denoiser the gap of this schedule is zero at every T, to within quadrature."}
    x, values = x[known], values[known]
    own = float(measured.details.dissipation_nats.sum())
    return {
        "gap_over_steps": Curve("discretisation gap, exact denoiser", x, values, "nats", over="T"),
        "slope_of_minus_one": Curve("slope −1", x, values[-1] * x[-1] / x, "nats", over="T"),
        "own_gap": Curve("this run", np.array([len(measured.times) - 1]), np.array([own]), "nats", over="T"),
    }


LATER: dict[str, LaterRow] = {
    "work": OF_WORK,
    "brackets": OF_BOTH_BRACKETS,
    "one_point": OF_ONE_POINT,
    "quasi_static": LaterRow(("gap_over_steps",), quasi_static, lambda measured: measured.costs is not None),
}
