import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.samplers.ancestral import Ancestral
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.process import reverse_process
from diffviz.schedules import SCHEDULES, make_schedule
from diffviz.spacings import SPACINGS, visited_times
from tests.gaussian.samplers import chains


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("count", [50, 10, 5, 1])
@pytest.mark.parametrize("spacing", ["trailing", "leading"])
@pytest.mark.parametrize(("name", "prediction_type"), [("linear", "epsilon"), ("cosine", "sample")])
def test_every_step_is_that_of_diffusers(name, prediction_type, spacing, count, eta):
    steps = 50
    schedule = make_schedule(name, steps)
    times = visited_times(schedule, count, spacing)
    scheduler = DDIMScheduler(steps, clip_sample=False, prediction_type=prediction_type, timestep_spacing=spacing)
    chains.in_double(scheduler, schedule.beta)
    scheduler.set_timesteps(count)
    assert (scheduler.timesteps + 1).tolist() == times[:0:-1].tolist()

    def step(output, t, sample):
        return scheduler.step(output, t, sample, eta=eta, variance_noise=chains.noise(t + 1) if eta else None)

    ours, theirs = chains.ours(DDIM(eta), schedule, times), chains.theirs(scheduler, schedule, times, step)
    assert chains.largest_difference(ours, theirs) < 1e-8


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_with_eta_one_it_is_ancestral_sampling_with_the_posteriors_variance(name, spacing):
    schedule = make_schedule(name, 60)
    for count in (60, 15):
        times = visited_times(schedule, count, spacing)
        ancestral = Ancestral(reverse_variances("posterior", schedule, times, chains.MIXTURE), times)
        difference = chains.largest_difference(chains.ours(DDIM(1.0), schedule, times), chains.ours(ancestral, schedule, times))
        assert difference < 1e-8


def test_without_eta_it_draws_nothing():
    def refuse(t, draw):
        raise AssertionError("noise was drawn")

    schedule = make_schedule("linear", 20)
    frames = list(reverse_process(chains.DENOISER, DDIM(), schedule, np.arange(21), chains.noise(0), refuse))
    assert all(frame.info.noise_std == 0 for frame in frames[:-1])


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("name", SCHEDULES)
def test_if_x0_were_known_every_time_would_have_its_marginal(name, eta):
    """Song et al. 2021, lemma 1: q(x_s|x_0) = N(alpha_s x_0, sigma_s^2 I) for every eta."""
    schedule, times = make_schedule(name, 40), np.array([0, 1, 5, 17, 40])
    frames = list(reverse_process(lambda x, *_: Prediction(x), DDIM(eta), schedule, times, chains.noise(0), chains.noise))
    for frame, s in zip(frames[:-1], times[-2::-1], strict=True):
        mean = frame.info.c_t * schedule.alpha[frame.t] + frame.info.c_0
        variance = (frame.info.c_t * schedule.sigma[frame.t]) ** 2 + frame.info.noise_std**2
        assert mean == pytest.approx(schedule.alpha[s], rel=1e-10)
        assert variance == pytest.approx(schedule.sigma[s] ** 2, rel=1e-10, abs=1e-15)


def test_it_solves_the_probability_flow_to_first_order():
    """Gaussian data: the flow multiplies x by the ratio of standard deviations; Euler's error falls like 1/steps."""
    std, counts = 0.4, np.array([50, 100, 200, 400, 800])
    denoiser = ExactDenoiser(make_dataset("gaussian", std), dtype=torch.float64)
    errors = []
    for count in counts:
        schedule, x_T = make_schedule("rectified_flow", int(count)), torch.ones(1, 2, dtype=torch.float64)
        *_, end = reverse_process(denoiser, DDIM(), schedule, np.arange(count + 1), x_T, chains.noise)
        errors.append(abs(float(end.x[0, 0]) - std))
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert -1.15 < slope < -0.85
    assert errors[-1] < 0.01
