import itertools
import math

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.information import information
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.gaussian.kernels import (
    VARIANCES,
    ReverseVariances,
    forward_kernel,
    gaussian_kl_nats,
    reverse_kernel,
    reverse_variances,
)
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.schedules import SCHEDULES, make_schedule
from tests import naive

STEPS = 20
PAIRS = list(itertools.combinations(range(STEPS + 1), 2))
every_schedule = pytest.mark.parametrize("name", SCHEDULES)


def gaussian(std):
    return GaussianMixture(torch.zeros(1, 2, dtype=torch.float64), torch.ones(1, dtype=torch.float64), std)


@every_schedule
def test_forward_kernels_compose(name):
    schedule = make_schedule(name, STEPS)
    for r, s, t in itertools.combinations(range(STEPS + 1), 3):
        first, second, whole = forward_kernel(schedule, r, s), forward_kernel(schedule, s, t), forward_kernel(schedule, r, t)
        assert second.scale * first.scale == pytest.approx(whole.scale, rel=1e-12)
        assert second.scale**2 * first.variance + second.variance == pytest.approx(whole.variance, rel=1e-12)


@every_schedule
def test_forward_kernel_from_data_is_the_schedule(name):
    schedule = make_schedule(name, STEPS)
    for t in range(1, STEPS + 1):
        assert forward_kernel(schedule, 0, t) == pytest.approx((schedule.alpha[t], schedule.sigma[t] ** 2), rel=1e-12)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "rectified_flow"])
def test_forward_kernel_of_neighbours_adds_beta(name):
    schedule = make_schedule(name, STEPS)
    for t in range(1, STEPS + 1):
        beta = schedule.beta[t - 1]
        assert forward_kernel(schedule, t - 1, t) == pytest.approx((math.sqrt(1 - beta), beta), rel=1e-10, abs=1e-14)


@every_schedule
def test_reverse_kernel_is_bayes_rule(name):
    """Against conditioning of the joint Gaussian of (x_s, x_t), by matrices and from the other side."""
    schedule = make_schedule(name, STEPS)
    for s, t in PAIRS:
        a, v = naive.forward(schedule, s, t)
        joint = np.array([[1.0, 0.0], [a, 1.0]]) @ np.diag([schedule.sigma[s] ** 2, v]) @ np.array([[1.0, a], [0.0, 1.0]])
        gain = joint[0, 1] / joint[1, 1]
        kernel = reverse_kernel(schedule, s, t)
        assert kernel.c_t == pytest.approx(gain, rel=1e-10, abs=1e-14)
        assert kernel.c_0 == pytest.approx(schedule.alpha[s] - gain * schedule.alpha[t], rel=1e-10)
        assert kernel.variance == pytest.approx(np.linalg.det(joint) / joint[1, 1], rel=1e-10, abs=1e-14)
        assert kernel.forward_variance == pytest.approx(v, rel=1e-12)


@every_schedule
def test_reverse_kernel_is_a_product_of_densities(name):
    """q(x_s|x_t, x_0) q(x_t|x_0) = q(x_t|x_s) q(x_s|x_0), at points drawn anywhere."""
    schedule, rng = make_schedule(name, STEPS), np.random.default_rng(0)
    for s, t in [(1, 2), (3, 4), (5, 11), (2, 19)]:
        x_0, x_s, x_t = rng.standard_normal((3, 100, 2))
        kernel, (a, v) = reverse_kernel(schedule, s, t), naive.forward(schedule, s, t)
        left = naive.log_normal(x_s, kernel.c_t * x_t + kernel.c_0 * x_0, kernel.variance)
        left += naive.log_normal(x_t, schedule.alpha[t] * x_0, schedule.sigma[t] ** 2)
        right = naive.log_normal(x_t, a * x_s, v) + naive.log_normal(x_s, schedule.alpha[s] * x_0, schedule.sigma[s] ** 2)
        np.testing.assert_allclose(left, right, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_gaussian_kl_is_that_of_torch(dim):
    rng = np.random.default_rng(dim)
    for variance_q, variance_p in [(1.0, 1.0), (0.3, 2.0), (4.0, 1e-3), (1e-4, 1e-4)]:
        means = torch.from_numpy(rng.standard_normal((2, dim)))
        q, p = (Independent(Normal(m, math.sqrt(v)), 1) for m, v in zip(means, (variance_q, variance_p), strict=True))
        square = float((means[0] - means[1]).square().sum())
        assert gaussian_kl_nats(square, variance_q, variance_p, dim) == pytest.approx(float(kl_divergence(q, p)), rel=1e-12)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "rectified_flow"])
