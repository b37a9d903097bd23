import numpy as np
import pytest
import torch

from diffviz.inverse import posterior
from diffviz.inverse.operators import MEASUREMENTS
from diffviz.inverse.posterior import condition
from tests import pictures


@pytest.fixture(params=MEASUREMENTS)
def measurement(request):
    return pictures.measure(request.param)


@pytest.mark.parametrize("data", pictures.DATA)
def test_it_is_the_data_given_the_measurement(measurement, data):
    mixture = pictures.DATA[data]
    y = pictures.observed(mixture, measurement)
    found = condition(mixture, measurement, y)
    weights, means, covariance = pictures.conditioned(mixture, measurement, y)
    np.testing.assert_allclose(found.log_weights.exp(), weights, rtol=1e-10)
    np.testing.assert_allclose(measurement.map.turn_back(found.means).flatten(1), means, rtol=1e-10, atol=1e-12)
    mean, covariance = pictures.moments(weights, means, covariance)
    np.testing.assert_allclose(found.covariance(), covariance, rtol=1e-10, atol=1e-12)
    at_once = found.posterior(pictures.normal(3, *pictures.SHAPE), 0.0, 1.0)
    for pixels, expected in zip(at_once, (mean, covariance.diagonal()), strict=True):
        np.testing.assert_allclose(pixels.flatten(1), np.stack([expected] * 3), rtol=1e-10, atol=1e-12)


def test_one_weight_decides_nothing_and_two_do():
    """The measurement above leaves several components: or nothing about weights would be tested."""
    shares = [
        pictures.conditioned(pictures.MIXTURE, m, pictures.observed(pictures.MIXTURE, m))[0]
        for m in map(pictures.measure, MEASUREMENTS)
    ]
    assert any((share > 0.02).sum() >= 2 for share in shares)


@pytest.mark.parametrize(("alpha", "sigma"), [(0.99, 0.14), (0.6, 0.8), (0.3, 0.5), (0.0, 1.0)])
def test_with_a_noisy_picture_too_it_is_the_joint_posterior(measurement, alpha, sigma):
    y = pictures.observed(pictures.MIXTURE, measurement)
    x_t = alpha * pictures.normal(6, *pictures.SHAPE, seed=3) + sigma * pictures.normal(6, *pictures.SHAPE, seed=4)
    mean, variance = condition(pictures.MIXTURE, measurement, y).posterior(x_t, alpha, sigma)
    for i in range(6):
        expected = pictures.moments(*pictures.conditioned(pictures.MIXTURE, measurement, y, x_t[i], alpha, sigma))
        np.testing.assert_allclose(mean[i].flatten(), expected[0], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(variance[i].flatten(), expected[1].diagonal(), rtol=1e-8, atol=1e-11)


def test_at_data_there_is_nothing_left_to_say(measurement):
    found = condition(pictures.MIXTURE, measurement, pictures.observed(pictures.MIXTURE, measurement))
    x = pictures.normal(2, *pictures.SHAPE)
    mean, variance = found.posterior(x, 1.0, 0.0)
    assert torch.equal(mean, x)
    assert not variance.any()


def test_its_samples_have_its_moments(measurement):
    y = pictures.observed(pictures.MIXTURE, measurement)
    uniform = torch.from_numpy(np.random.default_rng(1).random(20_000))
    x = condition(pictures.MIXTURE, measurement, y).sample(uniform, pictures.normal(20_000, *pictures.SHAPE, seed=2))
    assert x.shape == (20_000, *pictures.SHAPE)
    expected = pictures.moments(*pictures.conditioned(pictures.MIXTURE, measurement, y))
    assert pictures.largest_z(x, *expected) < 4.5  # of 16 + 256 figures


@pytest.mark.parametrize("name", ["denoise", "inpaint", "super_resolve"])
def test_a_measurement_without_noise_leaves_only_what_it_does_not_see(name):
    measurement = pictures.measure(name, std=0.0)
    y = pictures.observed(pictures.MIXTURE, measurement)
    found = condition(pictures.MIXTURE, measurement, y)
    uniform = torch.from_numpy(np.random.default_rng(1).random(50))
    x = found.sample(uniform, pictures.normal(50, *pictures.SHAPE))
    torch.testing.assert_close(measurement.apply(x), y.expand(50, *y.shape), rtol=0, atol=1e-12)
    nearly = condition(pictures.MIXTURE, pictures.measure(name, std=1e-4), y)
    torch.testing.assert_close(found.log_weights.exp(), nearly.log_weights.exp(), rtol=0, atol=1e-5)
    torch.testing.assert_close(found.covariance(), nearly.covariance(), rtol=0, atol=1e-5)


def test_in_parts_and_in_single_precision_it_is_the_same(measurement, monkeypatch):
    found = condition(pictures.MIXTURE, measurement, pictures.observed(pictures.MIXTURE, measurement))
    x_t = pictures.normal(23, *pictures.SHAPE)
    whole = found.posterior(x_t, 0.6, 0.8)
    single = found.to("cpu", torch.float32).posterior(x_t.float(), 0.6, 0.8)
    monkeypatch.setattr(posterior, "CHUNK_ELEMENTS", 4 * len(found.means))
    for a, b, c in zip(whole, found.posterior(x_t, 0.6, 0.8), single, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-13, atol=1e-13)
        assert c.dtype == torch.float32
        torch.testing.assert_close(a, c.double(), rtol=1e-4, atol=1e-5)


def test_what_does_not_fit_is_refused_in_a_sentence(measurement):
    with pytest.raises(ValueError, match="A measurement must be of shape"):
        condition(pictures.MIXTURE, measurement, torch.zeros(3, dtype=torch.float64)[:, None])
    wider = type(pictures.MIXTURE)(torch.zeros(1, 9, dtype=torch.float64), torch.ones(1, dtype=torch.float64), 1.0)
    with pytest.raises(ValueError, match=r"The data must have 16 dimensions, as what is measured has, not 9\."):
        condition(wider, measurement, pictures.observed(pictures.MIXTURE, measurement))
