"""Curves of memorisation: how the posterior of finitely many training points collapses onto one, whatever the points are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from diffviz.gaussian.memory import Collapse
from diffviz.gaussian.symmetry import time_at
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Curve, Mark


def collapse_curves(
    found: Collapse, schedule: NoiseSchedule, known: NDArray[np.float64] | None = None, log_snr: float | None = None
) -> dict[str, Curve | str]:
    """known: [m] I(x_0; x_t) of the distribution whose draws the points are, and log_snr where it is log n, if they are known."""
    times = found.times
    marks = [Mark(found.held, "one holds half")] if found.held is not None else []
    if log_snr is not None and (t := time_at(schedule, log_snr)) is not None:
        marks.append(Mark(t, "I = log n"))
    places, ends = tuple(marks), times[[0, -1]]
    curves = {
        "largest_weight": Curve("largest weight", times, found.largest, "", found.largest_stderr, marks=places),
        "effective_points": Curve("effective number of training points", times, found.effective, "", marks=places),
        "known_of_points": Curve("told of the training point", times, found.known_nats, "nats", found.known_stderr, marks=places),
        "log_points": Curve("log n", ends, np.full(2, math.log(found.points)), "nats"),
    }
    return curves if known is None else curves | {"known_of_data": Curve("told of x₀", times, known, "nats")}
