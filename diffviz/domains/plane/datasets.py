"""Data sets, each one a Gaussian mixture in the plane, centred and, but for the two Gaussians, scaled to unit variance per
coordinate; and a person's own, which stay where they are.

Curves are strings of Gaussians laid close enough to look continuous, so that nothing here is an approximation of
the data: the mixture *is* the data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from diffviz.domains.plane.bandwidth import mixture_of_points
from diffviz.domains.plane.own_mixture import DEFAULT as DEFAULT_MIXTURE
from diffviz.domains.plane.own_mixture import narrow_mixture
from diffviz.domains.plane.own_points import Points, default_points, read_points
from diffviz.gaussian.mixtures import GaussianMixture

OWN_POINTS, OWN_MIXTURE = OWN = ("own_points", "own_mixture")  # data sets, and the fields that hold them

Raw = tuple[np.ndarray, np.ndarray | None, float]  # means [K, 2], weights [K] or None for equal, std


def _circle(radius: float, count: int, phase: float = 0.0) -> np.ndarray:
    angle = 2 * np.pi * (np.arange(count) + phase) / count
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def _evenly(curve: Callable[[np.ndarray], np.ndarray], start: float, end: float, count: int) -> np.ndarray:
    """count points on a curve, equal distances apart along it."""
    parameter = np.linspace(start, end, 4000)
    points = curve(parameter)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return curve(np.interp(np.linspace(0.0, length[-1], count), length, parameter))


def _polar(parameter: np.ndarray, radius: np.ndarray) -> np.ndarray:
    return np.stack([radius * np.cos(parameter), radius * np.sin(parameter)], 1)


def _eight_gaussians() -> Raw:
    return _circle(1.0, 8), None, 0.08


def _two_gaussians() -> Raw:
    return np.array([[-1.0, 0.0], [1.0, 0.0]]), None, 0.2


def _two_moons() -> Raw:
    upper = _evenly(lambda a: _polar(a, np.ones_like(a)), 0.0, np.pi, 40)
    return np.concatenate([upper, np.array([1.0, 0.5]) - upper]), None, 0.08


def swiss_roll_curve(count: int) -> np.ndarray:
    """[count, 2] points of the roll, equal distances apart: one and a half turns of the spiral r = angle."""
    return _evenly(lambda a: _polar(a, a), 1.5 * np.pi, 4.5 * np.pi, count)


def _swiss_roll() -> Raw:
    return swiss_roll_curve(120), None, 0.45


def _spiral() -> Raw:
    arm = _evenly(lambda a: _polar(a, a), 0.5, 2.5 * np.pi, 64)
    return np.concatenate([arm, -arm]), None, 0.28


def _rings() -> Raw:
    counts = {1.0: 28, 2.0: 56, 3.0: 84}
    weights = np.concatenate([np.full(count, 1 / count) for count in counts.values()])
    return np.concatenate([_circle(r, count) for r, count in counts.items()]), weights, 0.12


def _checkerboard() -> Raw:
    offsets = (np.arange(6) + 0.5) / 6
    cell = np.stack(np.meshgrid(offsets, offsets), -1).reshape(-1, 2)
    corners = [(i, j) for i in range(4) for j in range(4) if (i + j) % 2 == 0]
    return np.concatenate([cell + corner for corner in corners]), None, 0.085


def _pinwheel() -> Raw:
    radius = np.linspace(0.25, 1.75, 28)
    weight = np.exp(-0.5 * ((radius - 1.0) / 0.33) ** 2)
    arms = [_polar(2 * np.pi * i / 5 + 0.9 * (radius - 1.0), radius) for i in range(5)]
    return np.concatenate(arms), np.tile(weight, 5), 0.075


def _smiley() -> Raw:
    mouth = _evenly(lambda a: _polar(a, np.full_like(a, 0.6)), -0.85 * np.pi, -0.15 * np.pi, 24)
    eyes = np.array([[-0.35, 0.3], [0.35, 0.3]])
    parts = [(_circle(1.0, 64), 0.6), (mouth, 0.25), (eyes, 0.15)]
    weights = np.concatenate([np.full(len(points), share / len(points)) for points, share in parts])
    return np.concatenate([points for points, _ in parts]), weights, 0.05


def _grid_25() -> Raw:
    side = np.arange(5) - 2.0
    return np.stack(np.meshgrid(side, side), -1).reshape(-1, 2), None, 0.12


@dataclass(frozen=True)
class DatasetRow:
    """One row of DATASETS. make is None where the data are read from an Experiment's fields; scaled: to unit variance."""

    title: str
    why: str
    make: Callable[[], Raw] | None
    uses: tuple[str, ...] = ()
    network: bool = True
    scaled: bool = True


