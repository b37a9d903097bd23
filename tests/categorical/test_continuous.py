"""The bound in continuous time, against all sequences: rates, their integral, and chains of ever more steps."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.special import kl_div

from diffviz.categorical.continuous import LEAST, continuous_excess_nats, levels
from diffviz.categorical.costs import absorbing_costs
from diffviz.categorical.denoisers import Categorical, ExactCategorical
from diffviz.categorical.entropies import mean_entropies, subset_entropies
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.kernels import Absorbing
from diffviz.schedules import make_schedule
from tests.categorical.chains import LETTER, NOISES, PAIR, PROBABILITIES, STATES, SYMBOLS, nats_in_order, pairs, small
from tests.oracles.enumerated import kl
from tests.oracles.symbols import Chain

MIXED = 0.3  # of the other data are sequences at random


def other():
    """Data like those of small(), but for sequences at random among them."""
    states = torch.tensor(list(itertools.product(range(SYMBOLS), repeat=3)))
    chain = Chain(STATES, PROBABILITIES, SYMBOLS, [1.0], "uniform")
    probabilities = torch.tensor((1 - MIXED) * chain.data + MIXED / len(states), dtype=torch.float64)
    return CategoricalDistribution(states, probabilities, SYMBOLS)


def wrong(noise):
    """The exact denoiser of the other data."""
    return ExactCategorical(other(), NOISES[noise](SYMBOLS))


def excess(noise, end):
    """What it costs, in closed form: both chains are diffusions run back, so that it is what their data differ by, less what is
    left of that at the end."""
    ends = [Chain(each.states.tolist(), each.probabilities.tolist(), SYMBOLS, [1.0, end], noise) for each in (small(), other())]
    return kl(*(each.marginal(0) for each in ends)) - kl(*(each.marginal(1) for each in ends))


def law_at(noise, abar):
    """A chain of one step to abar: its sequences, q(x_t) and the posteriors."""
    chain = Chain(STATES, PROBABILITIES, SYMBOLS, [1.0, abar], noise)
    return chain, chain.marginal(1), np.nan_to_num(chain.posterior(1))


def rates_of(noise, x, told, lost):
    """[L, n, V'] ours."""
    found = NOISES[noise](SYMBOLS).rates(torch.tensor(x, dtype=torch.float64), torch.tensor(told), lost)
    return found.numpy()


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("abar", [0.03, 0.4, 0.97])
def test_rates_of_the_exact_posterior_are_those_of_time_run_back(noise, abar):
    """A jump from x to y, which differ in one coordinate, is as frequent in q as one from y to x: R(x -> y) q(x) = q(y) Q(y -> x)
    (Campbell et al. 2022, prop. 1), Q the forward rate nu(x)/abar for each unit of abar."""
    chain, marginal, posterior = law_at(noise, abar)
    found = rates_of(noise, chain.x, posterior, 1 - abar)
    each = chain.x.max() + 1
    for row, x in enumerate(chain.x):
        for i, w in itertools.product(range(chain.n), range(each)):
            y = x.copy()
            y[i] = w
            forward = (x[i] == SYMBOLS) if noise == "absorbing" else 1.0 / SYMBOLS
            expected = forward / abar * marginal[chain.place(y)] if w != x[i] else 0.0
            assert found[row, i, w] * marginal[row] == pytest.approx(expected, abs=1e-12)


def told_at(noise, chain, abar):
    """[L, n, V] what the wrong denoiser says of all sequences."""
    x_t = torch.tensor(chain.x, dtype=torch.float64)
    return other().posterior(x_t, NOISES[noise](SYMBOLS), 1 - abar).numpy()


def density(noise, abar):
    """What the wrong denoiser costs at abar for each unit of it, summed over all x_t."""
    chain, marginal, posterior = law_at(noise, abar)
    exact, told = (rates_of(noise, chain.x, each, 1 - abar) for each in (posterior, told_at(noise, chain, abar)))
    return float(marginal @ kl_div(exact, told).sum((1, 2)))


def gap_of(noise, abar):
    """The wrong denoiser's bound less the entropy of the data, summed over all paths of every step."""
    chain = Chain(STATES, PROBABILITIES, SYMBOLS, abar, noise)
    steps = ((j, chain.reverse(j, told_at(noise, chain, share))) for j, share in enumerate(abar[1:].tolist(), 1))
    return sum(chain.dissipation(j, reverse) for j, reverse in steps) + chain.mismatch()


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_chains_of_ever_more_steps_come_to_it_like_one_over_their_number(noise, end):
    mismatch = Chain(STATES, PROBABILITIES, SYMBOLS, [1.0, end], noise).mismatch()
    limit = mismatch + excess(noise, end)
    above = [gap_of(noise, np.linspace(1.0, end, steps + 1)) - limit for steps in (16, 32, 64)]
    assert [a / b for a, b in itertools.pairwise(above)] == pytest.approx([2.0, 2.0], abs=0.15)
    assert 2 * above[2] - above[1] == pytest.approx(0.0, abs=0.05 * above[2])  # what is left without its 1/T
    assert limit - mismatch > 0.05


@pytest.mark.parametrize("end", [0.0, 0.25])
def test_of_the_exact_denoiser_only_the_mismatch_is_left_whatever_the_schedule(end):
    """Bounds of T = 256 and 1024 steps under masks, a list's own sums: the gap falls by four."""
    mean = mean_entropies(subset_entropies(small()))
    for name in ("sohl_dickstein", "cosine"):
        gaps = []
        for steps in (256, 1024):
            schedule = make_schedule(name, steps)
            last = int(np.flatnonzero(schedule.signal_share >= end)[-1])
            found = absorbing_costs(mean, SYMBOLS, schedule, np.arange(last + 1))
            gaps.append(found.kl.sum() - small().entropy_nats - found.mismatch)
        assert gaps[0] / gaps[1] == pytest.approx(4.0, rel=0.05)
        assert gaps[1] < 2e-3


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_paths_give_the_integral_within_their_error(noise, end):
    found = continuous_excess_nats(wrong(noise), small(), NOISES[noise](SYMBOLS), end, samples=2000)
    error = found.std(ddof=1) / math.sqrt(len(found))
    assert found.mean() == pytest.approx(excess(noise, end), abs=4 * error)
    assert error < 0.08 * found.mean()


@pytest.mark.parametrize("noise", NOISES)
def test_the_exact_denoiser_costs_nothing_more(noise):
    made = NOISES[noise](SYMBOLS)
    found = continuous_excess_nats(ExactCategorical(small(), made), small(), made, samples=200)
    assert 0 <= found.mean() < 1e-5


def test_the_rule_has_no_error_under_masks_and_next_to_none_under_uniform_noise():
    """Powers of 1 - abar are polynomials in u."""
    for dim in (3, LEAST, 66):
        lost, weights = levels(0.3, dim)
        assert (np.diff(lost) > 0).all()
        for power in range(dim):
            assert weights @ lost**power == pytest.approx(0.7 ** (power + 1) / (power + 1), rel=1e-11)
    for noise, end in itertools.product(NOISES, (0.0, 0.3)):
        lost, weights = levels(end, 3)
        found = sum(weight * density(noise, 1 - each) for each, weight in zip(lost, weights, strict=True))
        assert found == pytest.approx(excess(noise, end), rel=1e-9 if noise == "absorbing" else 1e-4)


def blind(data):
    """It says the symbols' own frequencies, whatever it sees."""
    return lambda x_t, alpha, sigma: Categorical(data.marginals.expand(len(x_t), -1, -1))


def test_under_masks_a_blind_denoiser_costs_the_total_correlation():
    """One letter at a time, each costs what it costs alone: 2 LETTER in all instead of PAIR."""
    found = continuous_excess_nats(blind(pairs()), pairs(), Absorbing(3), samples=4000)
    assert found.mean() == pytest.approx(2 * LETTER - PAIR, abs=4 * found.std() / math.sqrt(4000))


def test_a_single_symbol_costs_its_divergence_as_far_as_it_is_hidden():
    """D = 1: (1 - abar_T) KL(pi || p), in which a path's share is that of whether it is hidden yet."""
    data = CategoricalDistribution(torch.tensor([[0], [1]]), torch.tensor([0.75, 0.25], dtype=torch.float64), 2)
    even, divergence = torch.tensor([0.5, 0.5], dtype=torch.float64), math.log(2) - LETTER
    for end in (0.0, 0.4):
        found = continuous_excess_nats(
            lambda x_t, alpha, sigma: Categorical(even.expand(len(x_t), 1, 2)), data, Absorbing(2), end, samples=4000
        )
        error = found.std() / math.sqrt(4000)
        assert found.mean() == pytest.approx((1 - end) * divergence, abs=4 * error)
        assert error < 0.02 * divergence


def test_under_masks_it_is_the_mean_cost_of_one_symbol_at_a_time_over_all_orders():
    """Of three places there are six (Hoogeboom et al. 2022)."""
    data, denoiser = small(), wrong("absorbing")
    nats = [float(data.probabilities @ nats_in_order(data, denoiser, order)) for order in itertools.permutations(range(3))]
    assert data.entropy_nats + excess("absorbing", 0.0) == pytest.approx(np.mean(nats), abs=1e-5)
