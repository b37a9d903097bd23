"""Factors r(x) of points of the plane: the likelihood of x when something is known of a noisy observation of it,

    y = x + std z,   r(x) = p(what is known of y|x)

A half-plane that y lies in, one coordinate of y, its distance from the origin, or y itself. Such a family is closed under noise:
the mean of r over x ~ N(m, v I) is the same factor with the variance u = std^2 + v in place of std^2,

    R(m; u) = E r(x),   E[x|what is known] = m + v grad_m log R(m; u)

so that the posterior of a Gaussian mixture, the h-transform of Doob, and draws from both are known in closed form (tilted.py).

In every function m is [..., 2], points or means; u = std^2 + v > 0; the answers are [...] or [..., 2].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from diffviz.inverse.angles import von_mises

MAX_OFFSET = 3.0
MIN_STD = 0.05  # of the observation: a sharper edge is one to the eye, and its gradient no small perturbation of any step
FAR = 9.0  # standard deviations
LEAST = 1e-300  # a probability below it is taken for it


def log_ndtr(x: Tensor) -> Tensor:
    """log of the normal distribution function, to within 1e-6: ten times as fast as torch's, which is not vectorised."""
    square = x.clamp(max=-FAR).square().reciprocal()  # of the asymptotic series, far out
    series = 1.0 - square * (1.0 - 3.0 * square * (1.0 - 5.0 * square * (1.0 - 7.0 * square)))
    far = -x.square() / 2 - (x.clamp(max=-FAR).neg() * math.sqrt(2 * math.pi)).log() + series.log()
    near = (0.5 * torch.erfc(x.clamp(min=-FAR) * -math.sqrt(0.5))).log()
    return torch.where(x < -FAR, far, near)


class Factor(Protocol):
    """What is known of y = x + std z."""

    def log_value(self, m: Tensor, u: float) -> Tensor:
        """[...] log R(m; u): of a half-plane a probability, else a density of what is observed."""

    def with_gradient(self, m: Tensor, u: float) -> tuple[Tensor, Tensor]:
        """The same, and its gradient [..., 2] with respect to m."""

    def draw(self, m: Tensor, v: float, variance: float, uniform: Tensor, z: Tensor) -> Tensor:
        """[N, 2] x from the density proportional to N(x; m, v I) r(x), for m [N, 2], r with the variance std^2, and randomness
        uniform [N] in (0, 1) and normal z [N, 2]; float64."""


@dataclass(frozen=True)
class _Along:
    """What is known of the coordinate n·y alone. normal: n, of length 1."""

    normal: tuple[float, float]
    offset: float

    def _coordinate(self, m: Tensor) -> Tensor:
        return self.normal[0] * m[..., 0] + self.normal[1] * m[..., 1]

    def _outwards(self, length: Tensor) -> Tensor:
        return torch.stack([self.normal[0] * length, self.normal[1] * length], -1)

    def _given(self, m: Tensor, seen: Tensor | float, v: float, variance: float, z: Tensor) -> Tensor:
        """x given n·y = seen. z: along n, and across."""
        u = v + variance
        along = v / u * (seen - self._coordinate(m)) + math.sqrt(v * variance / u) * z[:, 0]
        across = math.sqrt(v) * z[:, 1]
        turned = torch.stack([-self.normal[1] * across, self.normal[0] * across], -1)
        return m + self._outwards(along) + turned


class HalfPlane(_Along):
    """n·y > offset: r(x) is the normal distribution function of (n·x - offset)/std."""

    def log_value(self, m: Tensor, u: float) -> Tensor:
        return log_ndtr((self._coordinate(m) - self.offset) / math.sqrt(u))

    def with_gradient(self, m: Tensor, u: float) -> tuple[Tensor, Tensor]:
        d = (self._coordinate(m) - self.offset) / math.sqrt(u)
        value = log_ndtr(d)
        return value, self._outwards(torch.exp(-d.square() / 2 - value) / math.sqrt(2 * math.pi * u))

    def draw(self, m: Tensor, v: float, variance: float, uniform: Tensor, z: Tensor) -> Tensor:
        root, centre = math.sqrt(v + variance), self._coordinate(m)
        above = torch.special.ndtr((centre - self.offset) / root)  # of n·y > offset; y is drawn beyond it from this tail
        seen = centre - root * torch.special.ndtri((above * uniform).clamp(min=LEAST))
        return self._given(m, seen.clamp(min=self.offset), v, variance, z)


