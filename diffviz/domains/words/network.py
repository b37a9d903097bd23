"""A small transformer that learns to denoise words.

It sees the symbols of x_t, masks among them, and under uniform noise the noise level; it answers logits of the symbol that
stood in each place of the data. Under masks what is shown is known, and the masks themselves say how much is hidden (MDLM,
Sahoo et al. 2024: no time is fed). Under uniform noise the log likelihood of the symbol that is seen, log q(x_t^i|x_0^i = b),
is added to the logits, so that at low noise, where a symbol is nearly certain, the network need not learn to repeat it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.categorical.denoisers import Categorical
from diffviz.levels import log_snr_of

LOG_SNR_RANGE = (-6.0, 10.0)  # trained on under uniform noise; beyond it the network is asked at the edge
LEVEL_FEATURES = 8
HEADS = 4


class Block(nn.Module):
    """Attention over the places of a word, then a network of two layers for each place, both on normalised input and added."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.before_attention, self.before_layers = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.attended = nn.Linear(hidden, 3 * hidden)
        self.joined = nn.Linear(hidden, hidden)
        self.layers = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GELU(), nn.Linear(2 * hidden, hidden))

    def forward(self, h: Tensor) -> Tensor:
        """[N, D, hidden]."""
        shape = (*h.shape[:2], 3, HEADS, h.shape[2] // HEADS)
        query, key, value = self.attended(self.before_attention(h)).view(shape).permute(2, 0, 3, 1, 4)
        h = h + self.joined(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))
        return h + self.layers(self.before_layers(h))


class WordTransformer(nn.Module):
    """(x_t [N, D], log_snr [N] or [1]) -> log probabilities of x_0 [N, D, V].

    hidden: units of each place, a multiple of HEADS; layers: blocks; masks: of the absorbing process, which feeds no noise level
    """

    def __init__(self, dim: int, symbols: int, hidden: int = 128, layers: int = 4, masks: bool = True) -> None:
        super().__init__()
        self.symbols, self.masks = symbols, masks
        self.register_buffer("level_frequencies", 0.5 * 2.0 ** torch.linspace(-2.0, 1.0, LEVEL_FEATURES))
        self.embedding = nn.Embedding(symbols + masks, hidden)
        self.place = nn.Parameter(0.1 * torch.randn(dim, hidden))
        self.level = None if masks else nn.Linear(1 + 2 * LEVEL_FEATURES, hidden)
        self.blocks = nn.Sequential(*(Block(hidden) for _ in range(layers)))
        self.last = nn.LayerNorm(hidden)
        self.logits = nn.Linear(hidden, symbols)
        self.frequent = nn.Parameter(torch.zeros(dim, symbols))  # which symbols a place has often

    def forward(self, x_t: Tensor, log_snr: Tensor) -> Tensor:
        seen = x_t.long()
        h = self.embedding(seen) + self.place
        if self.level is not None:
            h = h + self.level(self._features(log_snr))[:, None]
        logits = self.logits(self.last(self.blocks(h))) + self.frequent
        if self.level is not None:
            logits = logits + self._seen_alone(seen, log_snr)
        return logits.log_softmax(2)

    def _features(self, log_snr: Tensor) -> Tensor:
        log_snr = log_snr.clamp(*LOG_SNR_RANGE)[:, None]
        phase = log_snr * self.level_frequencies
        return torch.cat([log_snr / 10.0, phase.sin(), phase.cos()], 1)

    def _seen_alone(self, seen: Tensor, log_snr: Tensor) -> Tensor:
        """[N, D, V] log q(x_t^i|x_0^i = b) less that of symbols b that are not seen: log(1 + V abar/(1 - abar))."""
        odds = log_snr[:, None, None].double().exp().mul(self.symbols).log1p().float()
        return F.one_hot(seen, self.symbols) * odds


class NetworkWords:
    """A WordTransformer as a denoiser for every schedule."""

    def __init__(self, network: WordTransformer) -> None:
        self._network = network

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        symbols = self._network.symbols
        told = self._network(x_t, x_t.new_full((1,), log_snr_of(alpha, sigma))).exp()
        if self._network.masks:
            shown = F.one_hot(x_t.long(), symbols + 1)[..., :symbols].to(told)
            told = torch.where((x_t == symbols)[..., None], told, shown)
        return Categorical(told)
