"""Costs of symbols: every term against all sequences and all paths of one step."""

import itertools
import math

import numpy as np
import pytest

from diffviz.categorical.costs import absorbing_costs, counted_costs, excess_nats, sampled_costs
from diffviz.categorical.counted import shown_at
from diffviz.categorical.denoisers import Categorical, ExactCategorical
from diffviz.categorical.entropies import mean_entropies, subset_entropies
from diffviz.categorical.kernels import Absorbing
from diffviz.schedules import make_schedule
from tests.categorical.chains import LETTER, NOISES, PAIR, PROBABILITIES, STATES, SYMBOLS, pairs, small
from tests.oracles.symbols import Chain


def chain_of(schedule, times, noise):
    return Chain(STATES, PROBABILITIES, SYMBOLS, schedule.signal_share[times], noise)


def exact(data, schedule, times):
    return absorbing_costs(mean_entropies(subset_entropies(data)), data.symbols, schedule, times)


@pytest.mark.parametrize(
    ("name", "times", "options"),
    [
        ("sohl_dickstein", np.arange(6), {}),
        ("cosine", np.arange(6), {}),
        ("rectified_flow", np.array([0, 2, 5]), {}),
        ("linear", np.arange(6), {"scale_betas": False}),
    ],
)
def test_every_term_is_that_of_all_paths(name, times, options):
    schedule = make_schedule(name, 5, **options)
    chain, found, count = chain_of(schedule, times, "absorbing"), exact(small(), schedule, times), len(times) - 1
    assert found.kl[:-1] == pytest.approx([chain.cost(j) for j in range(1, count + 1)], abs=1e-12)
    assert found.kl[-1] == pytest.approx(chain.prior_cost(), abs=1e-12)
    assert found.dissipation == pytest.approx([chain.dissipation(j) for j in range(1, count + 1)], abs=1e-12)
    assert found.mismatch == pytest.approx(chain.mismatch(), abs=1e-12)
    assert found.entropy == pytest.approx([chain.entropy(j) for j in range(count + 1)], abs=1e-12)


def test_three_words_of_two_letters_by_hand():
    """Both letters shown at once cost their marginal entropies. With masks linear in t and two steps, each letter is shown in
    the first with probability 1/2, and in the second otherwise: both together, in one of the two, with probability 1/2."""
    together = 2 * LETTER - PAIR
    whole = exact(pairs(), make_schedule("sohl_dickstein", 2), np.array([0, 2]))
    assert whole.kl == pytest.approx([2 * LETTER, 0.0])
    assert whole.dissipation == pytest.approx([together])
    halves = exact(pairs(), make_schedule("sohl_dickstein", 2), np.arange(3))
    assert halves.dissipation == pytest.approx([together / 4, together / 4])
    assert halves.kl == pytest.approx([PAIR / 2, LETTER, 0.0])  # into data: two letters at once, or one given the other
    assert halves.entropy == pytest.approx([PAIR, (2 * math.log(2) + (2 * LETTER + PAIR) / 4), 0.0])


@pytest.mark.parametrize("name", ["sohl_dickstein", "cosine", "linear", "rectified_flow", "karras"])
@pytest.mark.parametrize("steps", [3, 40])
@pytest.mark.parametrize("scale_betas", [True, False])
def test_sum_rule(name, steps, scale_betas):
    """bound - entropy = dissipations + mismatch, to rounding, for any schedule: those that leave symbols to be seen at T, too."""
    for data in (small(), pairs()):
        found = exact(data, make_schedule(name, steps, scale_betas=scale_betas), np.arange(steps + 1))
        assert found.kl.sum() - data.entropy_nats == pytest.approx(found.dissipation.sum() + found.mismatch, abs=1e-12)
        assert min(found.dissipation.min(), found.kl.min(), found.mismatch) >= 0.0


def test_a_chain_that_ends_in_masks_has_no_mismatch_and_another_pays_for_what_it_shows():
    assert exact(small(), make_schedule("sohl_dickstein", 6), np.arange(7)).mismatch == 0.0
    assert exact(small(), make_schedule("linear", 6, zero_snr=True), np.arange(7)).mismatch == 0.0
    assert exact(small(), make_schedule("linear", 6, scale_betas=False), np.arange(7)).mismatch > 0.5


def test_the_gap_falls_like_one_over_the_steps():
    gaps = [exact(small(), make_schedule("sohl_dickstein", n), np.arange(n + 1)).dissipation.sum() for n in (100, 200, 400, 800)]
    assert [a / b for a, b in itertools.pairwise(gaps)] == pytest.approx([2.0, 2.0, 2.0], rel=0.03)


@pytest.mark.parametrize("ordered", [False, True])
def test_one_at_a_time_costs_nothing_in_any_order(ordered):
    entropies = subset_entropies(small())
    for steps in (3, 7, 50):
        schedule = make_schedule("cosine", steps)
        found = counted_costs(entropies, shown_at(schedule, np.arange(steps + 1), 3, 1), 1, ordered)
        assert abs(found.kl.sum() - small().entropy_nats) < 1e-12
        assert found.dissipation.max() < 1e-12
        assert found.kl[-1] == found.mismatch == 0.0


def correlation(part, given):
    """The total correlation of the coordinates in part given those in given, from the table of all states."""
    h = subset_entropies(small())

    def of(*places):
        return h[sum(1 << i for i in places)]

    return sum(of(i, *given) - of(*given) for i in part) - (of(*part, *given) - of(*given))


