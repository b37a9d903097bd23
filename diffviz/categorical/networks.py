"""What networks of symbols have in common. They answer

    (x_t [N, D], log_snr [N] or [1]) -> log probabilities of x_0 [N, D, V]

Under masks what is shown is known, and the masks themselves say how much is hidden (MDLM, Sahoo et al. 2024: no time is fed).
Under uniform noise log SNR is fed, and the log likelihood of the symbol that is seen, log q(x_t^i|x_0^i = b), is added to the
logits, so that at low noise, where a symbol is nearly certain, a network need not learn to repeat it.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from diffviz.categorical.denoisers import Categorical
from diffviz.levels import log_snr_of

LOG_SNR_RANGE = (-6.0, 10.0)  # trained on under uniform noise; beyond it a network is asked at the edge


class SymbolNetwork(Protocol):
    """symbols: V; masks: of the absorbing process, else of the uniform one."""

    symbols: int
    masks: bool

    def __call__(self, x_t: Tensor, log_snr: Tensor) -> Tensor: ...


def log_probabilities(logits: Tensor, x_t: Tensor, log_snr: Tensor, masks: bool) -> Tensor:
    """[N, D, V] of a network's logits [N, D, V]."""
    return (logits if masks else logits + seen_alone(x_t, log_snr, logits.shape[2])).log_softmax(2)


def seen_alone(x_t: Tensor, log_snr: Tensor, symbols: int) -> Tensor:
    """[N, D, V] log q(x_t^i|x_0^i = b) under uniform noise, less that of symbols b that are not seen: log(1 + V abar/(1 - abar))
    or 0."""
    odds = log_snr[:, None, None].double().exp().mul(symbols).log1p().float()
    return F.one_hot(x_t.long(), symbols) * odds


class NetworkSymbols:
    """A network as a denoiser for every schedule."""

    def __init__(self, network: SymbolNetwork) -> None:
        self._network = network

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        symbols = self._network.symbols
        told = self._network(x_t, x_t.new_full((1,), log_snr_of(alpha, sigma))).exp()
        if self._network.masks:
            shown = F.one_hot(x_t.long(), symbols + 1)[..., :symbols].to(told)
            told = torch.where((x_t == symbols)[..., None], told, shown)
        return Categorical(told)
