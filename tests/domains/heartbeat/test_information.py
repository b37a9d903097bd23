"""What a chain costs on heartbeats, and how near samples are to them."""

import math

import numpy as np
import pytest

from diffviz.binomial.denoisers import Categorical
from diffviz.domains.heartbeat.data import heartbeat
from diffviz.domains.heartbeat.information import NULL_NATS, information, wrong_bits
from diffviz.schedules import make_schedule

SCHEDULE, TIMES = make_schedule("cosine", 10), np.arange(11)


def ignorant(x_t, alpha, sigma):
    """Every bit is a 1 with probability 1/5, whatever is seen."""
    return Categorical(0.2 * (x_t >= 0))


def test_the_exact_denoiser_has_no_error_and_no_excess():
    found = information(SCHEDULE, TIMES)
    assert found.bound.value == pytest.approx(found.kl.sum())
    assert found.bound.estimate.stderr == 0.0
    assert found.entropy_nats == pytest.approx(math.log(5))
    assert not found.excess.size


def test_what_a_network_adds_is_in_every_sum_with_its_error():
    found = information(SCHEDULE, TIMES, ignorant, seed=3)
    added, (costs, stderr) = found.excess.mean(1), found.of_steps(found.kl[:-1])
    assert costs == pytest.approx(found.kl[:-1, 0] + added)
    assert added.shape == stderr.shape == (10,)
    assert found.bound.value - found.kl.sum() == pytest.approx(added.sum())
    assert 0 < found.bound.estimate.stderr < 0.02 * added.sum()
    other = information(SCHEDULE, TIMES, ignorant, seed=4)
    assert added.sum() == pytest.approx(
        other.excess.mean(1).sum(), abs=4 * math.hypot(*(x.bound.estimate.stderr for x in (found, other)))
    )


def test_the_null_model_codes_bits_as_noise():
    states = heartbeat().states.numpy()
    cost = -(states * np.log(0.2) + (1 - states) * np.log(0.8)).sum(1)
    assert cost == pytest.approx([NULL_NATS] * 5)
    assert (NULL_NATS - math.log(5)) / math.log(2) == pytest.approx(12.117, abs=1e-3)  # the paper reached 12.024


def test_wrong_bits_of_a_sample():
    states = heartbeat().states.numpy()
    broken = states[3].copy()
    broken[[0, 3]] = 1, 0
    phase, wrong = wrong_bits(np.stack([states[0], states[4], broken]))
    assert phase.tolist() == [0, 4, 3]
    assert wrong.tolist() == [0, 0, 2]
