"""A small network that learns to denoise graphs, whatever their nodes are called.

It holds `hidden` numbers for each pair of nodes. A layer tells the pair ij of what its nodes' other pairs hold, of the paths of
two edges from i to j, and of the whole graph:

    sum_k h_ik + h_jk,          sum_k a_ik b_kj + b_ik a_kj,          mean of h

(the last but one is a matrix product, by which a layer counts what message passing between nodes cannot: Maron et al. 2019). None
of it depends on the order of the nodes, so relabelling the graph relabels the answer: whether each pair was joined
(categorical/networks.py).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.categorical.networks import LOG_SNR_RANGE, log_probabilities
from diffviz.domains.graphs.families import SYMBOLS, pairs
from diffviz.levels import level_features, level_frequencies

LEVEL_FEATURES = 8
TOGETHER = 1500  # pairs on a CPU: its cache holds what a layer makes of so many
FEW = 8  # nodes: of more, large matrices are multiplied faster than they are gone through


class Layer(nn.Module):
    """What is told to each pair goes through a network of two layers for each, which is added."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(hidden)
        self.factors = nn.Linear(hidden, 2 * hidden)
        self.layers = nn.Sequential(nn.Linear(4 * hidden, 2 * hidden), nn.GELU(), nn.Linear(2 * hidden, hidden))

    def forward(self, h: Tensor, ends: Tensor, square: Tensor, place: Tensor, between: Tensor) -> Tensor:
        """[N, D, hidden]. ends: [n, D] 1 where a node is one of a pair's; square: [n, n] the number of each pair, D of none;
        place: [2, D] where ij and ji stand in that; between: [2, n-2, D] the numbers of the pairs ik and kj, for each other k."""
        u = self.before(h)
        factors = self.factors(u)
        one_by_one = len(square) <= FEW and not factors.requires_grad
        paths = _by_node(factors, between) if one_by_one else _by_product(factors, square, place)
        beside = ends.T @ (ends @ u) - 2.0 * u
        told = torch.cat([u, paths, beside, u.mean(1, keepdim=True).expand_as(u)], 2)
        return h + self.layers(told)


def _by_product(factors: Tensor, square: Tensor, place: Tensor) -> Tensor:
    """[N, D, hidden] of factors [N, D, 2 hidden]: the paths of two edges. Its gradients are those of a product, to the last bit,
    by which the networks here were trained."""
    a, b = (F.pad(factor, (0, 0, 0, 1))[:, square].permute(0, 3, 1, 2) for factor in factors.chunk(2, 2))
    both = (a @ b).flatten(2)  # [N, hidden, n^2]
    return (both[..., place[0]] + both[..., place[1]]).transpose(1, 2)


def _by_node(factors: Tensor, between: Tensor) -> Tensor:
    """The same, node by node between the ends, in half of the time: the matrices are many and small."""
    a, b = factors.chunk(2, 2)
    other = torch.cat([b, a], 2)
    ways = [factors.index_select(1, ik) * other.index_select(1, kj) for ik, kj in zip(*between, strict=True)]
    return sum(sum(ways).chunk(2, 2))


class GraphNetwork(nn.Module):
    """(x_t [N, D], log_snr [N] or [1]) -> log probabilities [N, D, 2] that each pair is not joined in x_0, and that it is.

    hidden: numbers of each pair; masks: of the absorbing process, which feeds no noise level
    """

    def __init__(self, nodes: int, hidden: int = 48, layers: int = 4, masks: bool = True) -> None:
        super().__init__()
        self.symbols, self.masks = SYMBOLS, masks
        with torch.device("cpu"):  # also of an outline, which has no numbers to look up
            order = torch.tensor(pairs(nodes))
            a, b = order.T
            square = torch.full((nodes, nodes), len(order))
            square[a, b] = square[b, a] = torch.arange(len(order))
            ends = (order == torch.arange(nodes)[:, None, None]).any(2).float()
            others = torch.tensor([[k for k in range(nodes) if k not in pair] for pair in pairs(nodes)])  # [D, n-2]
            between = torch.stack([square[end[:, None], others].T for end in (a, b)])
        for name, value in (
            ("ends", ends),
            ("square", square),
            ("place", torch.stack([a * nodes + b, b * nodes + a])),
            ("between", between),
        ):
            self.register_buffer(name, value, persistent=False)
        self.register_buffer("level_frequencies", level_frequencies(LEVEL_FEATURES), persistent=False)
        self.embedding = nn.Embedding(SYMBOLS + masks, hidden)
        self.level = None if masks else nn.Linear(1 + 2 * LEVEL_FEATURES, hidden)
        self.layers = nn.ModuleList(Layer(hidden) for _ in range(layers))
        self.last = nn.LayerNorm(hidden)
        self.odds = nn.Linear(hidden, 1)

    def forward(self, x_t: Tensor, log_snr: Tensor) -> Tensor:
        together = max(1, TOGETHER // x_t.shape[1])
        if len(x_t) > together and x_t.device.type == "cpu" and not torch.is_grad_enabled():
            levels = log_snr.expand(len(x_t)).split(together)
            return torch.cat([self._answer(*part) for part in zip(x_t.split(together), levels, strict=True)])
        return self._answer(x_t, log_snr)

    def _answer(self, x_t: Tensor, log_snr: Tensor) -> Tensor:
        h = self.embedding(x_t.long())
        if self.level is not None:
            h = h + self.level(level_features(log_snr.clamp(*LOG_SNR_RANGE), self.level_frequencies))[:, None]
        for layer in self.layers:
            h = layer(h, self.ends, self.square, self.place, self.between)
        odds = self.odds(self.last(h))
        return log_probabilities(torch.cat([torch.zeros_like(odds), odds], 2), x_t, log_snr, self.masks)
