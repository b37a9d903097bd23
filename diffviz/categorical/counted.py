"""Showing a fixed number of masked coordinates in each step, in an order.

    random          any of them, all equally probable (order-agnostic autoregressive: Uria et al. 2014, Hoogeboom et al. 2022)
    left to right   autoregressive
    confidence      those whose drawn symbols are the most probable (MaskGIT: Chang et al. 2022, sec. 3.2)

A step is made of moves, each of which draws at_once coordinates with one function evaluation; it takes as many as its share
of the schedule asks for. With the exact denoiser and at_once = 1 the first two draw from the data exactly. Confidence does
not: which coordinate is shown depends on what was drawn for it, so that probable sequences become more so. The higher its
temperature, the more random the order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.kernels import symbols
from diffviz.categorical.samplers import least, level
from diffviz.process import Position, Step
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import StepInfo


def shown_at(schedule: NoiseSchedule, times: NDArray[np.int64], dim: int, at_once: int) -> NDArray[np.int64]:
    """[K+1] how many of D coordinates are shown at each of the times [K+1], ascending from 0: the multiple of at_once nearest to
    D abar_t; all at 0, and none at the last."""
    found = np.minimum(np.rint(schedule.signal_share[times] * dim / at_once).astype(np.int64) * at_once, dim)
    found[0], found[-1] = dim, 0
    return found


Order = Callable[[Tensor, Tensor, float], Tensor]
"""(probability [N, D] of the symbol that was drawn, z [N, D] standard normal, s/T) -> scores [N, D]; the least go first."""


def random(probability: Tensor, z: Tensor, left: float) -> Tensor:
    return z


def left_to_right(probability: Tensor, z: Tensor, left: float) -> Tensor:
    return torch.arange(z.shape[1], dtype=z.dtype, device=z.device).expand_as(z)


def by_confidence(temperature: float) -> Order:
    """With Gumbel noise on the logarithm of the confidence, whose temperature falls to 0 with s (MaskGIT)."""

    def score(probability: Tensor, z: Tensor, left: float) -> Tensor:
        gumbel = -(-torch.special.log_ndtr(z)).log()
        return -(probability.log() + temperature * left * gumbel)

    return score


class Counted:
    """shown: [K+1] how many coordinates are shown at each of the chain's times [K+1] (shown_at); mask: its symbol number."""

    def __init__(self, shown: NDArray[np.int64], times: NDArray[np.int64], at_once: int, order: Order, mask: int) -> None:
        self._shown = dict(zip(times.tolist(), shown.tolist(), strict=True))
        self._at_once, self._order, self._mask = at_once, order, mask

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Categorical, step: Step) -> tuple[Position, StepInfo]:
        x, told, left = state.x, prediction, step.s / step.schedule.steps
        wanted, draw = self._shown[step.s], 0
        missing = (wanted - (x != self._mask).sum(1)).clamp(min=0)
        told_of = StepInfo(shown=int(missing.max()), at_most=bool((missing != missing.max()).any()))
        while True:
            hidden = x == self._mask
            count = (wanted - (~hidden).sum(1)).clamp(0, self._at_once)
            if not count.any():
                return Position(x), told_of
            if draw:
                told = step.denoise(x, *level(float((~hidden).float().mean())))
            drawn = symbols(told.probabilities, step.noise(draw))
            probability = told.probabilities.gather(2, drawn.long()[..., None])[..., 0]
            score = self._order(probability, step.noise(draw + 1), left)
            x = torch.where(least(score.masked_fill(~hidden, torch.inf), count), drawn, x)
            draw += 2
