"""The process of bits: the laws of the forward path and of the reverse one, and what belongs to a particle."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from diffviz.binomial.costs import exact_costs
from diffviz.binomial.denoisers import ExactBits
from diffviz.binomial.kernels import one_before, redrawing, reverse_kernels
from diffviz.binomial.process import Binomial
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.process import forward_process, reverse_process
from diffviz.schedules import make_schedule
from diffviz.trajectory import StepInfo
from tests.binomial.chains import PROBABILITIES, RATE, STATES, heartbeat, small
from tests.oracles.bits import Chain


def binomial(schedule, rate, times=None):
    return Binomial(
        SimpleNamespace(sampler="ancestral"), schedule, np.arange(schedule.steps + 1) if times is None else times, rate
    )


def forward(data, schedule, particles, rate, seed=0):
    process = binomial(schedule, rate)
    noise = ParticleNoise(seed, Stream.FORWARD, particles, (data.dim,))
    x0 = data.sample(particle_uniform(seed, Stream.DATA, particles)).float()
    return [frame.x for frame in forward_process(process, x0, noise)]


def reverse(data, schedule, particles, rate, times=None, seed=0):
    process = binomial(schedule, rate, times)
    noise = ParticleNoise(seed, Stream.REVERSE, particles, (data.dim,))
    x_T = process.prior(noise(0))
    return list(reverse_process(ExactBits(data, rate), process.sampler(), schedule, process.visited, x_T, noise))


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


def test_a_step_over_several_times_is_the_kernel_between_them():
    schedule, x = make_schedule("cosine", 10), heartbeat().states.float()
    normal = torch.randn(5, 20, generator=torch.Generator().manual_seed(2))
    expected = redrawing(1 - schedule.signal_share[7] / schedule.signal_share[3], 0.2)[:, 1]
    one = torch.where(x == 1, expected[1], expected[0])
    assert torch.equal(binomial(schedule, 0.2).forward(x, 3, 7, normal), (torch.special.ndtr(normal) < one).float())


def test_x0_hat_is_the_probability_of_a_one_and_the_info_has_the_kernel():
    schedule = make_schedule("sohl_dickstein", 3)
    frames = reverse(small(), schedule, 50, RATE)
    chain = Chain(STATES, PROBABILITIES, schedule.signal_share, RATE)
    for j, frame in zip((3, 2), frames, strict=False):
        place = (frame.x.double() @ 2.0 ** torch.arange(5, -1, -1).double()).long()
        assert frame.x0_hat.numpy() == pytest.approx(chain.posterior(j)[place], abs=1e-5)
        assert frame.info == StepInfo(evaluations=1, transition=frame.info.transition)
    assert frames[2].info.transition == (pytest.approx((0, 1)), pytest.approx((0, 1)))  # into data: what the denoiser says


def test_a_particle_keeps_its_bits_whatever_the_batch():
    schedule = make_schedule("cosine", 8)
    for one, other in zip(forward(heartbeat(), schedule, 30, 0.2), forward(heartbeat(), schedule, 7, 0.2), strict=True):
        assert torch.equal(one[:7], other)
    for one, other in zip(reverse(heartbeat(), schedule, 30, 0.2), reverse(heartbeat(), schedule, 7, 0.2), strict=True):
        assert torch.equal(one.x[:7], other.x)


def log_bits(one, x):
    """[N] log of the probability of bits x [N, D] that are each 1 with probability one [N, D]."""
    return torch.where(x == 1, one, 1 - one).log().sum(1)


def test_the_bound_is_the_mean_work_of_paths_and_jarzynski_s_equality_holds():
    """log q(x_1..x_T|x_0) - log p(x_0..x_T) along forward paths of the heartbeat: its mean is the bound, and the mean of
    exp(-that) given x_0 is p(x_0), which of the five heartbeats together is the share of samples that are heartbeats."""
    schedule, data, steps, particles = make_schedule("cosine", 40), heartbeat(), 40, 5_000
    path = [x.double() for x in forward(data, schedule, particles, 0.2)]
    kernels, work = reverse_kernels(schedule, np.arange(steps + 1), 0.2), -log_bits(torch.full((1, 20), 0.2).double(), path[-1])
    for t in range(1, steps + 1):
        x_s, x_t, share = path[t - 1], path[t], schedule.signal_share
        kept = share[t] / share[t - 1]
        posterior = data.posterior(x_t, redrawing(1 - share[t], 0.2))
        work += log_bits(kept * x_s + 0.2 * (1 - kept), x_t) - log_bits(one_before(kernels[t - 1], x_t, posterior), x_s)
    cost = exact_costs(data, schedule, np.arange(steps + 1), 0.2).kl.sum()
    assert float(work.mean()) == pytest.approx(cost, abs=4 * float(work.std()) / math.sqrt(particles))
    likely = 5 * torch.exp(-work)  # the five have one probability
    last = reverse(data, schedule, 5_000, 0.2)[-1].x
    share = float((last[:, None] == data.states.float()).all(2).any(1).double().mean())
    error = math.hypot(float(likely.std()) / math.sqrt(particles), math.sqrt(share * (1 - share) / 5_000))
    assert float(likely.mean()) == pytest.approx(share, abs=4 * error)
    assert error < 0.02
