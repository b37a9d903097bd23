"""What several Gaussian samplers share."""

from __future__ import annotations

import math


def deterministic(alpha_t: float, sigma_t: float, alpha_s: float, sigma_s: float, std: float = 0.0) -> tuple[float, float]:
    """(c_t, c_0) of DDIM: x_s = alpha_s x0_hat + sqrt(sigma_s^2 - std^2) eps_hat = c_t x_t + c_0 x0_hat, to which noise of
    that std is added; without it, the first-order solution of the probability-flow ODE."""
    c_t = math.sqrt(max(sigma_s**2 - std**2, 0.0)) / sigma_t
    return c_t, alpha_s - c_t * alpha_t
