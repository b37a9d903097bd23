"""Mixtures of products against the list of all their sequences, which few coordinates allow."""

import itertools

import numpy as np
import pytest
import torch
from scipy.stats import chi2, kstest

from diffviz.categorical.entropies import mean_entropies, subset_entropies
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.products import ProductMixture, spread
from diffviz.noise import Stream, particle_uniform


def mixture(components=3, dim=4, symbols=3):
    draw = torch.rand(components, dim, symbols, generator=torch.Generator().manual_seed(1), dtype=torch.float64) + 0.05
    weights = torch.arange(1.0, components + 1.0, dtype=torch.float64)
    return ProductMixture(weights / weights.sum(), draw / draw.sum(2, keepdim=True))


def listed(data):
    states = torch.tensor(list(itertools.product(range(data.symbols), repeat=data.dim)))
    alone = data.each[:, torch.arange(data.dim), states]  # [M, S, D]
    return CategoricalDistribution(states, torch.einsum("m,msd->s", data.probabilities, alone.prod(2)[..., None]), data.symbols)


@pytest.fixture(scope="module")
def both():
    data = mixture()
    return data, listed(data)


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("lost", [0.0, 0.3, 0.9, 1.0])
def test_posteriors_and_probabilities_are_those_of_the_list(both, process, lost):
    data, every = both
    noise = PROCESSES[process].make(data.symbols)
    x = torch.tensor(list(itertools.product(range(noise.shown), repeat=data.dim)), dtype=torch.float64)
    ours, theirs = data.seen(x, noise, lost), every.seen(x, noise, lost)
    torch.testing.assert_close(ours.log_q, theirs.log_q, atol=1e-12, rtol=1e-12)
    can = theirs.log_q > -torch.inf
    torch.testing.assert_close(ours.posterior[can], theirs.posterior[can], atol=1e-12, rtol=0.0)
    torch.testing.assert_close(data.log_probability(x, noise, lost), theirs.log_q, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("process", PROCESSES)
def test_which_component_it_was_is_told_by_bayes_rule(both, process):
    data, _ = both
    noise = PROCESSES[process].make(data.symbols)
    x = torch.tensor([[0.0, 1.0, 2.0, 1.0]], dtype=torch.float64)
    kernel = torch.as_tensor(noise.kernel(0.4))[: data.symbols]
    seen = torch.stack([(data.each[:, i] @ kernel)[:, int(symbol)] for i, symbol in enumerate(x[0])]).prod(0) * data.probabilities
    torch.testing.assert_close(data.components(x, noise, 0.4)[0], seen / seen.sum())


def test_samples_are_distributed_as_the_list(both):
    data, every = both
    count = 20000
    x = data.sample(particle_uniform(3, Stream.DATA, count)).long()
    found = np.bincount(x.numpy() @ data.symbols ** np.arange(data.dim), minlength=81)
    expected = np.zeros(81)
    expected[every.states.numpy() @ data.symbols ** np.arange(data.dim)] = every.probabilities.numpy() * count
    assert ((found - expected) ** 2 / expected).sum() < chi2(80).ppf(1 - 1e-5)


def test_a_sequence_follows_from_its_own_number(both):
    data, _ = both
    few, many = (data.sample(particle_uniform(3, Stream.DATA, count)) for count in (5, 50))
    assert torch.equal(few, many[:5])
    assert len(data.sample(torch.tensor([0.0, 1.0 - 2.0**-53], dtype=torch.float64))) == 2


def test_numbers_that_follow_from_one_are_uniform_and_know_nothing_of_one_another():
    numbers = spread(np.arange(4000) * 2.0**-53, 6)  # of seeds as alike as can be
    assert ((numbers >= 0.0) & (numbers < 1.0)).all()
    assert min(kstest(column, "uniform").pvalue for column in numbers.T) > 1e-4
    correlation = np.corrcoef(numbers.T) - np.eye(6)
    assert np.abs(correlation).max() < 5.0 / np.sqrt(4000)


def test_entropies_are_those_of_the_list_within_their_error(both):
    data, every = both
    entropy = data.entropy.estimate
    assert 0.0 < entropy.stderr < 0.01
    assert entropy.value == pytest.approx(every.entropy_nats, abs=4.5 * entropy.stderr)
    order = torch.rand(4000, data.dim, generator=torch.Generator().manual_seed(0)).argsort(1)
    known, apart = data.shown_entropies(order, np.arange(data.dim), ordered=False)
    mean = mean_entropies(subset_entropies(every))
    error = known.std(1) / np.sqrt(4000) + 2.0 * entropy.stderr
    assert (np.abs(known.mean(1) - mean) < 4.5 * error + 1e-12).all()
    assert known[-1] == pytest.approx(np.full(4000, data.entropy_nats))
    np.testing.assert_allclose(np.diff(known, axis=0), apart, atol=1e-12)


def test_entropies_of_an_order_that_is_given(both):
    """Two at a time: the second of each two is drawn without the first."""
    data, every = both
    sets = subset_entropies(every)
    order = torch.arange(data.dim).expand(4000, -1)
    known, apart = data.shown_entropies(order, np.array([0, 0, 2, 2]), ordered=True)
    expected = [sets[0b1], sets[0b10], sets[0b111] - sets[0b11], sets[0b1011] - sets[0b11]]
    error = 2.0 * data.entropy.estimate.stderr
    assert (np.abs(known.mean(1) - sets[[0, 1, 3, 7, 15]]) < 4.5 * (known.std(1) / np.sqrt(4000) + error) + 1e-12).all()
    assert (np.abs(apart.mean(1) - expected) < 4.5 * (apart.std(1) / np.sqrt(4000) + error)).all()


def test_it_is_the_same_in_another_precision(both):
    data, _ = both
    single = data.to("cpu", torch.float32)
    noise, x = PROCESSES["absorbing"].make(3), torch.tensor([[0.0, 3.0, 2.0, 3.0]])
    assert single.posterior(x, noise, 0.5).dtype == torch.float32
    torch.testing.assert_close(single.posterior(x, noise, 0.5).double(), data.posterior(x, noise, 0.5), atol=1e-6, rtol=0.0)
    torch.testing.assert_close(data.marginals.sum(1), torch.ones(4, dtype=torch.float64))


@pytest.mark.parametrize(
    ("weights", "each", "said"),
    [
        ([0.5, 0.6], [[[1.0]], [[1.0]]], "sum to 1"),
        ([1.0], [[[0.5, 0.6]]], "sum to 1 over V"),
        ([1.0], [[[1.5, -0.5]]], "not below 0"),
    ],
)
def test_what_is_no_mixture_is_refused(weights, each, said):
    with pytest.raises(ValueError, match=said):
        ProductMixture(torch.tensor(weights), torch.tensor(each))
