"""What perturbed reverse processes end in, and what their paths cost beside the exact one, in nats."""

import math

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.domains.plane.perturbation import path_costs
from diffviz.engine import Setup
from diffviz.estimates import mean_of
from diffviz.inverse.factors import POINT_FACTORS
from diffviz.inverse.perturbed import FARTHEST, Perturbation
from diffviz.inverse.tasks import POINT_CONDITIONS

GAUSSIAN = {"dataset": "gaussian", "measurement": "observation", "measure_noise": 1.0, "offset": 1.5, "device": "cpu"}


def costs(**fields):
    setup = Setup(Experiment(**{"particles": 400, "device": "cpu", **fields}))
    trajectory = run(setup.experiment, setup)
    law = setup.domain.path_law(setup.experiment, setup.process)
    found = path_costs(setup.task, law, setup.process.variances, trajectory.reverse[::-1], trajectory.x0_hat[::-1])
    return found, trajectory.reverse[-1].astype(np.float64)


def gaussian_chain(condition, steps, noise=1.0, y=1.5, schedule="linear"):
    """Mean along y and variance of what a chain makes of N(0, I) data by its formulas, as everything is linear; and its path KL
    from the chain whose kernels are multiplied exactly."""
    setup = Setup(Experiment(**GAUSSIAN | {"steps": steps, "condition": condition, "schedule": schedule, "measure_noise": noise}))
    alpha, sigma, variances = setup.schedule.alpha, setup.schedule.sigma, setup.process.variances.sampled
    mean, variance, lost = 0.0, 1.0, 0.0
    for t in range(steps, 0, -1):
        a = alpha[t] / alpha[t - 1]
        v_forward = sigma[t] ** 2 - (a * sigma[t - 1]) ** 2
        c_t, c_0, v = a * (sigma[t - 1] / sigma[t]) ** 2, alpha[t - 1] * v_forward / sigma[t] ** 2, variances[t - 1]
        scale = c_t + c_0 * alpha[t] / (alpha[t] ** 2 + sigma[t] ** 2)
        mean, variance = scale * mean, scale**2 * variance  # of m, before it is perturbed
        own = noise**2 * steps / (steps - t + 1) if condition.endswith("_ramp") else noise**2
        residual = 2 * variance + (y - mean) ** 2  # E|y - m|^2
        if condition.startswith("shifted"):
            kept, drawn = v / own, v
            product, close = v / (1 + v / own), v / (own + v)
            apart = (kept - close) ** 2 * residual
            lost += (v / product - 1 - math.log(v / product)) + apart / (2 * product)
        else:
            kept, drawn = v / (own + v), v * own / (own + v)
        mean, variance = mean + kept * (y - mean), (1 - kept) ** 2 * variance + drawn
    return mean, variance, lost


@pytest.mark.parametrize("condition", [name for name in POINT_CONDITIONS if name != "exact"])
def test_a_perturbed_chain_of_gaussian_data_ends_where_its_formulas_say(condition):
    mean, variance, lost = gaussian_chain(condition, 60)
    found, x = costs(**GAUSSIAN, steps=60, condition=condition, schedule="linear", particles=2000)
    error = math.sqrt(variance / len(x))
    assert abs(x[:, 0].mean() - mean) < 4 * error
    assert abs(x[:, 1].mean()) < 4 * error
    np.testing.assert_allclose(x.var(0), variance, rtol=4 * math.sqrt(2 / len(x)))
    if condition.startswith("shifted"):
        told = mean_of(found.approximation).estimate
        assert abs(told.value - lost) < 4 * told.stderr
        assert lost > 5 * told.stderr
    else:
        assert found.approximation is None


def test_on_a_long_chain_the_observation_counts_twice_and_once_with_doob():
    """N(0, I) with y = 1.5, σ_y = 1: the exact posterior is N(0.75, 1/2), that of r^2 N(1, 1/3)."""
    errors = []
    for steps in (50, 200, 800):
        mean, variance, _ = gaussian_chain("multiplied", steps)
        errors.append((abs(mean - 1.0), abs(variance - 1 / 3)))
    assert errors[-1][0] < 0.02
    assert errors[-1][1] < 0.01
    assert errors[0][0] > 2 * errors[1][0] > 4 * errors[2][0]
    found, x = costs(**GAUSSIAN, steps=100, condition="exact", particles=2000)
    assert abs(x[:, 0].mean() - 0.75) < 4 * math.sqrt(0.5 / 2000) + 0.01
    np.testing.assert_allclose(x.var(0), 0.5, rtol=0.15)
    assert abs(mean_of(found.total).value) < 0.05


