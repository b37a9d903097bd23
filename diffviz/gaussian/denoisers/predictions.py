"""What a network may predict, and how each is read as x0_hat: one function of x_t in different words.

u = a x_0 + s eps is the point scaled to unit variance, a^2 + s^2 = 1. Every row is linear in x_0 and eps, so that an error in the
answer is one in x0_hat times a known factor: |x_0 - x0_hat|^2 = share |error|^2.

    v      a eps - s x_0          x0_hat = a u - s v              share s^2            Salimans & Ho 2022
    eps    eps                    x0_hat = (u - s eps)/a          share s^2/a^2        Ho et al. 2020
    x0     x_0                    x0_hat                          share 1
    score  s grad log q(u) = -E eps                               share s^2/a^2        Song & Ermon 2019
    flow   eps - x_0              x0_hat = (u - s velocity)/(a+s) share s^2/(a+s)^2    Lipman et al. 2023, Liu et al. 2023
    energy v as a gradient        as v                            as v                 energies/network.py

The network's answer for the score is s times it, whose variance is the same at every level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

Level = TypeVar("Level", float, Tensor)
SMALLEST_ALPHA = 1e-4  # where nothing of x_0 is left its noise says nothing of it: it is read as if a trace were


@dataclass(frozen=True)
class PredictionRow:
    """target: (x_0, eps, a, s) -> what the network should answer; x0_hat: (answer, u, a, s) -> what it means; share: (a, s), see
    above. a and s are numbers, or columns with one for each row of u."""

    title: str
    why: str
    target: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    x0_hat: Callable[[Tensor, Tensor, float | Tensor, float | Tensor], Tensor]
    share: Callable[[Level, Level], Level]


def _from_eps(eps: Tensor, u: Tensor, a: float | Tensor, s: float | Tensor) -> Tensor:
    return (u - s * eps) / (a.clamp(min=SMALLEST_ALPHA) if isinstance(a, Tensor) else max(a, SMALLEST_ALPHA))


PREDICTIONS = {
    "v": PredictionRow(
        "v",
        "α ε − σ x₀: at low noise nearly ε, at high noise nearly −x₀, so an error does equal harm at both ends.",
        lambda x0, eps, a, s: a * eps - s * x0,
        lambda v, u, a, s: torch.add(u * a, v, alpha=-s) if isinstance(s, float) else a * u - s * v,
        lambda a, s: s**2,
    ),
    "eps": PredictionRow(
        "ε",
        "The noise. At high noise an error in it is a large one in x₀.",
        lambda x0, eps, a, s: eps,
        _from_eps,
        lambda a, s: s**2 / a**2,
    ),
    "x0": PredictionRow(
        "x₀",
        "The data. At low noise the answer must be nearly the input, to many digits.",
        lambda x0, eps, a, s: x0,
        lambda x0, u, a, s: x0,
        lambda a, s: s**0,
    ),
    "score": PredictionRow(
        "Score",
        "The gradient of the log density, times σ as in Song & Ermon (2019): −ε by another name.",
        lambda x0, eps, a, s: -eps,
        lambda score, u, a, s: _from_eps(-score, u, a, s),
        lambda a, s: s**2 / a**2,
    ),
    "flow": PredictionRow(
        "Flow velocity",
        "ε − x₀, along the straight line from data to noise, as in flow matching.",
        lambda x0, eps, a, s: eps - x0,
        lambda velocity, u, a, s: (u - s * velocity) / (a + s),
        lambda a, s: s**2 / (a + s) ** 2,
    ),
}
PREDICTIONS["energy"] = replace(
    PREDICTIONS["v"],
    title="Energy",
    why="A density: v is the gradient of one number that the network gives, so that the score is that of an energy U.",
)
