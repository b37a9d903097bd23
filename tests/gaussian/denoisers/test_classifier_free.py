"""Classifier-free guidance and guidance by a measurement, beside dense algebra: full matrices, component by component."""

import numpy as np
import pytest
import torch

from diffviz.domains.pictures.images import image_mixture
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.gaussian.denoisers.classifier_free import ClassifierFree
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.inverse.operators import MEASUREMENTS
from diffviz.inverse.pigdm import PiGDM
from tests import naive, pictures

LEVELS = [(0.95, 0.3122), (0.6, 0.8), (0.1, 0.995)]


def dense_score(mixture, x, alpha, sigma):
    """[N, D] grad log q(x_t = x): every component pulls with its own precision matrix, weighed by its share."""
    logs = naive.log_components(mixture, x, alpha, sigma)
    share = np.exp(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True))
    precision = np.linalg.inv(np.eye(mixture.dim) * ((alpha * mixture.std) ** 2 + sigma**2))
    pulls = (alpha * mixture.means.numpy() - x[:, None]) @ precision
    return (share[..., None] * pulls).sum(1)


@pytest.mark.parametrize(("alpha", "sigma"), LEVELS)
@pytest.mark.parametrize("guidance", [0.0, 1.0, 3.5])
def test_classifier_free_guidance_is_a_line_through_two_scores(guidance, alpha, sigma):
    """score = score(x) + w (score(x|c) - score(x)); Ho & Salimans 2022, eq. 6, whose own weight is w - 1."""
    free, asked = image_mixture("digits"), image_mixture("digits", 7)
    rng = np.random.default_rng(0)
    x = alpha * naive.draw(free, 5, rng) + sigma * rng.standard_normal((5, free.dim))
    scores = [dense_score(mixture, x, alpha, sigma) for mixture in (free, asked)]
    expected = scores[0] + guidance * (scores[1] - scores[0])
    both = (ExactDenoiser(mixture, dtype=torch.float64, variance=False) for mixture in (free, asked))
    found = ClassifierFree(*both, guidance)(torch.from_numpy(x), alpha, sigma).x0_hat.numpy()
    np.testing.assert_allclose((alpha * found - x) / sigma**2, expected, rtol=1e-9, atol=1e-9)


def test_an_experiment_with_a_class_and_guidance_uses_that_line():
    """The exact denoiser that a run of digits makes, in single precision."""
    setup, rng = Setup(Experiment(dataset="digits", label=7, guidance=2.0, particles=4)), np.random.default_rng(1)
    x = rng.standard_normal((4, 64))
    scores = [dense_score(image_mixture("digits", label), x, 0.6, 0.8) for label in (None, 7)]
    expected = (x + 0.64 * (2.0 * scores[1] - scores[0])) / 0.6
    found = setup.denoiser(torch.from_numpy(x).float().view(4, 1, 8, 8), 0.6, 0.8).x0_hat.flatten(1)
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-4)


@pytest.mark.parametrize(("alpha", "sigma"), LEVELS)
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_guidance_by_a_measurement_is_its_formula_with_full_matrices(name, alpha, sigma):
    """PiGDM (Song et al. 2023, eq. 7-8) of a mixture: the Jacobian alpha/sigma^2 Cov(x_0|x_t) and H as matrices."""
    mixture, measurement, width = pictures.MIXTURE, pictures.measure(name), 0.7
    y = pictures.observed(mixture, measurement)
    H = measurement.apply(torch.eye(mixture.dim, dtype=torch.float64).unflatten(1, pictures.SHAPE)).flatten(1).T.numpy()
    rng = np.random.default_rng(2)
    x = alpha * naive.draw(mixture, 4, rng) + sigma * rng.standard_normal((4, mixture.dim))
    r2 = width**2 * sigma**2 / (alpha**2 * width**2 + sigma**2)
    expected = []
    for one in x:
        logs = naive.log_components(mixture, one[None], alpha, sigma)[0]
        share = np.exp(logs - np.logaddexp.reduce(logs))
        gain = alpha * mixture.std**2 / ((alpha * mixture.std) ** 2 + sigma**2)
        each = mixture.means.numpy() + gain * (one - alpha * mixture.means.numpy())
        mean = share @ each
        covariance = np.eye(mixture.dim) * mixture.std**2 * (1 - gain * alpha) + ((each - mean).T * share) @ (each - mean)
        jacobian = alpha / sigma**2 * covariance
        inverse = np.linalg.inv(measurement.std**2 * np.eye(len(H)) + r2 * H @ H.T)
        gradient = jacobian.T @ H.T @ inverse @ (y.flatten().numpy() - H @ mean)
        expected.append(mean + sigma**2 / alpha * gradient)
    guided = PiGDM(ExactDenoiser(mixture, dtype=torch.float64), measurement, y, width)
    found = guided(torch.from_numpy(x).unflatten(1, pictures.SHAPE), alpha, sigma).x0_hat.flatten(1)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-9)
