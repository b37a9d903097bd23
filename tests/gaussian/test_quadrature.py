import math
from dataclasses import astuple

import numpy as np
import pytest
import torch

from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.gaussian import quadrature
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import ERROR_NATS, clone_probability, entropy_nats, marginal, marginals
from diffviz.schedules import make_schedule
from tests import naive

LEVELS = [(1.0, 0.0), (0.999, 0.045), (0.9, 0.44), (0.5, 0.5), (0.1, 0.995), (0.0, 1.0)]  # (alpha, sigma)


@pytest.mark.parametrize("name", DATASETS)
def test_halving_the_spacing_changes_less_than_the_error_claimed(name):
    mixture = make_dataset(name)
    for alpha, sigma in LEVELS:
        coarse, fine = marginal(mixture, alpha, sigma), marginal(mixture, alpha, sigma, nodes_per_tau=8)
        assert coarse.entropy_nats == pytest.approx(fine.entropy_nats, abs=ERROR_NATS / 10)
        assert coarse.mmse == pytest.approx(fine.mmse, rel=1e-6, abs=1e-9)
        assert coarse.fisher == pytest.approx(fine.fisher, rel=1e-6)
        clones = [clone_probability(mixture, alpha, sigma, nodes) for nodes in (4, 8)]
        assert clones[0] == pytest.approx(clones[1], abs=1e-7)


@pytest.mark.parametrize("name", DATASETS)
def test_entropy_and_mmse_agree_with_monte_carlo(name):
    mixture, rng = make_dataset(name), np.random.default_rng(0)
    x_0 = naive.draw(mixture, 4000, rng)
    for alpha, sigma in LEVELS:
        exact = marginal(mixture, alpha, sigma)
        x_t = alpha * x_0 + sigma * rng.standard_normal(x_0.shape)
        entropy, entropy_error = naive.mean_and_error(-naive.log_density(mixture, x_t, alpha, sigma))
        assert abs(exact.entropy_nats - entropy) < 4 * entropy_error
        score, score_error = naive.mean_and_error(mixture.score(torch.from_numpy(x_t), alpha, sigma).square().sum(1).numpy())
        assert abs(exact.fisher - score) < 4 * score_error
        if sigma:
            mean, variance = naive.posterior(mixture, x_t, alpha, sigma)
            for values in (variance.sum(1), ((x_0 - mean) ** 2).sum(1)):  # what the posterior says, and what happens
                mmse, mmse_error = naive.mean_and_error(values)
                assert abs(exact.mmse - mmse) < 4 * mmse_error + 1e-8


@pytest.mark.parametrize("name", ["eight_gaussians", "swiss_roll", "smiley"])
def test_information_is_half_the_area_under_the_mmse(name):
    """I-MMSE (Guo, Shamai & Verdu 2005): dI/dSNR = MMSE/2, with I = h(x_t) - h(noise); Gauss-Legendre in log SNR."""
    mixture = make_dataset(name)

    def at(log_snr):
        return math.sqrt(1 / (1 + math.exp(-log_snr))), math.sqrt(1 / (1 + math.exp(log_snr)))

    def information_nats(log_snr):
        alpha, sigma = at(log_snr)
        return marginal(mixture, alpha, sigma).entropy_nats - math.log(2 * math.pi * math.e * sigma**2)

    nodes, weights = np.polynomial.legendre.leggauss(12)
    for low, high in [(-4.0, -1.0), (-1.0, 1.5), (1.5, 3.0), (3.0, 5.0)]:
        log_snr = (low + high) / 2 + (high - low) / 2 * nodes
        mmse = np.array([marginal(mixture, *at(value)).mmse for value in log_snr])
        area = (high - low) / 2 * float(weights @ (mmse / 2 * np.exp(log_snr)))  # dSNR = SNR dlogSNR
        assert information_nats(high) - information_nats(low) == pytest.approx(area, abs=1e-5)


@pytest.mark.parametrize("std", [0.05, 0.5, 1.0, 1.5])
def test_a_gaussian_has_its_closed_form(std):
    mixture = make_dataset("gaussian", std)
    for alpha, sigma in LEVELS:
        tau2 = (alpha * std) ** 2 + sigma**2
        exact = marginal(mixture, alpha, sigma)
        assert exact.entropy_nats == pytest.approx(math.log(2 * math.pi * math.e * tau2), abs=1e-8)
        assert exact.mmse == pytest.approx(2 * std**2 * sigma**2 / tau2, rel=1e-9)


def test_two_gaussians_far_apart_add_one_bit():
    means = torch.tensor([[-10.0, 0.0], [10.0, 0.0]], dtype=torch.float64)
    mixture = GaussianMixture(means, torch.tensor([0.5, 0.5], dtype=torch.float64), 0.3)
    expected = math.log(2 * math.pi * math.e * 0.3**2) + math.log(2)
    assert marginal(mixture, 1.0, 0.0).entropy_nats == pytest.approx(expected, abs=1e-8)


