"""Families of labelled graphs on 3 to 6 nodes, each the uniform distribution over its graphs.

A graph on n nodes is a sequence of D = n(n - 1)/2 bits, one for each pair of nodes, 1 where they are joined. Its code is the
number with these bits, the first pair's lowest: there are 2^D codes, 32768 for n = 6, and a family is a mask over all of them.
Every family contains, with a graph, all that its nodes can be relabelled to.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.caching import bounded
from diffviz.categorical.finite import CategoricalDistribution

FEWEST, MOST = 3, 6  # nodes
SYMBOLS = 2  # not joined, joined
FAR = 100  # pairs: no graph
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]  # [2^D], by code


def pairs(nodes: int) -> list[tuple[int, int]]:
    """The D pairs (a, b), a < b, in the order of the bits."""
    return list(itertools.combinations(range(nodes), 2))


def codes(nodes: int) -> Codes:
    """[2^D] of all graphs."""
    return np.arange(2 ** math.comb(nodes, 2))


def bits_of(codes: Codes, dim: int) -> NDArray[np.int64]:
    """[..., D] of codes [...]."""
    return codes[..., None] >> np.arange(dim) & 1


def codes_of(x: NDArray[np.generic]) -> Codes:
    """[...] of graphs [..., D] of zeros and ones."""
    return x.astype(np.int64) @ (1 << np.arange(x.shape[-1]))


def code_of(nodes: int, joined: Iterable[tuple[int, int]]) -> int:
    """Of a graph with these edges, each named from either end."""
    place = {pair: index for index, pair in enumerate(pairs(nodes))}
    return sum({1 << place[min(a, b), max(a, b)] for a, b in joined})


def edges_of(graphs: Codes, nodes: int) -> NDArray[np.int64]:
    """[...] the number of edges of each."""
    return bits_of(graphs, math.comb(nodes, 2)).sum(-1)


def within(nodes: int, members: Iterable[int]) -> int:
    """The code of the complete graph on some of the nodes."""
    return code_of(nodes, itertools.combinations(members, 2))


def without(graphs: Codes, forbidden: Iterable[int]) -> Mask:
    """[...] which graphs have none of these as a subgraph."""
    found = np.ones(graphs.shape, bool)
    for code in forbidden:
        found &= graphs & code != code
    return found


def joined(graphs: Codes, nodes: int, members: Iterable[int]) -> Mask:
    """[...] in which graphs these nodes are connected by edges among themselves."""
    members = list(members)
    neighbours = {a: sum((graphs & code_of(nodes, [(a, b)]) != 0) << b for b in members if b != a) for a in members}
    reached = np.full(graphs.shape, 1 << members[0])
    for _ in members[1:]:
        for a in members:
            reached |= np.where(reached >> a & 1, neighbours[a], 0)
    return reached == sum(1 << a for a in members)


def connected(nodes: int) -> Mask:
    return joined(codes(nodes), nodes, range(nodes))


def trees(nodes: int) -> Mask:
    return connected(nodes) & (edges_of(codes(nodes), nodes) == nodes - 1)


def triangle_free(nodes: int) -> Mask:
    return without(codes(nodes), (within(nodes, triple) for triple in itertools.combinations(range(nodes), 3)))


def splits(nodes: int) -> list[tuple[set[int], set[int]]]:
    """All ways to part the nodes into two sets, of which the second may be empty."""
    everyone = set(range(nodes))
    others = (set(some) for size in range(nodes) for some in itertools.combinations(range(1, nodes), size))
    return [(everyone - some, some) for some in others]


def bipartite(nodes: int) -> Mask:
    """Some split has no edge within its sets."""
    graphs = codes(nodes)
    inside = (within(nodes, one) | within(nodes, other) for one, other in splits(nodes))
    return np.any([graphs & code == 0 for code in inside], axis=0)


def planar(nodes: int) -> Mask:
    """By Kuratowski's theorem: on at most 6 nodes a graph is planar unless it has K_5, K_5 with a node on one of its edges, or
    K_{3,3} as a subgraph."""
    forbidden = []
    for five in itertools.combinations(range(nodes), 5):
        complete = within(nodes, five)
        forbidden.append(complete)
        for a, b in itertools.combinations(five, 2):
            for between in set(range(nodes)) - set(five):
                forbidden.append(complete - code_of(nodes, [(a, b)]) + code_of(nodes, [(a, between), (between, b)]))
    forbidden += [code_of(nodes, itertools.product(one, other)) for one, other in splits(nodes) if len(one) == len(other) == 3]
    return without(codes(nodes), forbidden)


def two_communities(nodes: int) -> Mask:
    """Some split into halves, of sizes that differ by at most 1, has both connected and at most one edge between them."""
    graphs, found = codes(nodes), np.zeros(2 ** math.comb(nodes, 2), bool)
    for one, other in splits(nodes):
        if abs(len(one) - len(other)) <= 1:
            between = edges_of(graphs & code_of(nodes, itertools.product(one, other)), nodes)
            found |= (between <= 1) & joined(graphs, nodes, one) & joined(graphs, nodes, other)
    return found


@dataclass(frozen=True)
class DatasetRow:
    """One row of FAMILIES, or of data.DATASETS (domains.base.DatasetRow). kind, kinds: what one graph of it is, and what several
    are; members(nodes): [2^D] which graphs belong to the family, None of what is no family"""

    title: str
    why: str
    kind: str
    kinds: str
    members: Callable[[int], Mask] | None = None
    uses: tuple[str, ...] = ("nodes",)
    network: bool = True


FAMILIES: dict[str, DatasetRow] = {
    "connected": DatasetRow(
        "Connected graphs",
        "Every node can be reached from every other; most graphs are of this family.",
        "connected",
        "connected",
        connected,
    ),
    "trees": DatasetRow(
        "Trees",
        "Connected graphs without a cycle: one edge too few or too many, anywhere, and it is none.",
        "a tree",
        "trees",
        trees,
    ),
    "bipartite": DatasetRow(
        "Bipartite graphs",
        "The nodes have two colours such that every edge joins different ones.",
        "bipartite",
        "bipartite",
        bipartite,
    ),
    "planar": DatasetRow(
        "Planar graphs", "They can be drawn without crossings, as nearly all small graphs.", "planar", "planar", planar
    ),
    "triangle_free": DatasetRow(
        "Triangle-free graphs", "No three nodes are all joined to one another.", "triangle-free", "triangle-free", triangle_free
    ),
    "two_communities": DatasetRow(
        "Two communities",
        "Two halves, each connected, with at most one edge between them.",
        "of two communities",
        "of two communities",
        two_communities,
    ),
}


@cache
def members(dataset: str, nodes: int) -> Mask:
    """[2^D] which graphs belong to a family of FAMILIES."""
    found = FAMILIES[dataset].members(nodes)
    found.flags.writeable = False
    return found


@bounded(64 << 20)
def distribution_of(dataset: str, nodes: int) -> CategoricalDistribution:
    """Uniform over a family, float64; states in the order of their codes."""
    states = torch.from_numpy(bits_of(np.flatnonzero(members(dataset, nodes)), math.comb(nodes, 2)))
    return CategoricalDistribution(states, torch.full((len(states),), 1.0 / len(states), dtype=torch.float64), SYMBOLS)


class Nearest(NamedTuple):
    """Of partly hidden graphs, by the number whose digits are, the first pair's lowest, 0 for a pair that is not joined, 1 for
    one that is, and 2 for one that is hidden.

    apart: [3^D] in how many of the pairs that are shown the nearest graphs of the family differ; 0 where some agree with all
    count: [3^D] how many nearest graphs there are
    """

    apart: NDArray[np.int8]
    count: NDArray[np.int16]


@bounded(192 << 20)
def nearest(dataset: str, nodes: int) -> Nearest:
    """Of a family: one pair after another may be hidden, or differ from what is shown."""
    family = members(dataset, nodes)
    found = Nearest(np.where(family, 0, FAR).astype(np.int8), family.astype(np.int16))  # no family has 2^15 graphs or more
    for pair in range(len(pairs(nodes))):
        zero, one = (Nearest(*(each.reshape(-1, 2, 3**pair)[:, bit] for each in found)) for bit in (0, 1))
        digits = _either(zero, one, 1), _either(one, zero, 1), _either(zero, one, 0)
        found = Nearest(*(np.stack(each, 1) for each in zip(*digits, strict=True)))
    return Nearest(*(each.ravel() for each in found))


def _either(one: Nearest, other: Nearest, farther: int) -> Nearest:
    """Those of both that are nearest, where the others are so much farther."""
    beyond = other.apart + np.int8(farther)
    apart = np.minimum(one.apart, beyond)
    return Nearest(apart, one.count * (one.apart == apart) + other.count * (beyond == apart))
