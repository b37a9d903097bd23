"""Two runs side by side: figures with their errors, which side is better, and a sentence that sums it up."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.diagnostics.distances import energy_distance, sliced_wasserstein, wasserstein
from diffviz.diagnostics.information import Estimate, Information
from diffviz.diagnostics.report import REFERENCES, analyse, fresh_clouds
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.mixtures import GaussianMixture
from diffviz.quadrature import ERROR_NATS
from diffviz.trajectory import Trajectory

Distance = Callable[[Any, Any], float]

SUBSAMPLE = 500  # particles whose exact W2 is computed: the cost grows with the cube
MAX_CLOUD = 2000  # particles of the other distances
MAX_MODES = 32
SPREAD_SEED, SPREAD_CLOUDS = 2**31 - 1, 20  # clouds of data whose distances from one another are looked at
SEPARATION = 5.0  # components whose means are so many standard deviations apart are modes


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


def mode_shares(mixture: GaussianMixture, x: NDArray[np.floating]) -> NDArray[np.float64] | None:
    """[K] share of the particles x [N, D] that lie nearest to each mode; None if the data has no separate modes."""
    means = mixture.means
    if not 2 <= len(means) <= MAX_MODES or torch.pdist(means).min() < SEPARATION * mixture.std:
        return None
    nearest = torch.cdist(torch.from_numpy(x.astype(np.float64)), means).argmin(1)
    return torch.bincount(nearest, minlength=len(means)).numpy() / len(x)


@lru_cache(maxsize=64)
def _spread_among_data(data: Experiment, distance: Distance) -> float:
    """Standard deviation of the distance between two clouds of data, of as many points as the experiment has particles.

    It is skewed, so that it takes many clouds to know it; for all runs on these data they are the same ones.
    """
    clouds = fresh_clouds(Setup(data), SPREAD_CLOUDS)
    return float(np.std([distance(one, other) for one, other in zip(clouds, [*clouds[1:], clouds[0]], strict=True)], ddof=1))


def _to_data(outcome: Outcome, distance: Distance, most: int, count: int = REFERENCES) -> Estimate | None:
    """Mean distance of the particles to as much fresh data; None for a single particle.

    Its error has two parts: of the mean over clouds of data; and, because the particles are a draw as well, of that draw. The
    distance of two clouds of data varies with two draws, so that one has at most half of its variance.
    """
    end = outcome.end[:most].astype(np.float64)
    if len(end) < 2:
        return None
    e = outcome.experiment
    values = [distance(end, cloud[: len(end)]) for cloud in fresh_clouds(outcome.setup, count)]
    data = Experiment(dataset=e.dataset, data_std=e.data_std, particles=len(end), seed=SPREAD_SEED)
    draw = _spread_among_data(data, distance) / math.sqrt(2.0)
    return Estimate(float(np.mean(values)), math.hypot(float(np.std(values, ddof=1)) / math.sqrt(count), draw))


def _modes(outcome: Outcome) -> Estimate | None:
    """Total variation between the shares of the modes and their weights; the error is that of as many fair draws."""
    shares = mode_shares(outcome.setup.mixture, outcome.end)
    if shares is None or len(outcome.end) < 2:
        return None
    weights = outcome.setup.mixture.weights.numpy()
    stderr = 0.5 * math.sqrt(float((weights * (1 - weights)).sum()) / len(outcome.end))
    return Estimate(0.5 * float(np.abs(shares - weights).sum()), stderr)


def _exactly(value: float) -> Estimate:
    return Estimate(float(value), 0.0)


def _by_quadrature(value: float) -> Estimate:
    """Below its tolerance nothing is known of it: 3e-11 is rounding."""
    return Estimate(float(value) if abs(value) >= ERROR_NATS else 0.0, ERROR_NATS)


@dataclass(frozen=True)
class Figure:
    """One row of FIGURES. better: "low" wins, or "" where it is no merit or another row says the same; why: what it says."""

    title: str
    unit: str
    better: str
    why: str
    measure: Callable[[Any], Any]


FIGURES: dict[str, Figure] = {
    "terminal_snr": Figure(
        "SNR at T",
        "",
        "",
        "How much of the data is left in x_T, as signal to noise; 0 is pure noise.",
        lambda o: _exactly(o.setup.schedule.snr[-1]),
    ),
    "entropy_nats": Figure(
        "Entropy of the data",
        "nats",
        "",
        "What any model must pay; a density's, so it may be negative.",
        lambda o: o.chain.entropy,
    ),
    "bound_nats": Figure("Bound", "nats", "", "What this chain pays: entropy and gap.", lambda o: o.chain.bound),
    "dissipated_nats": Figure(
        "Dissipated by all steps",
        "nats",
        "low",
        "What the steps waste. As many steps that cross less noise are shorter, and waste less.",
        lambda o: Estimate(float(o.chain.dissipation_nats.sum()), o.chain.bound.stderr),
    ),
    "mismatch_nats": Figure(
        "Mismatch at T",
        "nats",
        "low",
        "KL(q(x_T) ‖ N(0, I)): the way back starts from noise, the forward path may not have ended there. The prior loss L_T is "
        "another thing: that of a known x_0, which counts what x_T still knows of it as well.",
        lambda o: _by_quadrature(o.chain.mismatch_nats),
    ),
    "gap_nats": Figure(
        "Gap",
        "nats",
        "low",
        "Bound less entropy: what is dissipated and the mismatch at T, together. KL(data ‖ samples) is at most so much.",
        lambda o: o.chain.gap,
    ),
    "gap_bits_per_dim": Figure(
        "Gap",
        "bits/dim",
        "",
        "The same gap in the unit of papers on images.",
        lambda o: _bits_per_dim(o.chain.gap, o.setup.mixture.dim),
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
    "sliced_wasserstein": Figure(
        "Sliced W2",
        "",
        "low",
        "How far the particles are from fresh data, along many directions.",
        lambda o: _to_data(o, sliced_wasserstein, MAX_CLOUD),
    ),
    "wasserstein": Figure(
        f"Exact W2, {SUBSAMPLE} points",
        "",
        "low",
        "How far they must be moved to become fresh data; two clouds of data are not at 0 either.",
        lambda o: _to_data(o, wasserstein, SUBSAMPLE, 5),
    ),
    "energy_distance": Figure(
        "Energy distance",
        "",
        "low",
        "0 for equal laws; an unbiased estimate, so chance may take it a little below.",
        lambda o: _to_data(o, energy_distance, MAX_CLOUD),
    ),
    "mode_error": Figure(
        "Modes, total variation", "", "low", "How far the modes' shares of particles are from their weights.", _modes
    ),
}


def _bits_per_dim(nats: Estimate, dim: int) -> Estimate:
    per = 1.0 / (dim * math.log(2.0))
    return Estimate(nats.value * per, nats.stderr * per)


@dataclass(frozen=True)
class Row:
    """A figure of both sides; winner is "a", "b" or "" where the difference is within two standard errors.

    difference: A less B, for data of which it is told; taken particle by particle it has less of an error than either
    """

    name: str
    figure: Figure
    a: Estimate
    b: Estimate
    winner: str
    difference: Estimate | None = None


def _winner(figure: Figure, a: Estimate, b: Estimate) -> str:
    difference = b.value - a.value
    if not figure.better or abs(difference) <= 2.0 * math.hypot(a.stderr, b.stderr):
        return ""
    return "a" if difference > 0 else "b"


def compare(a: Outcome, b: Outcome) -> list[Row]:
    """Every figure that both sides have, in the order of FIGURES.

    Distances between clouds shrink with the number of points, so both sides are judged by as many particles.
    """
    count = min(len(a.end), len(b.end))
    a, b = (replace(outcome, end=outcome.end[:count]) for outcome in (a, b))
    rows = []
    for name, figure in FIGURES.items():
        values = figure.measure(a), figure.measure(b)
        if None not in values:
            rows.append(Row(name, figure, *values, _winner(figure, *values)))
    return rows


def figures_json(rows: list[Row]) -> dict[str, Any]:
    """Each figure's values with their errors, null where none is known, and the better side."""

    def pair(estimate: Estimate) -> list[float | None]:
        return [estimate.value, estimate.stderr if math.isfinite(estimate.stderr) else None]

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


def to_csv(rows: list[Row], a: Experiment, b: Experiment) -> str:
    """The table as comma-separated values, each row with the two experiments as links write them.

    An error is a standard error, or, for what is known in closed form, the tolerance of its quadrature.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    paired = ["difference", "difference_error"] if any(row.difference for row in rows) else []
    writer.writerow(["figure", "unit", "a", "a_error", "b", "b_error", *paired, "better", "a_experiment", "b_experiment"])
    links = a.to_query(), b.to_query()
    for row in rows:
        known = [row.difference.value, row.difference.stderr] if row.difference else [""] * len(paired)
        both = [row.a.value, row.a.stderr, row.b.value, row.b.stderr]
        writer.writerow([row.name, row.figure.unit, *both, *known, row.winner, *links])
    return text.getvalue()