def test_less_noise_never_hides_more():
    mixture, schedule = make_dataset("spiral"), make_schedule("cosine", 60)
    entropy, mmse = marginals(mixture, schedule.alpha, schedule.sigma)
    assert entropy.shape == mmse.shape == (61,)
    assert mmse[0] == 0.0
    assert (np.diff(mmse) > 0).all()
    assert mmse[-1] < mixture.mean_square


@pytest.mark.parametrize(("alpha", "sigma"), LEVELS)
def test_a_line_has_what_the_plane_has_less_an_independent_coordinate(alpha, sigma):
    """The same two Gaussians on a line and in the plane, where y is a Gaussian that knows nothing of x."""
    plane = make_dataset("two_gaussians")
    line = GaussianMixture(plane.means[:, :1], plane.weights, plane.std)
    one, both, tau2 = marginal(line, alpha, sigma), marginal(plane, alpha, sigma), alpha**2 * 0.04 + sigma**2
    assert both.entropy_nats - one.entropy_nats == pytest.approx(0.5 * math.log(2 * math.pi * math.e * tau2), abs=1e-8)
    assert both.mmse - one.mmse == pytest.approx(0.04 * sigma**2 / tau2, abs=1e-8)
    assert both.fisher - one.fisher == pytest.approx(1 / tau2, rel=1e-8)
    assert entropy_nats(line) == pytest.approx(marginal(line, 1.0, 0.0).entropy_nats)


def test_a_mixture_in_space_has_no_quadrature():
    space = GaussianMixture(torch.zeros(1, 3).double(), torch.ones(1).double(), 1.0)
    for find in (lambda: marginal(space, 0.6, 0.8), lambda: clone_probability(space, 0.6, 0.8)):
        with pytest.raises(ValueError, match="must have 1 or 2 dimensions"):
            find()


@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 0.0), (0.8, 0.6), (0.1, 0.99)])
def test_components_that_share_coordinates_are_summed_by_coordinates_to_the_same(monkeypatch, alpha, sigma):
    """A lattice of 30 x 40 with uneven weights, one component twice; and as if nobody had looked."""
    x, y = torch.meshgrid(torch.linspace(-1, 1, 30), torch.linspace(-2, 1, 40), indexing="ij")
    means = torch.stack([x.flatten(), y.flatten()], 1).double()
    means = torch.cat([means, means[:1]])
    weights = torch.rand(len(means), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mixture = GaussianMixture(means, weights / weights.sum(), 0.1)
    found = [marginal.__wrapped__(mixture, alpha, sigma), clone_probability(mixture, alpha, sigma)]
    assert quadrature._grid(alpha * means, 0.1, 4).shape == (30, 40)
    monkeypatch.setattr(quadrature, "MANY", len(means))
    plain = [marginal.__wrapped__(mixture, alpha, sigma), clone_probability(mixture, alpha, sigma)]
    assert quadrature._grid(alpha * means, 0.1, 4).shape is None
    assert found[1] == pytest.approx(plain[1], rel=1e-9)
    for one, other in zip(astuple(found[0]), astuple(plain[0]), strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", ["spiral", "checkerboard", "two islands"])
@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 0.0), (0.98, 0.2), (0.1, 0.99)])
def test_rows_are_summed_over_the_components_that_reach_them_to_the_same(monkeypatch, name, alpha, sigma):
    """And as if every component reached every row. Between two islands there are rows that none reaches."""
    if name == "two islands":
        means = torch.randn(60, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        means[::2, 0] += 40.0
        mixture = GaussianMixture(means, torch.linspace(1.0, 2.0, 60, dtype=torch.float64) / 90, 0.3)
    else:
        mixture = make_dataset(name)

    def found():
        levels = [marginal.__wrapped__(mixture, alpha, sigma), clone_probability(mixture, alpha, sigma)]
        return [*astuple(levels[0]), levels[1], quadrature.log_spread_nats.__wrapped__(mixture, alpha, sigma, 1.0, 0.5)]

    grid = quadrature._grid(alpha * mixture.means, math.hypot(alpha * mixture.std, sigma), 4)
    assert alpha < 0.5 or sum(seen.stop - seen.start for _, seen in grid.bands) < len(grid.bands) * len(mixture.means)
    assert grid.sums().numpy() * grid.scale == pytest.approx(1.0, abs=1e-10)
    banded = found()
    monkeypatch.setattr(quadrature, "FEW", len(mixture.means))
    assert banded == pytest.approx(found(), rel=1e-10, abs=1e-12)
