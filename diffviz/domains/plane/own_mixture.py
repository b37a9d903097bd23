"""A mixture that a person has made, as a text: "x,y,std,weight;...", a component each.

The components may differ in width, a GaussianMixture's do not. So one that is wider than the narrowest is drawn as a lattice of
narrow ones: with R^2 = S^2 - s^2

    N(x; mu, S^2 I) = int N(u; 0, R^2 I) N(x; mu + u, s^2 I) du

and the trapezoid rule for the integral, whose error is that of summing a Gaussian of the variance (s R/S)^2 at a pitch d: it
falls as exp(-2 pi^2 (s R/S)^2/d^2) (Poisson's summation formula; Trefethen & Weideman 2014). Pitch and extent are chosen so that
the density is wrong by less than DENSITY_ERROR anywhere.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.gaussian.mixtures import GaussianMixture

MOST = 64  # components
MAX_NARROW = 2048  # Gaussians of one width
DENSITY_ERROR = 1e-6
REACH = 4.0  # the largest coordinate
STD = (0.03, 2.0)
WEIGHT = (1e-3, 1e3)
ALLOWED = 'must be components "x,y,std,weight" between semicolons, such as "-1,0,0.2,1;1,0,0.4,2"'
DEFAULT = "-1.1,-0.6,0.2,1;0.9,-0.9,0.4,2;0.2,1,0.2,1"

_NUMBER = r"\s*[-+]?(?:[0-9]{1,12}\.?[0-9]{0,12}|\.[0-9]{1,12})(?:[eE][-+]?[0-9]{1,2})?\s*"
_FORM = re.compile(rf"{_NUMBER}(?:,{_NUMBER}){{3}}")
MAX_LETTERS = MOST * 80


class Component(NamedTuple):
    """Of a mixture: its mean, its standard deviation in each coordinate, and its weight, whatever the weights add up to."""

    x: float
    y: float
    std: float
    weight: float


@lru_cache(maxsize=64)
def read_mixture(text: str) -> tuple[Component, ...]:
    """The components of a text. Raises ValueError, in words that follow the name of a field."""
    parts = text.strip().removesuffix(";").split(";") if len(text) <= MAX_LETTERS else []
    if not parts or not all(map(_FORM.fullmatch, parts)):
        raise ValueError(ALLOWED)
    if len(parts) > MOST:
        raise ValueError(f"must have at most {MOST} components, not {len(parts)}")
    found = tuple(Component(*map(float, part.split(","))) for part in parts)
    for name, low, high in (("x", -REACH, REACH), ("y", -REACH, REACH), ("std", *STD), ("weight", *WEIGHT)):
        for number, component in enumerate(found, 1):
            value = getattr(component, name)
            if not low <= value <= high:
                raise ValueError(f"must have a {name} from {low:g} to {high:g} in component {number}, not {value:g}")
    count = narrow_count(found)
    if count > MAX_NARROW:
        raise ValueError(
            f"must have widths less far apart: a component wider than the narrowest is a lattice of narrow ones, "
            f"{count} in all, where {MAX_NARROW} are allowed"
        )
    return found


def mixture_text(components: tuple[Component, ...]) -> str:
    """Their text, as short as it can be."""
    return ";".join(",".join(f"{value:.10g}" for value in component) for component in components)


def plain_mixture_text(text: str) -> str:
    """The same mixture in the shortest text, "" for the usual one; a text that is none as it is."""
    try:
        short = mixture_text(read_mixture(text)) if text else ""
    except ValueError:
        return text
    return "" if short == DEFAULT else short


class _Lattice(NamedTuple):
    """Of a wide component: R, its pitch and the radius within which it has nodes."""

    spread: float
    pitch: float
    radius: float

    @property
    def side(self) -> int:
        """Nodes on either side of the middle one."""
        return math.floor(self.radius / self.pitch)


def _lattices(components: tuple[Component, ...]) -> list[_Lattice | None]:
    """Of each component; None of those that are as narrow as the narrowest."""
    narrow, total = min(each.std for each in components), sum(each.weight for each in components)
    wide = [each for each in components if each.std > narrow]
    peak = sum(each.weight / total / (2 * math.pi * each.std**2) for each in wide)
    exponent = math.log(8 * max(peak, 1.0) / DENSITY_ERROR)  # of the error of either kind, relative to the peak
    found: list[_Lattice | None] = []
    for each in components:
        if each.std <= narrow:
            found.append(None)
            continue
        spread = math.sqrt(each.std**2 - narrow**2)
        pitch = math.pi * math.sqrt(2 / exponent) * spread * narrow / each.std
        found.append(_Lattice(spread, pitch, spread * math.sqrt(2 * exponent)))
    return found


def narrow_count(components: tuple[Component, ...]) -> int:
    """About how many Gaussians of one width the mixture is: within a few in a hundred of the number that narrow_mixture makes."""
    return sum(1 if each is None else math.ceil(math.pi * (each.radius / each.pitch) ** 2) for each in _lattices(components))


def _nodes(lattice: _Lattice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offsets [K, 2] from the mean and weights [K] that sum to 1."""
    at = lattice.pitch * np.arange(-lattice.side, lattice.side + 1)
    x, y = (axis.ravel() for axis in np.meshgrid(at, at))
    square = x**2 + y**2
    inside = square <= lattice.radius**2
    weights = np.exp(-square[inside] / (2 * lattice.spread**2))
    return np.stack([x[inside], y[inside]], 1), weights / weights.sum()


@lru_cache(maxsize=64)
def narrow_mixture(text: str) -> GaussianMixture:
    """The mixture of a text with components of one width (float64, CPU). Raises ValueError as read_mixture does."""
    components = read_mixture(text)
    means, weights = [], []
    for each, lattice in zip(components, _lattices(components), strict=True):
        offsets, shares = (np.zeros((1, 2)), np.ones(1)) if lattice is None else _nodes(lattice)
        means.append(offsets + np.array([each.x, each.y]))
        weights.append(each.weight * shares)
    all_weights = np.concatenate(weights)
    narrow = min(each.std for each in components)
    return GaussianMixture(torch.from_numpy(np.concatenate(means)), torch.from_numpy(all_weights / all_weights.sum()), narrow)
