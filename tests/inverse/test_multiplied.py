import numpy as np
import pytest
import torch

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import reverse_kernel, reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.inverse.multiplied import Multiplied
from diffviz.inverse.operators import MEASUREMENTS
from diffviz.process import Position, Step, reverse_process
from diffviz.schedules import make_schedule
from tests import pictures

UNIT = GaussianMixture(torch.zeros(1, 16, dtype=torch.float64), torch.ones(1, dtype=torch.float64), 1.0)
SCHEDULE = make_schedule("cosine", 50)


def unit_denoiser(x_t, alpha, sigma):
    return Prediction(alpha / (alpha**2 + sigma**2) * x_t)


def multiplied(schedule, measurement, y, **options):
    times = np.arange(schedule.steps + 1)
    return Multiplied(reverse_variances("posterior", schedule, times, UNIT), times, measurement, y, **options)


def step(sampler, x_t, x0_hat, t, noise, schedule=SCHEDULE):
    asked = Step(t, t - 1, schedule, lambda draw: noise, None)
    return sampler.step(Position(x_t), Prediction(x0_hat), asked)[0].x


@pytest.mark.parametrize("ramp", [False, True])
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_step_draws_from_the_product_of_the_kernel_and_the_likelihood(name, ramp):
    """Its mean, and the matrix that its noise is multiplied with, against dense Bayes."""
    measurement, t = pictures.measure(name), 20
    y, H = pictures.observed(pictures.MIXTURE, measurement), pictures.matrix(measurement)
    sampler = multiplied(SCHEDULE, measurement, y, ramp=ramp)
    x_t, x0_hat = pictures.normal(1, *pictures.SHAPE, seed=7), pictures.normal(1, *pictures.SHAPE, seed=8)
    kernel, power = reverse_kernel(SCHEDULE, t - 1, t), 1 - 19 / 50 if ramp else 1.0
    mean = (kernel.c_t * x_t + kernel.c_0 * x0_hat).flatten().numpy()
    covariance = np.linalg.inv(np.eye(16) / kernel.variance + power * H.T @ H / measurement.std**2)
    expected = covariance @ (mean / kernel.variance + power * H.T @ y.flatten().numpy() / measurement.std**2)
    still = step(sampler, x_t, x0_hat, t, torch.zeros(1, *pictures.SHAPE, dtype=torch.float64))
    np.testing.assert_allclose(still.flatten(), expected, rtol=1e-10, atol=1e-12)
    unit = torch.eye(16, dtype=torch.float64).unflatten(1, pictures.SHAPE)
    root = (step(sampler, x_t, x0_hat, t, unit) - still).flatten(1).numpy()
    np.testing.assert_allclose(root.T @ root, covariance, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_kernel_with_the_denoisers_own_variance_is_multiplied_too(name):
    """v is then of each picture: beta_tilde and what the denoiser adds, averaged over it."""
    measurement, times, t = pictures.measure(name), np.arange(51), 20
    y, H, kernel = (
        pictures.observed(pictures.MIXTURE, measurement),
        pictures.matrix(measurement),
        reverse_kernel(SCHEDULE, 19, 20),
    )
    sampler = Multiplied(reverse_variances("optimal", SCHEDULE, times, None), times, measurement, y)
    x_t, x0_hat = pictures.normal(2, *pictures.SHAPE, seed=7), pictures.normal(2, *pictures.SHAPE, seed=8)
    own = torch.rand(2, *pictures.SHAPE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    asked = Step(t, t - 1, SCHEDULE, lambda draw: torch.zeros(2, *pictures.SHAPE, dtype=torch.float64), None)
    state, info = sampler.step(Position(x_t), Prediction(x0_hat, own), asked)
    variances = kernel.variance + kernel.c_0**2 * own.mean((1, 2, 3)).numpy()
    assert info.noise_std == pytest.approx(float(np.sqrt(variances.mean())))
    means = (kernel.c_t * x_t + kernel.c_0 * x0_hat).flatten(1).numpy()
    for x, mean, variance in zip(state.x.flatten(1).numpy(), means, variances, strict=True):
        precision = np.eye(16) / variance + H.T @ H / measurement.std**2
        expected = np.linalg.solve(precision, mean / variance + H.T @ y.flatten().numpy() / measurement.std**2)
        np.testing.assert_allclose(x, expected, rtol=1e-10, atol=1e-12)
    with pytest.raises(ValueError, match="must be one number for an image"):
        Multiplied(reverse_variances("learned", SCHEDULE, times, None), times, measurement, y)


def test_the_shift_of_the_paper_is_the_product_to_first_order():
    """The difference of the two falls with the square of the kernel's variance; where that is large the shift goes too far."""
    measurement = pictures.measure("denoise", std=0.3)
    y, zero = pictures.observed(pictures.MIXTURE, measurement), torch.zeros(1, *pictures.SHAPE, dtype=torch.float64)
    x_t, differences, variances = pictures.normal(1, *pictures.SHAPE, seed=7), [], []
    for steps in (500, 1000, 2000, 4000):
        schedule = make_schedule("cosine", steps)
        pair = [
            step(multiplied(schedule, measurement, y, first_order=first), x_t, x_t, steps // 10, zero, schedule)
            for first in (True, False)
        ]
        differences.append(float((pair[0] - pair[1]).abs().max()))
        variances.append(reverse_kernel(schedule, steps // 10 - 1, steps // 10).variance)
    slope = np.polyfit(np.log(variances), np.log(differences), 1)[0]
    assert 1.9 < slope < 2.1
    coarse = make_schedule("cosine", 10)
    first, product = (multiplied(coarse, measurement, y, first_order=first) for first in (True, False))
    far, near = (step(sampler, x_t, x_t, 8, zero, coarse) - measurement.map.turn_back(y[None]) for sampler in (first, product))
    assert far.abs().max() > 3 * near.abs().max()


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_for_data_that_are_noise_the_evidence_is_counted_twice(name):
    """Everything is linear: without noise, from 0, a chain ends in the mean. It nears the posterior's under r^2, not under r."""
    measurement = pictures.measure(name)
    y = pictures.observed(UNIT, measurement)
    twice = type(measurement)(measurement.map, measurement.std / 2**0.5)
    right, wrong = (torch.from_numpy(pictures.conditioned(UNIT, m, y)[1][0]) for m in (measurement, twice))
    errors = []
    for steps in (125, 500, 2000):
        schedule, zero = make_schedule("cosine", steps), torch.zeros(1, *pictures.SHAPE, dtype=torch.float64)
        sampler, times = multiplied(schedule, measurement, y), np.arange(steps + 1)
        *_, end = reverse_process(unit_denoiser, sampler, schedule, times, zero, lambda t, draw, zero=zero: zero)
        errors.append(float((end.x.flatten() - wrong).norm() / (right - wrong).norm()))
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
    assert errors[2] < 0.05


def test_its_spread_is_that_of_counting_twice_too():
    measurement, schedule, noise = pictures.measure("denoise"), make_schedule("cosine", 1000), pictures.noise(1000)
    y = pictures.observed(UNIT, measurement)
    *_, end = reverse_process(unit_denoiser, multiplied(schedule, measurement, y), schedule, np.arange(1001), noise(0), noise)
    variances = end.x.flatten(1).var(0)
    error = float(variances.mean()) * (2 / 16_000) ** 0.5
    assert abs(float(variances.mean()) - 1 / (1 + 2 / 0.6**2)) < 4 * error + 0.002  # and what a step of 1/1000 leaves
    assert abs(float(variances.mean()) - 1 / (1 + 1 / 0.6**2)) > 40 * error


def test_it_adds_no_noise_where_the_chain_adds_none():
    measurement = pictures.measure("denoise")
    sampler = multiplied(SCHEDULE, measurement, pictures.observed(pictures.MIXTURE, measurement))
    x = pictures.normal(1, *pictures.SHAPE)
    assert torch.equal(step(sampler, x, 2 * x, 1, None), 2 * x)  # the posterior's variance is 0 in the step into data


def test_a_measurement_without_noise_or_of_another_shape_is_refused():
    y = pictures.observed(pictures.MIXTURE, pictures.measure("inpaint"))
    with pytest.raises(ValueError, match="The noise of a measurement must be positive"):
        multiplied(SCHEDULE, pictures.measure("inpaint", std=0.0), y)
    with pytest.raises(ValueError, match="A measurement must be of shape"):
        multiplied(SCHEDULE, pictures.measure("denoise"), y)
