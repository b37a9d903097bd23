import gc
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from diffviz.caching import size_of
from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.thermodynamics import thermodynamic_metric
from diffviz.gaussian import mixtures
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal
from diffviz.inverse.apply import _covariance
from diffviz.schedules import make_schedule
from tests import naive

LEVELS = [(1.0, 0.01), (0.99, 0.14), (0.7, 0.71), (0.05, 0.999), (0.0, 1.0), (0.5, 0.5)]  # (alpha, sigma)
every_level = pytest.mark.parametrize(("alpha", "sigma"), LEVELS)


def random_mixture(components=7, dim=3, std=0.2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.rand(components, generator=generator, dtype=torch.float64) + 0.05
    means = torch.randn(components, dim, generator=generator, dtype=torch.float64)
    return GaussianMixture(means, weights / weights.sum(), std)


def points(mixture, alpha, sigma, count=200):
    """Points near x_t's law, and some far away from it."""
    rng = np.random.default_rng(1)
    near = alpha * naive.draw(mixture, count, rng) + sigma * rng.standard_normal((count, mixture.dim))
    return torch.from_numpy(np.concatenate([near, 3 * rng.standard_normal((count // 4, mixture.dim))]))


@every_level
def test_posterior_is_bayes_rule_component_by_component(alpha, sigma):
    mixture = random_mixture()
    x = points(mixture, alpha, sigma)
    mean, variance = mixture.posterior(x, alpha, sigma)
    expected_mean, expected_variance = naive.posterior(mixture, x.numpy(), alpha, sigma)
    np.testing.assert_allclose(mean, expected_mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(variance, expected_variance, rtol=1e-7, atol=1e-12)
    only_mean, nothing = mixture.posterior(x, alpha, sigma, variance=False)
    torch.testing.assert_close(only_mean, mean, rtol=1e-12, atol=1e-12)
    assert nothing is None


@every_level
def test_log_density_is_the_sum_over_components(alpha, sigma):
    mixture = random_mixture()
    x = points(mixture, alpha, sigma)
    expected = naive.log_density(mixture, x.numpy(), alpha, sigma)
    np.testing.assert_allclose(mixture.log_density(x, alpha, sigma), expected, rtol=1e-9, atol=1e-9)


def test_density_of_the_data_is_the_default():
    mixture = random_mixture()
    x = points(mixture, 1.0, 0.0)
    np.testing.assert_allclose(mixture.log_density(x), naive.log_density(mixture, x.numpy()), rtol=1e-9, atol=1e-9)


def test_shares_are_bayes_rule_for_components_at_one_level_and_at_a_level_of_each():
    mixture = random_mixture()
    x = points(mixture, 0.7, 0.71, count=len(LEVELS) * 4)
    rows = torch.arange(len(x)) % len(LEVELS)
    alphas, sigmas = torch.tensor(LEVELS, dtype=torch.float64)[rows].T[:, :, None]
    each = mixture.shares(x, alphas, sigmas)
    for row, (alpha, sigma) in enumerate(LEVELS):
        logs = naive.log_components(mixture, x.numpy(), alpha, sigma)
        expected = np.exp(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True))
        np.testing.assert_allclose(mixture.shares(x, alpha, sigma), expected, rtol=1e-7, atol=1e-12)
        np.testing.assert_allclose(each[rows == row], expected[rows == row], rtol=1e-7, atol=1e-12)


@every_level
def test_score_is_the_gradient_of_the_log_density(alpha, sigma):
    mixture = random_mixture()
    x = points(mixture, alpha, sigma).requires_grad_()
    (gradient,) = torch.autograd.grad(mixture.log_density(x, alpha, sigma).sum(), x)
    torch.testing.assert_close(mixture.score(x.detach(), alpha, sigma), gradient, rtol=1e-8, atol=1e-8)


@every_level
def test_posterior_mean_and_variance_obey_tweedie(alpha, sigma):
    """alpha E[x_0|x_t] = x_t + sigma^2 score, and alpha Cov[x_0|x_t] = sigma^2 d E[x_0|x_t]/d x_t."""
    mixture = random_mixture()
    x = points(mixture, alpha, sigma).requires_grad_()
    mean, variance = mixture.posterior(x, alpha, sigma)
    (score,) = torch.autograd.grad(mixture.log_density(x, alpha, sigma).sum(), x)
    torch.testing.assert_close(alpha * mean.detach(), x.detach() + sigma**2 * score, rtol=1e-8, atol=1e-8)
    slopes = [torch.autograd.grad(mean[:, i].sum(), x, retain_graph=True)[0][:, i] for i in range(mixture.dim)]
    torch.testing.assert_close(alpha * variance.detach(), sigma**2 * torch.stack(slopes, 1), rtol=1e-6, atol=1e-10)


def test_without_noise_the_posterior_is_the_point_itself():
    x = points(random_mixture(), 1.0, 0.0)
    mean, variance = random_mixture().posterior(x, 0.5, 0.0)
    torch.testing.assert_close(mean, 2 * x)
    assert (variance == 0).all()


def test_at_pure_noise_the_posterior_is_the_data():
    mixture = random_mixture()
    mean, variance = mixture.posterior(points(mixture, 0.0, 1.0), 0.0, 1.0)
    expected = mixture.weights @ mixture.means
    torch.testing.assert_close(mean, expected.expand_as(mean))
    spread = mixture.weights @ mixture.means.square() - expected.square() + mixture.std**2
    torch.testing.assert_close(variance, spread.expand_as(variance))


def test_mean_square_is_the_second_moment():
    mixture = random_mixture()
    squares = (naive.draw(mixture, 200_000, np.random.default_rng(0)) ** 2).sum(1)
    mean, error = naive.mean_and_error(squares)
    assert abs(mixture.mean_square - mean) < 3 * error


@pytest.mark.parametrize("elements", [1, 50, 7 * 64])
def test_chunks_change_nothing(monkeypatch, elements):
    mixture = random_mixture()
    x = points(mixture, 0.7, 0.7)
    whole = (*mixture.posterior(x, 0.7, 0.7), mixture.log_density(x, 0.7, 0.7), mixture.score(x, 0.7, 0.7))
    monkeypatch.setattr(mixtures, "CHUNK_ELEMENTS", elements)
    parts = (*mixture.posterior(x, 0.7, 0.7), mixture.log_density(x, 0.7, 0.7), mixture.score(x, 0.7, 0.7))
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


MEMORY = """
import resource, torch
from diffviz.gaussian.mixtures import GaussianMixture
means = torch.randn(2000, 2)
mixture = GaussianMixture(means, torch.full((2000,), 1 / 2000), 0.1)
x = torch.randn(20_000, 2)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
mixture.posterior(x[:500], 0.7, 0.7), mixture.log_density(x[:500], 0.7, 0.7), mixture.score(x[:500], 0.7, 0.7)
before = peak()
mixture.posterior(x, 0.7, 0.7), mixture.log_density(x, 0.7, 0.7), mixture.score(x, 0.7, 0.7)
print(peak() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the unit of ru_maxrss is kilobytes on Linux only")
def test_memory_is_bounded_whatever_the_number_of_particles_and_components():
    """All responsibilities of 20 000 particles and 2000 components at once would be 160 megabytes."""
    root = Path(__file__).parents[2]
    answer = subprocess.run([sys.executable, "-c", MEMORY], cwd=root, capture_output=True, text=True, check=True)
    assert int(answer.stdout) < 40_000  # kilobytes


@pytest.mark.parametrize("name", DATASETS)
def test_single_precision_is_close_to_double(name):
    mixture, schedule = make_dataset(name), make_schedule("cosine", 100)
    single = mixture.to("cpu", torch.float32)
    for t in (1, 5, 20, 50, 99):
        alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
        x = points(mixture, alpha, sigma)[:200].float()
        mean, variance = mixture.posterior(x.double(), alpha, sigma)
        mean_single, variance_single = single.posterior(x, alpha, sigma)
        assert (mean - mean_single).abs().max() < 1e-3
        assert (mean - mean_single).square().mean().sqrt() < 1e-4
        assert (variance - variance_single).abs().max() < 1e-3
        assert (mixture.log_density(x.double(), alpha, sigma) - single.log_density(x, alpha, sigma)).abs().max() < 2e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_level
def test_far_from_all_data_every_answer_is_still_a_number(alpha, sigma, dtype):
    mixture = make_dataset("smiley").to("cpu", dtype)
    x = torch.tensor([[30.0, -40.0], [1e3, 1e3], [0.0, -500.0]], dtype=dtype)
    for answer in (*mixture.posterior(x, alpha, sigma), mixture.log_density(x, alpha, sigma), mixture.score(x, alpha, sigma)):
        assert answer.isfinite().all()


def test_samples_have_the_mixtures_frequencies_and_moments():
    mixture, count = random_mixture(std=1e-3), 100_000
    generator = torch.Generator().manual_seed(0)
    uniform = torch.rand(count, generator=generator, dtype=torch.float64)
    normal = torch.randn(count, mixture.dim, generator=generator, dtype=torch.float64)
    sample = mixture.sample(uniform, normal)
    component = torch.cdist(sample, mixture.means).argmin(1)
    frequency = torch.bincount(component, minlength=len(mixture.weights)) / count
    error = (mixture.weights * (1 - mixture.weights) / count).sqrt()
    assert ((frequency - mixture.weights).abs() < 4 * error).all()
    offset = (sample - mixture.means[component]) / mixture.std
    assert offset.mean(0).abs().max() < 4 / count**0.5
    assert (offset.square().mean(0) - 1).abs().max() < 4 * (2 / count) ** 0.5


def test_every_uniform_number_picks_a_component():
    mixture = random_mixture()
    uniform = torch.tensor([0.0, 0.5, 1.0 - 2**-53, 1.0], dtype=torch.float64)
    for dtype in (torch.float64, torch.float32):  # in single precision the third rounds up to 1
        sample = mixture.to("cpu", dtype).sample(uniform.to(dtype), torch.zeros(4, 3, dtype=dtype))
        assert (torch.cdist(sample.double(), mixture.means).min(1).values < 1e-6).all()


def test_only_what_was_used_is_kept():
    mixture = random_mixture(components=500, dim=200)
    assert size_of(mixture) == pytest.approx(mixture.means.nbytes, rel=0.05)
    mixture.to("cpu", torch.float32).posterior(points(mixture, 0.7, 0.7).float(), 0.7, 0.7)  # as the exact denoiser does
    mixture.sample(torch.rand(5, dtype=torch.float64), torch.zeros(5, 200, dtype=torch.float64))
    assert size_of(mixture) == pytest.approx(mixture.means.nbytes, rel=0.05)
    mixture.posterior(points(mixture, 0.7, 0.7), 0.7, 0.7, variance=False)
    assert size_of(mixture) == pytest.approx(2 * mixture.means.nbytes, rel=0.05)


def test_what_inference_made_carries_gradients_later():
    mixture = random_mixture()
    x = points(mixture, 0.7, 0.7)
    with torch.inference_mode():
        expected = mixture.posterior(x, 0.7, 0.7)
    found = mixture.posterior(x.requires_grad_(), 0.7, 0.7)
    (found[0].sum() + found[1].sum()).backward()
    assert x.grad.isfinite().all()
    torch.testing.assert_close(found, tuple(each.clone() for each in expected))


def test_equal_mixtures_have_one_fingerprint_and_others_have_others():
    mixture = random_mixture()
    same = GaussianMixture(mixture.means.clone(), mixture.weights.clone(), mixture.std)
    others = [
        random_mixture(seed=1),
        GaussianMixture(mixture.means, mixture.weights, 0.3),
        GaussianMixture(mixture.means, mixture.weights.flip(0), mixture.std),
        GaussianMixture(mixture.means.flip(1), mixture.weights, mixture.std),
        mixture.to("cpu", torch.float32),
    ]
    assert same.fingerprint == mixture.fingerprint
    assert len({mixture.fingerprint, *(other.fingerprint for other in others)}) == 1 + len(others)


@pytest.mark.parametrize("use", [lambda m: marginal(m, 0.8, 0.6), thermodynamic_metric, _covariance])
def test_no_cache_keeps_a_mixture_alive(use):
    mixture = random_mixture(dim=2, seed=3)
    use(mixture)
    known = weakref.ref(mixture)
    del mixture
    gc.collect()
    assert known() is None
