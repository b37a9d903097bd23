import math

import numpy as np
import pytest
import torch

from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.own_mixture import narrow_mixture
from diffviz.energies.annealing import annealed_work, log_z_of
from diffviz.energies.network import EnergyMLP
from diffviz.energies.partition import NotNormalised, density, divergences, found_weights, model_density, square_of
from diffviz.energies.report import report
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.levels import level_of

LEVEL = 4.0


def exact(name, log_snr=LEVEL):
    """The data's own energy behind noise, with a constant that log Z has to find."""
    mixture = make_dataset(name)
    return mixture, lambda u: 3.0 - mixture.log_density(u, *level_of(log_snr))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    network = EnergyMLP(hidden=24, layers=2, features=8)
    network.draw_frequencies(torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.body.outputs.weight.mul_(3.0)
    return network.requires_grad_(False)


@pytest.mark.parametrize("name", ["eight_gaussians", "two_moons", "spiral"])
def test_the_exact_energy_has_its_constant_as_log_z_no_divergence_and_the_exact_weights(name):
    mixture, energy = exact(name)
    found = density(energy, precise=True)
    assert found.log_z.value == pytest.approx(-3.0, abs=1e-5)
    for divergence in divergences(found, mixture, LEVEL):
        assert divergence.value == pytest.approx(0.0, abs=1e-5)
    torch.testing.assert_close(found_weights(found, mixture, LEVEL), mixture.weights, rtol=1e-4, atol=1e-5)


def test_divergences_of_two_gaussians_are_those_of_the_formula():
    mixture = GaussianMixture(torch.zeros(1, 2, dtype=torch.float64), torch.ones(1, dtype=torch.float64), 0.5)
    alpha, sigma = level_of(1.0)
    q, p = alpha**2 * 0.25 + sigma**2, 0.6
    found = divergences(density(lambda u: u.square().sum(1) / (2 * p)), mixture, 1.0)
    wanted = q / p - 1 - math.log(q / p), p / q - 1 - math.log(p / q)
    assert [each.value for each in found] == pytest.approx(wanted, abs=1e-8)


@pytest.mark.parametrize("text", ["4,4,2,1", "-4,3,0.5,1", "0,0,1.5,1", "3,-2,0.1,1"])
@pytest.mark.parametrize("log_snr", [-4.0, 0.0, 7.0])
def test_data_far_from_the_model_are_within_the_square(text, log_snr):
    """A Gaussian of one's own beside the model N(0, I): the divergences are those of the formula, within the errors told."""
    mixture = narrow_mixture(text)
    (x, y, std), (alpha, sigma) = (float(part) for part in text.split(",")[:3]), level_of(log_snr)
    q, apart = alpha**2 * std**2 + sigma**2, alpha**2 * (x**2 + y**2)
    model = density(lambda u: u.square().sum(1) / 2, *square_of(mixture, log_snr))
    wanted = (2 * q + apart) / 2 - 1 - math.log(q), (2 + apart) / (2 * q) - 1 + math.log(q)
    for found, value in zip(divergences(model, mixture, log_snr), wanted, strict=True):
        assert abs(found.value - value) <= 2 * found.stderr + 1e-5 * value + 1e-6
        assert found.stderr < 0.01 * value + 1e-6


def test_the_divergences_of_a_report_count_data_outside_the_model_s_mass():
    """The energy of an untrained network without weights is that of N(0, I)."""
    network = EnergyMLP(hidden=4, layers=1, features=2).requires_grad_(False)
    network.draw_frequencies(torch.Generator().manual_seed(0))
    network.body.outputs.weight.zero_()
    found, (alpha, sigma) = report(network, narrow_mixture("4,4,2,1"), 7.0).kl_data_model, level_of(7.0)
    q = 4 * alpha**2 + sigma**2
    assert found.value == pytest.approx(q + 16 * alpha**2 - 1 - math.log(q), abs=1e-4)


def test_data_outside_the_square_are_refused():
    with pytest.raises(ValueError, match="does not hold the data"):
        divergences(density(lambda u: u.square().sum(1) / 2), narrow_mixture("4,4,2,1"), 7.0)


def test_the_error_that_is_told_is_no_less_than_the_true_one():
    for side in (21, 25, 31, 41):
        _, energy = exact("eight_gaussians", 7.0)
        found = density(energy, side=side)
        assert abs(found.log_z.value + 3.0) <= 2 * found.log_z.stderr + 1e-8


def test_the_square_grows_until_it_holds_the_mass():
    found = density(lambda u: u.square().sum(1) / (2 * 9.0))
    assert found.log_z.value == pytest.approx(math.log(2 * math.pi * 9.0), abs=1e-5)
    with pytest.raises(NotNormalised):
        density(lambda u: u[:, 0] * 0.0)


def test_annealing_agrees_with_quadrature_and_its_error_is_right(network):
    """Over seeds, what is found is as far from the truth as the standard errors say."""
    truth, apart = model_density(network, 2.0, precise=True).log_z.value, []
    for seed in range(40):
        found = log_z_of(annealed_work(network, 2.0, 200, 8, torch.Generator().manual_seed(seed)))
        apart.append((found.value - truth) / found.stderr)
    assert abs(np.mean(apart)) < 4 / math.sqrt(len(apart))
    assert 0.7 < np.std(apart) < 1.4


def test_annealing_tells_no_error_where_few_chains_have_the_weight():
    """Of works with a normal distribution log <exp(-W)> is -mean + variance/2; where that is not found no error is told."""
    for std, is_known in ((1.0, True), (6.0, False)):
        work = std * torch.randn(256, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        found, truth = log_z_of(work), math.log(2 * math.pi) + std**2 / 2
        assert math.isfinite(found.stderr) == is_known
        assert (abs(found.value - truth) < 1.0) == is_known
    assert math.isinf(log_z_of(torch.tensor([-9e8, -8e8, -7e8])).stderr)  # of energies that run away


def test_work_is_dissipated_less_the_slower_the_annealing_is(network):
    truth = math.log(2 * math.pi) - model_density(network, 2.0, precise=True).log_z.value  # the difference of free energies
    quick, slow = (annealed_work(network, 2.0, 1000, steps, torch.Generator().manual_seed(0)).mean() for steps in (2, 40))
    assert float(quick) > float(slow) > truth - 0.02
    assert float(slow) - truth < 0.5 * (float(quick) - truth)


def test_a_report_tells_it_all_at_once(network):
    mixture = make_dataset("eight_gaussians")
    found = report(network, mixture, LEVEL, chains=30, moves=5, ais=True)
    model = model_density(network, LEVEL)
    assert found.log_z == model.log_z
    assert found.kl_data_model.value > 0
    assert found.kl_model_data.value > 0
    assert float(found.found.sum()) == pytest.approx(1.0, abs=1e-6)
    assert float(found.in_chains.sum()) == pytest.approx(1.0, abs=1e-6)
    assert found.chains.shape == (30, 5, 2)
    assert found.ais.value == pytest.approx(found.log_z.value, abs=5 * found.ais.stderr)
    cell = (2 * found.reach / (len(found.energy) - 1)) ** 2
    assert float((-found.energy).exp().sum()) * cell == pytest.approx(1.0, abs=0.02)
    assert report(network, make_dataset("two_moons"), LEVEL).found is None
