"""Curves of symmetry breaking: when particles commit to a part of the data, and what a late start costs."""

from __future__ import annotations

import numpy as np

from diffviz.deadline import check_time
from diffviz.diagnostics.measured import Measured
from diffviz.domains.plane.information import Information
from diffviz.domains.plane.thermodynamics import mismatch_nats
from diffviz.gaussian.prior import Prior
from diffviz.gaussian.quadrature import ERROR_NATS, marginal
from diffviz.gaussian.symmetry import (
    DENSITY,
    DRIFT,
    NOTHING_SPLITS,
    CommitTimes,
    clone_probabilities,
    commit_times,
    committed,
    curvatures,
)
from diffviz.trajectory import Curve, Mark

STEEPEST = 2.0  # of curvatures that are drawn: what matters is where they change sign
FOLLOWED = 500  # particles of which it is told when they commit
NAMES = {
    "density_split": "density splits",
    "drift_split": "drift splits",
    "speciation": "α²Λ = 1",
    "speciation_with_noise": "speciation",
}


def marks(found: CommitTimes, last: int) -> tuple[Mark, ...]:
    """Those of the moments that a schedule reaches up to the time last, latest first."""
    moments = {name: getattr(found, name).t for name in NAMES}
    reached = {name: t for name, t in moments.items() if t is not None and t <= last}
    return tuple(Mark(t, NAMES[name]) for name, t in sorted(reached.items(), key=lambda each: -each[1]))


def symmetry_curves(measured: Measured[Information]) -> dict[str, Curve | str]:
    """Over the displayed times; the marks are those of commit_times."""
    setup, paths = measured.setup, measured.kept
    mixture, schedule, times = setup.distribution, setup.schedule, paths.times
    if len(mixture.means) == 1:
        return dict.fromkeys(("clone_probability", "density_curvature", "late_start_nats"), NOTHING_SPLITS)
    places = marks(commit_times(mixture, schedule), int(times[-1]))
    followed = paths.reverse[::-1, :FOLLOWED]
    share = committed(mixture, followed, schedule, times[::-1])[::-1]
    error = np.sqrt(share * (1.0 - share) / followed.shape[1])
    curves: dict[str, Curve | str] = {
        "clone_probability": Curve("clone probability", times, clone_probabilities(mixture, schedule, times), "", marks=places),
        "committed": Curve("particles in the mode where they end", times, share, "", error),
    }
    for name, growth, told in (("density_curvature", DENSITY, "log density"), ("drift_curvature", DRIFT, "drift")):
        values = curvatures(mixture, schedule, times, growth)
        shown = values <= STEEPEST  # not a number is not
        curves[name] = Curve(f"curvature, {told}", times[shown], values[shown], "", marks=places)
    return curves | {"late_start_nats": _late_starts(measured, places)}


def _late_starts(measured: Measured[Information], places: tuple[Mark, ...]) -> Curve | str:
    """At each displayed time the mismatch of a start there from the Gaussian with the moments of x."""
    setup, times = measured.setup, measured.kept.times[1:]
    mixture, schedule, found = setup.distribution, setup.schedule, []
    for t in times.tolist():
        check_time()
        alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
        entropy = marginal(mixture, alpha, sigma).entropy_nats
        found.append(mismatch_nats(mixture, schedule, t, entropy, Prior.matched(mixture, alpha, sigma)))
    values = np.array(found)
    known = values > ERROR_NATS
    return Curve("mismatch of a start at t", times[known], values[known], "nats", marks=places)
