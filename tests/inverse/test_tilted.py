"""A mixture times a factor, exactly: against integrals on a grid, in closed form, and as what Doob's transform ends in."""

import math

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.domains.plane.datasets import make_dataset
from diffviz.engine import Setup
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.inverse.factors import POINT_FACTORS, Observation
from diffviz.inverse.tilted import Tilted

MEANS = torch.tensor([[-1.2, 0.3], [0.8, 0.9], [0.4, -1.0]], dtype=torch.float64)
MIXTURE = GaussianMixture(MEANS, torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64), 0.35)
STD = 0.5
TILTED = {name: Tilted(MIXTURE, row.make(-20.0, 0.7), STD**2) for name, row in POINT_FACTORS.items()}
SIDE = torch.linspace(-4.0, 4.0, 321, dtype=torch.float64)
GRID = torch.cartesian_prod(SIDE, SIDE)
CELL = float(SIDE[1] - SIDE[0]) ** 2


def weights(tilted):
    """q(x_0) r(x_0) on the grid."""
    return (MIXTURE.log_density(GRID) + tilted.factor.log_value(GRID, STD**2)).exp() * CELL


@pytest.mark.parametrize("name", TILTED)
def test_its_constant_mean_and_density_are_those_of_the_product(name):
    tilted = TILTED[name]
    mass = weights(tilted)
    assert tilted.log_z == pytest.approx(math.log(float(mass.sum())), abs=1e-7)
    torch.testing.assert_close(tilted.mean, mass @ GRID / mass.sum(), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(tilted.log_density(GRID).exp() * CELL, mass / mass.sum(), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("name", TILTED)
@pytest.mark.parametrize("alpha", [0.9, 0.5, 0.0])
def test_noise_makes_of_it_what_it_makes_of_its_points(name, alpha):
    """The marginal q(x_t) h(x_t)/Z and the posterior mean E[x_0|x_t, r]."""
    tilted, sigma = TILTED[name], math.sqrt(1 - alpha**2)
    mass = weights(tilted) / weights(tilted).sum()
    x = torch.tensor([[0.2, -0.5], [1.0, 0.8]], dtype=torch.float64)
    kernel = torch.exp(-(x[:, None] - alpha * GRID).square().sum(2) / (2 * sigma**2)) / (2 * math.pi * sigma**2)
    joint = kernel * mass
    torch.testing.assert_close(tilted.log_density(x, alpha, sigma), joint.sum(1).log(), rtol=1e-6, atol=1e-6)
    expected = joint @ GRID / joint.sum(1, keepdim=True)
    torch.testing.assert_close(tilted.posterior_mean(x, alpha, sigma), expected, rtol=1e-5, atol=1e-6)
    single = tilted.to("cpu", torch.float32).posterior_mean(x.float(), alpha, sigma)
    torch.testing.assert_close(single.double(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", TILTED)
def test_its_samples_have_its_moments(name):
    tilted, count = TILTED[name], 20_000
    uniform = torch.rand(count, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = tilted.sample(uniform, torch.randn(count, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
    mass = weights(tilted) / weights(tilted).sum()
    for of in (lambda x: x, lambda x: x.square(), lambda x: x.prod(1, keepdim=True)):
        found = of(x)
        assert ((found.mean(0) - mass @ of(GRID)).abs() < 5 * found.std(0) / count**0.5 + 1e-4).all()


def test_of_a_gaussian_and_a_noisy_observation_it_is_the_gaussian_of_textbooks():
    s2, y = 0.8**2, (1.1, -0.4)
    tilted = Tilted(make_dataset("gaussian", 0.8), Observation(y), STD**2)
    variance = 1 / (1 / s2 + 1 / STD**2)
    torch.testing.assert_close(tilted.mean, variance / STD**2 * torch.tensor(y, dtype=torch.float64))
    away = GRID[:500] - tilted.mean
    expected = -away.square().sum(1) / (2 * variance) - math.log(2 * math.pi * variance)
    torch.testing.assert_close(tilted.log_density(GRID[:500]), expected)
    evidence = -(1.1**2 + 0.4**2) / (2 * (s2 + STD**2)) - math.log(2 * math.pi * (s2 + STD**2))
    assert tilted.log_z == pytest.approx(evidence, abs=1e-12)


def test_equal_distributions_have_one_fingerprint_and_others_another():
    one = TILTED["ring"]
    assert one.fingerprint == Tilted(MIXTURE, POINT_FACTORS["ring"].make(50.0, 0.7), STD**2).fingerprint
    others = (TILTED["strip"], TILTED["half_plane"], Tilted(MIXTURE, one.factor, 0.1))
    assert len({each.fingerprint for each in (one, *others)}) == 4


@pytest.mark.parametrize("sampler", ["ancestral", "ddim"])
@pytest.mark.parametrize("name", POINT_FACTORS)
def test_the_transformed_process_ends_in_the_posterior(name, sampler):
    """Its samples' moments are the exact ones, within five standard errors and what 150 steps leave."""
    e = Experiment(
        dataset="grid_25", measurement=name, condition="exact", measure_noise=0.5, offset=0.6, angle=40.0, steps=150,
        particles=1000, sampler=sampler, device="cpu",
    )  # fmt: skip
    setup = Setup(e)
    x = run(e, setup).reverse[-1].astype(np.float64)
    uniform = torch.rand(40_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z = torch.randn(40_000, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    exact = setup.task.tilted.sample(uniform, z).numpy()
    for of in (lambda x: x, np.square, lambda x: x.prod(1, keepdims=True)):
        found, expected = of(x), of(exact)
        assert (np.abs(found.mean(0) - expected.mean(0)) < 5 * found.std(0) / len(x) ** 0.5 + 0.02).all()
    free = setup.domain.data(e).numpy()
    assert max(np.abs(of(free).mean(0) - of(exact).mean(0)).max() for of in (lambda x: x, np.square)) > 0.1  # as data do not
