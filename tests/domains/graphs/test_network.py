"""The network of graphs: that it knows no names of nodes, what it is told, and a short training."""

import itertools
import math

import numpy as np
import pytest
import torch

from diffviz import Experiment
from diffviz.categorical.costs import excess_nats
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.networks import NetworkSymbols
from diffviz.checkpoints import load
from diffviz.domains.graphs.data import data_of
from diffviz.domains.graphs.domain import GRAPHS
from diffviz.domains.graphs.families import distribution_of, pairs
from diffviz.domains.graphs.network import SYMBOLS, TOGETHER, GraphNetwork
from diffviz.domains.graphs.symmetry import relabelled
from diffviz.domains.graphs.training import GraphRecipe, begin_graphs, new_graph_network
from diffviz.engine import Setup
from diffviz.schedules import make_schedule
from diffviz.views.graphs.card import SAMPLES, measure
from tests.categorical.trained import assert_learns
from tests.experiments import complaint

SHORT = {"dataset": "trees", "nodes": 4, "hidden": 16, "layers": 2, "updates": 150, "batch": 64, "lr": 1e-2, "ema": 0.95}


def untrained(masks, nodes=6):
    torch.manual_seed(0)
    return GraphNetwork(nodes, 16, 3, masks).eval()


def some(masks, count=7, nodes=6):
    return torch.randint(SYMBOLS + masks, (count, len(pairs(nodes))), generator=torch.Generator().manual_seed(4)).float()


@pytest.mark.parametrize("masks", [True, False])
@pytest.mark.parametrize("names", [[3, 0, 5, 1, 4, 2], [1, 2, 3, 4, 5, 0], [1, 0, 2, 3, 4, 5]])
def test_relabelling_the_graph_relabels_the_answer(masks, names):
    network, x, order = untrained(masks).double(), some(masks).double(), relabelled(6, names)
    with torch.no_grad():
        odds, moved = (network(given, torch.zeros(1).double()) for given in (x, x[:, order]))
    assert odds.std() > 0.01
    torch.testing.assert_close(moved, odds[:, order], atol=1e-12, rtol=0.0)


@pytest.mark.parametrize("nodes", [3, 6, 12])
@pytest.mark.parametrize("masks", [True, False])
def test_many_graphs_without_gradients_are_answered_as_each_is_with_them(masks, nodes):
    """Both ways to count paths, and graphs in parts."""
    network, x = untrained(masks, nodes), some(masks, 2 * TOGETHER // len(pairs(nodes)) + 3, nodes)
    log_snr = torch.linspace(-3.0, 3.0, len(x))
    trained_so = network(x, log_snr)
    assert trained_so.requires_grad
    with torch.no_grad():
        torch.testing.assert_close(network(x, log_snr), trained_so.detach(), atol=1e-5, rtol=0.0)
        alone = network(x[-1:], log_snr[-1:])
    torch.testing.assert_close(alone, trained_so.detach()[-1:], atol=1e-5, rtol=0.0)


def test_it_tells_graphs_apart_that_message_passing_between_nodes_cannot():
    """Two triangles, and a ring of six: in both every node has two neighbours, all alike."""
    triangles, ring = torch.zeros(2, 15).unbind()
    for a, b in itertools.pairwise([0, 1, 2, 3, 4, 5, 0]):
        ring[pairs(6).index((min(a, b), max(a, b)))] = 1.0
    for a, b in itertools.chain(itertools.combinations(range(3), 2), itertools.combinations(range(3, 6), 2)):
        triangles[pairs(6).index((a, b))] = 1.0
    with torch.no_grad():
        told = untrained(True)(torch.stack([triangles, ring]), torch.zeros(1))[..., 1]
    joined = [told[0][triangles == 1.0], told[1][ring == 1.0]]
    assert max(float(part.max() - part.min()) for part in joined) < 1e-5
    assert abs(float(joined[0].mean() - joined[1].mean())) > 1e-3


@pytest.mark.parametrize("process", PROCESSES)
def test_training_learns_what_pairs_know_of_one_another(process):
    recipe = GraphRecipe(process=process, **SHORT)
    assert_learns(new_graph_network, begin_graphs, recipe, distribution_of("trees", 4), paths=200, left=0.2)


def test_the_same_recipe_gives_the_same_weights():
    small = GraphRecipe(hidden=8, layers=1, updates=3, batch=16)
    one, other = (begin_graphs(small).advance(3).network.state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"dataset": "rings"}, "dataset must be one of connected"),
        ({"nodes": 7}, "nodes must be from 3 to 6"),
        ({"process": "x"}, "process"),
    ],
)
def test_what_cannot_be_trained_is_refused(values, said):
    with pytest.raises(ValueError, match=said):
        GraphRecipe(**values)


@pytest.mark.parametrize(("name", "most"), [("trees", 0.003), ("trees_uniform", 0.006)])
def test_a_network_that_is_shipped_is_as_near_the_exact_denoiser_as_its_card_says(name, most):
    """All is measured again; sums of float32 differ between processors."""
    loaded = load(name, GRAPHS.training["network"].root)
    found = measure(loaded.network, loaded.recipe)
    near = {key: 3 if key.endswith("valid") else 2e-4 for key in found}
    assert found == {key: pytest.approx(loaded.measured[key], abs=error) for key, error in near.items()}
    assert found["bound_bits"] - found["exact_bound_bits"] < most
    assert abs(found["valid"] - found["exact_valid"]) < 0.02 * SAMPLES


def test_the_network_of_the_block_model_is_as_near_the_exact_denoiser_as_its_card_says():
    """On new graphs, fewer than the card's."""
    loaded = load("block_model", GRAPHS.training["network"].root)
    data, noise = data_of(loaded.recipe).distribution, PROCESSES["absorbing"].make(SYMBOLS)
    schedule = make_schedule("sohl_dickstein", 15)
    nats = excess_nats(NetworkSymbols(loaded.network), data, noise, schedule, np.arange(16), samples=60, seed=5)
    found = nats.sum(0) / math.log(2)
    error = math.hypot(found.std() / math.sqrt(60), loaded.measured["excess_stderr_bits"])
    assert found.mean() == pytest.approx(loaded.measured["excess_bits"], abs=4 * error)


def test_the_network_that_is_shipped_says_for_which_runs_it_is():
    for other, said in (
        ({"process": "uniform"}, "take back the process absorbing"),
        ({"nodes": 5}, "must be exact for graphs on 5 nodes; trees was trained on 6."),
    ):
        setup = Setup(Experiment(dataset="trees", denoiser="learned", **other))
        assert said in str(complaint(setup.prepare))
