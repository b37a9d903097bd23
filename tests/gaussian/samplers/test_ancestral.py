import math

import numpy as np
import pytest
from diffusers import DDPMScheduler

from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.distances import sliced_wasserstein
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.samplers.ancestral import Ancestral
from diffviz.noise import ParticleNoise, Stream
from diffviz.process import Step, reverse_process
from diffviz.schedules import SCHEDULES, make_schedule
from diffviz.trajectory import StepInfo
from tests import naive
from tests.gaussian.samplers import chains


@pytest.mark.parametrize(("kind", "variance_type"), [("posterior", "fixed_small"), ("beta", "fixed_large")])
@pytest.mark.parametrize(
    ("name", "steps", "prediction_type"),
    [("linear", 50, "epsilon"), ("quadratic", 50, "epsilon"), ("sigmoid", 20, "sample"), ("cosine", 50, "sample")],
)
def test_every_step_is_that_of_diffusers(monkeypatch, kind, variance_type, name, steps, prediction_type):
    schedule, times = make_schedule(name, steps), np.arange(steps + 1)
    scheduler = DDPMScheduler(steps, variance_type=variance_type, clip_sample=False, prediction_type=prediction_type)
    chains.in_double(scheduler, schedule.beta)

    def step(output, t, sample):
        monkeypatch.setattr("diffusers.schedulers.scheduling_ddpm.randn_tensor", lambda *_, **__: chains.noise(t + 1))
        return scheduler.step(output, t, sample)

    sampler = Ancestral(reverse_variances(kind, schedule, times, chains.MIXTURE), times)
    ours, theirs = chains.ours(sampler, schedule, times), chains.theirs(scheduler, schedule, times, step)
    assert chains.largest_difference(ours, theirs) < 1e-8


@pytest.mark.parametrize("times", [np.arange(31), np.array([0, 1, 7, 30])], ids=["all", "few"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_gaussian_data_come_back_with_their_variance_after_any_number_of_steps(name, times):
    """Every reverse kernel of Gaussian data is Gaussian: with the optimal variance, q(x_t) in gives exactly q(x_s) out."""
    std, schedule = 0.5, make_schedule(name, 30)
    mixture = make_dataset("gaussian", std)
    sampler = Ancestral(reverse_variances("optimal", schedule, times, mixture), times)
    x_T, marginal = chains.noise(0), (schedule.alpha * std) ** 2 + schedule.sigma**2
    frames = reverse_process(ExactDenoiser(mixture, dtype=x_T.dtype), sampler, schedule, times, x_T, chains.noise)
    for frame, s in zip(frames, times[-2::-1], strict=False):
        gain = schedule.alpha[frame.t] * std**2 / marginal[frame.t]
        out = (frame.info.c_t + frame.info.c_0 * gain) ** 2 * marginal[frame.t] + frame.info.noise_std**2
        assert out == pytest.approx(marginal[s], rel=1e-9)


def test_the_step_draws_from_the_kernel_it_reports():
    schedule, times = make_schedule("cosine", 10), np.array([0, 3, 10])
    sampler = Ancestral(reverse_variances("posterior", schedule, times, chains.MIXTURE), times)
    x_t, x_0, z = (chains.noise(t) for t in (1, 2, 3))
    state, info = sampler.step(sampler.init(x_t), Prediction(x_0), Step(10, 3, schedule, lambda draw: z, chains.DENOISER))
    c_t, c_0, variance = naive.reverse(schedule, 3, 10)
    assert info[:3] == pytest.approx((c_t, c_0, math.sqrt(variance)), rel=1e-9, abs=1e-14)
    assert info[3:] == StepInfo()[3:]
    np.testing.assert_allclose(state.x, c_t * x_t + c_0 * x_0 + math.sqrt(variance) * z, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["eight_gaussians", "two_moons", "gaussian"])
def test_a_thousand_exact_steps_reach_the_data(name):
    """As far from fresh data as fresh data are from one another."""
    count, steps, rng = 1500, 1000, np.random.default_rng(0)
    mixture, schedule, times = make_dataset(name), make_schedule("cosine", steps), np.arange(steps + 1)
    sampler = Ancestral(reverse_variances("posterior", schedule, times, mixture), times)
    noise = ParticleNoise(0, Stream.REVERSE, count)
    for frame in reverse_process(ExactDenoiser(mixture, variance=False), sampler, schedule, times, noise(0), noise):
        generated = frame.x.numpy()
    clouds = [naive.draw(mixture, count, rng) for _ in range(20)]
    floor = [sliced_wasserstein(a, b) for a, b in zip(clouds[::2], clouds[1::2], strict=True)]
    reached = np.mean([sliced_wasserstein(generated, cloud) for cloud in clouds])
    assert reached < np.mean(floor) + 3 * np.std(floor, ddof=1)
