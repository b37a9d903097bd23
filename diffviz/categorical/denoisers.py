"""Denoisers of symbols: the probabilities of what each coordinate of the data was, given what is seen at a noise level.

Called like every denoiser, with (x_t [N, D], alpha, sigma). Of the level they read abar = alpha^2 / (alpha^2 + sigma^2) alone,
the probability that a coordinate was never redrawn (kernels.py). Under the absorbing process the masks tell as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.kernels import Redrawing
from diffviz.levels import lost_at


@dataclass(frozen=True, eq=False)
class Categorical:
    """probabilities: [N, D, V] of each symbol in each place of x_0, given x_t."""

    probabilities: Tensor

    @cached_property
    def x0_hat(self) -> Tensor:
        """[N, D, 2] the most probable symbol in each place, and its probability: the mean of numbers that only name symbols would
        say nothing."""
        confidence, symbol = self.probabilities.max(2)
        return torch.stack([symbol.to(confidence), confidence], 2)


class ExactCategorical:
    """The posterior of a finite distribution, float32 on the device."""

    def __init__(self, distribution: CategoricalDistribution, noise: Redrawing, device: torch.device | str = "cpu") -> None:
        self._distribution, self._noise = distribution.to(device, torch.float32), noise

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        return Categorical(self._distribution.posterior(x_t, self._noise, float(lost_at(alpha, sigma))))
