"""Distances between clouds against closed forms, other formulas and loops."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from diffviz.evaluation.fidelity import frechet, frechet_estimate, frechet_floor, memory, precision_recall

RNG = np.random.default_rng(1)


def cloud(count, mean, covariance, rng=RNG):
    """Points whose mean and covariance are the given ones, not only in expectation."""
    x = rng.standard_normal((count, len(mean)))
    x -= x.mean(0)
    x = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T))).T
    return x @ np.linalg.cholesky(covariance).T + mean


def test_the_frechet_distance_is_that_of_two_gaussians():
    """Of commuting covariances it is sum (sqrt a - sqrt b)^2 beside the means'."""
    a, b = np.array([1.0, 4.0, 0.25]), np.array([9.0, 1.0, 0.25])
    turn = np.linalg.qr(RNG.standard_normal((3, 3)))[0]
    x, y = (cloud(50, mean, turn @ np.diag(v) @ turn.T) for mean, v in ((np.zeros(3), a), (np.array([1.0, 0, 2.0]), b)))
    assert frechet(x, y) == pytest.approx(5.0 + np.square(np.sqrt(a) - np.sqrt(b)).sum(), rel=1e-9)
    assert frechet(x, x) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("n", "m"), [(60, 200), (4, 200)])  # the second of deficient rank
def test_the_frechet_distance_is_that_of_the_roots_formula(n, m):
    x = RNG.standard_normal((n, 6)) @ RNG.standard_normal((6, 6))
    y = RNG.standard_normal((m, 6)) @ RNG.standard_normal((6, 6)) + 0.3
    s_x, s_y = np.cov(x.T), np.cov(y.T)
    formula = np.square(x.mean(0) - y.mean(0)).sum() + np.trace(s_x + s_y) - 2 * np.trace(sqrtm(s_x @ s_y).real)
    assert frechet(x, y) == pytest.approx(formula, rel=1e-5)


def test_its_error_is_the_spread_over_other_samples():
    reference = RNG.standard_normal((1000, 5))
    found = [frechet_estimate(RNG.standard_normal((200, 5)) * 1.3 + 0.5, reference, seed) for seed in range(60)]
    spread = np.std([e.value for e in found], ddof=1)
    assert np.mean([e.stderr for e in found]) == pytest.approx(spread, rel=0.3)


def test_the_floor_is_what_samples_of_the_law_itself_reach():
    law = RNG.standard_normal((1200, 5))
    floor = frechet_floor(law, 200)
    fresh = [frechet(RNG.standard_normal((200, 5)), law) for _ in range(40)]
    assert floor.value == pytest.approx(np.mean(fresh), rel=0.25)
    assert floor.value > 0


def test_precision_and_recall_are_those_of_a_loop():
    x, y = RNG.standard_normal((40, 3)), 0.5 * RNG.standard_normal((30, 3)) + 0.4

    def share(points, others, k):
        hits = 0
        for p in points:
            for i, q in enumerate(others):
                radius = sorted(np.linalg.norm(q - r) for j, r in enumerate(others) if j != i)[k - 1]
                if np.linalg.norm(p - q) <= radius:
                    hits += 1
                    break
        return hits / len(points)

    for k in (1, 3):
        precision, recall = precision_recall(x, y, k)
        assert precision.value == share(x, y, k)
        assert recall.value == share(y, x, k)
        assert precision.stderr == pytest.approx(np.sqrt(precision.value * (1 - precision.value) / 40))


def test_a_dropped_mode_costs_recall_and_foreign_samples_precision():
    data = np.concatenate([RNG.standard_normal((200, 4)), RNG.standard_normal((200, 4)) + 20.0])
    half = RNG.standard_normal((400, 4))
    precision, recall = precision_recall(half, data)
    assert precision.value > 0.9
    assert recall.value < 0.55
    foreign, _ = precision_recall(half - 40.0, data)
    assert foreign.value == 0.0


def test_copies_are_told_from_new_pictures():
    train, held_out, new = (RNG.standard_normal((n, 30)) for n in (300, 200, 200))
    honest, thief = memory(new, train, held_out), memory(train[50:150] + 1e-3, train, held_out)
    assert abs(honest.ratio.value - 1.0) < 4 * honest.ratio.stderr < 0.1
    assert honest.copies.value == honest.held_out_copies.value == 0.0
    assert thief.ratio.value < 0.01
    assert thief.copies.value == 1.0
    assert thief.nearest.tolist() == list(range(50, 150))
    np.testing.assert_allclose(thief.distances, 1e-3 * np.sqrt(30), rtol=1e-9)
