"""Costs of graphs: against all paths on 3 nodes, against what is counted of any list on 4, and sums that must agree on 6."""

import math
import time

import numpy as np
import pytest
from scipy.special import xlogy

from diffviz.binomial.costs import exact_costs
from diffviz.binomial.finite import BitDistribution
from diffviz.categorical.costs import sampled_costs
from diffviz.categorical.entropies import subset_entropies
from diffviz.categorical.kernels import Absorbing, Uniform
from diffviz.domains.graphs.costs import costs_of, entropies_of
from diffviz.domains.graphs.families import FAMILIES, distribution_of
from diffviz.domains.graphs.law import GraphLaw
from diffviz.schedules import make_schedule
from tests.oracles.symbols import Chain

PROCESSES = {"absorbing": Absorbing(2), "uniform": Uniform(2)}


def chain_costs(dataset, nodes, process, name="cosine", steps=5, **options):
    schedule, times = make_schedule(name, steps, **options), np.arange(steps + 1)
    return costs_of(dataset, nodes, process, schedule, times), schedule, times


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("dataset", ["trees", "planar", "two_communities"])
def test_every_term_is_that_of_all_paths(process, dataset):
    found, schedule, times = chain_costs(dataset, 3, process, "linear", scale_betas=False)
    data = distribution_of(dataset, 3)
    chain = Chain(data.states.tolist(), data.probabilities.tolist(), 2, schedule.signal_share, process)
    steps = range(1, len(times))
    assert found.kl[:-1] == pytest.approx([chain.cost(j) for j in steps], abs=1e-12)
    assert found.kl[-1] == pytest.approx(chain.prior_cost(), abs=1e-12)
    assert found.dissipation == pytest.approx([chain.dissipation(j) for j in steps], abs=1e-12)
    assert found.mismatch == pytest.approx(chain.mismatch(), abs=1e-12)
    assert found.entropy == pytest.approx([chain.entropy(j) for j in range(len(times))], abs=1e-12)


@pytest.mark.parametrize("dataset", FAMILIES)
def test_entropies_are_those_of_the_list(dataset):
    assert entropies_of(dataset, 4) == pytest.approx(subset_entropies(distribution_of(dataset, 4)), abs=1e-12)


@pytest.mark.parametrize("dataset", FAMILIES)
def test_uniform_noise_is_binomial_noise_on_bits(dataset):
    """Those costs are summed over all sequences of 6 bits, by another rule."""
    found, schedule, times = chain_costs(dataset, 4, "uniform", steps=7)
    data = distribution_of(dataset, 4)
    bits = exact_costs(BitDistribution(data.states.double(), data.probabilities), schedule, times, 0.5)
    for name in ("kl", "dissipation", "mismatch", "entropy"):
        assert getattr(found, name) == pytest.approx(getattr(bits, name), abs=1e-11), name


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("dataset", FAMILIES)
def test_sum_rule_on_six_nodes(process, dataset):
    """bound - entropy = dissipations + mismatch."""
    found, *_ = chain_costs(dataset, 6, process, steps=40)
    entropy = distribution_of(dataset, 6).entropy_nats
    assert found.entropy[0] == pytest.approx(entropy)
    assert found.kl.sum() - entropy == pytest.approx(found.dissipation.sum() + found.mismatch, abs=1e-10)
    assert min(found.kl.min(), found.dissipation.min(), found.mismatch) >= 0.0


@pytest.mark.parametrize("process", PROCESSES)
def test_sampled_paths_agree(process):
    found, schedule, times = chain_costs("trees", 6, process, steps=4)
    sampled = sampled_costs(distribution_of("trees", 6), PROCESSES[process], schedule, times, 2000, seed=5)
    error = sampled.gap.estimate.stderr
    assert abs(sampled.gap.estimate.value - (found.dissipation.sum() + found.mismatch)) < 4 * error < 0.3


def test_one_pair_is_no_choice_for_a_tree_but_all_are():
    """One step from masks alone: every pair is drawn alone, and is an edge with probability 1/3 of 5 in 15."""
    found, *_ = chain_costs("trees", 6, "absorbing", "sohl_dickstein", 1)
    each = -(math.log(1 / 3) + 2 * math.log(2 / 3)) / 3
    assert found.kl.sum() == pytest.approx(15 * each)
    assert found.dissipation.sum() == pytest.approx(15 * each - 4 * math.log(6))


def test_a_thousand_steps_on_the_largest_family_take_well_below_a_second():
    for process in PROCESSES:
        chain_costs("planar", 6, process)  # what is counted once
        start = time.perf_counter()
        chain_costs("planar", 6, process, steps=1000)
        assert time.perf_counter() - start < 4.0  # of a machine that does other things


@pytest.mark.parametrize("process", PROCESSES)
def test_the_law_knows_the_entropies_of_x_t(process):
    schedule, times = make_schedule("cosine", 5), np.array([0, 2, 5])
    data = distribution_of("bipartite", 3)
    law = GraphLaw(data, PROCESSES[process], schedule, times, "bipartite", 3, process).entropies()
    chain = Chain(data.states.tolist(), data.probabilities.tolist(), 2, schedule.signal_share[times], process)
    forward = [-xlogy(chain.marginal(j - 1)[:, None] * chain.between(j), chain.between(j)).sum() for j in (1, 2)]
    given = [-xlogy(chain.data[:, None] * kernel, kernel).sum() for kernel in map(chain.kernel, chain.abar)]
    assert law.marginal == pytest.approx([chain.entropy(j) for j in range(3)], abs=1e-12)
    assert law.forward == pytest.approx(forward, abs=1e-12)
    assert law.given_data == pytest.approx(given, abs=1e-12)
