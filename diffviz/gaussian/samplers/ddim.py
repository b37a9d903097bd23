"""DDIM (Song et al. 2021, eq. 12): x_s = alpha_s x0_hat + sqrt(sigma_s^2 - w^2) eps_hat + w z, w = eta sqrt(beta_tilde).

eta = 0 is deterministic, an Euler step of the probability-flow ODE; eta = 1 is DDPM with the posterior's variance.
"""

from __future__ import annotations

import math

from torch import Tensor, add

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import reverse_kernel
from diffviz.gaussian.samplers.base import deterministic
from diffviz.process import Position, Step
from diffviz.trajectory import StepInfo


class DDIM:
    """eta >= 0: share of the posterior's noise that is added (0 to 1)."""

    def __init__(self, eta: float = 0.0) -> None:
        self._eta = eta

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        std = self._eta * math.sqrt(max(reverse_kernel(step.schedule, step.s, step.t).variance, 0.0))
        c_t, c_0 = deterministic(*step.levels, std)
        x_s = add(state.x * c_t, prediction.x0_hat, alpha=c_0)
        if std > 0.0:
            x_s.add_(step.noise(0), alpha=std)
        return Position(x_s), StepInfo(c_t=c_t, c_0=c_0, noise_std=std)
