"""The kernel density estimate of points: exact where nothing is merged, and close to it where they are."""

import time

import numpy as np
import pytest
import torch

from diffviz import Experiment, ExperimentError
from diffviz.domains.plane.bandwidth import (
    ALONE,
    CANDIDATES,
    COARSEST,
    FEW,
    MAX_COMPONENTS,
    PITCH,
    least_bandwidth,
    leave_one_out,
    likely_bandwidth,
    mixture_of_points,
    silverman,
)
from diffviz.domains.plane.own_points import REACH, UNIT, on_lattice, scaled, write_points
from tests import naive


def kernel_density(points, h, x):
    """[M] at x, summed over all points one by one."""
    square = ((x[:, None] - np.repeat(points.xy, points.counts, axis=0)) ** 2).sum(2)
    return np.exp(-square / (2 * h**2)).mean(1) / (2 * np.pi * h**2)


def moons(count, seed=0):
    random = np.random.default_rng(seed)
    angle, upper = random.uniform(0, np.pi, count), random.random(count) < 0.5
    points = np.stack([np.where(upper, np.cos(angle), 1 - np.cos(angle)), np.where(upper, np.sin(angle), 0.5 - np.sin(angle))], 1)
    return on_lattice(scaled(points + 0.05 * random.normal(size=(count, 2))))


def test_few_points_are_their_kernel_density_estimate_exactly():
    points, x = moons(300), np.random.default_rng(1).normal(size=(200, 2))
    mixture = mixture_of_points(points, 0.1)
    assert mixture.std == 0.1
    np.testing.assert_allclose(mixture.log_density(torch.from_numpy(x)).exp(), kernel_density(points, 0.1, x), rtol=1e-9)


def test_repeated_points_weigh_as_often_as_they_come():
    mixture = mixture_of_points(on_lattice([[0, 0], [1, 1], [1, 1], [1, 1]]), 0.2)
    assert mixture.means.tolist() == [[0, 0], [1, 1]]
    assert mixture.weights.tolist() == [0.25, 0.75]


@pytest.mark.parametrize("h", [0.1, 0.14, 0.3])
def test_many_points_are_merged_and_the_density_hardly_moves(h):
    """Total variation from the estimate with all points, by a sum over a fine grid: below one in a hundred."""
    points = moons(6_000)
    mixture = mixture_of_points(points, h)
    assert len(points.places) > MAX_COMPONENTS >= len(mixture.means)
    axis = np.linspace(-3, 3, 41)
    x = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    square = np.concatenate([((part[:, None] - points.xy) ** 2).sum(2) for part in np.array_split(x, 20)])
    exact = (np.exp(-square / (2 * h**2)) @ points.counts) / points.total / (2 * np.pi * h**2)
    found = mixture.log_density(torch.from_numpy(x)).exp().numpy()
    assert 0.5 * np.abs(found - exact).sum() * (axis[1] - axis[0]) ** 2 < 0.01
    variance = float(mixture.weights @ mixture.means.square().sum(1)) / 2 + mixture.std**2
    assert variance == pytest.approx(points.std**2 + h**2, abs=2e-3)  # Sheppard's correction


def test_the_least_bandwidth_hides_the_lattice():
    """On a row of Gaussians as far apart as they may be, the density does not ripple by more than one in a thousand."""
    points = moons(20_000)
    least = least_bandwidth(points)
    mixture = mixture_of_points(points, least)
    pitch = float(mixture.means[:, 0].unique().diff().min())
    assert pitch <= PITCH * least
    at = torch.linspace(0, pitch, 50, dtype=torch.float64)
    row = torch.exp(-((at[:, None] - pitch * torch.arange(-20, 21)) ** 2) / (2 * mixture.std**2)).sum(1)
    assert float(row.max() / row.min()) - 1 < 1e-3
    with pytest.raises(ExperimentError, match=r"bandwidth must be at least 0\.0\d"):
        Experiment(dataset="own_points", own_points=write_points(points), bandwidth=0.03)


@pytest.mark.parametrize("h", [0.05, 0.2])
def test_the_likelihood_leaves_one_out(h):
    points = on_lattice(np.random.default_rng(3).normal(size=(40, 2)).round(1))  # some of them in one place
    x = np.repeat(points.xy, points.counts, axis=0)
    densities = [kernel_density(on_lattice(np.delete(x, i, 0)), h, x[i : i + 1])[0] for i in range(len(x))]
    expected = np.log(np.maximum(densities, ALONE / (39 * 2 * np.pi * h**2))).sum()
    assert leave_one_out(points, h) == pytest.approx(expected, rel=1e-6)


