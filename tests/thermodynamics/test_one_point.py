"""The model's density at one point: against closed forms, quadrature and enumeration, none of which draws a path."""

import itertools
import math

import numpy as np
import pytest
import torch

from diffviz import Experiment
from diffviz.engine import Setup
from diffviz.experiment import ExperimentError
from diffviz.gaussian.kernels import reverse_kernel
from diffviz.thermodynamics.one_point import one_point
from diffviz.thermodynamics.work import path_law

POINTS = [(0.0, 0.0), (0.9, -0.4), (-1.8, 1.1)]


def model_variance(setup):
    """Of p(x_0), which is Gaussian for Gaussian data: x_s = (c_t + c_0 k) x_t + noise, with x0_hat = k x_t."""
    std, variance, schedule = setup.experiment.data_std, 1.0, setup.schedule
    for j in range(len(setup.times) - 1, 0, -1):
        s, t = setup.times[j - 1], setup.times[j]
        kernel = reverse_kernel(schedule, int(s), int(t))
        k = schedule.alpha[t] * std**2 / (schedule.alpha[t] ** 2 * std**2 + schedule.sigma[t] ** 2)
        variance = (kernel.c_t + kernel.c_0 * k) ** 2 * variance + setup.process.variances.values[j - 1]
    return variance


@pytest.mark.parametrize("fields", [{"variance": "beta"}, {"variance": "posterior"}, {"steps": 40, "sampler_steps": 5}])
@pytest.mark.parametrize("place", POINTS)
def test_of_gaussian_data_it_is_the_models_own_gaussian_and_not_the_datas(fields, place):
    setup = Setup(Experiment(**{"dataset": "gaussian", "data_std": 0.6, "steps": 8, **fields}))
    found, variance = one_point(setup, np.array(place), 4000), model_variance(setup)
    square = np.square(place).sum()
    expected = -math.log(2 * math.pi * variance) - square / (2 * variance)
    assert found.log_p.stderr < 0.3
    assert found.log_p.value == pytest.approx(expected, abs=4 * found.log_p.stderr)
    assert found.log_q == pytest.approx(-math.log(2 * math.pi * 0.36) - square / 0.72)
    assert found.lower.value - 4 * found.lower.stderr < expected


@pytest.mark.parametrize("place", POINTS[:2])
@pytest.mark.parametrize("denoiser", ["exact", "learned"])
def test_of_a_single_step_it_is_an_integral_over_the_plane(place, denoiser):
    setup = Setup(Experiment(steps=2, sampler_steps=1, denoiser=denoiser, variance="optimal"))
    law = path_law(setup)
    axis = torch.linspace(-7, 7, 281, dtype=torch.float64)
    x_1 = torch.cartesian_prod(axis, axis)
    if denoiser == "exact":
        prediction = law.exact(x_1, 1)
    else:
        told = setup.denoiser(x_1.float(), float(setup.schedule.alpha[2]), float(setup.schedule.sigma[2])).x0_hat.double()
        prediction = type("Told", (), {"x0_hat": told})
    x_0 = torch.tensor(place, dtype=torch.float64).expand_as(x_1)
    log_integrand = law.log_prior(x_1) + law.log_reverse(x_0, x_1, prediction, 1)
    expected = float(log_integrand.detach().logsumexp(0)) + 2 * math.log(float(axis[1] - axis[0]))
    found = one_point(setup, np.array(place), 4000)
    assert found.log_p.value == pytest.approx(expected, abs=4 * found.log_p.stderr + 1e-6)


def test_of_bits_and_a_single_step_it_is_a_sum_over_all_sequences():
    """The four bits of a phase are exchangeable: x0_hat knows only how many of each are 1, and so there are 3125 kinds of x_T."""
    setup = Setup(Experiment(dataset="heartbeat", steps=2, sampler_steps=1))
    law = path_law(setup)
    beat = law.distribution.states[0].numpy()
    other = beat.copy()
    other[3] = 1.0  # no heartbeat: the model may give it some probability all the same
    ones = itertools.product(range(5), repeat=5)  # how many of the four bits of each phase are 1
    total = {0: 0.0, 1: 0.0}
    for count in ones:
        x_1 = torch.zeros(1, 20, dtype=torch.float64)
        ways = math.prod(math.comb(4, c) for c in count)
        for phase, c in enumerate(count):
            for k in range(c):
                x_1[0, phase + 5 * k] = 1.0
        log_p = law.log_prior(x_1)
        for number, x_0 in enumerate((beat, other)):
            log_r = law.log_reverse(torch.from_numpy(x_0)[None], x_1, law.exact(x_1, 1), 1)
            total[number] += ways * math.exp(float(log_p + log_r))
    for number, x_0 in enumerate((beat, other)):
        found = one_point(setup, x_0, 20_000)
        assert found.log_p.value == pytest.approx(math.log(total[number]), abs=4 * found.log_p.stderr)
    assert one_point(setup, beat, 10).log_q == pytest.approx(-math.log(5))
    assert one_point(setup, other, 10).log_q == -math.inf


def test_with_many_steps_of_the_exact_denoiser_it_is_nearly_the_datas():
    setup = Setup(Experiment(dataset="two_moons", steps=200, variance="optimal"))
    x_0 = setup.data()[0].double().numpy()
    found = one_point(setup, x_0, 1000)
    assert found.log_p.value == pytest.approx(found.log_q, abs=4 * found.log_p.stderr + 0.05)


def test_the_bound_lies_below_and_both_settle_as_paths_are_added():
    found = one_point(Setup(Experiment(steps=10)), np.array([0.5, 0.5]), 3000)
    assert found.paths[0] == 2
    assert found.paths[-1] == 3000
    assert (found.bound <= found.equality + 1e-12).all()  # Jensen holds for every sample
    assert found.bound_stderr[-1] < found.bound_stderr[len(found.paths) // 2]
    assert 1 <= found.effective <= 3000
    weights = np.exp(found.log_weights)
    assert found.log_p.value == pytest.approx(math.log(weights.mean()))
    assert found.log_p.stderr == pytest.approx(weights.std(ddof=1) / weights.mean() / 3000**0.5, rel=1e-6)


def test_standard_errors_are_calibrated():
    setup = Setup(Experiment(dataset="gaussian", data_std=0.6, steps=5, variance="beta"))
    variance = model_variance(setup)
    expected = -math.log(2 * math.pi * variance) - 1.0 / (2 * variance)
    away = []
    for seed in range(60):
        estimate = one_point(setup, np.array([1.0, 0.0]), 800, seed).log_p
        away.append((estimate.value - expected) / estimate.stderr)
    assert abs(np.mean(away)) < 4 / 60**0.5
    assert 0.7 < np.std(away) < 1.4


def test_a_path_is_the_same_whatever_the_number_of_paths():
    setup = Setup(Experiment(steps=10))
    few, many = (one_point(setup, np.array([0.2, 0.1]), count).log_weights for count in (5, 50))
    np.testing.assert_allclose(few, many[:5], atol=1e-9)


@pytest.mark.parametrize("x_0", [np.zeros(3), np.zeros((1, 2)), np.array([0.0, np.nan])])
def test_an_x_0_of_another_kind_is_refused(x_0):
    with pytest.raises(ExperimentError, match="x_0 must be 2 finite numbers"):
        one_point(Setup(Experiment(steps=5)), x_0, 10)
