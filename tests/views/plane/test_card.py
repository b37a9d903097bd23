import math

import numpy as np
import pytest
import torch

from diffviz import checkpoints
from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.information import network_errors
from diffviz.domains.plane.training import Recipe
from diffviz.exports import training_command
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import make_schedule
from diffviz.views.plane import card
from tests import naive

SHIPPED = [name for name in checkpoints.names() if name in DATASETS]  # others are of one chain
STEPS = 100
every_shipped = pytest.mark.parametrize("name", SHIPPED)


def test_there_is_a_network_for_every_data_set():
    assert set(SHIPPED) == {name for name, row in DATASETS.items() if row.network}


@every_shipped
def test_a_shipped_network_costs_less_than_a_twentieth_of_a_nat_as_its_card_says(name):
    """Measured again on points of its own, at T = 100 on cosine with the optimal variance."""
    loaded = checkpoints.load(name)
    assert loaded.recipe.dataset == name
    mixture, schedule, rng, count = make_dataset(name), make_schedule("cosine", STEPS), np.random.default_rng(11), 4000
    values = reverse_variances("optimal", schedule, np.arange(STEPS + 1), mixture).values
    denoiser, cost = NetworkDenoiser(loaded.network), np.zeros(count)
    for t in range(1, STEPS + 1):
        x_0, eps = naive.draw(mixture, count, rng), rng.standard_normal((count, 2))
        alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
        x_t = torch.from_numpy(alpha * x_0 + sigma * eps)
        wrong = mixture.posterior(x_t, alpha, sigma, variance=False)[0] - denoiser(x_t.float(), alpha, sigma).x0_hat.double()
        cost += naive.reverse(schedule, t - 1, t)[1] ** 2 / (2 * values[t - 1]) * wrong.square().sum(1).numpy()
    mean, error = naive.mean_and_error(cost)
    claimed = loaded.measured["gap_nats"] - loaded.measured["exact_gap_nats"]
    assert 0 < mean < 0.05
    assert 0 <= claimed < 0.05
    assert abs(mean - claimed) < 3 * math.hypot(error, loaded.measured["stderr_nats"]) + 1e-4  # figures are rounded


@every_shipped
def test_its_figures_are_those_of_the_engine(name):
    loaded = checkpoints.load(name)
    measured, mixture, schedule = loaded.measured, make_dataset(name), make_schedule("cosine", STEPS)
    assert measured["entropy_nats"] == pytest.approx(marginal(mixture, 1.0, 0.0).entropy_nats, abs=6e-5)
    assert measured["bound_nats"] - measured["gap_nats"] == pytest.approx(measured["entropy_nats"], abs=2e-4)
    times, denoiser = np.array([0, 1, 30, 70]), NetworkDenoiser(loaded.network)
    few, many = (network_errors(denoiser, mixture, schedule, times, samples=n) for n in (50, 200))
    np.testing.assert_allclose(few, many[:, :50], rtol=1e-3, atol=1e-7)  # a smaller sample is the beginning of a larger


def test_the_card_names_the_command_that_trains_it_again():
    assert training_command(Recipe("rings")) == "python -m diffviz train --dataset rings"
    changed = Recipe("rings", hidden=64, lr=0.001, seed=3)
    assert training_command(changed) == "python -m diffviz train --dataset rings --hidden 64 --lr 0.001 --seed 3"


def test_the_measure_of_a_network_is_the_gap_beside_the_exact_one(monkeypatch):
    monkeypatch.setattr(card, "SAMPLES", 256)
    measured = card.measure(checkpoints.load("gaussian").network, Recipe("gaussian"))
    assert set(measured) == {"entropy_nats", "bound_nats", "gap_nats", "exact_gap_nats", "stderr_nats"}
    assert measured["entropy_nats"] == pytest.approx(math.log(2 * math.pi * math.e), abs=1e-4)
    assert measured["exact_gap_nats"] == 0
    assert 0 <= measured["gap_nats"] < 0.01
