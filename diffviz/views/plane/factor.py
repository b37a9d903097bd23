"""A run in the plane whose data are multiplied by a factor r(x): what is measured of it, since it has no ELBO, and in words."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import torch

from diffviz.diagnostics.comparison import Row
from diffviz.diagnostics.measured import EFFORT, Measured, Metric, Value, exactly
from diffviz.domains.plane.nearness import sliced_among_data, sliced_to_data
from diffviz.domains.plane.perturbation import PathCosts, path_costs
from diffviz.engine import Setup
from diffviz.estimates import Sampled, mean_of
from diffviz.experiment import Experiment
from diffviz.fields import Condition, Rule
from diffviz.inverse.factors import POINT_FACTORS, HalfPlane
from diffviz.inverse.multiplying import FactorTask
from diffviz.telling.pair import changes, effort
from diffviz.telling.words import capital, number, term, with_error
from diffviz.trajectory import Curve, Trajectory

NODES = 4001  # of the integral over the coordinate across a half-plane's edge
SMALL = 0.5  # of a kernel's variance over that of r: a perturbation beyond it is not small
ALIKE = (  # the fields in which two runs must agree where either has a factor
    Rule(("measurement", "dataset", "data_std", "measure_noise"), (Condition("measurement", ("none",), among=False),)),
    *(Rule(row.uses, (Condition("measurement", (name,)),)) for name, row in POINT_FACTORS.items()),
)


@dataclass(frozen=True, eq=False)
class FactorDetails:
    """costs: of the run's paths; None of a sampler whose steps have no density."""

    costs: PathCosts | None


def _task(m: Measured[FactorDetails]) -> FactorTask:
    return m.setup.task


def _path_kl(m: Measured[FactorDetails]) -> Sampled | None:
    return None if m.details.costs is None else mean_of(m.details.costs.total)


def _small_perturbation(m: Measured[FactorDetails]) -> Sampled | None:
    costs = m.details.costs
    return None if costs is None or costs.approximation is None else mean_of(costs.approximation)


def _sliced(m: Measured[FactorDetails]) -> Value | None:
    return sliced_to_data(_task(m).tilted, m.end, m.experiment.seed) if len(m.end) > 1 else None


def _sliced_floor(m: Measured[FactorDetails]) -> Value | None:
    return sliced_among_data(_task(m).tilted, len(m.end)).mean if len(m.end) > 1 else None


def _inside(m: Measured[FactorDetails]) -> Value | None:
    """Share of the particles within a half-plane."""
    factor = _task(m).factor
    if not isinstance(factor, HalfPlane):
        return None
    return mean_of((m.end.astype(np.float64) @ factor.normal > factor.offset).astype(np.float64))


def exact_inside(task: FactorTask) -> float | None:
    """The same of the exact posterior, by quadrature along the normal; None of what is no half-plane."""
    tilted, factor = task.tilted, task.factor
    if not isinstance(factor, HalfPlane):
        return None
    mixture, normal = task.mixture, torch.tensor(factor.normal, dtype=torch.float64)
    centres = mixture.means @ normal
    end = max(float(centres.max()) + 9 * mixture.std, factor.offset + mixture.std)
    c = torch.linspace(factor.offset, end, NODES, dtype=torch.float64)
    density = torch.exp(-(c[:, None] - centres).square() / (2 * mixture.std**2)) @ mixture.weights
    r = factor.log_value(c[:, None] * normal, tilted.variance).exp()
    total = torch.trapezoid(density * r, c) / (mixture.std * (2 * torch.pi) ** 0.5)
    return float(total) / float(np.exp(tilted.log_z))


def _exact_inside(m: Measured[FactorDetails]) -> Value | None:
    share = exact_inside(_task(m))
    return None if share is None else exactly(share)


METRICS: dict[str, Metric] = {
    "log_z_nats": Metric(
        "log Z",
        "nats",
        "",
        "Z = E r(x) over the data: of a half-plane the probability that y lies in it, else the density of what is observed.",
        lambda m: exactly(_task(m).tilted.log_z),
        term="factor",
    ),
    "path_kl_nats": Metric(
        "Path KL to the exact posterior",
        "nats",
        "low",
        "KL divergence of the run's paths from those of the exact process, which ends in q(x) r(x)/Z. KL(samples ‖ posterior) is "
        "at most so much. It is a mean over the run's own paths, which may come out below 0 within its error.",
        _path_kl,
        term="path_kl",
    ),
    "small_perturbation_nats": Metric(
        "Error of the small perturbation",
        "nats",
        "low",
        "KL divergence of the run's paths from those of kernels multiplied exactly: what shifting their means costs.",
        _small_perturbation,
        term="small_perturbation",
    ),
    "posterior_sliced_wasserstein": Metric(
        "Sliced W₂ to the exact posterior",
        "",
        "low",
        "Wasserstein distance of the particles to samples of q(x) r(x)/Z, over many directions.",
        _sliced,
        of_cloud=True,
        term="sliced",
    ),
    "posterior_sliced_wasserstein_floor": Metric(
        "Sliced W₂ of two samples of the posterior",
        "",
        "",
        "The same between two exact samples of this size, which have a distance because they are finite.",
        _sliced_floor,
        of_cloud=True,
        term="sliced",
    ),
    "in_half_plane": Metric("Share in the half-plane", "", "", "Of the particles, those with n·x beyond the edge.", _inside),
    "exact_in_half_plane": Metric(
        "Share in the half-plane, exact", "", "", "The same of q(x) r(x)/Z, by quadrature.", _exact_inside
    ),
    **EFFORT,
}


