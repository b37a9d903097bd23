"""Factors r(x) of the plane against integrals, and draws from what they multiply against their densities."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.special import ndtri

from diffviz.inverse.angles import von_mises
from diffviz.inverse.factors import POINT_FACTORS, log_ndtr

STD = 0.4
MADE = {name: row.make(30.0, 0.9) for name, row in POINT_FACTORS.items()}
SIDE = torch.linspace(-5.0, 5.0, 401, dtype=torch.float64)
GRID = torch.cartesian_prod(SIDE, SIDE)
CELL = float(SIDE[1] - SIDE[0]) ** 2
POINTS = torch.tensor([[0.3, -0.4], [1.2, 0.9], [-1.0, 0.2], [0.0, 0.0]], dtype=torch.float64)


def normal(x, m, v):
    return torch.exp(-(x - m).square().sum(-1) / (2 * v)) / (2 * math.pi * v)


@pytest.mark.parametrize("name", MADE)
def test_a_factor_with_more_noise_is_its_mean_over_that_noise(name):
    factor, v = MADE[name], 0.3
    r = factor.log_value(GRID, STD**2).exp()
    for m in POINTS:
        mean = float((normal(GRID, m, v) * r).sum() * CELL)
        assert float(factor.log_value(m, STD**2 + v).exp()) == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("name", MADE)
def test_the_gradient_is_that_of_the_value(name):
    m = POINTS[:3].clone().requires_grad_()
    value, gradient = MADE[name].with_gradient(m, 0.5)
    torch.testing.assert_close(value, MADE[name].log_value(m, 0.5))
    torch.testing.assert_close(gradient, torch.autograd.grad(value.sum(), m)[0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", MADE)
def test_draws_come_from_the_product(name):
    """Mean and second moments of x from N(x; m, v I) r(x), within five standard errors of their integrals."""
    factor, v, count = MADE[name], 0.5, 20_000
    uniform = torch.rand(count, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z = torch.randn(count, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for m in POINTS:
        weight = normal(GRID, m, v) * factor.log_value(GRID, STD**2).exp()
        weight /= weight.sum()
        x = factor.draw(m.expand(count, 2), v, STD**2, uniform, z)
        for of in (lambda x: x, lambda x: x.square(), lambda x: x.prod(1, keepdim=True), lambda x: x.norm(dim=1, keepdim=True)):
            expected, found = weight @ of(GRID), of(x)
            assert ((found.mean(0) - expected).abs() < 5 * found.std(0) / count**0.5 + 1e-4).all(), name


def test_far_from_its_edge_a_half_plane_is_a_tail():
    x = torch.tensor([-40.0, -9.1, -8.9, -1.0, 0.0, 5.0], dtype=torch.float64)
    np.testing.assert_allclose(log_ndtr(x), stats.norm.logcdf(x), rtol=1e-6)
    np.testing.assert_allclose(log_ndtr(x.float()), stats.norm.logcdf(x), rtol=1e-5, atol=1e-7)
    uniform, m = (
        torch.linspace(0.01, 0.99, 9, dtype=torch.float64),
        torch.tensor([[-30.0, 0.0]], dtype=torch.float64).expand(9, 2),
    )
    half = POINT_FACTORS["half_plane"].make(0.0, 1.0)
    assert torch.isfinite(half.draw(m, 0.01, 0.01, uniform, torch.zeros(9, 2, dtype=torch.float64))).all()
    one = half.draw(torch.zeros(9, 2, dtype=torch.float64), 1.0, 1e-12, uniform, torch.zeros(9, 2, dtype=torch.float64))
    tail = 1.0 - stats.norm.cdf(1.0)
    np.testing.assert_allclose(one[:, 0], -ndtri(tail * uniform.numpy()), rtol=1e-6)  # without noise it is the truncated normal


@pytest.mark.parametrize("concentration", [0.0, 0.7, 20.0, 3000.0])
def test_angles_have_the_distribution_of_von_mises(concentration):
    uniform = torch.linspace(0.0005, 0.9995, 1000, dtype=torch.float64)
    angles = von_mises(torch.full_like(uniform, concentration), uniform).numpy()
    below = stats.vonmises.cdf(angles, concentration) if concentration else (angles + math.pi) / (2 * math.pi)
    np.testing.assert_allclose(below, uniform, atol=1e-3)
