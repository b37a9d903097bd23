"""Reverse steps in which every coordinate is drawn alone, and a corrector.

ancestral    x_s ~ p(x_s|x_t), every coordinate alone (D3PM): a masked one is shown with probability rho (kernels.py)
remasking    ancestral, then corrector steps: one coordinate that is shown, chosen at random, is masked and drawn anew given all
             others. With the exact denoiser that is Gibbs sampling: it leaves q(x_s) as it is, and mends what was drawn
             together wrongly
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.categorical.changes import Change
from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.kernels import Redrawing, jumps, symbols
from diffviz.process import Position, Step
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import StepInfo


class Ancestral:
    """Along the chain times [K+1], ascending, that will be visited."""

    def __init__(self, noise: Redrawing, schedule: NoiseSchedule, times: NDArray[np.int64]) -> None:
        self._noise, self._masks = noise, noise.shown > noise.symbols
        self._jumps = dict(zip(times[1:].tolist(), jumps(schedule, times), strict=True))

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Categorical, step: Step) -> tuple[Position, StepInfo]:
        jump = self._jumps[step.t]
        before = self._noise.before(state.x, prediction.probabilities, jump)
        return Position(symbols(before, step.noise(0))), StepInfo(rho=jump.rho if self._masks else None)


class Remasking(Ancestral):
    """corrector_steps: how many coordinates are drawn anew after each step; given: [D] symbols that are not, V where one may be;
    nor are those that changes have set by then. Of the absorbing process."""

    def __init__(
        self,
        noise: Redrawing,
        schedule: NoiseSchedule,
        times: NDArray[np.int64],
        corrector_steps: int,
        given: Tensor | None = None,
        changes: Sequence[Change] = (),
    ) -> None:
        super().__init__(noise, schedule, times)
        self._mask, self._corrector_steps = noise.symbols, corrector_steps
        self._free, self._changes = None if given is None else given == noise.symbols, changes

    def step(self, state: Position, prediction: Categorical, step: Step) -> tuple[Position, StepInfo]:
        state, info = super().step(state, prediction, step)
        x = state.x
        share = float(step.schedule.signal_share[step.s]) * (1.0 - 1.0 / x.shape[1])  # one coordinate fewer is shown than at s
        for draw in range(1, 2 * self._corrector_steps, 2):
            shown = (x != self._mask) & self._may_change(x, step.t)
            chosen = least(step.noise(draw).masked_fill(~shown, torch.inf), shown.any(1).long())
            told = step.denoise(x.masked_fill(chosen, self._mask), *level(share))
            x = torch.where(chosen, symbols(told.probabilities, step.noise(draw + 1)), x)
        return Position(x), info._replace(corrector_steps=self._corrector_steps)

    def _may_change(self, x: Tensor, t: int) -> Tensor:
        """[N, D] what nobody has set when x_t is left. Of changes in the order of falling times the last one counts."""
        free = torch.ones_like(x, dtype=torch.bool) if self._free is None else self._free.to(x.device).expand_as(x).clone()
        for change in self._changes:
            if change.time >= t:
                free[change.sequence, change.place] = change.symbol == self._mask
        return free


def level(share: float) -> tuple[float, float]:
    """alpha and sigma of a variance-preserving process in which coordinates are shown with probability share."""
    return math.sqrt(share), math.sqrt(1.0 - share)


def least(score: Tensor, count: Tensor) -> Tensor:
    """[N, D] which are the count [N] coordinates of the least score [N, D]; of equal ones, those to the left."""
    order = score.argsort(stable=True, dim=1)
    rank = torch.empty_like(order).scatter_(1, order, torch.arange(score.shape[1], device=score.device).expand_as(order))
    return rank < count[:, None]
