"""The planted partition model: its halves, its edges, and that relabelling the nodes changes nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.categorical.costs import absorbing_costs, sampled_costs
from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.entropies import mean_entropies, subset_entropies
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.domains.graphs.blocks import BETWEEN, INSIDE, NODES, block_model, halves
from diffviz.domains.graphs.data import BLOCKS, BlockModel
from diffviz.domains.graphs.domain import GRAPHS
from diffviz.domains.graphs.families import pairs
from diffviz.domains.graphs.information import information
from diffviz.domains.graphs.symmetry import relabelled
from diffviz.domains.graphs.training import GraphRecipe
from diffviz.engine import Setup
from diffviz.noise import Stream, particle_uniform
from diffviz.schedules import make_schedule


def test_every_way_to_part_the_nodes_into_halves_comes_once():
    for nodes in (2, 4, 6, 12):
        found = halves(nodes)
        assert found.shape == (math.comb(nodes, nodes // 2) // 2, nodes)
        assert (found.sum(1) == nodes // 2).all()
        assert len({frozenset(map(bytes, (row.tobytes(), (~row).tobytes()))) for row in found}) == len(found)


def test_a_pair_is_joined_as_often_as_its_halves_say():
    data = block_model()
    assert data.each.shape == (462, 66, 2)
    assert [int((data.each[:, :, 1] == share).sum(1).unique()) for share in (INSIDE, BETWEEN)] == [30, 36]
    assert data.marginals[:, 1].numpy() == pytest.approx(np.full(66, (30 * INSIDE + 36 * BETWEEN) / 66))


def test_the_entropy_lies_between_that_given_the_halves_and_that_and_which_they_are():
    def bit(p):
        return -p * math.log(p) - (1 - p) * math.log(1 - p)

    given = 30 * bit(INSIDE) + 36 * bit(BETWEEN)
    entropy = block_model().entropy.estimate
    assert given < entropy.value < given + math.log(462)
    assert entropy.stderr < 0.001 * math.log(2)


@pytest.mark.parametrize("process", PROCESSES)
def test_relabelling_the_nodes_relabels_the_posterior(process):
    data, noise = block_model(), PROCESSES[process].make(2)
    order = relabelled(NODES, np.random.default_rng(2).permutation(NODES).tolist())
    x_0 = data.sample(particle_uniform(0, Stream.DATA, 20))
    x = noise.after(x_0, 0.5, torch.randn(x_0.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    seen, moved = data.seen(x, noise, 0.5), data.seen(x[:, order], noise, 0.5)
    torch.testing.assert_close(moved.posterior, seen.posterior[:, order], atol=1e-12, rtol=0.0)
    torch.testing.assert_close(moved.log_q, seen.log_q)
    assert seen.posterior[:, :, 1].std() > 0.05


def test_on_four_nodes_the_probability_of_each_graph_is_the_sum_over_three_splits():
    data = block_model(4, 0.6, 0.2)
    graphs = torch.tensor([[code >> bit & 1 for bit in range(6)] for code in range(64)], dtype=torch.float64)
    expected = torch.zeros(64, dtype=torch.float64)
    for partner in (1, 2, 3):
        one = {0, partner}
        joined = torch.tensor([0.6 if (a in one) == (b in one) else 0.2 for a, b in pairs(4)], dtype=torch.float64)
        expected += (graphs * joined + (1 - graphs) * (1 - joined)).prod(1) / 3
    found = data.log_probability(graphs, PROCESSES["absorbing"].make(2), 0.0).exp()
    torch.testing.assert_close(found, expected)
    assert float(found.sum()) == pytest.approx(1.0)


MODEL = Experiment(dataset="block_model", schedule="sohl_dickstein", steps=15, particles=40)
NONE = np.empty((15, 0))


def bits(sampled):
    return sampled.estimate.value / math.log(2), sampled.estimate.stderr / math.log(2)


def test_a_run_has_66_pairs_and_reads_no_number_of_nodes():
    found = run(replace(MODEL, steps=4))
    assert found.reverse.shape == (5, 40, 66)
    assert (found.reverse[-1] < 2).all()
    assert replace(MODEL, nodes=3) == MODEL
    assert "on 12 nodes" in GRAPHS.data_title(MODEL)


@pytest.mark.parametrize("changed", [{}, {"process": "uniform"}, {"sampler": "random_order", "at_once": 8}])
def test_costs_add_up_to_the_gap(changed):
    setup = Setup(replace(MODEL, **changed))
    found = information(setup.experiment, setup.schedule, setup.times)
    gap, error = bits(found.gap)
    assert 0.3 < gap < 2.0
    assert 0.0 < error < 0.1
    lost = found.dissipation.mean(1)
    assert (lost >= -4.5 * found.dissipation.std(1) / math.sqrt(found.dissipation.shape[1])).all()
    assert found.gap.value == pytest.approx(lost.sum() + found.mismatch.mean())


def test_the_costs_of_masks_are_those_of_paths_within_their_error():
    """By the formula of sampled_costs, path by path, in place of posteriors' entropies."""
    setup = Setup(MODEL)
    ours = information(MODEL, setup.schedule, setup.times)
    paths = sampled_costs(block_model(), PROCESSES["absorbing"].make(2), setup.schedule, setup.times, seed=3)
    for one, other in ((ours.kl[:-1], paths.kl[:-1]), (ours.dissipation, paths.dissipation)):
        error = np.hypot(*(each.std(1) / math.sqrt(each.shape[1]) for each in (one, other)))
        assert (np.abs(one.mean(1) - other.mean(1)) < 4.5 * error).all()


