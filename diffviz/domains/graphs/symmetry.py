"""Graphs, and sets of pairs of nodes, up to relabelling the nodes.

A function of graphs that relabelling leaves as it is has one value for each orbit: of the 32768 graphs on 6 nodes there are 156.
A function of a graph and one of its pairs, which all relabellings that leave the pair as it is leave as it is, has one for each
orbit under those alone. All pairs being alike, it need be known for the first, between nodes 0 and 1, only.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from diffviz.domains.graphs.families import Codes, bits_of, codes, codes_of, pairs


def relabelled(nodes: int, names: list[int]) -> list[int]:
    """[D] which bit is whose, after node a is called names[a]: bit i of the new graph is bit found[i] of the old."""
    place = {frozenset((names[a], names[b])): index for index, (a, b) in enumerate(pairs(nodes))}
    return [place[frozenset(pair)] for pair in pairs(nodes)]


def _exchanges(nodes: int, with_pair: bool) -> list[list[int]]:
    """Names after neighbouring nodes change places: they generate all relabellings; without 1 and 2, those that leave the first
    pair as it is."""
    found = []
    for a in range(nodes - 1):
        if not (with_pair and a == 1):
            names = list(range(nodes))
            names[a], names[a + 1] = a + 1, a
            found.append(names)
    return found


@cache
def orbits(nodes: int, with_pair: bool = False) -> Codes:
    """[2^D] the least code of each graph's orbit, under all relabellings or, with_pair, those that leave the first pair."""
    graphs = codes(nodes)
    bits = bits_of(graphs, len(pairs(nodes)))
    moves = [codes_of(bits[:, relabelled(nodes, names)]) for names in _exchanges(nodes, with_pair)]
    found, before = graphs, None
    while before is None or (found != before).any():
        before = found
        for move in moves:
            found = np.minimum(found, found[move])
        found = found[found]
    found.flags.writeable = False
    return found


@cache
def seen_from_pairs(nodes: int) -> Codes:
    """[D, 2^D] the least code of each graph's orbit with_pair, after a relabelling by which each pair has become the first."""
    bits, alike = bits_of(codes(nodes), len(pairs(nodes))), orbits(nodes, with_pair=True)
    found = []
    for pair in pairs(nodes):
        order = [*pair, *(node for node in range(nodes) if node not in pair)]
        names = [order.index(node) for node in range(nodes)]
        found.append(alike[codes_of(bits[:, relabelled(nodes, names)])])
    return np.array(found)
