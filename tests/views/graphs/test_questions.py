"""Every number that a question of graphs tells is measured again."""

import numpy as np
import pytest

from diffviz.domains.graphs.families import members
from diffviz.engine import Setup, run
from diffviz.views import questions
from diffviz.views.graphs.domain import VIEW
from diffviz.views.graphs.measure import measure


def asked(question):
    (found,) = [each for each in VIEW.questions if each.question == question]
    setups = [Setup(experiment) for experiment in found.runs]
    return found.watch, [measure(setup, run(setup.experiment, setup)) for setup in setups]


def told(m, name, digits):
    return f"{m.estimate(name).value:.{digits}f}"


def share(m):
    found = m.estimate("valid_share")
    return found.value, pytest.approx(found.value, abs=2 * found.stderr)


def test_they_are_among_the_questions_of_the_page():
    assert set(VIEW.questions) <= set(questions())
    assert all(name in VIEW.charts for question in VIEW.questions for name in question.charts)


def test_a_graph_diffuses():
    watch, (m,) = asked("Can a graph diffuse?")
    assert f"{members('trees', 6).sum()} trees on 6 nodes, {told(m, 'entropy_bits', 2)} bits" in watch
    assert f"a tree costs {told(m, 'bound_bits', 2)} bits" in watch
    assert share(m)[1] == 0.75


def test_edges_drawn_together():
    watch, (a, b) = asked("What does it cost to draw edges together?")
    assert f"a gap of {told(a, 'gap_bits', 3)} bits" in watch
    assert f"the gap is {told(b, 'gap_bits', 3)} bits" in watch
    assert share(a)[1] == 0.5


def test_masks_or_uniform_noise():
    watch, (a, b) = asked("Masked or random edges?")
    assert f"the gap is {told(b, 'gap_bits', 3)} bits, under masks, A, {told(a, 'gap_bits', 3)} bits" in watch


def test_communities_are_decided():
    watch, (m,) = asked("When are communities decided?")
    data = m.setup.distribution
    assert f"the {len(data.probabilities)} ways to part the nodes" in watch
    told = m.curves["told_reverse"].values
    assert told[0] > 0.9
    assert told[-1] == 0.0


def test_the_errors_of_the_network_of_communities():
    watch, (a, b) = asked("Can a network find communities?")
    added = b.details.excess.sum(0)
    assert f"errors add {added.mean() / np.log(2):.2f} bits to the gap of {told(a, 'gap_bits', 2)} bits" in watch


def test_the_network_s_errors():
    watch, (a, b) = asked("Exact or learned, for graphs?")
    added = b.details.excess.sum(0)
    assert f"errors add {added.mean() / np.log(2):.3f} bits to the gap of {told(a, 'gap_bits', 3)} bits" in watch
    assert added.std() / np.sqrt(len(added)) < 0.0005