def test_one_pair_at_a_time_costs_the_entropy():
    setup = Setup(replace(MODEL, sampler="left_to_right"))
    found = information(setup.experiment, setup.schedule, setup.times)
    assert found.gap.estimate.value == found.gap.estimate.stderr == 0.0
    assert found.bound.value == pytest.approx(block_model().entropy_nats)


def test_a_denoiser_that_is_wrong_costs_more_and_the_exact_one_nothing():
    setup = Setup(MODEL)
    exact = BLOCKS.exact("absorbing")
    none = information(MODEL, setup.schedule, setup.times, exact)
    assert none.excess.sum(0).max() < 1e-3

    def blind(x_t, alpha, sigma):
        share = torch.full_like(x_t, 0.345)
        told = torch.stack([1.0 - share, share], 2)
        shown = torch.nn.functional.one_hot(x_t.long(), 3)[..., :2].to(told)
        return Categorical(torch.where((x_t == 2)[..., None], told, shown))

    more = information(MODEL, setup.schedule, setup.times, blind)
    assert bits(more.gap)[0] > bits(none.gap)[0] + 5.0


def test_on_four_nodes_the_costs_are_those_of_the_list_of_all_graphs():
    small = BlockModel(4)
    data, times = small.distribution, np.arange(7)
    graphs = torch.tensor([[code >> bit & 1 for bit in range(6)] for code in range(64)])
    every = CategoricalDistribution(graphs, data.log_probability(graphs, PROCESSES["absorbing"].make(2), 0.0).exp(), 2)
    mean = mean_entropies(subset_entropies(every))
    assert np.abs(small.mean_entropies() - mean).max() < 0.02
    schedule = make_schedule("cosine", 6)
    exact = absorbing_costs(mean, 2, schedule, times)
    found = small.information("absorbing", schedule, times, NONE[:6], 0)
    error = found.kl.std(1) / math.sqrt(found.kl.shape[1]) + data.entropy.estimate.stderr
    assert (np.abs(found.kl.mean(1) - exact.kl) < 4.5 * error + 1e-9).all()
    law = small.law("absorbing", schedule, times)
    assert law.entropies().marginal == pytest.approx(exact.entropy, abs=0.02)


def test_a_graph_tells_its_communities_whatever_its_nodes_are_called():
    side = halves(NODES)[7]
    whole = np.array([float(side[a] == side[b]) for a, b in pairs(NODES)])
    order = relabelled(NODES, list(range(NODES))[::-1])
    x = np.stack([whole, whole[order], np.full(66, 2.0), np.zeros(66)])
    assert BLOCKS.judged(x).tolist() == [True, True, False, False]


def test_what_tells_its_communities_tells_them_no_more_where_most_pairs_are_redrawn():
    x = BLOCKS.examples()[:200]
    noise, level = PROCESSES["uniform"].make(2), 0.5
    exact = BLOCKS.distribution.components(torch.from_numpy(x), noise, level).amax(1) > 0.5
    assert (BLOCKS.judged(x, level) == exact.numpy()).mean() > 0.99  # single precision
    shares = [BLOCKS.judged(x, redrawn).mean() for redrawn in (0.0, level, 0.99, 1.0)]
    assert shares[0] > shares[1] > 0.1
    assert shares[2:] == [0.0, 0.0]


def test_most_draws_are_different_as_their_probability_says():
    small = BlockModel(4)
    one, other = small.distribution.sample(particle_uniform(1, Stream.DATA, 20000)).view(2, 10000, 6)
    different = 1.0 + (one != other).any(1).double()
    error = float(different.std()) / math.sqrt(10000)
    assert small.expected_distinct(2) == pytest.approx(float(different.mean()), abs=4.5 * error)
    assert BLOCKS.expected_distinct(1000) == pytest.approx(1000, abs=0.01)


def test_a_recipe_has_the_model_s_own_number_of_nodes():
    assert GraphRecipe("block_model", nodes=5).nodes == GraphRecipe("block_model").nodes == 12