def directly(points, bandwidths):
    """The leave-one-out likelihood of each bandwidth, over all pairs of places."""
    square = ((points.xy[:, None] - points.xy) ** 2).sum(2)
    for h in bandwidths:
        others = np.maximum(np.exp(-square / (2 * h**2)) @ points.counts - 1.0, ALONE)
        yield points.counts @ np.log(others / ((points.total - 1) * 2 * np.pi * h**2))


def scattered(count, seed=0):
    """Points in as many columns and lines as there are."""
    random = np.random.default_rng(seed)
    columns, lines = (random.choice(2 * REACH * UNIT + 1, count, replace=False) for _ in range(2))
    return on_lattice(np.stack([columns, lines], 1) / UNIT - REACH)


def clustered(count, seed=0):
    """Most in a dense block, some anywhere in the plane."""
    random = np.random.default_rng(seed)
    block, wide = random.uniform(0, 2.2, (count, 2)), random.uniform(-REACH, REACH, (count // 40, 2))
    return on_lattice(np.concatenate([block[len(wide) :], wide]))


SETS = [
    *(moons(60), moons(FEW), moons(2000), scattered(40), scattered(1024), clustered(2000)),
    *(on_lattice([[0, 0], [0, 1]]), on_lattice(np.random.default_rng(1).normal(size=(700, 2)).round(1))),
]


@pytest.mark.parametrize("points", SETS, ids=lambda points: f"{len(points.places)} of {points.total}")
def test_the_likely_bandwidth_is_that_of_the_direct_likelihood(points):
    """A sum over all pairs. That of few points is exact; of many the lattice is coarser, and the likelihood is known
    to two hundredths of a nat a point, and that of what is found is the largest but for one hundredth."""
    allowed = [h for h in CANDIDATES if h >= least_bandwidth(points)]
    wanted = dict(zip(allowed, directly(points, allowed), strict=True))
    for h in allowed[::6]:
        assert leave_one_out(points, h) == pytest.approx(wanted[h], rel=1e-6)
    likely, best = likely_bandwidth(points), max(wanted.values())
    if len(points.places) <= FEW:
        assert wanted[likely] == best
        return
    assert wanted[likely] > best - 0.01 * points.total
    for h in allowed:
        assert leave_one_out(points, h, max(1, int(COARSEST * UNIT * h))) == pytest.approx(wanted[h], abs=0.02 * points.total)


@pytest.mark.parametrize(
    "points",
    [
        scattered(FEW),
        scattered(1024),
        clustered(20_000),
        on_lattice(np.random.default_rng(0).uniform(-REACH, REACH, (20_000, 2))),
        on_lattice(np.linspace(-REACH, REACH, 20_000)[:, None].repeat(2, 1)),
        on_lattice([[-REACH, -REACH], [REACH, REACH]]),
    ],
    ids=["few", "in different columns", "block", "everywhere", "diagonal", "corners"],
)
def test_no_points_keep_the_search_busy(points):
    """They are read while an Experiment is made. A tenth of a second here; products over all columns and lines took five."""
    begun = time.process_time()
    likely_bandwidth.__wrapped__(on_lattice(points.xy.repeat(points.counts, 0)))
    assert time.process_time() - begun < 0.8


@pytest.mark.parametrize("count", [100, 3000])
def test_of_gaussian_points_both_rules_are_near_the_best(count):
    """Silverman's is n^(-1/6) times their standard deviation; the likely one is within a factor of two of it."""
    points = on_lattice(scaled(np.random.default_rng(4).normal(size=(count, 2))))
    assert silverman(points) == pytest.approx(count ** (-1 / 6), rel=1e-3)
    assert 0.5 < likely_bandwidth(points) / silverman(points) < 2


def test_of_a_curve_the_likely_bandwidth_predicts_new_points_better_than_silverman_s():
    points, fresh = moons(1000), moons(1000, seed=9)
    likely, rule = likely_bandwidth(points), silverman(points)
    assert likely in CANDIDATES
    assert likely < rule / 2
    gain = np.log(kernel_density(points, likely, fresh.xy) / kernel_density(points, rule, fresh.xy))
    value, error = naive.mean_and_error(gain)
    assert value > 5 * error


def test_one_place_has_a_bandwidth():
    assert likely_bandwidth(on_lattice([[0.0, 0.0]] * 5)) == 0.1
    assert mixture_of_points(on_lattice([[1.0, 0.0]]), None).std == 0.1


def test_no_places_are_lost_where_they_are_merged():
    points = moons(20_000)
    mixture = mixture_of_points(points, 0.2)
    assert float(mixture.weights.sum()) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(mixture.weights @ mixture.means, points.counts @ points.xy / points.total, atol=1 / UNIT)
