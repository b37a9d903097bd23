"""What a step costs one particle: its mean over particles is what it costs the chain."""

import math

import numpy as np
import pytest
import torch

from diffviz import Experiment
from diffviz.domains.plane.information import information
from diffviz.domains.plane.particle import exact_costs_nats, given_costs_nats, reverse_steps, step_variances
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.engine import Setup

COUNT = 1500


@pytest.mark.parametrize(
    "fields",
    [
        {"dataset": "two_moons", "steps": 8},
        {"dataset": "eight_gaussians", "steps": 6, "variance": "beta"},
        {"dataset": "eight_gaussians", "steps": 60, "sampler_steps": 5, "schedule": "rectified_flow", "variance": "optimal"},
        {"dataset": "two_moons", "steps": 5, "variance": "learned"},
    ],
)
def test_means_over_particles_are_the_costs_of_the_chain(fields):
    setup = Setup(Experiment(**fields))
    mixture, schedule, times, variances = setup.distribution, setup.schedule, setup.times, setup.process.variances
    chain = information(mixture, schedule, variances, times, noise_levels(mixture, schedule, times))
    draw = torch.Generator().manual_seed(1)
    x_0 = mixture.sample(
        torch.rand(COUNT, generator=draw, dtype=torch.float64), torch.randn(COUNT, 2, generator=draw, dtype=torch.float64)
    )
    for j, step in enumerate(reverse_steps(schedule, variances, times)):
        alpha, sigma = float(schedule.alpha[step.t]), float(schedule.sigma[step.t])
        x_t = alpha * x_0 + sigma * torch.randn(COUNT, 2, generator=draw, dtype=torch.float64)
        x0_hat, spread = (each.numpy() for each in mixture.posterior(x_t, alpha, sigma))
        p = step_variances([step] * COUNT, spread if variances.added == "coordinate" else None)
        few = 300  # a quadrature for each
        exact = exact_costs_nats(mixture, schedule, [step] * few, x_t.numpy()[:few], x0_hat[:few], p[:few])
        given = given_costs_nats([step] * COUNT, x_0.numpy(), x0_hat, p)
        assert (exact > -1e-9).all()
        for found, wanted in ((exact, chain.dissipation_nats[j]), (given, chain.kl_nats[j])):
            stderr = found.std(ddof=1) / math.sqrt(len(found))
            assert abs(found.mean() - wanted) < 4.5 * stderr + 1e-6, (j, found.mean(), wanted, stderr)


def test_of_one_gaussian_the_exact_reverse_step_is_the_models():
    setup = Setup(Experiment(dataset="gaussian", data_std=0.5, steps=7, variance="optimal"))
    steps = reverse_steps(setup.schedule, setup.process.variances, setup.times)
    x = np.array([[0.4, -1.0]])
    for step in steps:
        level = float(setup.schedule.alpha[step.t]), float(setup.schedule.sigma[step.t])
        x0_hat = setup.distribution.posterior(torch.from_numpy(x), *level)[0].numpy()
        found = exact_costs_nats(setup.distribution, setup.schedule, [step], x, x0_hat, step_variances([step]))
        assert found[0] == pytest.approx(0.0, abs=1e-9)
