"""The exact denoiser: the posterior of a Gaussian mixture, in closed form."""

from __future__ import annotations

import torch
from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.mixtures import GaussianMixture


class ExactDenoiser:
    """E[x_0|x_t] and Var[x_0|x_t] of the data itself; variance=False leaves the second out and saves its cost.

    energy: tell -log q(x_t), too
    """

    def __init__(
        self,
        mixture: GaussianMixture,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        variance: bool = True,
        energy: bool = False,
    ) -> None:
        self._mixture = mixture.to(device, dtype)
        self._variance, self._energy = variance, energy

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        """x_t [N, *D]: a picture is a point whose coordinates are its pixels."""
        flat = x_t.flatten(1)
        mean, variance = self._mixture.posterior(flat, alpha, sigma, self._variance)
        energy = -self._mixture.log_density(flat, alpha, sigma) if self._energy else None
        return Prediction(mean.view(x_t.shape), None if variance is None else variance.view(x_t.shape), energy)
