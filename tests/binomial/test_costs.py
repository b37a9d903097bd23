"""Costs of bits: every term against all sequences and all paths of one step, and the heartbeat's bound of 2015."""

import itertools
import math
import time

import numpy as np
import pytest
import torch

from diffviz.binomial import costs
from diffviz.binomial.costs import classes_of, exact_costs, excess_nats
from diffviz.binomial.denoisers import Categorical, ExactBits
from diffviz.binomial.finite import BitDistribution
from diffviz.binomial.kernels import redrawing
from diffviz.levels import lost_at
from diffviz.schedules import make_schedule
from tests.binomial.chains import PROBABILITIES, RATE, STATES, heartbeat, small
from tests.oracles.bits import Chain, kernel
from tests.oracles.enumerated import entropy

NATS = math.log(2.0)


def chain_and_costs(name="sohl_dickstein", steps=5, times=None, **options):
    schedule = make_schedule(name, steps, **options)
    times = np.arange(steps + 1) if times is None else times
    chain = Chain(STATES, PROBABILITIES, schedule.signal_share[times], RATE)
    return chain, exact_costs(small(), schedule, times, RATE)


@pytest.mark.parametrize(("name", "times"), [("sohl_dickstein", None), ("cosine", None), ("rectified_flow", np.array([0, 2, 5]))])
def test_every_term_is_that_of_all_paths(name, times):
    chain, found = chain_and_costs(name, times=times)
    count = len(chain.abar) - 1
    assert found.kl[:-1] == pytest.approx([chain.cost(j) for j in range(1, count + 1)], abs=1e-12)
    assert found.kl[-1] == pytest.approx(chain.prior_cost(), abs=1e-12)
    assert found.dissipation == pytest.approx([chain.dissipation(j) for j in range(1, count + 1)], abs=1e-12)
    assert found.mismatch == pytest.approx(chain.mismatch(), abs=1e-12)
    assert found.entropy == pytest.approx([entropy(chain.marginal(j)) for j in range(count + 1)], abs=1e-12)


def test_a_chain_that_does_not_end_in_noise_pays_for_it():
    chain, found = chain_and_costs("linear", 6, scale_betas=False)
    assert found.mismatch == pytest.approx(chain.mismatch())
    assert found.mismatch > 0.5
    assert found.kl[-1] == pytest.approx(chain.prior_cost())


@pytest.mark.parametrize("name", ["sohl_dickstein", "cosine", "linear", "rectified_flow", "karras"])
@pytest.mark.parametrize("steps", [3, 40])
def test_sum_rule(name, steps):
    """bound - entropy = dissipations + mismatch, to rounding, for any schedule and data."""
    for data, rate in ((small(), RATE), (heartbeat(), 0.2)):
        found = exact_costs(data, make_schedule(name, steps), np.arange(steps + 1), rate)
        assert found.kl.sum() - data.entropy_nats == pytest.approx(found.dissipation.sum() + found.mismatch, abs=1e-12)
        assert found.dissipation.min() >= 0.0
        assert found.kl.min() >= 0.0
        assert found.mismatch > -1e-13


def test_mmse_is_the_mean_square_error_of_the_posterior():
    chain, found = chain_and_costs(steps=4)
    for j in range(1, 5):
        joint = chain.data[:, None] * kernel(chain.n, chain.abar[j], RATE)
        error = ((chain.x[:, None] - chain.posterior(j)[None]) ** 2).sum(2)
        assert found.mmse[j] == pytest.approx((joint * error).sum(), abs=1e-12)
    assert found.mmse[0] == 0.0


# K in bits per sequence, found elsewhere by Monte-Carlo over 4000 to 20000 paths, with its standard error where it is known.
HEARTBEAT = [
    ("sohl_dickstein", 5, -3.526, 0.021),
    ("sohl_dickstein", 20, -2.588, 0.009),
    ("sohl_dickstein", 100, -2.371, 0.004),
    ("sohl_dickstein", 2000, -2.3256, 0.0018),
    ("cosine", 5, -4.090, 0.021),
    ("cosine", 20, -2.691, 0.009),
    ("cosine", 100, -2.390, 0.004),
    ("cosine", 2000, -2.3276, 0.0018),
    ("linear", 20, -3.074, 0.009),
    ("linear", 100, -2.452, 0.004),
    ("linear", 2000, -2.327, 0.0018),
]


@pytest.mark.parametrize(("name", "steps", "bits", "error"), HEARTBEAT)
def test_the_heartbeat_s_bound(name, steps, bits, error):
    found = exact_costs(heartbeat(), make_schedule(name, steps), np.arange(steps + 1), 0.2)
    assert -found.kl.sum() / NATS == pytest.approx(bits, abs=3 * error)
    assert -found.kl.sum() / NATS < -math.log2(5)


