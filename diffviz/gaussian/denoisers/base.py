"""The denoiser's contract, and what follows from its answer.

A denoiser is anything that can be called with (x_t [N, *D], alpha, sigma) and returns a Prediction: the mean of
x_0 given x_t and, where it knows it, the variance. Truth and network share this face. All other ways to say the same
thing are derived here:

    x_t = alpha x0_hat + sigma eps_hat,   score = -eps_hat / sigma,   v_hat = alpha eps_hat - sigma x0_hat
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True)
class Prediction:
    """x0_hat: [N, *D] posterior mean of x_0; variance: [N, *D] of each coordinate, or None where unknown.

    energy: [N] -log q(x_t) in nats, up to a constant of the noise level, where the denoiser has a density and is to tell it
    """

    x0_hat: Tensor
    variance: Tensor | None = None
    energy: Tensor | None = None


class Denoiser(Protocol):
    """(x_t [N, *D], alpha >= 0, sigma > 0) -> Prediction."""

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction: ...


def eps_hat(x_t: Tensor, x0_hat: Tensor, alpha: float, sigma: float) -> Tensor:
    """[N, *D] the noise that x0_hat implies."""
    return (x_t - alpha * x0_hat) / sigma


def score(x_t: Tensor, x0_hat: Tensor, alpha: float, sigma: float) -> Tensor:
    """[N, *D] gradient of log q(x_t) that x0_hat implies (Tweedie's formula)."""
    return (alpha * x0_hat - x_t) / sigma**2


def v_hat(x_t: Tensor, x0_hat: Tensor, alpha: float, sigma: float) -> Tensor:
    """[N, *D] the velocity of Salimans & Ho 2022, app. D, that x0_hat implies."""
    return alpha * eps_hat(x_t, x0_hat, alpha, sigma) - sigma * x0_hat
