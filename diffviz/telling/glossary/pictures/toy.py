"""The small worlds that the glossary's pictures are computed in, with the same functions as every run."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.kernels import gaussian_kl_nats, reverse_kernel, reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal
from diffviz.gaussian.samplers.ancestral import Ancestral
from diffviz.process import reverse_process
from diffviz.schedules import NoiseSchedule, make_schedule

Values = NDArray[np.float64]
WEIGHTS, STD = (0.4, 0.6), 0.25


def mixture(means: list[list[float]], weights: tuple[float, ...], std: float) -> GaussianMixture:
    """In double precision."""
    return GaussianMixture(torch.tensor(means, dtype=torch.float64), torch.tensor(weights, dtype=torch.float64), std)


LINE = mixture([[-1.0], [1.0]], WEIGHTS, STD)  # two modes on a line
PLANE = mixture([[-1.0, 0.0], [1.0, 0.0]], WEIGHTS, STD)  # the same in the plane, where quadrature is to be had
SCHEDULE = make_schedule("cosine", 100)
GRID = np.linspace(-2.5, 2.5, 51)


def levels(t: int, schedule: NoiseSchedule = SCHEDULE) -> tuple[float, float]:
    """alpha_t, sigma_t."""
    return float(schedule.alpha[t]), float(schedule.sigma[t])


def column(x: Values) -> torch.Tensor:
    """[n] -> [n, 1]."""
    return torch.as_tensor(np.asarray(x, np.float64))[:, None]


def density(x: Values, alpha: float = 1.0, sigma: float = 0.0, of: GaussianMixture = LINE) -> Values:
    """[n] q(x_t = x) of a mixture on a line."""
    return of.log_density(column(x), alpha, sigma).exp().numpy()


def estimate(x: Values, alpha: float, sigma: float) -> Values:
    """[n] E[x_0|x_t = x] of the two modes."""
    return LINE.posterior(column(x), alpha, sigma, variance=False)[0][:, 0].numpy()


def gauss(x: Values, mean: float, std: float) -> Values:
    """The density of N(mean, std^2)."""
    return np.exp(-(((x - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))


def paths(
    sampler: Any,
    x_T: Values,
    times: NDArray[np.int64] | None = None,
    of: GaussianMixture = LINE,
    schedule: NoiseSchedule = SCHEDULE,
) -> Values:
    """[K+1, N] the reverse process of the exact denoiser from x_T [N], x at the last of times first and x at 0 last."""
    draws, start = torch.Generator().manual_seed(0), column(x_T)
    denoiser = ExactDenoiser(of, dtype=torch.float64, variance=False)
    visited = np.arange(schedule.steps + 1) if times is None else times

    def noise(_t: int, _draw: int) -> torch.Tensor:
        return torch.randn(start.shape, generator=draws, dtype=torch.float64)

    frames = reverse_process(denoiser, sampler, schedule, visited, start, noise)
    return np.stack([frame.x[:, 0].numpy() for frame in frames])


def ddpm(times: NDArray[np.int64]) -> Ancestral:
    """With the posterior's variance."""
    return Ancestral(reverse_variances("posterior", SCHEDULE, times, None), times)


def evenly(count: int) -> NDArray[np.int64]:
    """[count+1] times from 0 to T."""
    return np.round(np.linspace(0, SCHEDULE.steps, count + 1)).astype(np.int64)


def costs_nats(schedule: NoiseSchedule, times: NDArray[np.int64]) -> Values:
    """[K+1] L_0 to L_K of the two modes in the plane along times [K+1], with the exact denoiser and the optimal variance."""
    variances, found = reverse_variances("optimal", schedule, times, PLANE).values, []
    for (s, t), p in zip(itertools.pairwise(times.tolist()), variances.tolist(), strict=True):
        kernel = reverse_kernel(schedule, s, t)
        square = kernel.c_0**2 * marginal(PLANE, *levels(t, schedule)).mmse
        into_data = PLANE.dim / 2 * math.log(2 * math.pi * p) + square / (2 * p)
        found.append(gaussian_kl_nats(square, kernel.variance, p, PLANE.dim) if s else into_data)
    alpha, sigma = levels(int(times[-1]), schedule)
    prior = gaussian_kl_nats(alpha**2 * PLANE.mean_square, sigma**2, 1.0, PLANE.dim)
    return np.array([*found, prior])
