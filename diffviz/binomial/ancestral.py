"""Diffusion of bits, forward by one-step kernels and back by ancestral sampling (Sohl-Dickstein et al. 2015, sec. 2.2).

    p(x_s^i = 1|x_t) = sum_b q(x_s^i = 1|x_t^i, x_0^i = b) P(x_0^i = b|x_t)

Given x_t the bits of x_s are drawn independently of one another. With the exact posterior each bit has its exact probability, but
what the bits of q(x_s|x_t) know of one another is lost: their total correlation is the dissipation of the step (costs.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from diffviz.binomial.denoisers import Categorical
from diffviz.binomial.kernels import bits, one_before, reverse_kernels, step_kernels
from diffviz.deadline import check_time
from diffviz.process import Position, Step
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Frame


def prior(normal: Tensor, rate: float) -> Tensor:
    """[N, D] bits of B(rate), from standard normal numbers [N, D]."""
    return bits(rate, normal)


def forward_process(schedule: NoiseSchedule, x0: Tensor, noise: Callable[[int], Tensor], rate: float) -> Iterator[Frame]:
    """The Markov path x_0 -> x_1 -> ... -> x_T of bits x0 [N, D], one step's kernel at a time: yields T+1 Frames."""
    x = x0
    yield Frame("forward", 0, 0, x)
    for t, kernel in enumerate(step_kernels(schedule, np.arange(schedule.steps + 1), rate), 1):
        check_time()
        one_from_zero, one_from_one = kernel[:, 1].tolist()
        x = bits(one_from_zero + (one_from_one - one_from_zero) * x, noise(t))
        yield Frame("forward", t, t, x)


class BitAncestral:
    """Along the chain times [K+1], ascending, that will be visited.

    Its info has the four probabilities q(x_s = 1|x_t = v, x_0 = b) as one_vb, such as one_01 for a 0 in x_t that is a 1 of the
    data.
    """

    def __init__(self, schedule: NoiseSchedule, times: NDArray[np.int64], rate: float) -> None:
        self._kernels = dict(zip(times[1:].tolist(), reverse_kernels(schedule, times, rate), strict=True))

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Categorical, step: Step) -> tuple[Position, dict[str, float]]:
        kernel = self._kernels[step.t]
        x_s = bits(one_before(kernel, state.x, prediction.probabilities), step.noise(0))
        return Position(x_s), {f"one_{v}{b}": kernel.item(v, b) for v in (0, 1) for b in (0, 1)}
