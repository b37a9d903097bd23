"""Denoisers of bits: the probability that each bit of the data was 1, given what is seen at a noise level.

Called like every denoiser, with (x_t [N, D], alpha, sigma). Of the level they read abar = alpha^2 / (alpha^2 + sigma^2) alone,
the probability that a bit was never redrawn (kernels.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from diffviz.binomial.finite import BitDistribution
from diffviz.binomial.kernels import redrawing
from diffviz.levels import lost_at


@dataclass(frozen=True)
class Categorical:
    """probabilities: [N, D] that each bit of x_0 is 1, given x_t."""

    probabilities: Tensor

    @property
    def x0_hat(self) -> Tensor:
        """[N, D] the posterior mean of x_0, which of a bit is the probability of a 1."""
        return self.probabilities


class ExactBits:
    """The posterior of a finite distribution behind the redrawing of bits from B(rate), float32 on the device."""

    def __init__(self, distribution: BitDistribution, rate: float, device: torch.device | str = "cpu") -> None:
        self._distribution = distribution.to(device, torch.float32)
        self._rate = rate

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        channel = redrawing(lost_at(alpha, sigma), self._rate)
        return Categorical(self._distribution.posterior(x_t, channel))
