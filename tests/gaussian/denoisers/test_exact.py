import numpy as np
import pytest
import torch

from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.gaussian.denoisers.base import score
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from tests import naive

LEVELS = [(0.99, 0.14), (0.6, 0.8), (0.3, 0.7), (0.0, 1.0)]


def noisy(mixture, alpha, sigma, count=100):
    rng = np.random.default_rng(0)
    return torch.from_numpy(alpha * naive.draw(mixture, count, rng) + sigma * rng.standard_normal((count, 2)))


@pytest.mark.parametrize(("alpha", "sigma"), LEVELS)
@pytest.mark.parametrize("name", DATASETS)
def test_it_answers_with_the_posterior_of_the_data(name, alpha, sigma):
    mixture = make_dataset(name)
    x_t = noisy(mixture, alpha, sigma)
    prediction = ExactDenoiser(mixture, dtype=torch.float64)(x_t, alpha, sigma)
    mean, variance = naive.posterior(mixture, x_t.numpy(), alpha, sigma)
    np.testing.assert_allclose(prediction.x0_hat, mean, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(prediction.variance, variance, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("alpha", "sigma"), LEVELS)
def test_the_score_it_implies_is_that_of_the_mixture(alpha, sigma):
    mixture = make_dataset("pinwheel")
    x_t = noisy(mixture, alpha, sigma)
    x0_hat = ExactDenoiser(mixture, dtype=torch.float64)(x_t, alpha, sigma).x0_hat
    torch.testing.assert_close(score(x_t, x0_hat, alpha, sigma), mixture.score(x_t, alpha, sigma), rtol=1e-9, atol=1e-9)


def test_the_variance_can_be_left_out():
    mixture = make_dataset("rings")
    x_t = noisy(mixture, 0.6, 0.8).float()
    without, with_it = ExactDenoiser(mixture, variance=False)(x_t, 0.6, 0.8), ExactDenoiser(mixture)(x_t, 0.6, 0.8)
    assert without.variance is None
    assert with_it.variance.shape == (100, 2)
    torch.testing.assert_close(without.x0_hat, with_it.x0_hat)
    assert without.x0_hat.dtype == torch.float32
