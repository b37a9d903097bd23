import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.speed import neural_entropy, noised, on_a_line, squared_speed, squared_speeds
from diffviz.schedules import NoiseSchedule, make_schedule
from tests import naive

LINE = GaussianMixture(torch.tensor([[-1.0], [1.0]]).double(), torch.full((2,), 0.5).double(), 0.2)
ANGLES = np.linspace(0.0, math.pi / 2, 1001)
QUARTER = NoiseSchedule("quarter circle", np.cos(ANGLES), np.sin(ANGLES))  # the cosine schedule without its offset


def test_squared_speeds_of_a_line_are_those_of_the_literature():
    """Two Gaussians at -1 and 1 of standard deviation 0.2. The offset of Nichol & Dhariwal's cosine makes it a little slower."""
    assert squared_speeds(LINE, QUARTER).mean() == pytest.approx(0.450, abs=5e-4)
    assert squared_speeds(LINE, make_schedule("rectified_flow", 1000)).mean() == pytest.approx(0.724, abs=5e-4)
    assert squared_speeds(LINE, make_schedule("cosine", 1000)).mean() == pytest.approx(0.447, abs=5e-4)


@pytest.mark.parametrize("name", ["cosine", "rectified_flow", "linear"])
def test_the_mean_square_of_the_velocity_is_what_particles_have(name):
    """The velocity of the probability-flow ODE at random points, its derivatives by finite differences of the table."""
    mixture, schedule, t = make_dataset("grid_25"), make_schedule(name, 400), 220
    rng = np.random.default_rng(0)
    alpha, sigma = schedule.alpha[t], schedule.sigma[t]
    x_t = alpha * naive.draw(mixture, 20_000, rng) + sigma * rng.standard_normal((20_000, 2))
    x0_hat, _ = naive.posterior(mixture, x_t, alpha, sigma)
    by_alpha, by_sigma = (200 * (table[t + 1] - table[t - 1]) for table in (schedule.alpha, schedule.sigma))
    value, error = naive.mean_and_error(np.square(by_alpha * x0_hat + by_sigma * (x_t - alpha * x0_hat) / sigma).sum(1))
    assert squared_speeds(mixture, schedule)[t - 1 : t + 1].mean() == pytest.approx(value, abs=4 * error)


def test_a_map_between_equal_quantiles_is_that_of_gaussians():
    narrow = GaussianMixture(torch.zeros(1, 1).double(), torch.ones(1).double(), 0.3)
    floor, grown = on_a_line(narrow, noised(narrow, 0.5, 0.9), (0.1, 0.3))
    wide = math.hypot(0.15, 0.9)
    assert floor == pytest.approx((wide - 0.3) ** 2, abs=1e-6)
    assert grown == pytest.approx([shift * (0.3 / wide - 1) for shift in (0.1, 0.3)], rel=1e-4)


def test_neural_entropy_of_a_line():
    found = neural_entropy(LINE, QUARTER)
    assert found.left == pytest.approx(0.93629, abs=5e-6)
    assert found.right == pytest.approx(0.93629, abs=5e-6)


@pytest.mark.parametrize("name", ["swiss_roll", "grid_25", "gaussian"])
@pytest.mark.parametrize("schedule", ["linear", "rectified_flow", "karras"])
def test_both_sides_of_neural_entropy_agree(name, schedule):
    found = neural_entropy(make_dataset(name, 0.5), make_schedule(schedule, 60))
    assert found.left == pytest.approx(found.right, abs=1e-7)
    assert len(found.produced) == 60
    assert (found.produced > -1e-12).all()


def test_neural_entropy_of_an_early_end_is_less_by_what_is_left():
    """A table that ends at a quarter of the variance; both sides are computed, not known."""
    schedule = make_schedule("linear", 50, scale_betas=False)
    found, whole = neural_entropy(LINE, schedule), neural_entropy(LINE, QUARTER)
    assert found.left == pytest.approx(found.right, abs=1e-8)
    assert 0.01 < whole.left - found.left < 0.5


def test_the_entropy_of_one_step_is_the_integral_of_its_rate():
    """beta/2 dt = tan d angle, with the mean square of score + x by a sum over the line."""
    mixture, schedule = LINE, make_schedule("rectified_flow", 10)

    def rate(angle):
        alpha, sigma = math.cos(angle), math.sin(angle)
        x = torch.linspace(-9.0, 9.0, 4001).double()[:, None]
        driven = (mixture.score(x, alpha, sigma) + x).square()[:, 0] * mixture.log_density(x, alpha, sigma).exp()
        return math.tan(angle) * float(driven.sum()) * 18 / 4000

    angles = np.arctan2(schedule.sigma, schedule.alpha)
    truth = quad(rate, angles[5], angles[6])[0]
    assert neural_entropy(mixture, schedule).produced[5] == pytest.approx(truth, rel=1e-5)


def test_the_squared_speed_at_a_time_is_between_those_of_the_steps_around_it():
    schedule = make_schedule("cosine", 400)
    speeds = squared_speeds(LINE, schedule)
    for t in (60, 100, 399):
        assert squared_speed(LINE, schedule, t) == pytest.approx(speeds[t - 1 : t + 1].mean(), rel=1e-3, abs=1e-5)
    assert squared_speed(LINE, schedule, 400) == pytest.approx(speeds[-1], rel=0.02, abs=1e-5)
