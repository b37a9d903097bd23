"""Noise levels in training: how often each is drawn, and how much its squared error counts.

Levels are log SNR. Each row of LEVELS is a distribution cut to the range that is trained on; each row of WEIGHTINGS gives the
weight of |x_0 - x0_hat|^2 at a level that was drawn:

    simple   that of the squared error of what is predicted: 1 (Ho et al. 2020, eq. 14, for eps)
    bound    1/2 SNR/p(log SNR): the mean is the bound's integral, 1/2 int |x_0 - x0_hat|^2 dSNR (Kingma et al. 2021, eq. 15)
    min_snr  min(SNR, gamma) (Hang et al. 2023, eq. 8). Of a squared error of eps that is min(SNR, gamma)/SNR, of v
             min(SNR, gamma)/(SNR + 1)
    edm      1/sigma^2 + 1/sigma_data^2 = SNR + 1/sigma_data^2 (Karras et al. 2022, table 1)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from diffviz.schedules import BETA_END, BETA_START, COSINE_OFFSET

EDM_MEAN, EDM_STD = -1.2, 1.2  # of log sigma (Karras et al. 2022, table 1), log SNR = -2 log sigma
COSINE_FIRST = math.cos(COSINE_OFFSET / (1.0 + COSINE_OFFSET) * math.pi / 2.0) ** 2
BETA_MIN, BETA_MAX = 1000 * BETA_START, 1000 * BETA_END  # of the linear schedule in continuous time (Song et al. 2021, app. C)


@dataclass(frozen=True)
class LevelRow:
    """A distribution of log SNR. below: its cumulative distribution function; at: its inverse; density: the derivative. All of
    float64 tensors, before it is cut."""

    title: str
    why: str
    below: Callable[[Tensor], Tensor]
    at: Callable[[Tensor], Tensor]
    density: Callable[[Tensor], Tensor]


def _linear_time(log_snr: Tensor) -> Tensor:
    """t at which the integral of beta is log(1 + 1/SNR)."""
    slope = BETA_MAX - BETA_MIN
    spent = torch.nn.functional.softplus(-log_snr)
    return ((BETA_MIN**2 + 2.0 * slope * spent).sqrt() - BETA_MIN) / slope


def _linear_at(u: Tensor) -> Tensor:
    t = 1.0 - u
    return -torch.expm1(BETA_MIN * t + (BETA_MAX - BETA_MIN) / 2.0 * t**2).log()


def _cosine(log_snr: Tensor) -> Tensor:
    """Cosine of the schedule's angle at log SNR."""
    return (COSINE_FIRST * torch.sigmoid(log_snr)).sqrt()


def _cosine_time(log_snr: Tensor) -> Tensor:
    return (1.0 + COSINE_OFFSET) * torch.acos(_cosine(log_snr)) * 2.0 / math.pi - COSINE_OFFSET


def _cosine_at(u: Tensor) -> Tensor:
    angle = (1.0 - u + COSINE_OFFSET) / (1.0 + COSINE_OFFSET) * math.pi / 2.0
    return torch.logit(angle.cos().square() / COSINE_FIRST)


def _cosine_density(log_snr: Tensor) -> Tensor:
    cosine = _cosine(log_snr)
    slope = cosine * torch.sigmoid(-log_snr) / (2.0 * (1.0 - cosine.square()).sqrt())  # of the angle
    return (1.0 + COSINE_OFFSET) * slope * 2.0 / math.pi


LEVELS = {
    "uniform": LevelRow(
        "Uniform in log SNR",
        "Every factor of the signal-to-noise ratio alike.",
        lambda log_snr: log_snr,
        lambda u: u,
        torch.ones_like,
    ),
    "edm": LevelRow(
        "EDM, log-normal",
        "log σ from N(−1.2, 1.2²), as Karras et al. (2022): mostly the levels between.",
        lambda log_snr: torch.special.ndtr((log_snr + 2.0 * EDM_MEAN) / (2.0 * EDM_STD)),
        lambda u: 2.0 * EDM_STD * torch.special.ndtri(u) - 2.0 * EDM_MEAN,
        lambda log_snr: (
            torch.exp(-(((log_snr + 2.0 * EDM_MEAN) / (2.0 * EDM_STD)) ** 2) / 2.0) / (2.0 * EDM_STD * math.sqrt(2.0 * math.pi))
        ),
    ),
    "linear": LevelRow(
        "Linear's own",
        "As the linear schedule visits them when t is uniform.",
        lambda log_snr: 1.0 - _linear_time(log_snr),
        _linear_at,
        lambda log_snr: torch.sigmoid(-log_snr) / (BETA_MIN + (BETA_MAX - BETA_MIN) * _linear_time(log_snr)),
    ),
    "cosine": LevelRow(
        "Cosine's own",
        "As the cosine schedule visits them when t is uniform.",
        lambda log_snr: 1.0 - _cosine_time(log_snr),
        _cosine_at,
        _cosine_density,
    ),
}


def draw_levels(name: str, low: float, high: float, uniform: Tensor) -> Tensor:
    """[..., N] log SNR from uniform numbers [..., N], stratified over the N of a batch and cut to [low, high]."""
    count = uniform.shape[-1]
    place = torch.arange(count) + uniform
    if name == "uniform":
        return low + (high - low) * place / count
    row = LEVELS[name]
    first, last = row.below(torch.tensor([low, high], dtype=torch.float64))
    return row.at(first + (last - first) * place.double() / count).clamp_(low, high).float()


def level_density(name: str, low: float, high: float, log_snr: Tensor) -> Tensor:
    """Density of draw_levels within [low, high]."""
    row = LEVELS[name]
    first, last = row.below(torch.tensor([low, high], dtype=torch.float64)).tolist()
    return row.density(log_snr) / (last - first)


@dataclass(frozen=True)
class WeightingRow:
    """weight: (SNR, density of log SNR as it is drawn, gamma, sigma_data) -> of |x_0 - x0_hat|^2; None: that of what is predicted
    counts 1."""

    title: str
    why: str
    weight: Callable[[Tensor, Tensor, float, float], Tensor] | None


WEIGHTINGS = {
    "simple": WeightingRow("Simple", "The squared error of what is predicted counts alike at every level drawn.", None),
    "bound": WeightingRow(
        "Bound",
        "As the error counts in the variational bound, in nats per coordinate, however levels are drawn.",
        lambda snr, density, gamma, sigma_data: snr / (2.0 * density),
    ),
    "min_snr": WeightingRow(
        "min-SNR",
        "The error of x₀ counts min(SNR, γ): low noise is kept from outweighing all else (Hang et al. 2023).",
        lambda snr, density, gamma, sigma_data: snr.clamp(max=gamma),
    ),
    "edm": WeightingRow(
        "EDM",
        "1/σ² + 1/σ_data² of the error of x₀ (Karras et al. 2022); with σ_data = 1 the simple loss of v.",
        lambda snr, density, gamma, sigma_data: snr + 1.0 / sigma_data**2,
    ),
}
