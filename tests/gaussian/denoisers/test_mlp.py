import math

import numpy as np
import pytest
import torch

from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.denoisers.base import v_hat
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.denoisers.mlp import HIGHEST, LOG_SNR_RANGE, LOWEST, MLP, NetworkDenoiser
from diffviz.schedules import SCHEDULES, make_schedule


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = MLP(hidden=16, layers=2, features=8)
    network.draw_frequencies(torch.Generator().manual_seed(0))
    return network.double().requires_grad_(False)


def points(count=50, seed=0):
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_network_that_answers_the_true_v_is_the_exact_denoiser_for_every_schedule(name):
    exact = ExactDenoiser(make_dataset("eight_gaussians"), dtype=torch.float64)

    def perfect(u, log_snr):
        alpha, sigma = float(torch.sigmoid(log_snr).sqrt()), float(torch.sigmoid(-log_snr).sqrt())
        return v_hat(u, exact(u, alpha, sigma).x0_hat, alpha, sigma)

    denoiser, schedule = NetworkDenoiser(perfect), make_schedule(name, 10)
    for alpha, sigma in zip(schedule.alpha[1:].tolist(), schedule.sigma[1:].tolist(), strict=True):
        x_t = alpha * points() + sigma * points(seed=1)
        torch.testing.assert_close(denoiser(x_t, alpha, sigma).x0_hat, exact(x_t, alpha, sigma).x0_hat, rtol=1e-6, atol=1e-6)


def test_only_the_ratio_of_alpha_and_sigma_matters(network):
    denoiser, x_t = NetworkDenoiser(network), points()
    torch.testing.assert_close(denoiser(x_t, 0.6, 0.8).x0_hat, denoiser(5 * x_t, 3.0, 4.0).x0_hat)


def test_at_the_least_noise_the_answer_is_nearly_the_point(network):
    torch.testing.assert_close(NetworkDenoiser(network)(points(), 1.0, 1e-6).x0_hat, points(), rtol=0, atol=1e-4)


def test_without_signal_it_is_asked_at_the_edge_of_what_it_was_trained_on(network):
    edge = torch.tensor([LOG_SNR_RANGE[0]], dtype=torch.float64)
    torch.testing.assert_close(NetworkDenoiser(network)(points(), 0.0, 1.0).x0_hat, -network(points(), edge))


def test_one_noise_level_for_all_is_the_same_level_for_each(network):
    level = torch.tensor([1.5], dtype=torch.float64)
    torch.testing.assert_close(network(points(), level), network(points(), level.expand(50)))
    assert (network(points(), level) - network(points(), level - 3)).abs().max() > 1e-3  # it does read the level


def test_levels_embedded_at_once_are_those_embedded_one_by_one(network, monkeypatch):
    """And a level that was not told is answered all the same."""
    levels = [(1.0, 1e-4), (0.8, 0.6), (0.6, 0.8), (0.0, 1.0), (1.0, 80.0)]
    told, plain = NetworkDenoiser(network, levels), NetworkDenoiser(network)
    expected = [plain(points(), *level).x0_hat for level in levels]
    unknown = plain(points(), 0.5, 0.5).x0_hat
    torch.testing.assert_close(told(points(), 0.5, 0.5).x0_hat, unknown, rtol=0, atol=0)
    monkeypatch.setattr(MLP, "embed", None)  # from here on nothing can be embedded
    for level, x0_hat in zip(levels, expected, strict=True):
        torch.testing.assert_close(told(points(), *level).x0_hat, x0_hat)


def test_a_gradient_flows_through_levels_embedded_before(network):
    x_t = points().requires_grad_()
    told, plain = NetworkDenoiser(network, [(0.6, 0.8)]), NetworkDenoiser(network)
    gradients = [torch.autograd.grad(denoiser(x_t, 0.6, 0.8).x0_hat.square().sum(), x_t)[0] for denoiser in (told, plain)]
    torch.testing.assert_close(*gradients)


def test_frequencies_span_their_range_in_all_directions():
    network = MLP(features=64)
    network.draw_frequencies(torch.Generator().manual_seed(1))
    length = network.frequencies.norm(dim=0)
    assert length.min().item() == pytest.approx(LOWEST, rel=1e-5)
    assert length.max().item() == pytest.approx(HIGHEST, rel=1e-5)
    np.testing.assert_allclose(length.log().diff(), math.log(HIGHEST / LOWEST) / 63, rtol=1e-3)
    direction = network.frequencies / length
    assert direction.mean(1).norm() < 4 / 8


def test_it_has_no_variance_to_offer(network):
    assert NetworkDenoiser(network)(points(), 0.6, 0.8).variance is None
