import math

import pytest
import torch

from diffviz.energies.denoiser import EnergyDenoiser, one_level
from diffviz.energies.network import EnergyMLP
from diffviz.fields import ExperimentError
from diffviz.gaussian.denoisers.base import score
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = EnergyMLP(hidden=16, layers=2, features=8)
    network.draw_frequencies(torch.Generator().manual_seed(0))
    return network.double().requires_grad_(False)


def points(count=40, seed=0):
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 0.03), (0.6, 0.8), (3.0, 4.0), (0.01, 1.0)])
def test_the_score_is_minus_the_gradient_of_the_energy(network, alpha, sigma):
    denoiser = EnergyDenoiser(network)
    x_t = points().requires_grad_()
    told = denoiser(x_t, alpha, sigma)
    (gradient,) = torch.autograd.grad(told.energy.sum(), x_t)
    torch.testing.assert_close(score(x_t, told.x0_hat, alpha, sigma), -gradient, rtol=1e-8, atol=1e-8)
    for axis in torch.eye(2, dtype=torch.float64):  # and of its values, whatever automatic differentiation says
        ahead, behind = (denoiser.log_density(points() + side * 1e-5 * axis, alpha, sigma) for side in (1, -1))
        slope = score(points(), told.x0_hat.detach(), alpha, sigma) @ axis
        torch.testing.assert_close((ahead - behind) / 2e-5, slope, rtol=1e-4, atol=1e-5)


def test_it_is_asked_within_inference_mode_where_no_gradient_is_recorded(network):
    with torch.inference_mode():
        x_t = points()
        told = EnergyDenoiser(network)(x_t, 0.8, 0.6)
    assert not told.x0_hat.requires_grad
    assert not told.energy.requires_grad
    torch.testing.assert_close(told.x0_hat, EnergyDenoiser(network)(points(), 0.8, 0.6).x0_hat.detach())


def test_a_loss_of_the_score_has_gradients_in_all_weights_but_the_constant(network):
    network.requires_grad_(True)
    network(points(), torch.full((40,), 2.0, dtype=torch.float64)).square().sum().backward()
    without = [name for name, value in network.named_parameters() if value.grad is None or not value.grad.abs().max() > 0]
    assert without == ["body.outputs.bias"]


def test_only_the_ratio_of_alpha_and_sigma_matters_and_the_density_scales_with_x(network):
    denoiser = EnergyDenoiser(network)
    near, far = denoiser.log_density(points(), 0.6, 0.8), denoiser.log_density(5 * points(), 3.0, 4.0)
    torch.testing.assert_close(far, near - 2 * math.log(5.0))


def test_where_there_is_only_noise_the_energy_is_that_of_standard_normal_noise(network):
    energies = -EnergyDenoiser(network).log_density(points(), 0.0, 1.0)
    noise = points().square().sum(1) / 2
    apart = energies - noise
    assert apart.std() < 0.01 * noise.std()


def test_one_noise_level_for_all_is_the_same_level_for_each(network):
    level = torch.tensor([1.5], dtype=torch.float64)
    torch.testing.assert_close(network.energy(points(), level), network.energy(points(), level.expand(40)))
    assert (network.energy(points(), level) - network.energy(points(), level - 3)).abs().max() > 1e-3  # it does read the level
    beyond = network.energy(points(), torch.tensor([LOG_SNR_RANGE[1] + 5], dtype=torch.float64))
    torch.testing.assert_close(beyond, network.energy(points(), torch.tensor([LOG_SNR_RANGE[1]], dtype=torch.float64)))


def test_the_energy_and_its_force_belong_together(network):
    energy, force = network.energy_and_force(points(), torch.tensor([3.0], dtype=torch.float64))
    torch.testing.assert_close(energy, network.energy(points(), torch.tensor([3.0], dtype=torch.float64)))
    u = points().requires_grad_()
    (gradient,) = torch.autograd.grad(network.energy(u, torch.tensor([3.0], dtype=torch.float64)).sum(), u)
    torch.testing.assert_close(force, gradient)


def test_an_energy_of_one_level_is_refused_at_others(network):
    denoiser = EnergyDenoiser(network, one_level(2 * math.log(0.8 / 0.6), "it"))
    denoiser(points(), 0.8, 0.6)
    denoiser(points(), 4.0, 3.0)
    with pytest.raises(ExperimentError, match="denoiser it was trained at log SNR"):
        denoiser(points(), 0.6, 0.8)
