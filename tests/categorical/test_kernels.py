"""Kernels of symbols, against Bayes' rule written out over all symbols (D3PM, eq. 3 and 4)."""

import numpy as np
import pytest
import torch

from diffviz.categorical.kernels import jumps, symbols
from diffviz.schedules import make_schedule
from tests.categorical.chains import NOISES
from tests.oracles.symbols import coordinate

SCHEDULES = ["sohl_dickstein", "cosine", "linear", "rectified_flow", "karras"]
V = 4


@pytest.mark.parametrize("noise", NOISES)
def test_a_kernel_keeps_a_coordinate_or_draws_it_from_nu(noise):
    made = NOISES[noise](V)
    assert made.kernel(0.3) == pytest.approx(coordinate(V, 0.7, noise))
    assert made.kernel(0.0) == pytest.approx(np.eye(made.shown))
    agree, differ, masked = made.likelihoods(0.3)
    assert [agree, differ] == pytest.approx(made.kernel(0.3)[0, :2])
    assert masked == pytest.approx(made.kernel(0.3)[0, V] if noise == "absorbing" else 0.0)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("name", SCHEDULES)
def test_steps_compose_to_the_marginals(name, noise):
    schedule, made = make_schedule(name, 30), NOISES[noise](V)
    whole = np.eye(made.shown)
    for jump in jumps(schedule, np.array([0, 1, 2, 9, 20, 29, 30])):
        whole = whole @ made.kernel(jump.lost)
        assert whole == pytest.approx(made.kernel(jump.lost_t), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("name", SCHEDULES)
def test_the_posterior_formula_is_bayes_rule_by_brute_force(name, noise):
    """p(x_s|x_t) = sum_b P(b) q(x_s|x_t, b), each term normalised over all x_s, for every x_t and any prediction that the noise
    allows: a symbol that is shown under masks is x_0."""
    schedule, made = make_schedule(name, 6), NOISES[noise](V)
    told = torch.rand(made.shown, 1, V, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    if noise == "absorbing":
        told[:V, 0] = torch.eye(V, dtype=torch.float64)
    told = told / told.sum(2, keepdim=True)
    x_t = torch.arange(made.shown, dtype=torch.float64)[:, None]
    for jump in jumps(schedule, np.arange(7)):
        to_s, step = coordinate(V, 1 - jump.lost_s, noise)[:V], coordinate(V, 1 - jump.lost, noise)
        expected = np.zeros((made.shown, made.shown))
        for v in range(made.shown):
            for b in np.flatnonzero(told[v, 0]):
                joint = to_s[b] * step[:, v]
                expected[v] += float(told[v, 0, b]) * joint / max(joint.sum(), 1e-300)
        possible = expected.sum(1) > 0  # where nothing is left of the data none is shown
        assert possible[-1]
        assert made.before(x_t, told, jump)[possible, 0].numpy() == pytest.approx(expected[possible], abs=1e-9)


def test_a_mask_is_shown_at_the_rate_of_the_schedule_and_always_in_the_step_into_data():
    schedule = make_schedule("sohl_dickstein", 8)
    assert [jump.rho for jump in jumps(schedule, np.arange(9))] == pytest.approx([1 / t for t in range(1, 9)])


@pytest.mark.parametrize("name", SCHEDULES)
def test_short_and_long_steps_are_not_rounded_away(name):
    """rho from what is lost and from what is left, where both have digits to spare."""
    schedule = make_schedule(name, 1000)
    share = schedule.signal_share
    inner = np.arange(2, 1000)
    rho = np.array([jump.rho for jump in jumps(schedule, np.arange(1001))])[inner - 1]
    assert rho == pytest.approx((share[inner - 1] - share[inner]) / (1 - share[inner]), rel=1e-7)
    assert (rho > 0).all()


def test_symbols_are_drawn_as_often_as_they_are_probable_and_impossible_ones_never():
    probability = torch.tensor([0.0, 0.3, 0.0, 0.6, 0.1, 0.0])
    z = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(0))
    drawn = symbols(probability.expand(20_000, 2, 6), z)
    share = torch.bincount(drawn.long().flatten(), minlength=6) / 40_000
    assert share.numpy() == pytest.approx(probability.numpy(), abs=4 * 0.5 / 200)
    assert share[[0, 2, 5]].sum() == 0
    ends = torch.tensor([[-40.0, 40.0]])  # Phi is 0 and, rounded, 1
    assert symbols(probability.expand(1, 2, 6), ends).tolist() == [[1.0, 4.0]]
    tiny = (probability * 1e-3).expand(1, 2, 6)
    assert symbols(tiny, ends).tolist() == [[1.0, 4.0]]  # they need not add up to 1


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("lost", [0.0, 0.3, 1.0])
def test_what_is_redrawn_is_a_draw_of_the_kernel(noise, lost):
    made = NOISES[noise](V)
    z = torch.randn(20_000, 1, generator=torch.Generator().manual_seed(3))
    for v in range(V):
        x_t = made.after(torch.full((20_000, 1), float(v)), lost, z)
        share = torch.bincount(x_t.long()[:, 0], minlength=made.shown) / 20_000
        assert share.numpy() == pytest.approx(made.kernel(lost)[v], abs=4 * 0.5 / 20_000**0.5)


@pytest.mark.parametrize("noise", NOISES)
def test_the_prior_is_what_noise_makes_of_symbols_that_are_all_equally_probable(noise):
    made = NOISES[noise](V)
    for share in (0.0, 0.2, 1.0):
        assert made.start(share) == pytest.approx(made.kernel(1 - share)[:V].mean(0))
