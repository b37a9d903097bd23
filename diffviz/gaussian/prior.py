"""What the reverse process starts from: N(0, I) or, of a late start, the Gaussian with the mean and the covariance of x there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from diffviz.gaussian.mixtures import GaussianMixture


@dataclass(frozen=True, eq=False)
class Prior:
    """N(mean, covariance). mean: [D], covariance: [D, D], float64 on the CPU."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def matched(cls, mixture: GaussianMixture, alpha: float, sigma: float) -> Prior:
        """With the moments of q(x_t), x_t = alpha x_0 + sigma eps: Gaussian late initialisation (Raya & Ambrogioni 2023)."""
        mean, covariance = moments(mixture, alpha, sigma)
        return cls(mean, covariance)

    def draw(self, z: Tensor) -> Tensor:
        """[N, D] from standard normal z [N, D], in its precision and on its device."""
        mean, root = (part.to(z) for part in (self.mean, torch.linalg.cholesky(self.covariance)))
        return mean + z @ root.T

    def log_density(self, x: Tensor) -> Tensor:
        """[N] in nats, of x [N, D] float64."""
        apart, precision = x - self.mean, torch.linalg.inv(self.covariance)
        return -0.5 * (((apart @ precision) * apart).sum(1) + self._log_volume)

    def cross_entropy_nats(self, mixture: GaussianMixture, alpha: float, sigma: float) -> float:
        """E -log p(x_t), in closed form."""
        mean, covariance = moments(mixture, alpha, sigma)
        apart = mean - self.mean
        second = covariance + torch.outer(apart, apart)
        return 0.5 * (float((torch.linalg.inv(self.covariance) * second).sum()) + self._log_volume)

    @property
    def _log_volume(self) -> float:
        return float(torch.linalg.slogdet(2.0 * math.pi * self.covariance).logabsdet)


def moments(mixture: GaussianMixture, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
    """Mean [D] and covariance [D, D] of x_t = alpha x_0 + sigma eps."""
    mean = mixture.weights @ mixture.means
    apart = mixture.means - mean
    within = alpha**2 * mixture.std**2 + sigma**2
    identity = torch.eye(mixture.dim, dtype=mixture.means.dtype)
    return alpha * mean, alpha**2 * (apart.T * mixture.weights) @ apart + within * identity
