"""Ancestral sampling (DDPM, Ho et al. 2020, algorithm 2): draw x_s from p(x_s|x_t) = q(x_s|x_t, x_0 = x0_hat),
with a variance of choice."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, add

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import ReverseKernel, ReverseVariances, reverse_kernel
from diffviz.process import Position, Step
from diffviz.trajectory import StepInfo


def _mean(variance: Tensor) -> Tensor:
    """[N, *D] -> [N, 1, ...]: of each particle."""
    return variance.mean(tuple(range(1, variance.ndim)), keepdim=True)


class Ancestral:
    """variances of the chain times [K+1], ascending, that will be visited; kernel(schedule, s, t): whose mean a step has."""

    def __init__(
        self,
        variances: ReverseVariances,
        times: NDArray[np.int64],
        kernel: Callable[..., ReverseKernel] = reverse_kernel,
    ) -> None:
        self._kernel = kernel
        self._added = variances.added
        self._std = dict(zip(times[1:].tolist(), np.sqrt(variances.sampled).tolist(), strict=True))

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        kernel, std = self._kernel(step.schedule, step.s, step.t), self._std[step.t]
        x_s = add(state.x * kernel.c_t, prediction.x0_hat, alpha=kernel.c_0)
        if self._added == "coordinate" or (self._added != "nothing" and step.s > 0):
            spread = _mean(prediction.variance) if self._added == "mean" else prediction.variance
            spread = spread * kernel.c_0**2 + kernel.variance
            x_s.addcmul_(spread.sqrt(), step.noise(0))
            std = math.sqrt(float(spread.mean()))
        elif std > 0.0:
            x_s.add_(step.noise(0), alpha=std)
        return Position(x_s), StepInfo(c_t=kernel.c_t, c_0=kernel.c_0, noise_std=std)