class Strip(_Along):
    """n·y = offset: r(x) = N(offset; n·x, std^2)."""

    def log_value(self, m: Tensor, u: float) -> Tensor:
        return -0.5 * ((self._coordinate(m) - self.offset).square() / u + math.log(2 * math.pi * u))

    def with_gradient(self, m: Tensor, u: float) -> tuple[Tensor, Tensor]:
        return self.log_value(m, u), self._outwards((self.offset - self._coordinate(m)) / u)

    def draw(self, m: Tensor, v: float, variance: float, uniform: Tensor, z: Tensor) -> Tensor:
        return self._given(m, self.offset, v, variance, z)


def _between(m: Tensor, y: Tensor, v: float, variance: float, z: Tensor) -> Tensor:
    """x ~ N(m, v I) given y = x + std z."""
    u = v + variance
    return m + v / u * (y - m) + math.sqrt(v * variance / u) * z


@dataclass(frozen=True)
class Observation:
    """y itself: r(x) = N(y; x, std^2 I)."""

    y: tuple[float, float]

    def _residual(self, m: Tensor) -> Tensor:
        return torch.tensor(self.y, dtype=m.dtype, device=m.device) - m

    def log_value(self, m: Tensor, u: float) -> Tensor:
        return -0.5 * self._residual(m).square().sum(-1) / u - math.log(2 * math.pi * u)

    def with_gradient(self, m: Tensor, u: float) -> tuple[Tensor, Tensor]:
        return self.log_value(m, u), self._residual(m) / u

    def draw(self, m: Tensor, v: float, variance: float, uniform: Tensor, z: Tensor) -> Tensor:
        return _between(m, m + self._residual(m), v, variance, z)


@dataclass(frozen=True)
class Ring:
    """|y| = radius: r(x) is the density of Rice at the radius, nearly a Gaussian in |x| where the radius is many std."""

    radius: float

    def _log_rice(self, length: Tensor, bessel: Tensor, u: float) -> Tensor:
        return math.log(self.radius / u) - (length - self.radius).square() / (2 * u) + bessel.log()

    def log_value(self, m: Tensor, u: float) -> Tensor:
        length = torch.hypot(m[..., 0], m[..., 1])
        return self._log_rice(length, torch.special.i0e(length * (self.radius / u)), u)

    def with_gradient(self, m: Tensor, u: float) -> tuple[Tensor, Tensor]:
        length = torch.hypot(m[..., 0], m[..., 1])
        z = length * (self.radius / u)
        bessel = torch.special.i0e(z)
        slope = (self.radius * torch.special.i1e(z) / bessel - length) / u
        return self._log_rice(length, bessel, u), m * (slope / length.clamp(min=1e-12))[..., None]

    def draw(self, m: Tensor, v: float, variance: float, uniform: Tensor, z: Tensor) -> Tensor:
        turn = von_mises(m.norm(dim=-1) * (self.radius / (v + variance)), uniform)
        angle = torch.atan2(m[:, 1], m[:, 0]) + turn
        return _between(m, self.radius * torch.stack([angle.cos(), angle.sin()], -1), v, variance, z)


@dataclass(frozen=True)
class FactorRow:
    """One row of POINT_FACTORS. make(angle in degrees, offset); uses: which of both it reads."""

    title: str
    why: str
    make: Callable[[float, float], Factor]
    uses: tuple[str, ...]


def _unit(angle: float) -> tuple[float, float]:
    turn = math.radians(angle)
    return math.cos(turn), math.sin(turn)


def _observation(angle: float, offset: float) -> Observation:
    x, y = _unit(angle)
    return Observation((offset * x, offset * y))


POINT_FACTORS: dict[str, FactorRow] = {
    "half_plane": FactorRow(
        "Half-plane",
        "Known is that y lies beyond a straight line: r(x) rises from 0 to 1 across it.",
        lambda angle, offset: HalfPlane(_unit(angle), offset),
        ("angle", "offset"),
    ),
    "ring": FactorRow(
        "Ring",
        "Known is how far y is from the origin: r(x) is large on a circle.",
        lambda angle, offset: Ring(offset),
        ("offset",),
    ),
    "observation": FactorRow(
        "Noisy observation", "Known is y itself: r(x) is a Gaussian about it.", _observation, ("angle", "offset")
    ),
    "strip": FactorRow(
        "One coordinate",
        "Known is one coordinate of y, along a direction: r(x) is large in a strip.",
        lambda angle, offset: Strip(_unit(angle), offset),
        ("angle", "offset"),
    ),
}
