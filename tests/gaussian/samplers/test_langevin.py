import numpy as np
import torch

from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.samplers.langevin import SIZE, Langevin
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.process import reverse_process
from diffviz.schedules import make_schedule
from tests import naive

PARTICLES = 4000


def run(schedule, times, steps, x_T, mixture):
    noise = ParticleNoise(3, Stream.REVERSE, PARTICLES, dtype=torch.float64)
    denoiser = ExactDenoiser(mixture, dtype=torch.float64)
    return list(reverse_process(denoiser, Langevin(steps), schedule, times, x_T, noise))


def test_the_corrector_mends_a_cloud_that_is_too_wide():
    """On a Gaussian each stirring multiplies the variance's excess by (1 - e)^2, e = SIZE for the share of noise at s, and
    settles at 1/(1 - e/2): the known bias of unadjusted Langevin."""
    mixture, schedule, stirs = make_dataset("gaussian", 1.0), make_schedule("sohl_dickstein", 1000), 20
    times = np.array([0, 990, 1000])  # at 990, sigma^2 = 0.99 and q is the unit normal
    x_T = 2.0 * ParticleNoise(0, Stream.REVERSE, PARTICLES, dtype=torch.float64)(0)
    reached = run(schedule, times, stirs, x_T, mixture)[1].x
    step = SIZE * float(schedule.sigma[990] ** 2)
    # the predictor leaves the width as it is: the flow of a unit normal stands still
    excess = 4.0 - 1.0 / (1.0 - step / 2)
    expected = 1.0 / (1.0 - step / 2) + excess * (1.0 - step) ** (2 * stirs)
    mean, error = naive.mean_and_error(reached.square().flatten().numpy())
    assert abs(mean - expected) < 4 * error


def test_every_stir_draws_its_own_noise():
    noise = ParticleNoise(0, Stream.REVERSE, 100)
    draws = torch.stack([noise(t, draw) for t in (1, 2) for draw in range(3)]).flatten(1)
    correlation = np.corrcoef(draws.numpy()) - np.eye(6)
    assert np.abs(correlation).max() < 5 / np.sqrt(200)


def log_likelihood(points, mixture, schedule):
    """Mean and its error of log q(x_1)."""
    return naive.mean_and_error(mixture.log_density(points, float(schedule.alpha[1]), float(schedule.sigma[1])).numpy())


def test_more_stirring_comes_nearer_to_the_data_when_steps_are_few():
    mixture, schedule = make_dataset("eight_gaussians"), make_schedule("cosine", 8)
    normal = ParticleNoise(0, Stream.REVERSE, PARTICLES, dtype=torch.float64)(0)
    uniform = particle_uniform(0, Stream.DATA, PARTICLES)
    data = float(schedule.alpha[1]) * mixture.sample(uniform, normal) + float(schedule.sigma[1]) * normal.flip(0)
    few, many = (run(schedule, np.arange(9), stirs, normal, mixture)[-2].x for stirs in (1, 20))
    (truth, _), (some, a), (more, b) = (log_likelihood(points, mixture, schedule) for points in (data, few, many))
    assert abs(more - truth) < abs(some - truth) - 3 * np.hypot(a, b)