def test_the_gap_falls_like_one_over_the_steps():
    gaps = [
        exact_costs(heartbeat(), make_schedule("sohl_dickstein", steps), np.arange(steps + 1), 0.2).dissipation.sum()
        for steps in (100, 200, 400, 800)
    ]
    assert [a / b for a, b in itertools.pairwise(gaps)] == pytest.approx([2.0, 2.0, 2.0], rel=0.03)


def test_exchangeable_sequences_are_counted_together():
    classes = classes_of(heartbeat())
    assert len(classes.ones) == 126
    assert np.exp(classes.log_count).sum() == pytest.approx(2**20)
    assert len(classes_of(small()).ones) == 3 * 3 * 2 * 2
    unequal = BitDistribution(heartbeat(4, 2).states, torch.tensor([0.3, 0.7], dtype=torch.float64))
    assert len(classes_of(unequal).ones) == 9  # the phases may not change places


def test_groups_that_change_places_cost_what_they_do_apart(monkeypatch):
    schedule, times = make_schedule("cosine", 12), np.arange(13)
    together = exact_costs(heartbeat(), schedule, times, 0.2)
    monkeypatch.setattr(costs, "_exchangeable", lambda states, size, prior: [[group] for group in range(len(size))])
    assert len(classes_of(heartbeat()).ones) == 5**5
    apart = exact_costs(heartbeat(), schedule, times, 0.2)
    assert together.kl == pytest.approx(apart.kl, abs=1e-12)
    assert together.dissipation == pytest.approx(apart.dissipation, abs=1e-12)


def test_a_distribution_with_too_many_classes_is_refused():
    states = torch.tensor(np.random.default_rng(0).integers(0, 2, (40, 17)), dtype=torch.float64).unique(dim=0)
    with pytest.raises(ValueError, match="at most 65536 classes"):
        classes_of(BitDistribution(states, torch.full((len(states),), 1 / len(states), dtype=torch.float64)))


def test_a_long_chain_takes_less_than_a_second():
    schedule = make_schedule("cosine", 2000)
    started = time.perf_counter()
    exact_costs(heartbeat(), schedule, np.arange(2001), 0.2)
    assert time.perf_counter() - started < 1.0


def blurred(x_t, alpha, sigma):
    """A denoiser that is wrong: the exact posterior, mixed with a fair coin."""
    channel = redrawing(lost_at(alpha, sigma), RATE)
    return Categorical((0.8 * small().posterior(x_t.double(), channel) + 0.1).float())


def test_what_errors_cost_is_what_they_add_to_every_term():
    schedule, times = make_schedule("sohl_dickstein", 4), np.arange(5)
    chain, found = chain_and_costs(steps=4)
    excess = excess_nats(blurred, small(), schedule, times, RATE, samples=6000)
    for j in range(1, 5):
        ones = 0.8 * chain.posterior(j) + 0.1
        bridge_one = [[chain_bridge(chain, j, v, b) for b in (0, 1)] for v in (0, 1)]
        p = np.where(
            chain.x == 1,
            bridge_one[1][0] + (bridge_one[1][1] - bridge_one[1][0]) * ones,
            bridge_one[0][0] + (bridge_one[0][1] - bridge_one[0][0]) * ones,
        )
        reverse = np.array([np.prod(np.where(chain.x == 1, row, 1 - row), axis=1) for row in p])
        added = chain.cost(j, reverse) - found.kl[j - 1]
        assert added == pytest.approx(chain.dissipation(j, reverse) - found.dissipation[j - 1], abs=1e-10)
        error = excess[j - 1].std(ddof=1) / math.sqrt(6000)
        assert excess[j - 1].mean() == pytest.approx(added, abs=4 * error + 1e-7)
        assert error < 0.05 * added


def chain_bridge(chain, j, v, b):
    """q(x_s = 1|x_t = v, x_0 = b) of one bit, by Bayes' rule written out."""
    abar_s, abar_t, p = chain.abar[j - 1], chain.abar[j], chain.rate

    def seen(kept, a, c):
        return kept * (a == c) + (1 - kept) * (p if c == 1 else 1 - p)

    weight = [seen(abar_s, b, x) * seen(abar_t / abar_s, x, v) for x in (0, 1)]
    return weight[1] / sum(weight) if sum(weight) > 0 else 0.0


def test_the_exact_denoiser_costs_nothing_more():
    schedule, times = make_schedule("cosine", 30), np.arange(31)
    excess = excess_nats(ExactBits(heartbeat(), 0.2), heartbeat(), schedule, times, 0.2, samples=300)
    assert 0 <= excess.sum(0).mean() < 1e-6


def test_an_excess_is_the_same_for_the_first_sequences_of_more():
    schedule, times = make_schedule("cosine", 6), np.arange(7)
    few, more = (excess_nats(blurred, small(), schedule, times, RATE, samples=samples, seed=4) for samples in (20, 50))
    assert few == pytest.approx(more[:, :20], rel=1e-6)
