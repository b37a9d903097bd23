"""The 2015 paper's network of points."""

import math

import numpy as np
import pytest
import torch

from diffviz.fields import ExperimentError
from diffviz.gaussian.denoisers.rbf import LARGEST, ChainDenoiser, StepRBF
from diffviz.schedules import make_schedule


def level(log_snr):
    return math.sqrt(1 / (1 + math.exp(-log_snr))), math.sqrt(1 / (1 + math.exp(log_snr)))


def some_network(steps=5):
    torch.manual_seed(0)
    network = StepRBF(4, steps)
    for parameter in (network.centres, network.readouts):
        torch.nn.init.normal_(parameter)
    return network


def test_units_share_out_every_point_by_their_distance():
    network = some_network()
    x = torch.randn(7, 2)
    shares = network.shares(x)
    torch.testing.assert_close(shares.sum(1), torch.ones(7))
    precisions = network.log_precisions.exp()
    bumps = torch.exp(-0.5 * ((x[:, None] - network.centres).square() * precisions).sum(2))
    torch.testing.assert_close(shares, bumps / bumps.sum(1, keepdim=True))


def test_without_read_outs_the_data_are_standard_normal():
    """E[x_0|x_t] = alpha x_t and Var = sigma^2, so that p(x_0|x_1) is the forward kernel."""
    network = StepRBF(3, 6)
    points = "6 5.5 5 4.5 4 3 2 1 0 -1 -1.5 -2"
    network.draw(points)
    schedule = make_schedule("drawn", 6, points=points)
    x = torch.randn(10, 2)
    for t in range(1, 7):
        told = ChainDenoiser(network)(x, schedule.alpha.item(t), schedule.sigma.item(t))
        torch.testing.assert_close(told.x0_hat, x * schedule.alpha.item(t))
        torch.testing.assert_close(told.variance, torch.full_like(x, schedule.sigma.item(t) ** 2), rtol=1e-4, atol=1e-7)


def test_all_steps_at_once_are_each_step_alone_and_only_read_outs_know_which():
    network = some_network()
    x = torch.randn(5, 9, 2)
    mean, spread = network(x, network.levels)
    for index in range(5):
        one = network.at(x[index], index)
        torch.testing.assert_close(one[0], mean[index])
        torch.testing.assert_close(one[1], spread[index])
    assert ((spread > 0) & (spread < LARGEST)).all()
    with torch.no_grad():
        network.readouts[2] += 1.0
    changed = (network(x, network.levels)[0] - mean).abs().amax((1, 2)) > 1e-6
    assert changed.tolist() == [False, False, True, False, False]


def test_the_drawn_schedule_is_the_one_that_a_run_draws():
    network = StepRBF(3, 40)
    points = "8 6.95 5.57 4.45 3.68 3.13 2.54 2 1.46 0.71 -0.14 -1.09"
    network.draw(points)
    assert network.drawn == points
    np.testing.assert_allclose(network.levels, make_schedule("drawn", 40, points=points).log_snr[1:], atol=1e-5)


def test_it_answers_at_the_levels_of_its_chain_alone():
    network = some_network()
    denoiser = ChainDenoiser(network, "mine", "that of this test")
    assert [denoiser.index_of(*level(float(at))) for at in network.levels] == [0, 1, 2, 3, 4]
    for other in (level(0.123), (0.0, 1.0), (0.5, 0.5)):
        with pytest.raises(
            ExperimentError, match=r"^denoiser mine knows the noise levels of its own chain alone: that of this test\.$"
        ):
            denoiser(torch.zeros(1, 2), *other)
