"""Time's arrow: the likelihood ratio is right as often as it says, and about paths of a reversible chain it knows nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest

from diffviz.engine import Setup
from diffviz.experiment import Experiment, ExperimentError
from diffviz.thermodynamics.arrow import accuracy, play, sureness
from diffviz.thermodynamics.work import increments_of
from tests import naive

FAST = Experiment(dataset="eight_gaussians", steps=5, particles=1)
HEARTBEAT = Experiment(dataset="heartbeat", steps=5, particles=1)
ONE = Experiment(dataset="gaussian", variance="optimal", schedule="linear", steps=10, zero_snr=True, particles=1)


@pytest.mark.parametrize("experiment", [FAST, HEARTBEAT], ids=["plane", "heartbeat"])
def test_the_likelihood_ratio_is_right_as_often_as_it_is_sure(experiment):
    setup = Setup(experiment)
    games = [play(setup, seed) for seed in range(400)]
    right = np.array([(game.work_kT > 0) == game.forward for game in games])
    sure = sureness(np.array([game.work_kT for game in games]))
    assert 0.5 < sure.mean() < 0.95
    assert abs((right - sure).mean()) < 4.0 * (right - sure).std() / math.sqrt(len(games))
    assert abs(np.mean([game.forward for game in games]) - 0.5) < 4.0 * 0.5 / math.sqrt(len(games))
    estimate = accuracy(setup, 2000)
    mean, error = naive.mean_and_error(sure)
    assert abs(estimate.value - mean) < 4.0 * math.hypot(error, estimate.stderr)


@pytest.mark.parametrize("experiment", [replace(FAST, particles=3), replace(HEARTBEAT, particles=3)], ids=["plane", "heartbeat"])
def test_the_work_is_that_of_all_particles_of_the_path(experiment):
    for seed in range(6):
        game = play(Setup(experiment), seed)
        assert game.path.shape[:2] == (experiment.steps + 1, 3)
        np.testing.assert_allclose(game.work_kT, increments_of(Setup(experiment), game.path).sum(), rtol=1e-9, atol=1e-9)


def test_a_path_follows_from_its_seed_alone():
    one, again, other = (play(Setup(FAST), seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.path, again.path)
    assert (one.forward, one.work_kT) == (again.forward, again.work_kT)
    assert not np.array_equal(one.path, other.path)


def test_nobody_can_tell_the_direction_of_a_chain_that_is_its_own_reverse():
    """One Gaussian with the exact mean and variance of every step, which ends in pure noise: W = 0."""
    assert accuracy(Setup(ONE), 200).value == pytest.approx(0.5, abs=1e-9)
    assert abs(play(Setup(ONE), 1).work_kT) < 1e-9


def test_a_slow_process_is_harder_to_tell_and_many_particles_are_easier():
    few, many = accuracy(Setup(FAST), 1000), accuracy(Setup(replace(FAST, steps=200)), 1000)
    assert few.value > many.value + 8.0 * math.hypot(few.stderr, many.stderr)
    assert accuracy(Setup(FAST), 1000, together=10).value > few.value + 0.1


def test_of_images_no_probability_of_a_path_is_known():
    with pytest.raises(ExperimentError):
        play(Setup(Experiment(dataset="digits", particles=1)), 0)
