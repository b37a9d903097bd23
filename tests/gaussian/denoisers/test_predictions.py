"""What a network may predict is one function of x_t in different words."""

import math

import pytest
import torch

from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.denoisers import base
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from diffviz.gaussian.denoisers.predictions import PREDICTIONS

LEVELS = [-9.0, -4.0, 0.0, 3.0, 8.0]
every_row = pytest.mark.parametrize("name", PREDICTIONS)


def drawn(count=200):
    generator = torch.Generator().manual_seed(0)
    x0, eps = torch.randn(2, count, 2, generator=generator, dtype=torch.float64)
    return 0.5 * x0, eps


def level(log_snr):
    return (1 + math.exp(-log_snr)) ** -0.5, (1 + math.exp(log_snr)) ** -0.5


@every_row
@pytest.mark.parametrize("log_snr", LEVELS)
def test_the_right_answer_means_x_0(name, log_snr):
    (x0, eps), (a, s), row = drawn(), level(log_snr), PREDICTIONS[name]
    target = row.target(x0, eps, torch.tensor(a, dtype=torch.float64), torch.tensor(s, dtype=torch.float64))
    torch.testing.assert_close(row.x0_hat(target, a * x0 + s * eps, a, s), x0, rtol=0, atol=1e-9)


@every_row
@pytest.mark.parametrize("log_snr", LEVELS)
def test_an_error_of_the_answer_is_one_of_x_0_times_its_share(name, log_snr):
    (u, error), (a, s), row = drawn(), level(log_snr), PREDICTIONS[name]
    moved = row.x0_hat(u + error, u, a, s) - row.x0_hat(u, u, a, s)
    torch.testing.assert_close(moved.square(), row.share(a, s) * error.square())


@every_row
def test_the_target_s_mean_is_what_the_exact_denoiser_says(name):
    """Given x_t: the score is the gradient of the log density, eps and v as base.py derives them."""
    mixture, (a, s), u = make_dataset("two_moons"), level(0.5), drawn()[0]
    x0_hat = mixture.posterior(u, a, s)[0]
    wanted = {
        "v": base.v_hat(u, x0_hat, a, s),
        "energy": base.v_hat(u, x0_hat, a, s),  # the gradient of U tells v
        "eps": base.eps_hat(u, x0_hat, a, s),
        "x0": x0_hat,
        "score": s * mixture.score(u, a, s),
        "flow": base.eps_hat(u, x0_hat, a, s) - x0_hat,
    }[name]
    torch.testing.assert_close(PREDICTIONS[name].x0_hat(wanted, u, a, s), x0_hat)


class Answering:
    """A network that knows the data and answers in one of the words."""

    def __init__(self, mixture, name):
        self.mixture, self.prediction = mixture, name

    def __call__(self, u, log_snr):
        a, s = level(float(log_snr))
        x0_hat = self.mixture.posterior(u, a, s)[0]
        return PREDICTIONS[self.prediction].target(x0_hat, base.eps_hat(u, x0_hat, a, s), a, s)


@every_row
@pytest.mark.parametrize(("alpha", "sigma"), [(0.6, 0.8), (1.0, 2.0), (0.3, 0.7)])  # of every kind of schedule
def test_networks_that_predict_different_things_are_one_denoiser(name, alpha, sigma):
    mixture, x_t = make_dataset("rings"), drawn()[0]
    told = NetworkDenoiser(Answering(mixture, name))(x_t, alpha, sigma).x0_hat
    torch.testing.assert_close(told, mixture.posterior(x_t, alpha, sigma)[0], rtol=0, atol=1e-9)


@every_row
def test_nothing_is_infinite_where_only_noise_is_left(name):
    told = PREDICTIONS[name].x0_hat(*drawn(), 0.0, 1.0)
    assert torch.isfinite(told).all()
