import math

import numpy as np
import pytest
import torch

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.mlp import MLP, NetworkDenoiser
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.samplers.ancestral import Ancestral
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.inverse.exact_posterior import ExactPosterior
from diffviz.inverse.operators import MEASUREMENTS, Masked, Measurement
from diffviz.inverse.pigdm import Covariance, PiGDM
from diffviz.process import reverse_process
from diffviz.schedules import make_schedule
from tests import pictures

LEVELS = [(0.99, 0.14), (0.6, 0.8), (0.3, 0.5), (0.0, 1.0)]


class Flat:
    """The exact denoiser of pictures."""

    def __init__(self, mixture, variance=False):
        self._mixture, self._variance = mixture, variance

    def __call__(self, x_t, alpha, sigma):
        mean, variance = self._mixture.posterior(x_t.flatten(1), alpha, sigma, self._variance)
        return Prediction(mean.unflatten(1, x_t.shape[1:]), variance.unflatten(1, x_t.shape[1:]) if self._variance else None)


def end(denoiser, sampler, schedule, noise):
    *_, frame = reverse_process(denoiser, sampler, schedule, np.arange(schedule.steps + 1), noise(0), noise)
    return frame.x


def ancestral(schedule):
    times = np.arange(schedule.steps + 1)
    return Ancestral(reverse_variances("posterior", schedule, times, pictures.MIXTURE), times)


@pytest.mark.parametrize("name", MEASUREMENTS)
@pytest.mark.parametrize("data", pictures.DATA)
@pytest.mark.parametrize("sampler", ["ancestral", "ddim"])
def test_samplers_draw_from_the_posterior(name, data, sampler):
    """Mean and covariance of 1500 pictures, all 16 + 256 figures within 4.5 of their standard errors."""
    mixture, measurement, schedule = pictures.DATA[data], pictures.measure(name), make_schedule("cosine", 150)
    y = pictures.observed(mixture, measurement)
    inner = DDIM() if sampler == "ddim" else ancestral(schedule)
    x = end(ExactPosterior(mixture, measurement, y, dtype=torch.float64), inner, schedule, pictures.noise(1500))
    assert pictures.largest_z(x, *pictures.moments(*pictures.conditioned(mixture, measurement, y))) < 4.5


@pytest.mark.parametrize(("alpha", "sigma"), LEVELS)
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_guidance_is_exact_for_a_gaussian(name, alpha, sigma):
    """If it is told the width of the data."""
    measurement = pictures.measure(name)
    y, x_t = pictures.observed(pictures.GAUSSIAN, measurement), pictures.normal(7, *pictures.SHAPE)
    exact = ExactPosterior(pictures.GAUSSIAN, measurement, y, dtype=torch.float64)(x_t, alpha, sigma).x0_hat
    guided = PiGDM(Flat(pictures.GAUSSIAN), measurement, y, data_std=pictures.GAUSSIAN.std)(x_t, alpha, sigma)
    torch.testing.assert_close(guided.x0_hat, exact, rtol=1e-10, atol=1e-10)
    other = PiGDM(Flat(pictures.GAUSSIAN), measurement, y, data_std=2.0)(x_t, alpha, sigma).x0_hat
    assert (other - exact).abs().max() > 1e-5


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_where_there_is_hardly_more_than_noise_guidance_needs_no_gradient(name):
    """Given the covariance of the data, which is not alike in all directions: exact for a Gaussian however little is known."""
    rng = np.random.default_rng(0)
    means = torch.from_numpy(rng.standard_normal((400, math.prod(pictures.SHAPE))) @ rng.standard_normal((16, 16)) / 4)
    means = torch.cat([means, -means])
    data = GaussianMixture(means, torch.full((800,), 1 / 800, dtype=torch.float64), 0.3)
    measurement, covariance = pictures.measure(name), Covariance(data)
    full = (means.T @ means / 800 + 0.09 * torch.eye(16)).double()
    assert covariance.largest == pytest.approx(float(torch.linalg.eigvalsh(full)[-1]))
    H = measurement.apply(torch.eye(16, dtype=torch.float64).unflatten(1, pictures.SHAPE)).flatten(1).T
    torch.testing.assert_close(measurement.gram, H.T @ H)
    for snr in (0.0, 0.3):
        left = torch.linalg.inv(torch.linalg.inv(full) + snr * torch.eye(16))
        torch.testing.assert_close(covariance.left(snr), left)
        gain = left @ H.T @ torch.linalg.inv(H @ left @ H.T + measurement.std**2 * torch.eye(len(H)))
        residual = torch.from_numpy(rng.standard_normal((3, len(H)))).unflatten(1, measurement.map.y_shape)
        moved = covariance.shift(measurement, residual, snr).flatten(1)
        torch.testing.assert_close(moved, residual.flatten(1) @ gain.T, rtol=1e-4, atol=1e-5)
    denoiser, y, x_t = Flat(data), pictures.observed(data, measurement), pictures.normal(7, *pictures.SHAPE)
    early, late = (PiGDM(denoiser, measurement, y, covariance=c)(x_t, 0.02, 1.0).x0_hat for c in (covariance, None))
    plain = denoiser(x_t, 0.02, 1.0).x0_hat
    residual = y - measurement.apply(plain)
    torch.testing.assert_close(early, plain + covariance.shift(measurement, residual, 0.0004), rtol=1e-9, atol=1e-9)
    assert (early - late).abs().max() > 1e-3  # guidance without it knows one width for all directions