@pytest.mark.parametrize("condition", POINT_CONDITIONS)
@pytest.mark.parametrize("name", POINT_FACTORS)
def test_the_path_kl_is_its_steps_and_bounds_what_is_known_of_the_ends(name, condition):
    """It is positive, the sum of its steps, and 0 up to discretisation for the exact process alone."""
    fields = {"dataset": "eight_gaussians", "measurement": name, "condition": condition, "measure_noise": 0.8, "steps": 40}
    found, _ = costs(**fields, particles=150)
    total = mean_of(found.total).estimate
    np.testing.assert_allclose(found.each.sum(0), found.total, rtol=1e-6, atol=1e-6)
    assert found.each.shape == (41, 150)
    assert total.value > -3 * total.stderr
    if condition == "exact":
        assert total.value < 0.5
    else:
        assert total.value > 3 * total.stderr


def test_the_path_kl_of_gaussian_ends_is_at_most_the_path_kl():
    """KL of the ends in closed form: two Gaussians."""
    mean, variance, _ = gaussian_chain("multiplied", 60)
    apart = (variance / 0.5 - 1 - math.log(variance / 0.5)) + (mean - 0.75) ** 2 / (2 * 0.5)
    found, _ = costs(**GAUSSIAN, steps=60, condition="multiplied", schedule="linear")
    told = mean_of(found.total).estimate
    assert 0.1 < apart < told.value + 3 * told.stderr


def test_the_exact_process_loses_what_discretisation_does():
    fields = {"dataset": "two_moons", "measurement": "half_plane", "offset": 0.2, "measure_noise": 0.4, "condition": "exact"}
    few, many = (mean_of(costs(**fields, steps=steps, particles=600)[0].total).estimate for steps in (15, 120))
    assert few.value > 4 * max(many.value, many.stderr)
    assert many.value < 0.15


@pytest.mark.parametrize("name", ["half_plane", "ring"])
def test_the_error_of_the_small_perturbation_falls_with_the_fourth_power_of_the_width_of_r(name):
    """What a shift loses is the curvature of log r, of order 1/width^2, squared."""
    lost = []
    for noise in (1.5, 3.0, 6.0):
        perturbation = Perturbation(POINT_FACTORS[name].make(0.0, 1.0), noise**2, 1, shifted=True)
        draws = torch.Generator().manual_seed(0)
        m = torch.randn(20_000, 2, generator=draws, dtype=torch.float64)
        z = torch.randn(20_000, 2, generator=draws, dtype=torch.float64)
        x = perturbation.draw(m, 0.2, 0, z, z)
        x = torch.cat([x, 2 * perturbation.mean(m, 0.2, 0) - x])  # and mirrored, which takes odd orders out of the mean
        m = m.repeat(2, 1)
        log_ratio = perturbation.log_kernel(x, m, 0.2, 0) - perturbation.log_product(x, m, 0.2, 0)
        second = log_ratio.exp()  # E[e^-l - 1 + l] has the mean of l, and less variance: E e^-l = 1
        lost.append(float((1 / second - 1 + log_ratio).mean()))
    slopes = np.diff(np.log(lost)) / math.log(2)
    assert slopes[1] == pytest.approx(-4.0, abs=0.25), lost
    assert slopes[0] == pytest.approx(-4.0, abs=0.8)


def test_at_a_given_r_it_falls_with_the_number_of_steps():
    _, _, few = gaussian_chain("shifted", 200)
    _, _, many = gaussian_chain("shifted", 800)
    assert math.log(few / many) / math.log(4) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("variance", ["posterior", "beta"])
def test_without_noise_in_the_last_step_paths_end_one_step_before(variance):
    fields = {"dataset": "eight_gaussians", "measurement": "strip", "measure_noise": 0.6, "steps": 20, "variance": variance}
    for condition in ("multiplied", "exact"):
        found, _ = costs(**fields, condition=condition, particles=150)
        assert found.each.shape == (20, 150)
        assert found.times.tolist() == list(range(2, 21))
        assert np.isfinite(found.total).all()


def test_starts_have_their_own_densities():
    fields = {"dataset": "eight_gaussians", "measurement": "ring", "measure_noise": 1.0, "steps": 30, "condition": "exact"}
    for start in ("noise", "forward", "late"):
        found, _ = costs(**fields, start=start, particles=300)
        told = mean_of(found.total).estimate
        assert -3 * told.stderr < told.value < 1.5, start


def test_a_shift_without_bounds_is_held():
    e = Experiment(measurement="ring", measure_noise=0.05, condition="shifted", steps=100, particles=50, device="cpu")
    x = run(e).reverse
    assert np.isfinite(x).all()
    assert np.abs(x).max() < FARTHEST + 10
