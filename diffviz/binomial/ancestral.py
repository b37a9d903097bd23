"""Ancestral sampling of bits (Sohl-Dickstein et al. 2015, sec. 2.2).

    p(x_s^i = 1|x_t) = sum_b q(x_s^i = 1|x_t^i, x_0^i = b) P(x_0^i = b|x_t)

Given x_t the bits of x_s are drawn independently of one another. With the exact posterior each bit has its exact probability, but
what the bits of q(x_s|x_t) know of one another is lost: their total correlation is the dissipation of the step (costs.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from diffviz.binomial.denoisers import Categorical
from diffviz.binomial.kernels import bits, one_before, reverse_kernels
from diffviz.process import Position, Step
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import StepInfo


class BitAncestral:
    """Along the chain times [K+1], ascending, that will be visited."""

    def __init__(self, schedule: NoiseSchedule, times: NDArray[np.int64], rate: float) -> None:
        self._kernels = dict(zip(times[1:].tolist(), reverse_kernels(schedule, times, rate), strict=True))

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Categorical, step: Step) -> tuple[Position, StepInfo]:
        kernel = self._kernels[step.t]
        x_s = bits(one_before(kernel, state.x, prediction.probabilities), step.noise(0))
        return Position(x_s), StepInfo(transition=tuple(map(tuple, kernel.tolist())))