@pytest.mark.parametrize(("alpha", "sigma"), LEVELS)
@pytest.mark.parametrize("std", [0.0, 0.6])
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_the_variance_of_guidance_is_exact_for_a_gaussian_too(name, std, alpha, sigma):
    """Pixel by pixel; the denoiser's own, which knows nothing of y, is larger."""
    measurement = pictures.measure(name, std=max(std, 0.01) if name == "deblur" else std)
    y, x_t = pictures.observed(pictures.GAUSSIAN, measurement), pictures.normal(3, *pictures.SHAPE)
    free = Flat(pictures.GAUSSIAN, variance=True)
    exact = ExactPosterior(pictures.GAUSSIAN, measurement, y, dtype=torch.float64, variance=True)(x_t, alpha, sigma).variance
    guided = PiGDM(free, measurement, y, data_std=pictures.GAUSSIAN.std)(x_t, alpha, sigma).variance
    torch.testing.assert_close(guided, exact, rtol=1e-9, atol=1e-12)
    assert not guided.requires_grad
    assert (guided / free(x_t, alpha, sigma).variance).min() < 0.998


def test_in_the_loop_guidance_draws_what_the_exact_posterior_draws():
    """The loop forbids gradients; guidance takes them all the same, and leaves none behind."""
    measurement, schedule, noise = pictures.measure("deblur"), make_schedule("rectified_flow", 20), pictures.noise(9)
    y = pictures.observed(pictures.GAUSSIAN, measurement)
    guided = PiGDM(Flat(pictures.GAUSSIAN), measurement, y, data_std=pictures.GAUSSIAN.std)
    exact = ExactPosterior(pictures.GAUSSIAN, measurement, y, dtype=torch.float64)
    for sampler in (DDIM(), ancestral(schedule)):
        found, expected = (end(denoiser, sampler, schedule, noise) for denoiser in (guided, exact))
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
        assert not found.requires_grad