def test_beta_is_the_optimal_variance_for_white_noise(name):
    """Ho et al. 2020, sec. 3.2: optimal for x_0 ~ N(0, I)."""
    schedule = make_schedule(name, STEPS)
    optimal = reverse_variances("optimal", schedule, np.arange(STEPS + 1), gaussian(1.0))
    np.testing.assert_allclose(optimal.values, schedule.beta, rtol=1e-6)


@every_schedule
def test_the_posteriors_is_the_optimal_variance_for_a_point(name):
    """Ho et al. 2020, sec. 3.2: optimal for x_0 set to one point."""
    schedule, times = make_schedule(name, STEPS), np.arange(STEPS + 1)
    optimal = reverse_variances("optimal", schedule, times, gaussian(1e-7))
    np.testing.assert_allclose(optimal.values[1:], reverse_variances("posterior", schedule, times, gaussian(1e-7)).values[1:])
    assert optimal.values[0] == pytest.approx(1e-14, rel=1e-6)  # nothing is left to draw but the point itself


@pytest.mark.parametrize(
    "times", [np.arange(STEPS + 1), np.array([0, 1, 4, 13, 20]), np.array([0, 20])], ids=["all", "few", "one"]
)
def test_no_other_variance_costs_less_than_the_optimal(times):
    mixture, schedule = make_dataset("two_moons"), make_schedule("cosine", STEPS)
    levels, optimal = noise_levels(mixture, schedule, times), reverse_variances("optimal", schedule, times, mixture)

    def costs(values):
        return information(mixture, schedule, ReverseVariances("", values, values), times, levels).exact_kl_nats[:-1]

    for factor in (0.9, 0.99, 1.01, 1.1):
        assert (costs(factor * optimal.values) > costs(optimal.values)).all()


def test_beta_and_posterior_draw_no_noise_in_the_step_into_data():
    schedule, times, mixture = make_schedule("linear", STEPS), np.array([0, 2, 5, 20]), make_dataset("rings")
    for kind in ("beta", "posterior"):
        variances = reverse_variances(kind, schedule, times, mixture)
        assert variances.sampled[0] == 0.0
        np.testing.assert_array_equal(variances.sampled[1:], variances.values[1:])
    posterior, beta = (reverse_variances(kind, schedule, times, mixture) for kind in ("posterior", "beta"))
    for j, (s, t) in enumerate(itertools.pairwise(times)):
        assert beta.values[j] == pytest.approx(naive.forward(schedule, s, t)[1])
        assert posterior.values[j] == pytest.approx(naive.reverse(schedule, *((2, 5) if j == 0 else (s, t)))[2])


@every_schedule
@pytest.mark.parametrize("kind", VARIANCES)
@pytest.mark.parametrize("times", [[0, 2], [0, 1, 2], [0, 1]], ids=str)
def test_the_bounds_variances_are_positive_even_on_the_shortest_chains(name, kind, times):
    variances = reverse_variances(kind, make_schedule(name, times[-1] if times[-1] > 1 else 2), np.array(times), gaussian(1.0))
    assert (variances.values > 0).all()
    assert (variances.sampled >= 0).all()


def test_fixed_large_is_that_of_improved_diffusion():
    """gaussian_diffusion.py: append(posterior_variance[1], betas[1:]), the posterior's of step 2 for the step into data."""
    schedule = make_schedule("cosine", STEPS)
    variances = reverse_variances("fixed_large", schedule, np.arange(STEPS + 1), None)
    before = np.concatenate([[1.0], schedule.alpha_bar[1:-1]])
    posterior = schedule.beta * (1 - before) / (1 - schedule.alpha_bar[1:])
    np.testing.assert_allclose(variances.values, np.append(posterior[1], schedule.beta[1:]), rtol=1e-9)
    np.testing.assert_allclose(variances.sampled, np.append(0.0, schedule.beta[1:]), rtol=1e-9)


def test_an_unknown_kind_is_a_key_error():
    with pytest.raises(KeyError):
        reverse_variances("no such kind", make_schedule("linear", 5), np.arange(6), gaussian(1.0))
