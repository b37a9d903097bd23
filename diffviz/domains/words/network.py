"""A small network that learns to denoise words.

It sees the symbols of x_t, masks among them, as ones and zeros, and under uniform noise the noise level; it answers logits of the
symbol that stood in each place of the data (categorical/networks.py). A word being short, all of its places go through the same
layers together: that learns a list with a fifth of the arithmetic of a transformer over the places.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.categorical.networks import LOG_SNR_RANGE, log_probabilities
from diffviz.levels import level_features, level_frequencies

LEVEL_FEATURES = 8
SPREAD = 0.3  # of the first layer's weights: what is seen is not to drown in what the blocks add


class Block(nn.Module):
    """Two layers on normalised input, and added to it."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(hidden)
        self.layers = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GELU(), nn.Linear(2 * hidden, hidden))

    def forward(self, h: Tensor) -> Tensor:
        return h + self.layers(self.before(h))


class WordNetwork(nn.Module):
    """(x_t [N, D], log_snr [N] or [1]) -> log probabilities of x_0 [N, D, V].

    hidden: units; layers: blocks; masks: of the absorbing process, which feeds no noise level
    """

    def __init__(self, dim: int, symbols: int, hidden: int = 256, layers: int = 3, masks: bool = True) -> None:
        super().__init__()
        self.symbols, self.masks = symbols, masks
        self.register_buffer("level_frequencies", level_frequencies(LEVEL_FEATURES))
        self.seen = nn.Linear(dim * (symbols + masks), hidden)
        nn.init.normal_(self.seen.weight, std=SPREAD)
        self.level = None if masks else nn.Linear(1 + 2 * LEVEL_FEATURES, hidden)
        self.blocks = nn.Sequential(*(Block(hidden) for _ in range(layers)))
        self.last = nn.LayerNorm(hidden)
        self.logits = nn.Linear(hidden, dim * symbols)

    def forward(self, x_t: Tensor, log_snr: Tensor) -> Tensor:
        h = self.seen(F.one_hot(x_t.long(), self.symbols + self.masks).flatten(1).to(self.seen.weight))
        if self.level is not None:
            h = h + self.level(level_features(log_snr.clamp(*LOG_SNR_RANGE), self.level_frequencies))
        logits = self.logits(self.last(self.blocks(h))).unflatten(1, (-1, self.symbols))
        return log_probabilities(logits, x_t, log_snr, self.masks)
