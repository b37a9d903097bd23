"""The probabilities of paths under Gaussian diffusion of a mixture (process.PathLaw), in closed form.

    q(x_t|x_s) = N(a x_s, v I),   q(x_t) is the mixture behind the noise,   p(x_s|x_t) = N(c_t x_t + c_0 x0_hat, variance),
    p(x_K) = N(0, I) or, of a late start, another Gaussian

The reverse variances are those of the bound: noise is drawn in the step into data, too, since without it p(x_0|x_1) would be no
density (kernels.ReverseVariances).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import ForwardKernel, ReverseKernel, ReverseVariances, forward_kernel, reverse_kernel
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.prior import Prior
from diffviz.gaussian.quadrature import marginals
from diffviz.process import Entropies
from diffviz.schedules import NoiseSchedule

Values = NDArray[np.float64]


def _log_normal(away: Tensor, variance: float | Tensor) -> Tensor:
    """[N] log N(away; 0, variance) for away [N, D], with one variance or one of each coordinate [N, D]."""
    log_variance = math.log(variance) if isinstance(variance, float) else variance.log()
    return -0.5 * (away.square() / variance + log_variance + math.log(2 * math.pi)).sum(1)


@dataclass(frozen=True, eq=False)
class GaussianLaw:
    """Of the chain times [K+1] of a schedule.

    mixture: the data, float64 on the CPU; variances: of p(x_s|x_t), of the same chain or a longer one
    kernel(schedule, s, t): whose mean p(x_s|x_t) has; prior: of a late start, None for N(0, I)
    """

    mixture: GaussianMixture
    schedule: NoiseSchedule
    times: NDArray[np.int64]
    variances: ReverseVariances
    kernel: Callable[..., ReverseKernel] = reverse_kernel
    prior: Prior | None = None

    @cached_property
    def _levels(self) -> list[tuple[float, float]]:
        """K+1 pairs alpha, sigma."""
        return list(zip(*(table[self.times].tolist() for table in (self.schedule.alpha, self.schedule.sigma)), strict=True))

    @cached_property
    def _steps(self) -> list[tuple[ForwardKernel, ReverseKernel, float]]:
        """Of step j at index j-1: q(x_t|x_s), the kernel whose mean p has, and the reverse variance."""
        pairs = list(itertools.pairwise(self.times.tolist()))
        forward = [forward_kernel(self.schedule, s, t) for s, t in pairs]
        reverse = [self.kernel(self.schedule, s, t) for s, t in pairs]
        return list(zip(forward, reverse, self.variances.values[: len(pairs)].tolist(), strict=True))

    def exact(self, x_t: Tensor, j: int) -> Prediction:
        return Prediction(*self.mixture.posterior(x_t, *self._levels[j], variance=self.variances.added != "nothing"))

    def log_marginal(self, x: Tensor, j: int) -> Tensor:
        return self.mixture.log_density(x, *self._levels[j])

    def log_forward(self, x_s: Tensor, x_t: Tensor, j: int) -> Tensor:
        scale, variance = self._steps[j - 1][0]
        return _log_normal(x_t - scale * x_s, variance)

    def _reverse(self, x_t: Tensor, prediction: Prediction, j: int) -> tuple[Tensor, float | Tensor]:
        """Mean [N, D] and variance of p(x_s|x_t); of each coordinate [N, D] where the denoiser's own variance is added."""
        _, kernel, variance = self._steps[j - 1]
        mean = kernel.c_t * x_t + kernel.c_0 * prediction.x0_hat
        if self.variances.added == "nothing":
            return mean, variance
        return mean, variance + kernel.c_0**2 * prediction.variance

    def log_reverse(self, x_s: Tensor, x_t: Tensor, prediction: Prediction, j: int) -> Tensor:
        mean, variance = self._reverse(x_t, prediction, j)
        return _log_normal(x_s - mean, variance)

    def log_prior(self, x: Tensor) -> Tensor:
        return _log_normal(x, 1.0) if self.prior is None else self.prior.log_density(x)

    def draw_data(self, uniform: Tensor, z: Tensor) -> Tensor:
        return self.mixture.sample(uniform, z)

    def draw_forward(self, x_s: Tensor, j: int, z: Tensor) -> Tensor:
        scale, variance = self._steps[j - 1][0]
        return torch.add(scale * x_s, z, alpha=math.sqrt(variance))

    def draw_reverse(self, x_t: Tensor, prediction: Prediction, j: int, z: Tensor) -> Tensor:
        mean, variance = self._reverse(x_t, prediction, j)
        return mean + (math.sqrt(variance) if isinstance(variance, float) else variance.sqrt()) * z

    def draw_prior(self, z: Tensor) -> Tensor:
        return z if self.prior is None else self.prior.draw(z)

    def _spread_nats(self, variance: Values | float) -> Any:
        """Entropy of a Gaussian with this variance in every coordinate."""
        return self.mixture.dim / 2 * (math.log(2 * math.pi * math.e) + np.log(variance))

    def entropies(self) -> Entropies:
        """H(x_t) by quadrature: of points on a line or in the plane."""
        alpha, sigma = self.schedule.alpha[self.times], self.schedule.sigma[self.times]
        with np.errstate(divide="ignore"):
            given_data = self._spread_nats(np.square(sigma))
        forward = self._spread_nats(np.array([kernel.variance for kernel, *_ in self._steps]))
        return Entropies(marginals(self.mixture, alpha, sigma)[0], forward, given_data)

    def reverse_entropy(self, x_t: Tensor, prediction: Prediction, j: int) -> Tensor:
        _, variance = self._reverse(x_t, prediction, j)
        if isinstance(variance, float):
            return torch.full((len(x_t),), self._spread_nats(variance), dtype=x_t.dtype)
        return 0.5 * (2 * math.pi * math.e * variance).log().sum(1)
