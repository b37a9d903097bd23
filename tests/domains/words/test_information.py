"""What chains of words cost: sums that must agree, by hand, against all orders, and in bits as they were found elsewhere."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment
from diffviz.categorical.costs import counted_excess_nats
from diffviz.categorical.denoisers import Categorical, ExactCategorical
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.information import SymbolInformation, means
from diffviz.categorical.kernels import Absorbing
from diffviz.domains.words.information import expected_distinct, information, keys, on_list
from diffviz.domains.words.lists import MASK, SYMBOLS, distribution_of, symbols_of
from diffviz.engine import Setup
from tests.categorical.chains import PAIR, nats_in_order, small

OWN = Experiment(dataset="own_words", own_words="ab 2 ac cb", steps=4, schedule="sohl_dickstein")  # as chains.pairs


def of(e, denoiser=None):
    setup = Setup(e)
    return information(e, setup.schedule, setup.times, denoiser)


def test_three_words_of_two_letters_by_hand():
    """All at once costs the entropies of both letters, one at a time that of the word."""
    letter = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    whole = of(replace(OWN, sampler="random_order", at_once=8, steps=2))
    assert whole.entropy_nats == pytest.approx(PAIR)
    assert whole.bound.estimate.value == pytest.approx(2 * letter)
    assert whole.gap.estimate.stderr == 0.0
    alone = of(replace(OWN, sampler="left_to_right"))
    assert alone.bound.value == pytest.approx(PAIR)
    assert of(replace(OWN, sampler="confidence")) is None


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"schedule": "linear", "scale_betas": False},
        {"process": "uniform"},
        {"sampler": "left_to_right", "at_once": 3},
        {"sampler": "random_order", "at_once": 2},
        {"sampler": "remasking"},
    ],
)
def test_the_gap_is_what_the_steps_dissipate_and_the_mismatch(changed):
    found = of(replace(OWN, dataset="english", own_words="", steps=6, **changed))
    parts = found.dissipation.sum(0).mean() + found.mismatch.mean()
    assert found.gap.value == pytest.approx(parts, abs=1e-9)
    assert found.gap.value > 0.05
    assert found.gap.drawn == ("process" in changed)
    dissipation, stderr = found.of_steps(found.dissipation)
    assert found.discretisation.value == pytest.approx(dissipation.sum())
    assert (stderr > 0).all() == ("process" in changed)


@pytest.mark.parametrize("sampler", ["random_order", "left_to_right"])
def test_names_one_letter_at_a_time_cost_their_entropy(sampler):
    found = of(Experiment(dataset="names", sampler=sampler, steps=30))
    assert abs(found.bound.value - found.entropy_nats) < 1e-9
    assert found.gap.value == 0.0


def test_a_network_that_is_asked_in_one_order_has_no_bound_of_a_random_one():
    """In continuous time the order is random."""
    flat = lambda x_t, alpha, sigma: Categorical(torch.full((*x_t.shape, SYMBOLS), 1.0 / SYMBOLS))  # noqa: E731
    assert of(replace(OWN, sampler="left_to_right"), flat).continuous_bound is None
    assert of(replace(OWN, sampler="random_order"), flat).continuous_bound.value > PAIR
    assert of(replace(OWN, sampler="left_to_right")).continuous_bound.value == pytest.approx(PAIR)


def test_names_in_sixteen_steps_cost_what_nine_mean_entropies_say():
    """What was found elsewhere by Monte-Carlo stands beside the same sums in test_lists.py."""
    found = of(replace(OWN, dataset="names", own_words="", steps=16))
    assert found.bound.value / math.log(2) == pytest.approx(10.3419, abs=1e-4)


def test_under_uniform_noise_a_long_chain_has_less_of_a_gap():
    short, long = (of(replace(OWN, process="uniform", steps=steps)).gap.estimate for steps in (3, 60))
    assert short.value - long.value > 3 * math.hypot(short.stderr, long.stderr)
    assert long.value > -3 * long.stderr


def test_a_network_s_errors_are_added_path_by_path():
    kl, excess = np.array([[1.0, 3.0], [0.5, 0.5]]), np.array([[0.2, 0.0]])
    found = SymbolInformation(kl, kl[:1], kl[1], excess, 1.0)
    assert found.bound.value == pytest.approx(2.5 + 0.1)
    np.testing.assert_allclose(found.bound.influence, [1.7, 3.5])
    assert found.exact_gap.value == pytest.approx(1.5)
    mean, stderr = found.of_steps(found.kl[:-1])
    assert mean == pytest.approx([2.1])
    assert stderr == pytest.approx([np.std([1.2, 3.0], ddof=1) / math.sqrt(2)])
    assert means(found.kl)[1] == pytest.approx([1.0, 0.0])


def crooked(data):
    """A denoiser that is wrong, but never certain."""
    exact = ExactCategorical(data, Absorbing(data.symbols))
    return lambda x_t, alpha, sigma: Categorical(0.1 + 0.7 * exact(x_t, alpha, sigma).probabilities)


@pytest.mark.parametrize("ordered", [True, False])
def test_what_errors_add_to_one_letter_at_a_time_is_a_cross_entropy(ordered):
    """Bound and entropy differ by the mean of -log p over all orders, which of three places are six."""
    data = small()
    denoiser = crooked(data)
    orders = [(0, 1, 2)] if ordered else list(itertools.permutations(range(3)))
    expected = np.mean([float(data.probabilities @ nats_in_order(data, denoiser, order)) for order in orders]) - data.entropy_nats
    found = counted_excess_nats(denoiser, data, np.array([3, 1, 0]), 1, ordered, samples=4000).sum(0)
    assert found.mean() == pytest.approx(expected, abs=4 * found.std() / math.sqrt(4000))
    assert found.std() / math.sqrt(4000) < 0.01
    assert expected > 0.1


def test_the_exact_denoiser_adds_nothing_to_a_counted_chain():
    data = small()
    found = counted_excess_nats(ExactCategorical(data, Absorbing(3)), data, np.array([3, 2, 0]), 2, False, samples=50)
    assert found.shape == (2, 50)
    assert found.max() < 1e-10


@pytest.mark.parametrize(
    ("changed", "places"),
    [
        ({}, 2),
        ({"process": "uniform"}, 2),
        ({"sampler": "random_order"}, 2),
        ({"letters": "a_"}, 1),  # of ab 2 and ac, for which ab and ac are equally probable
    ],
)
def test_in_continuous_time_another_list_s_denoiser_costs_what_the_lists_differ_by(changed, places):
    """Of the first list beside four words that are equally probable: log 4 in all, or log 2 where the first letter is given."""
    e = replace(OWN, **changed)
    other = ExactCategorical(distribution_of("own_words", "ab ac cb ba"), PROCESSES[e.process].make(SYMBOLS))
    found, exact = of(e, other), of(e)
    assert found.continuous_bound.estimate.value == pytest.approx(
        places * math.log(2), abs=4 * found.continuous_bound.estimate.stderr
    )
    assert 0 < found.continuous_bound.estimate.stderr < 0.03
    assert exact.continuous_bound.estimate.value == pytest.approx(exact.entropy_nats)
    assert exact.continuous_bound.estimate.stderr == 0.0


def test_in_continuous_time_what_the_schedule_leaves_at_T_is_paid():
    found = of(replace(OWN, schedule="linear", scale_betas=False))
    assert found.continuous_bound.value == pytest.approx(found.entropy_nats + found.mismatch_at_start.value)
    assert found.mismatch_at_start.value > 1.0
    unknown = replace(found, excess=np.zeros((4, 3)))  # of another denoiser, whose errors in continuous time nobody told
    assert unknown.continuous_bound is None


def test_samples_are_compared_with_the_list():
    data = distribution_of("own_words", "ab 2 ac cb")
    samples = symbols_of(["ab", "ba", "a", "cb", "abc"]).numpy().astype(np.float32)
    assert on_list(data, samples).tolist() == [True, False, False, True, False]
    assert len(np.unique(keys(samples))) == 5
    samples[2, :2] = MASK, 0  # a mask is no letter, and carries nothing over to the next
    assert not on_list(distribution_of("own_words", "ab bb a b"), samples)[2]
    draws = [len(set(row)) for row in np.random.default_rng(0).choice(3, (20_000, 4), p=[0.5, 0.25, 0.25])]
    assert expected_distinct(data, 4) == pytest.approx(np.mean(draws), abs=4 * np.std(draws) / math.sqrt(20_000))
    assert expected_distinct(distribution_of("own_words", "a"), 9) == pytest.approx(1.0)
