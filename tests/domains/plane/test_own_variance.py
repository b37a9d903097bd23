"""The reverse variance that a denoiser tells itself, for each coordinate of each point."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from diffviz import Experiment, run
from diffviz.diagnostics.report import report_json
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.information import information, variance_errors
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.kernels import reverse_kernel, reverse_variances
from diffviz.gaussian.quadrature import log_spread_nats, marginal
from diffviz.schedules import make_schedule
from diffviz.views.plane.measure import measure

ROLL, SCHEDULE, TIMES = make_dataset("swiss_roll"), make_schedule("cosine", 6), np.arange(7)


def wrong(x_t, alpha, sigma):
    """Nine tenths of the mean, and another variance in each coordinate."""
    exact = ExactDenoiser(ROLL)(x_t, alpha, sigma)
    return Prediction(0.9 * exact.x0_hat, exact.variance * torch.tensor([1.3, 0.8]))


def chain(denoiser=None, kind="learned", samples=4000):
    errors = None if denoiser is None else variance_errors(denoiser, ROLL, SCHEDULE, TIMES, samples=samples)
    variances = reverse_variances(kind, SCHEDULE, TIMES, ROLL)
    return information(ROLL, SCHEDULE, variances, TIMES, noise_levels(ROLL, SCHEDULE, TIMES), errors)


def draws(t, count, seed):
    generator = torch.Generator().manual_seed(seed)
    x_0 = ROLL.sample(
        *(f(*shape, generator=generator, dtype=torch.float64) for f, shape in ((torch.rand, (count,)), (torch.randn, (count, 2))))
    )
    return x_0, SCHEDULE.alpha.item(t) * x_0 + SCHEDULE.sigma.item(t) * torch.randn(
        count, 2, generator=generator, dtype=torch.float64
    )


@pytest.mark.parametrize("denoiser", [None, wrong])
def test_costs_of_a_step_are_divergences_of_diagonal_gaussians(denoiser):
    """E KL(q(x_s|x_t, x_0) || p(x_s|x_t)) and E[-log p(x_0|x_1)] of sampled points, by torch's own formulas."""
    found = chain(denoiser)
    for t in (1, 3, 6):
        x_0, x_t = draws(t, 60_000, t)
        kernel, level = reverse_kernel(SCHEDULE, t - 1, t), (SCHEDULE.alpha.item(t), SCHEDULE.sigma.item(t))
        told = Prediction(*ROLL.posterior(x_t, *level)) if denoiser is None else denoiser(x_t.float(), *level)
        spread = (kernel.variance + kernel.c_0**2 * told.variance.double()).sqrt()
        p = Independent(Normal(kernel.c_t * x_t + kernel.c_0 * told.x0_hat.double(), spread), 1)
        if t == 1:
            costs = -p.log_prob(x_0)
        else:
            q = Independent(Normal(kernel.c_t * x_t + kernel.c_0 * x_0, math.sqrt(kernel.variance)), 1)
            costs = kl_divergence(q, p)
        stderr = math.hypot(float(costs.std()) / math.sqrt(len(costs)), found.kl_stderr[t - 1])
        assert abs(float(costs.mean()) - found.kl_nats[t - 1]) < 4 * stderr, t
        assert stderr < 0.03


def test_own_variances_cost_least_and_errors_cost_more():
    own, one, off = chain(), chain(kind="optimal"), chain(wrong)
    assert (own.dissipation_nats >= 0).all()
    assert (own.exact_kl_nats[:-1] < one.exact_kl_nats[:-1]).all()
    assert (off.dissipation_nats > own.dissipation_nats + 3 * off.kl_stderr[:-1]).all()
    assert own.gap.value == pytest.approx(own.dissipation_nats.sum() + own.mismatch_nats, abs=1e-6)
    assert off.exact_gap.value == own.gap.value


def test_of_one_gaussian_nothing_is_dissipated():
    """Its variance is the same everywhere: own and optimal are one."""
    gaussian = make_dataset("gaussian", 0.5)
    variances = reverse_variances("learned", SCHEDULE, TIMES, gaussian)
    found = information(gaussian, SCHEDULE, variances, TIMES, noise_levels(gaussian, SCHEDULE, TIMES))
    assert found.dissipation_nats == pytest.approx(np.zeros(6), abs=1e-7)


def test_the_quadrature_is_the_mean_over_points():
    alpha, sigma = 0.8, 0.6
    x = alpha * draws(1, 40_000, 3)[0] + sigma * torch.randn(
        40_000, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(4)
    )
    values = 0.5 * (0.3 + 2.0 * ROLL.posterior(x, alpha, sigma)[1]).log().sum(1)
    assert abs(float(values.mean()) - log_spread_nats(ROLL, alpha, sigma, 0.3, 2.0)) < 4 * float(values.std()) / 200 + 1e-6


def test_samples_of_the_chain_have_the_spread_that_is_told():
    """The exact denoiser's samples, x_0 drawn with its variance too, are as near to the data as with one variance a step."""
    fields = {"dataset": "swiss_roll", "steps": 30, "particles": 2000, "seed": 3}
    own, one = (
        report_json(measure(setup, run(setup.experiment, setup)))
        for setup in (Setup(Experiment(**fields, variance=kind)) for kind in ("learned", "optimal"))
    )
    assert own["gap_nats"][0] < 0.7 * one["gap_nats"][0]
    assert abs(own["excess_nll_nats"][0]) < abs(one["excess_nll_nats"][0]) + 3 * one["excess_nll_nats"][1]
    assert marginal(ROLL, 1.0, 0.0).entropy_nats == pytest.approx(own["entropy_nats"][0], abs=1e-6)
