import math

import numpy as np
import pytest
import torch

from diffviz.domains.plane import speed
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.speed import SHIFTS, speed_accuracy
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.schedules import NoiseSchedule, make_schedule

LINE = GaussianMixture(torch.tensor([[-1.0], [1.0]]).double(), torch.full((2,), 0.5).double(), 0.2)
ANGLES = np.linspace(0.0, math.pi / 2, 1001)
QUARTER = NoiseSchedule("quarter circle", np.cos(ANGLES), np.sin(ANGLES))  # the cosine schedule without its offset


def test_the_floor_and_the_shifted_starts_of_a_line():
    found = speed_accuracy(LINE, QUARTER)
    assert found.floor.value == pytest.approx(0.212, abs=5e-4)
    assert [each.left.value for each in found.shifted] == pytest.approx([0.0074, 0.0076, 0.0088], abs=5e-5)
    assert [each.shift for each in found.shifted] == list(SHIFTS)
    loose = [speed_accuracy(LINE, make_schedule("rectified_flow", 50)).integral / found.shifted[0].left.value]
    assert loose == pytest.approx([97], abs=1)


@pytest.mark.parametrize("std", [0.5, 1.0, 1.4])
def test_one_gaussian_has_closed_forms(std):
    """Scaled, it moves by the derivative of its standard deviation; the floor is the square of the difference of both ends'."""
    mixture, schedule = make_dataset("gaussian", std), make_schedule("cosine", 200)
    found = speed_accuracy(mixture, schedule)
    width = np.hypot(schedule.alpha * std, schedule.sigma)
    assert found.integral == pytest.approx(2 * 200 * np.square(np.diff(width)).sum(), rel=2e-3, abs=2e-4)
    assert abs(found.floor.value - 2 * (std - 1) ** 2) < 3 * found.floor.stderr
    for each in found.shifted:
        assert each.chi2 == pytest.approx(math.expm1(each.shift**2), rel=1e-6)
        assert abs(each.grown.value - each.shift * (std - 1)) < 4 * each.grown.stderr + 1e-6 < 0.05 * each.shift


def test_clouds_in_the_plane_find_what_quadrature_finds_on_a_line():
    """The two Gaussians are the line's beside a Gaussian in y, which moves on its own: W_2^2 is more by (1 - 0.2)^2."""
    schedule = make_schedule("cosine", 100)
    line, plane = speed_accuracy(LINE, schedule), speed_accuracy(make_dataset("two_gaussians"), schedule)
    assert abs(plane.floor.value - line.floor.value - 0.64) < 3 * plane.floor.stderr < 0.01
    for one, other in zip(line.shifted, plane.shifted, strict=True):
        assert other.chi2 == pytest.approx(one.chi2, rel=1e-5)
        assert abs(other.grown.value - one.grown.value) < 4 * other.grown.stderr
        assert other.grown.stderr < 0.03 * abs(one.grown.value)
        assert other.left.stderr == pytest.approx(2 * other.left.value * other.grown.stderr / abs(other.grown.value), rel=1e-2)


@pytest.mark.parametrize(("name", "schedule"), [("eight_gaussians", "cosine"), ("two_moons", "rectified_flow")])
def test_speed_is_above_its_floor_and_the_bound_holds(name, schedule):
    found = speed_accuracy(make_dataset(name), make_schedule(schedule, 100))
    assert found.integral > found.floor.value
    assert all(0 < each.left.stderr < each.left.value < found.bound for each in found.shifted)


def test_the_standard_error_is_the_scatter_over_other_scrambles(monkeypatch):
    mixture, schedule = make_dataset("eight_gaussians"), make_schedule("cosine", 100)
    told, draws = speed_accuracy(mixture, schedule), speed._draws
    monkeypatch.setattr(speed, "_draws", lambda mixture, count, seed: draws(mixture, count, seed + 1000))
    for one, other in zip(told.shifted, speed_accuracy(mixture, schedule).shifted, strict=True):
        assert one.left.value != other.left.value
        assert abs(one.left.value - other.left.value) < 4 * math.hypot(one.left.stderr, other.left.stderr)
        assert one.left.stderr < 0.05 * one.left.value
