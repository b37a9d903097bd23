"""A noise level as log SNR, and as alpha and sigma. Of a variance-preserving process alpha^2 + sigma^2 = 1."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def log_snr_of(alpha: float, sigma: float) -> float:
    """log alpha^2/sigma^2, of any process; -inf where there is nothing but noise."""
    return 2.0 * math.log(alpha / sigma) if alpha > 0.0 else -math.inf


def level_of(log_snr: float) -> tuple[float, float]:
    """alpha and sigma of a variance-preserving process."""
    return math.sqrt(1.0 / (1.0 + math.exp(-log_snr))), math.sqrt(1.0 / (1.0 + math.exp(log_snr)))


def alpha_sigma(log_snr: Tensor) -> tuple[Tensor, Tensor]:
    """The same of log SNR [...], to which gradients go."""
    return torch.sigmoid(log_snr).sqrt(), torch.sigmoid(-log_snr).sqrt()
