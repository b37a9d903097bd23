"""A noise level as log SNR, as alpha and sigma, and as what is lost of the signal. Of a variance-preserving process
alpha^2 + sigma^2 = 1."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Values = NDArray[np.float64]


def log_snr_of(alpha: float, sigma: float) -> float:
    """log alpha^2/sigma^2, of any process; -inf where there is nothing but noise."""
    return 2.0 * math.log(alpha / sigma) if alpha > 0.0 else -math.inf


def lost_at(alpha: Values | float, sigma: Values | float) -> Values:
    """[...] sigma^2 / (alpha^2 + sigma^2), what noise has of the variance: of discrete data the probability that a coordinate
    has been redrawn. Near the data it has digits that 1 less the signal's share has not."""
    return np.square(sigma) / (np.square(alpha) + np.square(sigma))


def level_of(log_snr: float) -> tuple[float, float]:
    """alpha and sigma of a variance-preserving process."""
    return math.sqrt(1.0 / (1.0 + math.exp(-log_snr))), math.sqrt(1.0 / (1.0 + math.exp(log_snr)))


def level_frequencies(count: int, low: float = -2.0, high: float = 1.0) -> Tensor:
    """[count] angular frequencies in log SNR, from 2^(low - 1) to 2^(high - 1), with which networks are told of it."""
    # computed on the CPU: on the device "meta", where checkpoints are checked, torch would import its compiler
    return torch.tensor((0.5 * 2.0 ** torch.linspace(low, high, count, device="cpu")).tolist())


def level_features(log_snr: Tensor, frequencies: Tensor) -> Tensor:
    """[n, 1 + 2 F] what a network is told of log SNR [n]: its size, and sines and cosines of frequencies [F]."""
    phase = log_snr[:, None] * frequencies
    return torch.cat([log_snr[:, None] / 10.0, phase.sin(), phase.cos()], 1)


def alpha_sigma(log_snr: Tensor) -> tuple[Tensor, Tensor]:
    """The same of log SNR [...], to which gradients go."""
    return torch.sigmoid(log_snr).sqrt(), torch.sigmoid(-log_snr).sqrt()
