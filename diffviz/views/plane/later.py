"""Charts of a run in the plane that take longer than the run should wait: computed when they become visible."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffviz.deadline import check_time
from diffviz.diagnostics.measured import Measured
from diffviz.domains.plane.thermodynamics import leading_order_gap_nats
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.fields import ExperimentError, option
from diffviz.gaussian.bugs import bug_of
from diffviz.gaussian.memory import collapse, collapse_log_snr, information_nats, training_points
from diffviz.gaussian.quadrature import ERROR_NATS
from diffviz.gaussian.samplers import NO_REVERSE_PROCESS
from diffviz.telling.chains import is_chain
from diffviz.trajectory import Curve
from diffviz.views.base import LaterRow
from diffviz.views.memory import collapse_curves
from diffviz.views.plane.measure import analyse
from diffviz.views.plane.speed import speed_curves
from diffviz.views.plane.symmetry import symmetry_curves
from diffviz.views.quasi_static import gap_over_steps
from diffviz.views.work import OF_BOTH_BRACKETS, OF_WORK, of_one_point, without_paths


def quasi_static(measured: Measured[Any]) -> dict[str, Curve | str]:
    """The gap over T, and the least there can be to leading order in 1/T, which supposes the optimal variance."""

    def gap_nats(e: Experiment) -> float:
        return float(analyse(Setup(e)).dissipation_nats.sum())

    found = gap_over_steps(measured, gap_nats, float(measured.details.dissipation_nats.sum()), ERROR_NATS)
    gaps, e = found["gap_over_steps"], measured.experiment
    if isinstance(gaps, Curve) and e.variance == "optimal" and not e.starts_below:
        lengths = np.array([leading_order_gap_nats(measured.setup.distribution, int(steps)) for steps in gaps.x])
        return {"leading_order": Curve("length²/T", gaps.x, lengths, "nats", over="T"), **found}
    return found


def memory(measured: Measured[Any]) -> dict[str, Curve | str]:
    """Of the exact denoiser whose training points are the run's own x_0."""
    setup, times = measured.setup, measured.kept.times[1:]
    mixture, schedule, count = setup.distribution, setup.schedule, measured.experiment.particles
    if count == 1:
        return dict.fromkeys(
            ("largest_weight", "effective_points", "known_of_points"), "One training point is known at any noise."
        )
    found = collapse(training_points(setup.data().cpu()), schedule, times, measured.experiment.seed)
    known = []
    for t in times:
        check_time()
        known.append(information_nats(mixture, float(schedule.alpha[t]), float(schedule.sigma[t])))
    return collapse_curves(found, schedule, np.array(known), collapse_log_snr(mixture, count))


def _elsewhere(measured: Measured[Any]) -> ExperimentError | None:
    """Of a run whose particles are not where data and schedule say: of some mistakes, and of data that have a factor; and of a
    chain, which has no schedule."""
    if is_chain(measured.setup):
        along = f"must be one along a schedule, as {option('sampler', 'ancestral')} is, for these charts"
        return ExperimentError("sampler", f"{along}: {NO_REVERSE_PROCESS}.")
    if measured.experiment.conditional:
        return ExperimentError("measurement", f"must be {option('measurement', 'none')} here: it is of the data alone.")
    if bug_of(measured.experiment).unpriced:
        return ExperimentError("bug", f"must be {option('bug', 'none')} here: particles are not where the schedule says.")
    return None


UNCHOSEN = "Choose a particle, or click any place of the forward panel: paths that begin there give log p(x₀)."
ABSENT = {
    "bits": "Bits per dimension are of images, whose pixels are whole numbers. Of points the bound is told in nats: the "
    "cumulative negative ELBO, in the set Schedule and cost.",
}
LATER: dict[str, LaterRow] = {
    "work": OF_WORK,
    "brackets": OF_BOTH_BRACKETS,
    "one_point": of_one_point(UNCHOSEN),
    "quasi_static": LaterRow(("gap_over_steps",), quasi_static, without_paths),
    "symmetry": LaterRow(("clones", "curvature", "late_start"), symmetry_curves, _elsewhere, of_paths=True),
    "speed": LaterRow(("squared_speed", "shifted_error", "entropy_of_noise"), speed_curves, _elsewhere, of_paths=True),
    "memory": LaterRow(("largest_weight", "effective_points", "known_of_points"), memory, _elsewhere, of_paths=True),
}
