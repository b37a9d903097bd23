"""Sampling bits: the laws of the forward path and of the reverse one, and what belongs to a particle."""

import math

import numpy as np
import pytest
import torch

from diffviz.binomial.ancestral import BitAncestral, forward_process, prior
from diffviz.binomial.denoisers import ExactBits
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.process import reverse_process
from diffviz.schedules import make_schedule
from tests.binomial.chains import PROBABILITIES, RATE, STATES, heartbeat, small
from tests.oracles.bits import Chain


def noises(stream, particles, dim, seed=0):
    return ParticleNoise(seed, stream, particles, (dim,))


def forward(data, schedule, particles, rate, seed=0):
    x0 = data.sample(particle_uniform(seed, Stream.DATA, particles)).float()
    return [frame.x for frame in forward_process(schedule, x0, noises(Stream.FORWARD, particles, data.dim, seed), rate)]


def reverse(data, schedule, particles, rate, times=None, seed=0, denoiser=None):
    times, noise = np.arange(schedule.steps + 1) if times is None else times, noises(Stream.REVERSE, particles, data.dim, seed)
    sampler = BitAncestral(schedule, times, rate)
    return list(reverse_process(denoiser or ExactBits(data, rate), sampler, schedule, times, prior(noise(0), rate), noise))


def frequencies(x):
    """[2^n] of sequences [N, n]."""
    place = (x.double() @ 2.0 ** torch.arange(x.shape[1] - 1, -1, -1).double()).long()
    return torch.bincount(place, minlength=2 ** x.shape[1]).numpy() / len(x)


def assert_law(x, law):
    """A chi-square of the frequencies against the law, over sequences that are expected five times or more."""
    often = law * len(x) >= 5
    expected = np.append(law[often], law[~often].sum()) * len(x)
    found = np.append(frequencies(x)[often], frequencies(x)[~often].sum()) * len(x)
    keep = expected > 0
    assert found[~keep].sum() == 0
    statistic, freedom = ((found - expected)[keep] ** 2 / expected[keep]).sum(), keep.sum() - 1
    assert statistic < freedom + 5 * math.sqrt(2 * freedom)


def test_the_forward_path_has_the_marginals_of_all_sequences():
    schedule = make_schedule("sohl_dickstein", 4)
    chain = Chain(STATES, PROBABILITIES, schedule.signal_share, RATE)
    for t, x in enumerate(forward(small(), schedule, 20_000, RATE)):
        assert_law(x, chain.marginal(t))


@pytest.mark.parametrize("times", [np.arange(5), np.array([0, 3, 4])])
def test_the_reverse_path_has_the_law_of_the_factorised_kernels(times):
    schedule = make_schedule("sohl_dickstein", 4)
    chain = Chain(STATES, PROBABILITIES, schedule.signal_share[times], RATE)
    law = chain.noise
    frames = reverse(small(), schedule, 20_000, RATE, times)
    assert [frame.t for frame in frames] == times[::-1].tolist()
    for j, frame in zip(range(len(times) - 1, -1, -1), frames, strict=True):
        assert_law(frame.x, law)
        law = law @ chain.factorised(j) if j else law


def test_more_steps_bring_more_heartbeats_back():
    def share(steps):
        last = reverse(heartbeat(), make_schedule("cosine", steps), 2000, 0.2)[-1].x
        return float((last[:, None] == heartbeat().states.float()).all(2).any(1).float().mean())

    two, five, many = share(2), share(5), share(200)
    assert two < 0.5
    assert two + 0.2 < five < 0.95
    assert many > 0.99


def test_x0_hat_is_the_probability_of_a_one_and_the_info_has_the_kernel():
    schedule = make_schedule("sohl_dickstein", 3)
    frames = reverse(small(), schedule, 50, RATE)
    chain = Chain(STATES, PROBABILITIES, schedule.signal_share, RATE)
    for j, frame in zip((3, 2), frames, strict=False):
        place = (frame.x.double() @ 2.0 ** torch.arange(5, -1, -1).double()).long()
        assert frame.x0_hat.numpy() == pytest.approx(chain.posterior(j)[place], abs=1e-5)
        assert set(frame.info) == {"one_00", "one_01", "one_10", "one_11", "evaluations"}
    last = frames[2].info  # into data: what the denoiser says
    assert (last["one_00"], last["one_01"], last["one_10"], last["one_11"]) == pytest.approx((0, 1, 0, 1))


def test_a_particle_keeps_its_bits_whatever_the_batch():
    schedule = make_schedule("cosine", 8)
    for one, other in zip(forward(heartbeat(), schedule, 30, 0.2), forward(heartbeat(), schedule, 7, 0.2), strict=True):
        assert torch.equal(one[:7], other)
    for one, other in zip(reverse(heartbeat(), schedule, 30, 0.2), reverse(heartbeat(), schedule, 7, 0.2), strict=True):
        assert torch.equal(one.x[:7], other.x)