def measure(setup: Setup, trajectory: Trajectory) -> Measured[FactorDetails]:
    """Of a finished run with a factor."""
    costs, curves = None, {}
    if setup.experiment.sampler == "ancestral":
        law = setup.domain.path_law(setup.experiment, setup.process)
        costs = path_costs(setup.task, law, setup.process.variances, trajectory.reverse[::-1], trajectory.x0_hat[::-1])
        each = [mean_of(row).estimate for row in costs.each[:-1]]
        values, errors = (np.array([getattr(e, name) for e in each]) for name in ("value", "stderr"))
        curves["path_kl_of_step_nats"] = Curve("path KL", costs.times, values, "nats", errors)
    return Measured.of_run(setup, trajectory, METRICS, curves=curves, details=FactorDetails(costs))


def largest_ratio(setup: Setup) -> float:
    """The largest variance of a kernel over the variance of the r that multiplies it; 0 where none is multiplied."""
    perturbation, times = setup.task.perturbation, setup.times.tolist()
    if perturbation is None:
        return 0.0
    pairs = zip(itertools.pairwise(times), setup.process.variances.sampled.tolist(), strict=False)
    return max(v / perturbation.variance_at(s) for (s, _), v in pairs)


def warning(setup: Setup) -> str:
    """A sentence where the perturbation is not small and is taken for it; else nothing."""
    if setup.task.perturbation is None or not setup.task.perturbation.shifted:
        return ""
    ratio = largest_ratio(setup)
    if ratio <= SMALL:
        return ""
    return (
        f"The {term('small_perturbation', 'perturbation')} is not small: the variance of a kernel is up to {number(ratio, 2)} "
        "times that of <i>r</i>, and a shifted mean goes too far."
    )


def _below_zero(m: Measured[FactorDetails]) -> str:
    """Why an estimate of a KL divergence is below 0; "" of one that is not."""
    found = m.estimate("path_kl_nats")
    return "" if found.value >= 0.0 else " (a mean over these paths; the divergence itself is never below 0)"


def summary(m: Measured[FactorDetails]) -> str:
    """The metrics of a run in one line."""
    parts = [f"{term('factor', 'log <i>Z</i>')} {number(m.estimate('log_z_nats').value, 3)} nats"]
    if m.estimate("path_kl_nats") is not None:
        of_paths = with_error(m.estimate("path_kl_nats"))
        parts.append(f"{term('path_kl', 'path KL')} to the exact posterior <b>{of_paths} nats</b>{_below_zero(m)}")
    else:
        parts.append("this sampler's paths have no density")
    if m.estimate("small_perturbation_nats") is not None:
        lost = with_error(m.estimate("small_perturbation_nats"))
        parts.append(f"error of the {term('small_perturbation', 'small perturbation')} <b>{lost} nats</b>")
    if len(m.end) > 1:
        sliced, floor = (with_error(m.estimate(f"posterior_sliced_wasserstein{end}")) for end in ("", "_floor"))
        parts.append(f"{term('sliced', 'sliced <i>W</i><sub>2</sub>')} to it {sliced} (two exact samples: {floor})")
    if m.estimate("in_half_plane") is not None:
        inside, exact = (100.0 * m.estimate(name).value for name in ("in_half_plane", "exact_in_half_plane"))
        parts.append(f"in the half-plane {number(inside, 3)} % (exact: {number(exact, 3)} %)")
    return " &nbsp;·&nbsp; ".join(parts)


def sentence(rows: list[Row], a: Experiment, b: Experiment) -> str:
    """What was changed and what it did, in one sentence."""
    changed = changes(a, b)
    if not changed:
        return "Nothing differs between A and B: the same particles, bit for bit."
    figures, parts = {row.name: row for row in rows}, []
    for name, what in (
        ("path_kl_nats", "has the smaller path KL to the exact posterior"),
        ("posterior_sliced_wasserstein", "ends nearer to the exact posterior by sliced <i>W</i><sub>2</sub>"),
        ("small_perturbation_nats", "has the smaller error of the small perturbation"),
    ):
        row = figures.get(name)
        if row is not None and row.winner:
            better, worse = (row.a, row.b) if row.winner == "a" else (row.b, row.a)
            unit = " nats" if row.metric.unit else ""
            parts.append(f"<b>{row.winner.upper()}</b> {what}, {with_error(better)} instead of {with_error(worse)}{unit}")
    if not parts:
        parts = ["no difference shows with so many particles"]
    return f"Changed: {changed}. {capital('; '.join(parts + effort(figures['evaluations'])))}."


def note(a: Experiment, b: Experiment) -> str:
    """How the table of two runs is to be read."""
    how = "particle by particle, both with the same noise" if a.seed == b.seed else "of runs with other noise"
    no_elbo = "with a factor <i>r</i>(<i>x</i>) there is no ELBO"
    return f"± standard error; A − B {how}; {no_elbo}; ✓ better by more than two of its errors."
