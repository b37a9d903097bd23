"""The thin roll, and training a network of normalised radial basis functions on it by variable projection."""

import math

import pytest
import torch

from diffviz.domains.plane import thin_roll as thin
from diffviz.domains.plane.bound_2015 import k_nats
from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.denoisers.rbf import ChainDenoiser, StepRBF
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import NoiseSchedule, from_log_snr

BITS = 1 / math.log(2)
SHORT = thin.ThinRecipe(width=0.05, steps=12, starts=2, tried=40, polished=60, levels=8, points=200, fitted=600, rounds=1)


@pytest.fixture(scope="module")
def trained():
    *_, (done, network) = thin.train_thin(SHORT)
    assert done == 1.0
    return network


def test_it_is_the_curve_of_the_swiss_roll_thinner_of_variance_one_and_without_gaps():
    mixture, roll = thin.thin_roll(0.01), make_dataset("swiss_roll")
    assert mixture.std == 0.01
    assert mixture.mean_square == pytest.approx(2, abs=1e-12)
    assert float((mixture.weights @ mixture.means).norm()) < 1e-12
    assert float(mixture.means.diff(dim=0).norm(dim=1).max()) <= thin.SPACING * mixture.std
    scale = math.sqrt((1 - 0.01**2) / (1 - roll.std**2))
    assert float(torch.cdist(roll.means * scale, mixture.means).min(1).values.max()) < 0.02


def test_k_on_random_points_is_k_by_quadrature(trained):
    """Of the network, of the exact denoiser, and of the data, on a roll wide enough for a grid."""
    mixture = thin.thin_roll(SHORT.width)
    schedule = NoiseSchedule("learned", *from_log_snr(trained.levels.double().numpy()))
    chain = mixture, schedule, torch.arange(SHORT.steps + 1).numpy()
    found = thin.k_bits(trained, mixture, 8192)
    wanted = k_nats(*chain, ChainDenoiser(trained), 8000).times(BITS).estimate
    assert abs(found.value - wanted.value) < 4 * math.hypot(found.stderr, wanted.stderr)
    assert found.stderr < 0.02
    exact = thin.exact_k_bits(trained.levels, mixture, 4096)
    assert abs(exact.value - k_nats(*chain).value * BITS) < 4 * exact.stderr
    truth = thin.truth_bits(mixture, 16384)
    assert abs(truth.value + marginal(mixture, 1.0, 0.0).entropy_nats * BITS) < 4 * truth.stderr
    assert found.value < exact.value < truth.value


def test_training_raises_k_far_above_that_of_no_read_outs(trained):
    untrained = StepRBF(SHORT.hidden, SHORT.steps)
    untrained.levels = trained.levels
    mixture = thin.thin_roll(SHORT.width)
    learned, null = (thin.k_bits(network, mixture, 2048).value for network in (trained, untrained))
    assert learned > null + 1.0
    assert float(trained.levels[0]) == pytest.approx(SHORT.first, abs=1e-5)  # held
    assert (trained.levels.diff() < 0).all()
    assert not trained.readouts[0].any()  # p(x_0|x_1) is the forward kernel


def test_the_read_outs_are_the_best_there_are():
    """Of least squares: no step away from them lowers the weighted squared error."""
    table = thin._Table(thin.thin_roll(0.05), [4.0, 1.0], 300, 0)
    generator = torch.Generator().manual_seed(0)
    centres, log_precisions = torch.randn(2, 6, 2, generator=generator, dtype=torch.float64)
    shares = thin.shares_of(table.x_t, centres, log_precisions)
    weights = torch.rand(2, 300, 2, generator=generator, dtype=torch.float64) + 0.1
    best = table.readouts(shares, weights)
    least = (weights * table.squared(shares, best)).mean()
    for _ in range(5):
        step = 1e-2 * torch.randn(best.shape, generator=generator, dtype=torch.float64)
        assert (weights * table.squared(shares, best + step)).mean() > least


def test_the_same_recipe_gives_the_same_weights(trained):
    *_, (_, again) = thin.train_thin(SHORT)
    assert all(torch.equal(trained.state_dict()[name], value) for name, value in again.state_dict().items())
