"""The planted partition model: graphs on 12 nodes in two communities of six.

The nodes are parted into halves, all C(12, 6)/2 = 462 ways being equally probable; then each pair of nodes is joined, alone, with
probability INSIDE if both are of one half and BETWEEN if not. It is the stochastic block model (Holland, Laskey & Leinhardt 1983)
of two equal blocks (Condon & Karp 2001). Nobody is told the halves: what is noised is the graph.

There are 2^66 graphs, far more than can be listed, and each has some probability. But given the halves the pairs are independent,
so that every sum over graphs with what is seen of one is a sum over 462 terms (categorical/products.py).
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.caching import bounded
from diffviz.categorical.products import ProductMixture
from diffviz.domains.graphs.families import pairs

NODES = 12
INSIDE, BETWEEN = 0.7, 0.05


def halves(nodes: int) -> NDArray[np.bool_]:
    """[M, n] which nodes are on the first one's side, for each way to part them into halves."""
    others = itertools.combinations(range(1, nodes), nodes // 2 - 1)
    return np.array([[node == 0 or node in some for node in range(nodes)] for some in others])


@bounded(64 << 20)
def block_model(nodes: int = NODES, inside: float = INSIDE, between: float = BETWEEN) -> ProductMixture:
    """Of an even number of nodes, float64."""
    side = halves(nodes)
    ends = np.array(pairs(nodes))
    joined = torch.from_numpy(np.where(side[:, ends[:, 0]] == side[:, ends[:, 1]], inside, between))  # [M, D]
    weights = torch.full((len(side),), 1.0 / len(side), dtype=torch.float64)
    return ProductMixture(weights, torch.stack([1.0 - joined, joined], 2))
