"""Curves of speed and accuracy: how fast the probability flow moves, what that bounds, and the entropy that noise produces."""

from __future__ import annotations

import numpy as np

from diffviz.deadline import check_time
from diffviz.diagnostics.measured import Measured
from diffviz.domains.plane.information import Information
from diffviz.domains.plane.speed import speed_accuracy
from diffviz.gaussian.speed import from_noise_nats, neural_entropy
from diffviz.trajectory import Curve

SHIFT = "shift of x_T"


def speed_curves(measured: Measured[Information]) -> dict[str, Curve | str]:
    """Of every step of the schedule, whatever steps the sampler takes."""
    setup = measured.setup
    mixture, schedule = setup.distribution, setup.schedule
    found, produced = speed_accuracy(mixture, schedule), neural_entropy(mixture, schedule).produced
    steps = np.arange(schedule.steps + 1)
    ends, shifts = steps[[1, -1]], np.array([each.shift for each in found.shifted])
    left, left_stderr = np.array([(each.left.value, each.left.stderr) for each in found.shifted]).T
    shown = measured.kept.times
    divergences = []
    for t in shown.tolist():
        check_time()
        divergences.append(from_noise_nats(mixture, schedule, t))
    return {
        "squared_speed": Curve("squared velocity", steps[1:], found.speeds, ""),
        "mean_squared_speed": Curve("its integral over t/T", ends, np.full(2, found.integral), ""),
        "least_squared_speed": Curve("floor W₂²", ends, np.full(2, found.floor.value), "", np.full(2, found.floor.stderr)),
        "shifted_error": Curve("(ΔW₁)²/χ²", shifts, left, "", left_stderr, over=SHIFT),
        "shifted_bound": Curve("bound ∫v₂²", shifts, np.full(len(shifts), found.bound), "", over=SHIFT),
        "entropy_of_noise": Curve("∫ β/2 E|score + x|² dt", steps, np.append(0.0, np.cumsum(produced)), "nats"),
        "fall_to_noise": Curve("fall of KL to N(0, I)", shown, divergences[0] - np.array(divergences), "nats"),
    }
