"""Two runs side by side: figures with their errors, which side is better, and a sentence that sums it up."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.deadline import check_time
from diffviz.diagnostics.report import analyse
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.information import Information
from diffviz.domains.plane.nearness import (
    SUBSAMPLE,
    energy_to_data,
    excess_nll,
    mode_error,
    mode_shares,
    sliced_to_data,
    wasserstein_to_data,
)
from diffviz.domains.plane.quadrature import ERROR_NATS
from diffviz.engine import Setup
from diffviz.estimates import Estimate, Sampled, difference, pair
from diffviz.experiment import Experiment
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.trajectory import Trajectory


@dataclass(frozen=True)
class Outcome:
    """What a run leaves to be judged by: its experiment and arrays of its own, so that it can be kept.

    end: [N, D] the particles at t = 0
    """

    experiment: Experiment
    end: NDArray[np.float32]
    evaluations: int
    seconds: float
    chain: Information  # of the steps taken

    @property
    def setup(self) -> Setup:
        """The experiment's parts, made again each time: the data's mixture and the denoiser are larger than the outcome."""
        return Setup(self.experiment)

    @classmethod
    def of(cls, setup: Setup, trajectory: Trajectory) -> Outcome:
        """Of a finished run."""
        end = trajectory.reverse[-1].copy()  # a view would keep the whole trajectory in memory
        return cls(setup.experiment, end, trajectory.evaluations, trajectory.seconds, analyse(setup, setup.times))


def _several(outcome: Outcome, measure: Callable[[GaussianMixture, Any, int], Sampled | None]) -> Sampled | None:
    """A figure of the particles beside the data; None for a single one."""
    if len(outcome.end) < 2:
        return None
    return measure(make_dataset(outcome.experiment.dataset, outcome.experiment.data_std), outcome.end, outcome.experiment.seed)


def _exactly(value: float) -> Estimate:
    return Estimate(float(value), 0.0)


def _by_quadrature(value: float) -> Estimate:
    """Below its tolerance nothing is known of it: 3e-11 is rounding."""
    return Estimate(float(value) if abs(value) >= ERROR_NATS else 0.0, ERROR_NATS)


@dataclass(frozen=True)
class Figure:
    """One row of FIGURES. better: "low" wins, "zero" where the nearer to 0 does, "" where it is no merit or another row says the
    same; why: what it says. measure: of an outcome, a Sampled, or an Estimate of what no draw is in, or None."""

    title: str
    unit: str
    better: str
    why: str
    measure: Callable[[Any], Any]


FIGURES: dict[str, Figure] = {
    "terminal_snr": Figure(
        "SNR where the reverse process starts",
        "",
        "",
        "How much of the data is left at the largest time visited, as signal to noise; 0 is pure noise. That time is T, or less "
        "with leading times.",
        lambda o: _exactly(o.setup.schedule.snr[o.setup.times[-1]]),
    ),
    "entropy_nats": Figure(
        "Entropy of the data",
        "nats",
        "",
        "What any model must pay; a density's, so it may be negative.",
        lambda o: o.chain.entropy,
    ),
    "bound_nats": Figure(
        "Bound", "nats", "", "What this chain pays: entropy and gap.", lambda o: o.chain.sampled(o.chain.bound.value)
    ),
    "dissipated_nats": Figure(
        "Dissipated by all steps",
        "nats",
        "low",
        "What the steps waste. As many steps that cross less noise are shorter, and waste less.",
        lambda o: o.chain.sampled(float(o.chain.dissipation_nats.sum())),
    ),
    "mismatch_nats": Figure(
        "Mismatch where the reverse process starts",
        "nats",
        "low",
        "The mismatch at T, KL(q(x_T) ‖ N(0, I)), or with leading times at the largest time visited: the reverse process starts "
        "from noise, the forward process may not be there yet. The prior loss L_T is that of a known x_0, which counts "
        "what x_T still knows of it as well.",
        lambda o: _by_quadrature(o.chain.mismatch_nats),
    ),
    "gap_nats": Figure(
        "Gap",
        "nats",
        "low",
        "Bound less entropy: what is dissipated and the mismatch at T, together. KL(data ‖ samples) is at most so much.",
        lambda o: o.chain.sampled(o.chain.gap.value),
    ),
    "gap_bits_per_dim": Figure(
        "Gap",
        "bits/dim",
        "",
        "The same gap in the unit of papers on images.",
        lambda o: o.chain.sampled(o.chain.gap.value).times(1.0 / (2.0 * math.log(2.0))),
    ),
    "evaluations": Figure(
        "Evaluations", "", "low", "How often the denoiser was asked about the whole cloud.", lambda o: _exactly(o.evaluations)
    ),
    "seconds": Figure(
        "Time on this machine",
        "s",
        "",
        "Of this run, with all else that the machine did meanwhile.",
        lambda o: _exactly(o.seconds),
    ),
    "excess_nll_nats": Figure(
        "Excess NLL",
        "nats",
        "zero",
        "E[−log q(x)] of the particles less the entropy of the data, exact: 0 for true samples, negative for samples that are "
        "too sharp, positive for samples where no data are.",
        lambda o: _several(o, lambda mixture, end, seed: excess_nll(mixture, end)),
    ),
    "sliced_wasserstein": Figure(
        "Sliced W2",
        "",
        "low",
        "How far the particles are from fresh data, along many directions.",
        lambda o: _several(o, sliced_to_data),
    ),
    "wasserstein": Figure(
        f"Exact W2, {SUBSAMPLE} points",
        "",
        "low",
        "How far they must be moved to become fresh data; two clouds of data are not at 0 either.",
        lambda o: _several(o, wasserstein_to_data),
    ),
    "energy_distance": Figure(
        "Energy distance",
        "",
        "low",
        "0 for equal laws; an unbiased estimate, so chance may take it a little below.",
        lambda o: _several(o, lambda mixture, end, seed: energy_to_data(mixture, end)),
    ),
    "mode_error": Figure(
        "Modes, total variation",
        "",
        "low",
        "How far the modes' shares of particles are from their weights.",
        lambda o: _several(o, lambda mixture, end, seed: mode_error(mixture, end)),
    ),
}


@dataclass(frozen=True)
class Row:
    """A figure of both sides; winner is "a", "b" or "" where the difference is within two standard errors.

    difference: A less B of what is estimated; taken particle by particle it has less of an error than both together
    """

    name: str
    figure: Figure
    a: Estimate
    b: Estimate
    winner: str
    difference: Estimate | None = None


def better_side(figure: Figure, a: Estimate, b: Estimate, apart: Estimate) -> str:
    """The side that is better by more than two standard errors of the difference, "" if that is none.

    apart: A less B. |A| < |B| where B - A and B + A have one sign, so that both signs must be clear where nearer to 0 is better;
    var(A + B) = 2 var(A) + 2 var(B) - var(A - B).
    """
    if not figure.better or abs(apart.value) <= 2.0 * apart.stderr:
        return ""
    if figure.better == "low":
        return "a" if apart.value < 0.0 else "b"
    variance = 2.0 * (a.stderr**2 + b.stderr**2) - apart.stderr**2
    if abs(a.value + b.value) <= 2.0 * math.sqrt(max(variance, 0.0)):
        return ""
    return "a" if abs(a.value) < abs(b.value) else "b"


def row_of(name: str, figure: Figure, a: Sampled | Estimate, b: Sampled | Estimate, paired: bool) -> Row:
    """Both sides of a figure, and the better one. paired: particle i of both is moved by the same noise."""
    if isinstance(a, Sampled) and isinstance(b, Sampled):
        apart, a, b = difference(a, b, paired), a.estimate, b.estimate
        return Row(name, figure, a, b, better_side(figure, a, b, apart), apart)
    apart = Estimate(a.value - b.value, math.hypot(a.stderr, b.stderr))
    return Row(name, figure, a, b, better_side(figure, a, b, apart))


def compare(a: Outcome, b: Outcome) -> list[Row]:
    """Every figure that both sides have, in the order of FIGURES.

    Distances between clouds shrink with the number of points, so both sides are judged by as many particles.
    """
    count = min(len(a.end), len(b.end))
    a, b = (replace(outcome, end=outcome.end[:count]) for outcome in (a, b))
    rows = []
    for name, figure in FIGURES.items():
        check_time()
        values = figure.measure(a), figure.measure(b)
        if None not in values:
            rows.append(row_of(name, figure, *values, a.experiment.seed == b.experiment.seed))
    return rows


def figures_json(rows: list[Row]) -> dict[str, Any]:
    """Each figure's values with their errors, null where none is known, and the better side."""
    return {
        row.name: {"a": pair(row.a), "b": pair(row.b), "better": row.winner or None}
        | ({"difference": pair(row.difference)} if row.difference else {})
        for row in rows
    }


def compare_json(a: Outcome, b: Outcome) -> dict[str, Any]:
    """For the command line: both experiments and figures, each [value, standard error], and the better side."""
    rows = compare(a, b)
    return {
        "a": a.experiment.to_dict(),
        "b": b.experiment.to_dict(),
        "figures": figures_json(rows),
        "mode_shares": {
            side: None if (shares := mode_shares(o.setup.mixture, o.end)) is None else shares.tolist()
            for side, o in (("a", a), ("b", b))
        },
    }
