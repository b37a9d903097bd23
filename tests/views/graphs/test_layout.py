"""Where nodes are drawn by forces: in the disc, whatever they are called, neighbours near; on the page and in files alike."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.domains.graphs.blocks import halves
from diffviz.domains.graphs.data import BLOCKS
from diffviz.domains.graphs.families import pairs
from diffviz.drawings import read_layers
from diffviz.engine import Setup
from diffviz.views import view_of
from diffviz.views.graphs.draw import draw
from diffviz.views.graphs.layout import ends, forced, places
from diffviz.views.graphs.measure import measure
from diffviz.views.graphs.sent import SENT

E = Experiment(dataset="block_model", schedule="sohl_dickstein", steps=3, particles=5)


def apart(at):
    """[n, n] distances."""
    return np.linalg.norm(at[:, None] - at[None], axis=2)


def test_every_graph_fills_the_disc_and_no_two_nodes_coincide():
    x = BLOCKS.examples()[:40]
    at = forced(x == 1, 12)
    assert at.shape == (40, 12, 2)
    assert np.linalg.norm(at, axis=2).max(1) == pytest.approx(np.ones(40))
    assert at.mean(1) == pytest.approx(np.zeros((40, 2)), abs=1e-12)
    assert min(apart(each)[np.triu_indices(12, 1)].min() for each in at) > 0.02
    assert np.array_equal(forced(x[3:4] == 1, 12)[0], at[3])  # alone as among others


def test_joined_nodes_are_nearer_and_communities_apart():
    side = halves(12)[100]
    ends_of = np.array(pairs(12))
    same = side[ends_of[:, 0]] == side[ends_of[:, 1]]
    x = np.random.default_rng(0).random((30, 66)) < np.where(same, 0.7, 0.05)
    distance = np.array([apart(at)[tuple(ends_of.T)] for at in forced(x, 12)])
    assert distance[x].mean() < 0.7 * distance[~x].mean()
    assert (distance[:, same].mean(1) < distance[:, ~same].mean(1)).all()


def test_no_edges_of_a_path_cross():
    joined = np.array([[b - a == 1 for a, b in pairs(6)]])
    at = forced(joined, 6)[0]

    def left(a, b, c):
        return np.sign((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])

    for i, j in itertools.combinations(range(5), 2):
        if j > i + 1:
            p, q, r, s = at[i], at[i + 1], at[j], at[j + 1]
            assert left(p, q, r) == left(p, q, s) or left(r, s, p) == left(r, s, q)


def test_graphs_without_edges_stand_on_the_ring():
    assert forced(np.zeros((1, 15), bool), 6)[0] == pytest.approx(places(6), abs=1e-6)


def test_the_browser_and_a_sheet_have_the_same_places_at_all_times():
    setup = Setup(E)
    found = run(E, setup)
    told = SENT.measured(setup, setup.times, measure(setup, found))["places"]
    at = ends(setup, found.reverse[-1])
    scene = draw(setup, found, ("force",), False)
    for name in ("forward", "reverse"):
        assert np.array(told[name]).reshape(5, 12, 2) / 1000 == pytest.approx(at[name] * [1, -1], abs=6e-4)
    assert at["forward"] == pytest.approx(forced(found.forward[0] == 1, 12))
    assert len(scene.panels) == 3


def test_the_layer_is_one_of_films_and_sheets_beside_another():
    assert read_layers("force", E) == read_layers(None, E) == ("force",)
    assert read_layers(None, replace(E, dataset="trees")) == read_layers("", E) == ()
    assert read_layers("x0_hat force", E) == ("x0_hat", "force")
    assert view_of(E).layers.page == ("probability", "work")
    setup = Setup(E)
    found = run(E, setup)
    assert [panel.name for panel in draw(setup, found, ("force",), True).panels] == ["forward", "reverse"]
    assert [panel.name for panel in draw(setup, found, ("x0_hat", "force"), True).panels] == ["forward", "x0_hat"]