def test_showing_letters_together_costs_their_total_correlation():
    entropies = subset_entropies(small())
    all_three = counted_costs(entropies, np.array([3, 0]), 3, ordered=False)
    assert all_three.dissipation == pytest.approx([correlation((0, 1, 2), ())])
    two = counted_costs(entropies, np.array([3, 0]), 2, ordered=True)
    assert two.dissipation == pytest.approx([correlation((0, 1), ())])  # the last one is shown alone
    parts = counted_costs(entropies, np.array([3, 2, 0]), 2, ordered=True)
    assert parts.dissipation == pytest.approx([0.0, correlation((0, 1), ())])
    any_two = counted_costs(entropies, np.array([3, 2, 0]), 2, ordered=False)
    mean = np.mean([correlation(part, ()) for part in itertools.combinations(range(3), 2)])
    assert any_two.dissipation == pytest.approx([0.0, mean])
    late = counted_costs(entropies, np.array([3, 1, 0]), 2, ordered=False)
    given = [correlation(part, ({0, 1, 2} - set(part))) for part in itertools.combinations(range(3), 2)]
    assert late.dissipation == pytest.approx([np.mean(given), 0.0])
    for found in (all_three, two, parts, any_two, late):
        assert found.kl.sum() - small().entropy_nats == pytest.approx(found.dissipation.sum(), abs=1e-12)


def test_what_a_counted_chain_shows_is_a_multiple_and_all_of_it_at_the_end():
    schedule = make_schedule("sohl_dickstein", 16)
    assert shown_at(schedule, np.arange(17), 8, 1)[::2].tolist() == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert set(shown_at(schedule, np.arange(17), 8, 3).tolist()) == {0, 3, 6, 8}
    assert shown_at(make_schedule("linear", 16, scale_betas=False), np.arange(17), 8, 1)[[0, -1]].tolist() == [8, 0]


@pytest.mark.parametrize("noise", NOISES)
def test_sampled_costs_are_those_of_all_paths_within_their_error(noise):
    schedule, times = make_schedule("cosine", 4), np.arange(5)
    chain, found = chain_of(schedule, times, noise), sampled_costs(small(), NOISES[noise](SYMBOLS), schedule, times, 4000)

    def assert_mean(draws, expected):
        error = draws.std(ddof=1) / math.sqrt(len(draws))
        assert draws.mean() == pytest.approx(expected, abs=4 * error + 1e-9)
        assert error < 0.05

    for j in range(1, 5):
        assert_mean(found.kl[j - 1], chain.cost(j))
        assert_mean(found.dissipation[j - 1], chain.dissipation(j))
    assert_mean(found.mismatch, chain.mismatch())
    assert found.kl[-1] == pytest.approx(chain.prior_cost())
    bound = sum(chain.cost(j) for j in range(1, 5)) + chain.prior_cost()
    assert_mean(found.kl.sum(0), bound)
    assert found.bound.value == pytest.approx(found.gap.value + small().entropy_nats)
    assert found.bound.estimate.stderr == pytest.approx(found.gap.estimate.stderr)


@pytest.mark.parametrize("noise", NOISES)
def test_along_every_path_the_sum_rule_holds(noise):
    schedule, times = make_schedule("linear", 6, scale_betas=False), np.array([0, 1, 4, 6])
    found = sampled_costs(small(), NOISES[noise](SYMBOLS), schedule, times, 50)
    total = found.dissipation.sum(0) + found.mismatch
    assert found.kl.sum(0) - small().entropy_nats == pytest.approx(total, abs=1e-10)


def blurred(noise):
    """A denoiser that is wrong: the exact posterior, mixed with even odds."""
    exact = ExactCategorical(small(), NOISES[noise](SYMBOLS))
    return lambda x_t, alpha, sigma: Categorical(0.8 * exact(x_t, alpha, sigma).probabilities + 0.2 / SYMBOLS)


@pytest.mark.parametrize("noise", NOISES)
def test_what_errors_cost_is_what_they_add_to_every_term(noise):
    schedule, times, made = make_schedule("sohl_dickstein", 3), np.arange(4), NOISES[noise](SYMBOLS)
    chain = chain_of(schedule, times, noise)
    excess = excess_nats(blurred(noise), small(), made, schedule, times, samples=4000)
    for j in range(1, 4):
        told = np.nan_to_num(0.8 * chain.posterior(j) + 0.2 / SYMBOLS)
        wrong = chain.reverse(j, told)
        added = chain.dissipation(j, wrong) - chain.dissipation(j)
        assert chain.cost(j, wrong) - chain.cost(j) == pytest.approx(added, abs=1e-10)
        error = excess[j - 1].std(ddof=1) / math.sqrt(4000)
        assert excess[j - 1].mean() == pytest.approx(added, abs=4 * error + 1e-6)
        assert error < 0.05 * added


@pytest.mark.parametrize("noise", NOISES)
def test_the_exact_denoiser_costs_nothing_more(noise):
    schedule, times, made = make_schedule("cosine", 30), np.arange(31), NOISES[noise](SYMBOLS)
    excess = excess_nats(ExactCategorical(small(), made), small(), made, schedule, times, samples=300)
    assert 0 <= excess.sum(0).mean() < 1e-5


def test_costs_are_the_same_for_the_first_paths_of_more():
    schedule, times = make_schedule("cosine", 6), np.arange(7)
    few, more = (sampled_costs(small(), Absorbing(SYMBOLS), schedule, times, samples, seed=4) for samples in (20, 50))
    assert few.kl == pytest.approx(more.kl[:, :20])
