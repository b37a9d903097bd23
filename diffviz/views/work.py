"""Charts of the work of a run's paths, of the brackets of its entropies and of the density at one x_0, whatever its data are.

Paths are drawn anew, more than a run has particles. All is of the chain of the bound, whichever sampler the run has.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.estimates import Estimate
from diffviz.fields import ExperimentError
from diffviz.thermodynamics.brackets import brackets
from diffviz.thermodynamics.fluctuations import (
    convergence,
    crooks_line,
    exponential_mean,
    histograms,
    log_ratio,
    mean_work,
)
from diffviz.thermodynamics.one_point import OnePoint, one_point
from diffviz.thermodynamics.work import path_law, work_of_run
from diffviz.trajectory import Curve, Mark
from diffviz.views.base import Choice, LaterRow

Curves = dict[str, "Curve | str"]
FEWEST, MOST, STEPS = 1000, 4000, 200_000  # paths of either law; steps of them together that a chart waits for
SECONDS, SLOW = 5.0, 200  # that a chart waits for, about; the fewest paths, whatever they take
PER_STEP = 12  # evaluations, about, that a step of a path of either law takes as long as, in double precision
SHOWN = 0.96  # of the paths of either law: the rest would make the axis of work several times as long
WORK, PATHS, WEIGHT = "work, kT", "paths", "log weight, nats"  # what curves are over
NOTHING_TO_SHOW = "All works are 0 to within rounding: this process is reversible, and its arrow of time cannot be told."
APART = "The works of the two processes overlap too little: no ratio can be formed."


def path_count(measured: Measured[Any]) -> int:
    """So many paths are drawn for a run's charts: fewer where an evaluation takes long."""
    steps, each = len(measured.times), measured.setup.domain.evaluation_seconds(measured.experiment)
    return int(max(SLOW, min(np.clip(STEPS // steps, FEWEST, MOST), SECONDS / (PER_STEP * steps * each))))


def _single(name: str, value: Estimate, over: str, unit: str = "") -> Curve:
    """A number that stands in the head of a chart."""
    return Curve(name, np.zeros(1), np.array([value.value]), unit, np.array([value.stderr]), over=over)


def _level(name: str, x: NDArray[Any], height: float, unit: str, over: str) -> Curve:
    """A horizontal line from one end of x to the other."""
    return Curve(name, np.array([x[0], x[-1]]), np.full(2, height), unit, over=over)


def _stairs(
    name: str, edges: NDArray[np.float64], heights: NDArray[np.float64], unit: str, over: str, marks: tuple[Mark, ...]
) -> Curve:
    return Curve(name, edges, np.append(heights, 0.0), unit, over=over, marks=marks)


def work_curves(measured: Measured[Any]) -> Curves:
    """Histograms of W under both laws, the logarithm of their ratio, and the two means over the number of paths."""
    work = work_of_run(measured.setup, path_count(measured))
    forward, reverse = work.work_forward, work.work_reverse
    if float(np.ptp(forward)) < 1e-6:
        return dict.fromkeys(("work_forward", "crooks_ratio", "exponential_mean"), NOTHING_TO_SHOW)
    exponential, mean, line = exponential_mean(forward, reverse), mean_work(forward), crooks_line(forward, reverse)
    bins = histograms(forward, reverse, SHOWN)
    of_q, of_p = bins.densities
    zero = (Mark(0.0, "W = 0"),)
    found: Curves = {
        "work_forward": _stairs("forward process", bins.edges, of_q, "per kT", WORK, zero),
        "work_reverse": _stairs("reverse process", bins.edges, of_p, "per kT", WORK, zero),
        "work_mean": _single("mean work", mean, WORK, "kT"),
        **_ratio(forward, reverse),
        **_means(forward),
        "exponential_expected": _level("expected", np.array([2.0, len(forward)]), exponential.expected.value, "", PATHS),
        "exponential_now": _single("⟨e^−W⟩", exponential.mean, PATHS),
        "effective_paths": _single("effective paths", Estimate(exponential.effective, 0.0), PATHS),
        "needed_paths": _single("needed paths", Estimate(exponential.needed, 0.0), PATHS),
    }
    gap = measured.estimate("gap_nats") if "gap_nats" in measured.metrics else None
    if gap is not None:
        found["gap_level"] = _level("ELBO gap", np.array([2.0, len(forward)]), gap.value, "kT", PATHS)
    if line is not None:
        found["crooks_slope"] = _single("slope", line.slope, WORK)
    return found


def _ratio(forward: NDArray[np.float64], reverse: NDArray[np.float64]) -> Curves:
    found = log_ratio(forward, reverse)
    if not len(found.work):
        return {"crooks_ratio": APART}
    ends = np.array([found.work.min(), found.work.max()])
    return {
        "crooks_ratio": Curve("log ratio", found.work, found.log_ratio, "", found.stderr, over=WORK),
        "crooks_theorem": Curve("slope 1", ends, ends, "", over=WORK),
    }


def _means(forward: NDArray[np.float64]) -> Curves:
    found = convergence(forward)
    return {
        "exponential_mean": Curve("⟨e^−W⟩", found.paths, found.exponential, "", found.exponential_stderr, over=PATHS),
        "mean_work_so_far": Curve("⟨W⟩", found.paths, found.mean_work, "kT", found.mean_work_stderr, over=PATHS),
    }


def bracket_curves(measured: Measured[Any]) -> Curves:
    """Of every step H(x_s|x_t) and its bounds, less the upper one, H(x_t|x_s), over the time that the step leaves; and the
    variances of Gaussians of these entropies, as a share of beta. Where the entropy of x_t falls the upper bound fails: the first
    such time is marked."""
    found = brackets(measured.setup)
    times = found.times[1:]
    failing = np.flatnonzero(found.above)
    marks = (Mark(float(times[failing[0]]), "no bound: H(x) falls"),) if len(failing) else ()
    known: Curves = {}
    for name in ("exact", "lower", "upper", "model"):
        nats = getattr(found, name) - found.upper
        stderr, marked = (found.model_stderr if name == "model" else None), (marks if name == "exact" else ())
        share = np.exp(nats * 2.0 / math.prod(measured.setup.shape))
        known[f"entropy_{name}"] = Curve(name, times, nats, "nats", stderr, marks=marked)
        known[f"variance_{name}"] = Curve(name, times, share, "", marks=marked)
    return known


def _chosen(measured: Measured[Any], choice: Choice) -> NDArray[np.float64] | None:
    """The x_0 that is meant: a place, or where a particle's forward path begins."""
    setup = measured.setup
    if choice.place is not None and len(choice.place) == math.prod(setup.shape):
        return np.array(choice.place, np.float64)
    if choice.particle is None or choice.particle >= setup.experiment.particles:
        return None
    return setup.data()[choice.particle].cpu().double().numpy()


def one_point_curves(measured: Measured[Any], choice: Choice, unchosen: str) -> Curves:
    """The equality and the inequality for one x_0, over the number of paths, and the weights of the paths. unchosen: what is said
    where no x_0 is chosen."""
    x_0 = _chosen(measured, choice)
    if x_0 is None:
        return dict.fromkeys(("point_equality", "point_weights"), unchosen)
    found = one_point(measured.setup, x_0, path_count(measured))
    known: Curves = {
        "point_equality": Curve("log p(x₀)", found.paths, found.equality, "nats", found.equality_stderr, over=PATHS),
        "point_bound": Curve("bound", found.paths, found.bound, "nats", found.bound_stderr, over=PATHS),
        "point_now": _single("log p(x₀)", found.log_p, PATHS),
        "point_bound_now": _single("bound", found.lower, PATHS),
        "point_weights": _weights(found),
        "point_effective": _single("effective paths", Estimate(found.effective, 0.0), WEIGHT),
    }
    if math.isfinite(found.log_q):
        known["point_data"] = _level("log q(x₀)", found.paths, found.log_q, "nats", PATHS)
        known["point_data_now"] = _single("log q(x₀)", Estimate(found.log_q, 0.0), PATHS, "nats")
    return known


def _weights(found: OnePoint) -> Curve:
    low, high = np.quantile(found.log_weights, [1 - SHOWN, 1.0])
    edges = np.linspace(low, max(high, low + 1e-9), 41)
    counts = np.histogram(found.log_weights, edges)[0]
    marks = (Mark(found.lower.value, "bound"), Mark(found.log_p.value, "log p"))
    return _stairs("paths", edges, counts / (len(found.log_weights) * np.diff(edges)), "per nat", WEIGHT, marks)


def without_paths(measured: Measured[Any]) -> ExperimentError | None:
    """Of a run whose paths have no known probability, why."""
    try:
        path_law(measured.setup)
    except ExperimentError as error:
        return error
    return None


OF_WORK = LaterRow(("work", "crooks", "jarzynski"), work_curves, without_paths)
OF_BRACKETS = LaterRow(("brackets",), bracket_curves, without_paths)  # of bits
OF_BOTH_BRACKETS = LaterRow(("brackets", "variance_brackets"), bracket_curves, without_paths)  # of numbers


def of_one_point(unchosen: str) -> LaterRow:
    """The likelihood of one x_0. unchosen: what is said where none is chosen, in the words of the data."""
    curves = partial(one_point_curves, unchosen=unchosen)
    return LaterRow(("one_point", "one_point_weights"), curves, without_paths, chosen=True)
