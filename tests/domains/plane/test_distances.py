import numpy as np
import ot
import pytest

from diffviz.domains.plane.distances import sliced_wasserstein, wasserstein


def clouds(count=300, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, 2)), rng.standard_normal((count, 2)) * [0.5, 1.5] + [1.0, -0.5]


def test_it_is_the_mean_of_exact_distances_along_its_directions():
    a, b = clouds()
    angle = np.pi * (np.arange(16) + 0.5) / 16
    squares = [ot.wasserstein_1d(a @ axis, b @ axis, p=2) for axis in np.stack([np.cos(angle), np.sin(angle)], 1)]
    assert sliced_wasserstein(a, b, directions=16) == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-12)


def test_it_agrees_with_many_random_directions():
    a, b = clouds()
    theirs = ot.sliced_wasserstein_distance(a, b, n_projections=2000, seed=0)
    assert sliced_wasserstein(a, b) == pytest.approx(theirs, rel=0.02)


def test_it_is_never_above_the_distance_of_the_plane():
    """Sliced W2 is at most W2/sqrt(2) in two dimensions."""
    a, b = clouds(200)
    exact = np.sqrt(ot.emd2(np.full(200, 1 / 200), np.full(200, 1 / 200), ot.dist(a, b)))
    assert sliced_wasserstein(a, b) <= exact / np.sqrt(2) + 1e-12


@pytest.mark.parametrize("shift", [[1.0, 0.0], [0.0, -2.0], [0.3, 0.4]])
def test_a_shift_by_d_is_d_over_the_root_of_two(shift):
    a, _ = clouds()
    assert sliced_wasserstein(a, a + shift) == pytest.approx(np.linalg.norm(shift) / np.sqrt(2), rel=1e-12)


def test_it_is_a_distance_that_ignores_the_order_of_particles():
    a, b = clouds()
    assert sliced_wasserstein(a, a[::-1]) == 0.0
    assert sliced_wasserstein(a, b) == pytest.approx(sliced_wasserstein(b, a[np.random.default_rng(1).permutation(300)]))
    assert sliced_wasserstein(a, b) > 0.3


def test_wasserstein_of_a_shifted_and_of_a_widened_gaussian():
    """Exact for a shift; for N(0, I) against N(0, 4 I) in the plane W2^2 = 2 (2 - 1)^2, up to sampling."""
    cloud, other = np.random.default_rng(0).normal(size=(2, 800, 2))
    assert wasserstein(cloud, cloud + np.array([0.6, -0.8])) == pytest.approx(1.0, rel=1e-6)
    assert wasserstein(cloud, 2 * other) == pytest.approx(np.sqrt(2), rel=0.1)
    assert wasserstein(cloud, cloud) == pytest.approx(0.0, abs=1e-6)


def test_sliced_and_exact_wasserstein_agree_on_a_line():
    a, b = np.random.default_rng(1).normal(size=(2, 300, 1))
    exact = np.sqrt(np.mean((np.sort(a, 0) - np.sort(b, 0)) ** 2))
    assert wasserstein(a, b) == pytest.approx(exact, rel=1e-6)
