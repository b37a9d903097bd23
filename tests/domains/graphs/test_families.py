"""Families of graphs against networkx, and how many graphs are known to be in each."""

import itertools

import networkx as nx
import numpy as np
import pytest
import torch

from diffviz.domains.graphs.families import FAMILIES, bits_of, codes, codes_of, distribution_of, edges_of, members, pairs
from diffviz.domains.graphs.symmetry import orbits, relabelled

COUNTS = {  # labelled graphs on 3 to 6 nodes: OEIS A001187, A000272 (Cayley: n^(n-2)), A047864, A066537, A213434
    "connected": [4, 38, 728, 26704],
    "trees": [3, 16, 125, 1296],
    "bipartite": [7, 41, 376, 5177],
    "planar": [8, 64, 1023, 32071],
    "triangle_free": [7, 41, 388, 5789],
}


def graph(code, nodes):
    found = nx.Graph()
    found.add_nodes_from(range(nodes))
    found.add_edges_from(pair for index, pair in enumerate(pairs(nodes)) if code >> index & 1)
    return found


def communities(g):
    nodes = set(g)
    return any(
        nx.is_connected(g.subgraph(half)) and nx.is_connected(g.subgraph(nodes - set(half))) and nx.cut_size(g, half) <= 1
        for half in itertools.combinations(nodes, len(nodes) // 2)
    )


ORACLES = {
    "connected": nx.is_connected,
    "trees": nx.is_tree,
    "bipartite": nx.is_bipartite,
    "planar": lambda g: nx.check_planarity(g)[0],
    "triangle_free": lambda g: not any(nx.triangles(g).values()),
    "two_communities": communities,
}


@pytest.mark.parametrize("dataset", COUNTS)
def test_as_many_as_are_known(dataset):
    assert [int(members(dataset, nodes).sum()) for nodes in range(3, 7)] == COUNTS[dataset]


@pytest.mark.parametrize("dataset", FAMILIES)
@pytest.mark.parametrize("nodes", [3, 4, 6])
def test_each_graph_is_what_networkx_says(dataset, nodes):
    """Of 6 nodes one of each kind, as the next test says that the others are like it."""
    asked = np.unique(orbits(nodes)) if nodes == 6 else codes(nodes)
    assert members(dataset, nodes)[asked].tolist() == [ORACLES[dataset](graph(code, nodes)) for code in asked.tolist()]


@pytest.mark.parametrize("dataset", FAMILIES)
def test_relabelling_leaves_every_family(dataset):
    bits = bits_of(codes(6), 15)
    for names in ([3, 0, 5, 1, 4, 2], [1, 2, 3, 4, 5, 0], [1, 0, 2, 3, 4, 5]):
        assert (members(dataset, 6)[codes_of(bits[:, relabelled(6, names)])] == members(dataset, 6)).all()


def test_orbits_are_the_isomorphic_graphs():
    assert [len(np.unique(orbits(nodes))) for nodes in range(3, 7)] == [4, 11, 34, 156]  # OEIS A000088
    for code, least in enumerate(orbits(4).tolist()):
        assert nx.is_isomorphic(graph(code, 4), graph(least, 4))


def test_orbits_with_a_pair_leave_it():
    found, whole = orbits(6, with_pair=True), orbits(6)
    assert ((found & 1) == (codes(6) & 1)).all()
    assert (whole[found] == whole).all()
    assert (edges_of(found, 6) == edges_of(codes(6), 6)).all()


def test_two_communities_on_six_nodes():
    """10 ways to halve 6 nodes; 4 connected graphs on each half; no edge between them, or one of 9."""
    assert members("two_communities", 6).sum() == 10 * 4 * 4 * (1 + 9)


def test_the_distribution_is_uniform():
    found = distribution_of("trees", 6)
    assert found.states.shape == (1296, 15)
    assert found.entropy_nats == pytest.approx(4 * np.log(6))  # Cayley
    assert found.states.sum(1).unique().tolist() == [5]
    assert torch.equal(codes_of_states(found), codes_of_states(found).sort().values)


def codes_of_states(found):
    return torch.from_numpy(codes_of(found.states.numpy()))
