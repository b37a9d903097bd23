"""A small transformer that learns to denoise words.

It sees the symbols of x_t, masks among them, and under uniform noise the noise level; it answers logits of the symbol that
stood in each place of the data (categorical/networks.py).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.categorical.networks import LOG_SNR_RANGE, log_probabilities
from diffviz.levels import level_features, level_frequencies

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
        self.register_buffer("level_frequencies", level_frequencies(LEVEL_FEATURES))
        self.embedding = nn.Embedding(symbols + masks, hidden)
        self.place = nn.Parameter(0.1 * torch.randn(dim, hidden))
        self.level = None if masks else nn.Linear(1 + 2 * LEVEL_FEATURES, hidden)
        self.blocks = nn.Sequential(*(Block(hidden) for _ in range(layers)))
        self.last = nn.LayerNorm(hidden)
        self.logits = nn.Linear(hidden, symbols)
        self.frequent = nn.Parameter(torch.zeros(dim, symbols))  # which symbols a place has often

    def forward(self, x_t: Tensor, log_snr: Tensor) -> Tensor:
        h = self.embedding(x_t.long()) + self.place
        if self.level is not None:
            h = h + self.level(level_features(log_snr.clamp(*LOG_SNR_RANGE), self.level_frequencies))[:, None]
        logits = self.logits(self.last(self.blocks(h))) + self.frequent
        return log_probabilities(logits, x_t, log_snr, self.masks)
