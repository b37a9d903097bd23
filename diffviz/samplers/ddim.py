"""DDIM (Song et al. 2021, eq. 12): x_s = alpha_s x0_hat + sqrt(sigma_s^2 - w^2) eps_hat + w z, w = eta sqrt(beta_tilde).

eta = 0 is deterministic, an Euler step of the probability-flow ODE; eta = 1 is DDPM with the posterior's variance.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor, add

from diffviz.denoisers.base import Prediction
from diffviz.kernels import reverse_kernel
from diffviz.samplers.base import Position
from diffviz.schedules import NoiseSchedule


class DDIM:
    """eta >= 0: share of the posterior's noise that is added (0 to 1)."""

    def __init__(self, eta: float = 0.0) -> None:
        self._eta = eta

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(
        self, state: Position, prediction: Prediction, t: int, s: int, schedule: NoiseSchedule, noise: Callable[[], Tensor]
    ) -> tuple[Position, dict[str, float]]:
        alpha_t, sigma_t = float(schedule.alpha[t]), float(schedule.sigma[t])
        alpha_s, sigma_s = float(schedule.alpha[s]), float(schedule.sigma[s])
        std = self._eta * math.sqrt(max(reverse_kernel(schedule, s, t).variance, 0.0))
        # eps_hat = (x_t - alpha_t x0_hat)/sigma_t, so x_s is a weighted sum of x_t and x0_hat
        c_t = math.sqrt(max(sigma_s**2 - std**2, 0.0)) / sigma_t
        c_0 = alpha_s - c_t * alpha_t
        x_s = add(state.x * c_t, prediction.x0_hat, alpha=c_0)
        if std > 0.0:
            x_s.add_(noise(), alpha=std)
        return Position(x_s), {"c_t": c_t, "c_0": c_0, "noise_std": std}