def test_the_gradient_of_a_network_is_that_of_finite_differences():
    torch.manual_seed(0)
    network = MLP(hidden=16, layers=2, features=4).double()
    network.draw_frequencies(torch.Generator().manual_seed(1))
    denoiser, measurement = NetworkDenoiser(network), Measurement(Masked(torch.tensor([True, False])), 0.3)
    y, x_t, alpha, sigma, width = torch.tensor([0.7], dtype=torch.float64), pictures.normal(6, 2), 0.6, 0.8, 1.1

    def log_likelihood(x):
        """log p(y|x_t), where the variance does not depend on x."""
        variance = 0.3**2 + width**2 * sigma**2 / (alpha**2 * width**2 + sigma**2)
        return -0.5 * (y - denoiser(x, alpha, sigma).x0_hat[:, 0]).square() / variance

    with torch.inference_mode():
        plain = denoiser(x_t, alpha, sigma).x0_hat
        shift = PiGDM(denoiser, measurement, y, width)(x_t, alpha, sigma).x0_hat - plain
        half = PiGDM(denoiser, measurement, y, width, strength=0.5)(x_t, alpha, sigma).x0_hat - plain
        h = 1e-5 * torch.eye(2, dtype=torch.float64)
        slope = torch.stack([(log_likelihood(x_t + e) - log_likelihood(x_t - e)) / 2e-5 for e in h], 1)
    torch.testing.assert_close(shift, sigma**2 / alpha * slope, rtol=1e-5, atol=1e-8)
    torch.testing.assert_close(half, shift / 2)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_guidance_is_near_the_truth_for_a_mixture_and_not_on_it():
    """Distance of 2000 pictures' mean from the posterior's, in units of its standard error: none, guided, exact."""
    measurement, schedule, noise = pictures.measure("inpaint"), make_schedule("cosine", 100), pictures.noise(2000)
    y = pictures.observed(pictures.MIXTURE, measurement)
    mean, covariance = pictures.moments(*pictures.conditioned(pictures.MIXTURE, measurement, y))
    denoisers = {
        "none": Flat(pictures.MIXTURE),
        "guided": PiGDM(Flat(pictures.MIXTURE), measurement, y, data_std=0.9),
        "exact": ExactPosterior(pictures.MIXTURE, measurement, y, dtype=torch.float64),
    }
    error = (np.trace(covariance) / 2000) ** 0.5
    reached = {
        name: np.linalg.norm(end(denoiser, ancestral(schedule), schedule, noise).mean(0).flatten() - mean) / error
        for name, denoiser in denoisers.items()
    }
    assert reached["exact"] < 2
    assert 4 < reached["guided"] < reached["none"] / 5


@pytest.mark.parametrize("make", [ExactPosterior, lambda mixture, *rest: PiGDM(Flat(mixture), *rest)])
def test_a_measurement_of_another_shape_is_refused(make):
    with pytest.raises(ValueError, match=r"A measurement must be of shape \[N, 1, 2, 2\], not \[1, 16\]"):
        make(pictures.MIXTURE, pictures.measure("super_resolve"), torch.zeros(16))


def test_the_exact_posterior_answers_as_it_is_asked():
    measurement = pictures.measure("inpaint")
    y, x_t = pictures.observed(pictures.MIXTURE, measurement), pictures.normal(3, *pictures.SHAPE).float()
    plain = ExactPosterior(pictures.MIXTURE, measurement, y)(x_t, 0.6, 0.8)
    with_variance = ExactPosterior(pictures.MIXTURE, measurement, y, variance=True)(x_t, 0.6, 0.8)
    assert plain.variance is None
    assert plain.x0_hat.dtype == torch.float32
    assert with_variance.variance.shape == x_t.shape
    torch.testing.assert_close(plain.x0_hat, with_variance.x0_hat)


def test_points_in_the_plane_may_be_measured_too():
    """One coordinate known exactly: the other follows the slice of the mixture."""
    mixture = GaussianMixture(torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 0.0]]).double(), torch.ones(3).double() / 3, 0.1)
    measurement = Measurement(Masked(torch.tensor([True, False])), 0.0)
    x_t = torch.tensor([[0.0, 0.0]], dtype=torch.float64)
    prediction = ExactPosterior(mixture, measurement, torch.tensor([1.0]), dtype=torch.float64, variance=True)(x_t, 0.0, 1.0)
    torch.testing.assert_close(prediction.x0_hat, torch.tensor([[1.0, 0.0]], dtype=torch.float64))
    torch.testing.assert_close(prediction.variance, torch.tensor([[0.0, 1.01]], dtype=torch.float64))
