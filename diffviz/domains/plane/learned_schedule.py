"""Learning the forward schedule by gradient ascent on the bound (Sohl-Dickstein et al. 2015, sec. 2.4.1 and app. B).

The noise is frozen: x_t = alpha_t x_0 + sigma_t eps with x_0 and eps held fixed while the bound is differentiated, so that the
gradient reaches the noise levels through alpha_t and sigma_t. Every update draws x_0 and eps anew. What is learned is log SNR at
t = 1..T, which falls; a schedule of betas is the same thing in other words.

learn_schedule does so with the exact denoiser, for which the optimum is known (optimal_schedule.py); the 2015 network learns its
schedule and itself together (training_2015.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.levels import alpha_sigma
from diffviz.schedules import LOG_SNR_LIMIT, MAX_POINTS
from diffviz.training.settings import learning_rate

BATCH = 128
RATE = 0.1  # of Adam, in log SNR and in the logarithm of how much it falls
LEAST_FALL = 0.02  # between the points of a schedule that is drawn


class FallingLevels(nn.Module):
    """() -> log SNR [T] at t = 1..T. It falls, whatever is learned; the first stays where it is if it is held."""

    def __init__(self, log_snr: NDArray[np.float64], hold_first: bool = False) -> None:
        super().__init__()
        start = torch.from_numpy(log_snr).float()
        self.first = nn.Parameter(start[:1].clone(), requires_grad=not hold_first)
        self.log_falls = nn.Parameter((start[:-1] - start[1:]).log())

    def forward(self) -> Tensor:
        return self.first - torch.cat([torch.zeros(1), self.log_falls.exp().cumsum(0)])


def drawn_points(log_snr: NDArray[np.float64]) -> str:
    """The points of a schedule "drawn" (schedules.drawn) through falling levels [T], to two digits."""
    places = np.linspace(0.0, 1.0, MAX_POINTS)
    points = np.interp(places, np.linspace(0.0, 1.0, len(log_snr)), np.clip(log_snr, -LOG_SNR_LIMIT, LOG_SNR_LIMIT)).round(2)
    falls = LEAST_FALL * np.arange(MAX_POINTS)
    return " ".join(f"{point:.10g}" for point in (np.minimum.accumulate(points + falls) - falls).round(2))


def frozen(mixture: GaussianMixture, steps: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """x_0 and eps [T, count, 2] float32, of their own at every step."""
    uniform = torch.rand(steps * count, generator=generator, dtype=mixture.means.dtype)
    normal = torch.randn(2, steps * count, 2, generator=generator, dtype=mixture.means.dtype)
    x_0 = mixture.sample(uniform, normal[0])
    return x_0.float().view(steps, count, 2), normal[1].float().view(steps, count, 2)


def noised(x_0: Tensor, eps: Tensor, levels: Tensor) -> Tensor:
    """x_t [T, N, 2] of a variance-preserving chain with log SNR levels [T]."""
    alpha, sigma = alpha_sigma(levels)
    return alpha[:, None, None] * x_0 + sigma[:, None, None] * eps


def bound_nats(mixture: GaussianMixture, x_0: Tensor, eps: Tensor, levels: Tensor) -> Tensor:
    """The negative ELBO of the exact denoiser with the optimal variance (optimal_schedule.py), on x_0 and eps [T, N, 2]."""
    steps, count, dim = x_0.shape
    x_t = noised(x_0, eps, levels).view(-1, dim)
    alpha, sigma = (torch.sigmoid(sign * levels).sqrt().repeat_interleave(count)[:, None] for sign in (1.0, -1.0))
    tau2 = alpha.square() * mixture.std**2 + sigma.square()
    mean = mixture.shares(x_t, alpha, sigma) @ mixture.means
    x0_hat = (sigma.square() * mean + alpha * mixture.std**2 * x_t) / tau2
    mmse = (x_0.view(-1, dim) - x0_hat).square().sum(1).view(steps, count).mean(1) / dim  # [T] a coordinate's
    into_data = (2 * math.pi * math.e * mmse[0]).log()
    within = torch.log1p((levels[:-1].exp() - levels[1:].exp()) * mmse[1:]).sum()
    share, lost = torch.sigmoid(levels[-1]), torch.sigmoid(-levels[-1])
    prior = 0.5 * (share * (mixture.mean_square - dim) - dim * lost.log())
    return dim / 2 * (into_data + within) + prior


def learn_schedule(
    mixture: GaussianMixture, log_snr: NDArray[np.float64], updates: int, seed: int = 0, batch: int = BATCH
) -> Iterator[NDArray[np.float64]]:
    """Yield log SNR [T] after every update, beginning at the given levels. mixture: in the plane; batch: points at each step
    in an update."""
    generator = torch.Generator().manual_seed(seed)
    exact, levels = mixture.to("cpu", torch.float32), FallingLevels(log_snr)
    optimiser = torch.optim.Adam(levels.parameters(), lr=RATE)
    for update in range(1, updates + 1):
        optimiser.param_groups[0]["lr"] = learning_rate(RATE, update, updates)
        loss = bound_nats(exact, *frozen(exact, len(log_snr), batch, generator), levels())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        yield levels().detach().double().numpy()