DATASETS: dict[str, DatasetRow] = {
    "gaussian": DatasetRow("Gaussian", "The only data whose reverse steps are exactly Gaussian at every T.", None, ("data_std",)),
    "two_gaussians": DatasetRow(
        "Two Gaussians",
        "At −1 and 1 with standard deviation 0.2: the papers' example of how symmetry breaks.",
        _two_gaussians,
        network=False,
        scaled=False,
    ),
    "eight_gaussians": DatasetRow("Eight Gaussians", "Eight separate modes on a circle.", _eight_gaussians),
    "two_moons": DatasetRow("Two moons", "Two interlocking arcs that no straight line separates.", _two_moons),
    "swiss_roll": DatasetRow("Swiss roll", "A curve rolled up in the plane, the example of the 2015 paper.", _swiss_roll),
    "spiral": DatasetRow("Spiral", "Two arms close together: small errors carry a particle from one to the other.", _spiral),
    "rings": DatasetRow("Rings", "Three rings around one another, with gaps between.", _rings),
    "checkerboard": DatasetRow(
        "Checkerboard", "Sharp edges and empty squares, which a smooth network finds hard.", _checkerboard
    ),
    "pinwheel": DatasetRow("Pinwheel", "Five curved arms of uneven density that meet in the middle.", _pinwheel),
    "smiley": DatasetRow("Smiley", "Small features beside a large one: structure appears from coarse to fine.", _smiley),
    "grid_25": DatasetRow("Grid of 25", "Twenty-five modes on a grid: missing ones are easily seen.", _grid_25),
    OWN_POINTS: DatasetRow(
        "Your own points",
        "Points that you draw, type or upload: a Gaussian at each of them, as wide as the kernel bandwidth.",
        None,
        (OWN_POINTS, "bandwidth"),
        network=False,
        scaled=False,
    ),
    OWN_MIXTURE: DatasetRow(
        "Your own mixture",
        "Gaussians whose places, widths and weights you choose.",
        None,
        (OWN_MIXTURE,),
        network=False,
        scaled=False,
    ),
}


@lru_cache(maxsize=64)
def make_dataset(
    name: str, std: float = 1.0, own_points: str = "", bandwidth: float | None = None, own_mixture: str = ""
) -> GaussianMixture:
    """The mixture `name` (float64, CPU), of zero mean and, if its row is scaled, unit variance; std is read by "gaussian" alone,
    the others by the data sets that are a person's own, "" for what we have for who has none.

    Raises KeyError for an unknown name, ValueError for own data that are none.
    """
    row = DATASETS[name]
    if name == OWN_POINTS:
        return mixture_of_points(points_of(own_points), bandwidth)
    if name == OWN_MIXTURE:
        return narrow_mixture(own_mixture or DEFAULT_MIXTURE)
    if row.make is None:
        return GaussianMixture(torch.zeros(1, 2, dtype=torch.float64), torch.ones(1, dtype=torch.float64), std)
    means, weights, raw_std = row.make()
    weights = np.full(len(means), 1.0 / len(means)) if weights is None else weights / weights.sum()
    means = means - weights @ means
    scale = 1.0 / np.sqrt((weights @ means**2).mean() + raw_std**2) if row.scaled else 1.0
    return GaussianMixture(torch.from_numpy(means * scale), torch.from_numpy(weights), float(raw_std * scale))


def points_of(text: str) -> Points:
    """Of a text; ours for "". Raises ValueError."""
    return read_points(text) if text else default_points()


def mixture_of(named: Any) -> GaussianMixture:
    """The mixture that an Experiment or a recipe names by its fields; a recipe may lack some of them. Raises as make_dataset."""
    fields = {"data_std": "std", "own_points": "own_points", "bandwidth": "bandwidth", "own_mixture": "own_mixture"}
    found = {argument: getattr(named, field) for field, argument in fields.items() if hasattr(named, field)}
    return make_dataset(named.dataset, **found)
