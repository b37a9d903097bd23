"""The density by the probability-flow ODE against that of mixtures, which is known."""

import math

import numpy as np
import pytest
import torch

from diffviz.domains.pictures.images import IMAGES, ImageRow, make_images
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.views.pictures.evaluation.likelihood import axes, dequantise, likelihood, ode_log_density, signs

START, REACH = 6.0, (6.0, -14.0)
ALPHA, SIGMA = (math.sqrt(1 / (1 + math.exp(sign * START))) for sign in (-1, 1))
ROW = ImageRow("Test", "", (1, 2, 2), 0, 9, lambda: None)
GENERATOR = torch.Generator().manual_seed(2)


def mixture(kind, dim=4):
    means = (
        torch.zeros(1, dim, dtype=torch.float64) if kind == "gaussian" else torch.linspace(-1, 1, 3 * dim).double().view(3, dim)
    )
    weights = torch.tensor([1.0] if kind == "gaussian" else [0.5, 0.3, 0.2], dtype=torch.float64)
    return GaussianMixture(means, weights, 0.35)


def points(law, count):
    uniform = torch.rand(count, generator=GENERATOR, dtype=torch.float64)
    x_0 = law.sample(uniform, torch.randn(count, law.dim, generator=GENERATOR, dtype=torch.float64))
    return ALPHA * x_0 + SIGMA * torch.randn(x_0.shape, generator=GENERATOR, dtype=torch.float64)


@pytest.mark.parametrize("kind", ["gaussian", "mixture"])
def test_with_the_whole_jacobian_it_is_the_density_of_the_mixture(kind):
    """At the level where the path begins. What is left at the far end, log SNR -14, is 1e-6 of the variance."""
    law = mixture(kind)
    u, exact = points(law, 30), ExactDenoiser(law, dtype=torch.float64, variance=False)
    found = ode_log_density(exact, u, axes(u.shape), 48, REACH).mean(0)
    truth = law.log_density(u, ALPHA, SIGMA)
    assert float((found - truth).abs().max()) < 3e-3
    coarse = ode_log_density(exact, u, axes(u.shape), 24, REACH).mean(0)
    assert float((found - truth).abs().max()) < 0.3 * float((coarse - truth).abs().max()) + 1.5e-3  # and it converges


def test_hutchinsons_estimate_is_without_bias_and_knows_its_error():
    law = mixture("mixture")
    u, exact = points(law, 40), ExactDenoiser(law, dtype=torch.float64, variance=False)
    found = ode_log_density(exact, u, signs(32, tuple(u.shape), GENERATOR), 16, REACH)
    whole = ode_log_density(exact, u, axes(u.shape), 16, REACH).mean(0)
    z = (found.mean(0) - whole) / (found.std(0) / math.sqrt(32))
    assert float(found.std(0).mean()) > 0.05  # there is something to average
    assert float(z.abs().max()) < 4.5
    assert 0.6 < float(z.square().mean().sqrt()) < 1.5


def test_signs_are_of_mean_zero_and_independent():
    z = signs(4000, (3,), GENERATOR)
    assert set(z.flatten().tolist()) == {-1.0, 1.0}
    np.testing.assert_allclose(z.T @ z / 4000, np.eye(3), atol=4 / math.sqrt(4000))


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_dequantisation_stays_within_the_bins_and_its_density_sums_to_one(kind):
    x = torch.zeros(4000, 1, 1, 1, dtype=torch.float64)
    y, log_q = dequantise(x, ROW, kind, 0.1, 0)
    inside = y.flatten().numpy()
    assert np.abs(inside).max() <= ROW.bin_width / 2
    inverse = np.exp(-log_q)  # E_q[1/q] is the width of the bin
    assert abs(inverse.mean() - ROW.bin_width) <= 4 * inverse.std() / math.sqrt(4000) + 1e-12


def shaped(law):
    exact = ExactDenoiser(law, dtype=torch.float64, variance=False)
    return lambda x, alpha, sigma: Prediction(exact(x, alpha, sigma).x0_hat)


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_the_bound_of_grey_levels_is_that_of_the_closed_form(kind):
    """log p(y) of the mixture instead of the ODE's, on the same y: equal. And no less than the entropy of the grey levels."""
    law, log_snr = mixture("gaussian"), 4.0
    levels = torch.linspace(-1, 1, 9, dtype=torch.float64)
    x = levels[torch.randint(9, (200, 1, 2, 2), generator=GENERATOR)]
    found = likelihood(shaped(law), x, ROW, 24, 2, kind, log_snr)
    alpha, std = math.sqrt(1 / (1 + math.exp(-log_snr))), math.exp(-log_snr / 2)
    y, log_q = dequantise(x, ROW, kind, std, 0)
    log_p = law.log_density((alpha * y).flatten(1), alpha, alpha * std).numpy() + 4 * math.log(alpha)
    wanted = (log_q - log_p) / (4 * math.log(2))
    assert found.bits_per_dim.value == pytest.approx(wanted.mean(), abs=0.01)
    assert found.bits_per_dim.stderr == pytest.approx(wanted.std(ddof=1) / math.sqrt(200), rel=0.1)
    assert abs(found.solver) < 0.02


def test_the_shipped_digits_cost_less_than_noise_and_the_solver_has_converged():
    setup = Setup(Experiment(dataset="digits", denoiser="digits", particles=1, device="cpu"))
    x = make_images("digits").held_out[::40]
    found = likelihood(setup.denoiser, x, IMAGES["digits"], 8, 2, "normal", 7.0)
    assert found.bits_per_dim.value + 4 * found.bits_per_dim.stderr < 3.0 < math.log2(17)
    assert abs(found.solver) < 0.2
    assert found.probe_stderr < found.bits_per_dim.stderr
