"""Finite distributions: posterior and probabilities, against all 2^n sequences written out."""

import math
import time

import numpy as np
import pytest
import torch

from diffviz.binomial.finite import BitDistribution
from diffviz.binomial.kernels import redrawing
from diffviz.noise import Stream, particle_uniform
from tests.binomial.chains import PROBABILITIES, RATE, STATES, heartbeat, small
from tests.oracles.bits import Chain

LEVELS = [0.999999, 0.9, 0.4, 1e-6, 0.0]  # abar


@pytest.mark.parametrize("share", LEVELS)
def test_the_posterior_is_that_of_the_whole_table(share):
    chain = Chain(STATES, PROBABILITIES, [1.0, share], RATE)
    x, channel = torch.tensor(chain.x), redrawing(1 - share, RATE)
    assert small().posterior(x, channel).numpy() == pytest.approx(chain.posterior(1), abs=1e-9)
    assert small().log_joint(x, channel).logsumexp(1).exp().numpy() == pytest.approx(chain.marginal(1), rel=1e-9)


def test_at_no_noise_a_sequence_has_its_own_probability_and_others_have_none():
    chain = Chain(STATES, PROBABILITIES, [1.0], RATE)
    assert small().log_joint(torch.tensor(chain.x), np.eye(2)).logsumexp(1).exp().numpy() == pytest.approx(chain.data)
    states = small().states
    assert torch.equal(small().posterior(states, np.eye(2)), states)


def test_nothing_underflows_in_single_precision():
    """4000 bits of which half fit each of two states: the weights are e^-9000 and differ by one bit."""
    states = torch.stack([torch.zeros(4000), torch.ones(4000)]).double()
    two = BitDistribution(states, torch.tensor([0.5, 0.5], dtype=torch.float64)).to("cpu", torch.float32)
    x = (torch.arange(4000) % 2 == 0).float()[None]
    x[0, 1] = 1.0  # 2001 ones
    weight = 1 / (1 + (0.01 / 0.99) ** 2)
    assert two.posterior(x, np.array([[0.99, 0.01], [0.01, 0.99]])).numpy() == pytest.approx(weight, abs=1e-3)


def test_samples_are_states_as_often_as_they_are_probable():
    drawn = small().sample(particle_uniform(3, Stream.DATA, 40_000))
    kinds, counts = drawn.unique(dim=0, return_counts=True)
    found = dict(zip(map(tuple, kinds.tolist()), (counts / 40_000).tolist(), strict=True))
    for state, probability in zip(STATES, PROBABILITIES, strict=True):
        assert abs(found[tuple(map(float, state))] - probability) < 4 * math.sqrt(probability * (1 - probability) / 40_000)
    ends = small().sample(torch.tensor([0.0, 1.0 - 2.0**-53], dtype=torch.float64))
    assert ends.tolist() == [STATES[0], STATES[-1]]


def test_entropy_and_mean_of_the_heartbeat():
    assert heartbeat().entropy_nats == pytest.approx(math.log(5))
    assert heartbeat().mean.tolist() == pytest.approx([0.2] * 20)
    assert heartbeat().dim == 20


@pytest.mark.parametrize(
    ("states", "probabilities"),
    [
        ([[0.0, 2.0]], [1.0]),
        ([[0.0, 1.0], [0.0, 1.0]], [0.5, 0.5]),
        ([[0.0, 1.0]], [0.5]),
        ([[0.0, 1.0], [1.0, 1.0]], [1.0, 0.0]),
    ],
)
def test_what_is_no_distribution_is_refused(states, probabilities):
    with pytest.raises(ValueError, match="must be"):
        BitDistribution(torch.tensor(states, dtype=torch.float64), torch.tensor(probabilities, dtype=torch.float64))


def test_a_run_of_a_thousand_sequences_takes_well_under_a_second():
    data, x = heartbeat().to("cpu", torch.float32), (torch.rand(1000, 20) < 0.2).float()
    started = time.perf_counter()
    for lost in np.linspace(0.01, 1.0, 100):
        data.posterior(x, redrawing(lost, 0.2))
    assert time.perf_counter() - started < 0.5
