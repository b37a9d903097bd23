"""A small network that learns to denoise bit sequences.

It sees the bits and the noise level, log SNR = log(abar/(1 - abar)), and answers log odds that each bit of the data was 1. They
are added to the log odds given that bit of x_t alone,

    log q(x_t^i|x_0^i = 1)/q(x_t^i|x_0^i = 0) + log rate/(1 - rate)

so that at low noise, where a bit is nearly certain, the network need not learn to repeat it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.binomial.denoisers import Categorical
from diffviz.levels import level_features, level_frequencies, log_snr_of, lost_at

LOG_SNR_RANGE = (-8.0, 10.0)  # trained on; beyond it the network is asked at the edge
LEVEL_FEATURES = 8


class BitMLP(nn.Module):
    """(x_t [N, D], log_snr [N] or [1]) -> log odds to add [N, D].

    `layers` hidden layers of `hidden` units, to each of which the noise level is added.
    """

    def __init__(self, dim: int, hidden: int = 128, layers: int = 2) -> None:
        super().__init__()
        self.register_buffer("level_frequencies", level_frequencies(LEVEL_FEATURES))
        self.inputs = nn.Linear(dim, hidden)
        self.hidden = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(layers - 1)])
        self.levels = nn.Linear(1 + 2 * LEVEL_FEATURES, layers * hidden, bias=False)
        self.outputs = nn.Linear(hidden, dim)

    def forward(self, x_t: Tensor, log_snr: Tensor) -> Tensor:
        levels = self.levels(level_features(log_snr.clamp(*LOG_SNR_RANGE), self.level_frequencies))
        h = 2.0 * x_t - 1.0
        for layer, level in zip([self.inputs, *self.hidden], levels.chunk(1 + len(self.hidden), 1), strict=True):
            h = F.silu(layer(h) + level)
        return self.outputs(h)


def own_log_odds(x_t: Tensor, lost: Tensor, rate: float) -> Tensor:
    """[N, D] the log odds that a bit of x_0 is 1, given that bit of x_t [N, D] alone. lost: [N, 1] or [1, 1] 1 - abar."""
    one = ((1.0 - (1.0 - rate) * lost) / (rate * lost)).log()
    zero = ((1.0 - rate) * lost / (1.0 - rate * lost)).log()
    return torch.lerp(zero.expand_as(x_t), one.expand_as(x_t), x_t) + math.log(rate / (1.0 - rate))


class NetworkBits:
    """A BitMLP as a denoiser for every schedule."""

    def __init__(self, network: BitMLP, rate: float) -> None:
        self._network, self._rate = network, rate

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        log_snr = log_snr_of(alpha, sigma)
        lost = x_t.new_full((1, 1), float(lost_at(alpha, sigma)))
        odds = self._network(x_t, x_t.new_full((1,), log_snr))
        return Categorical(torch.sigmoid(odds.add_(own_log_odds(x_t, lost, self._rate))))
