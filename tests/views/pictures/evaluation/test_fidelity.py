"""Distances between clouds against closed forms, other formulas and loops."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from diffviz.views.pictures.evaluation.fidelity import frechet, frechet_estimate, frechet_floor, memory, precision_recall

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


def ratio(estimates):
    """Spread of the values over the root mean square of the errors that are told."""
    values, errors = np.array([[each.value, each.stderr] for each in estimates]).T
    return values.std(ddof=1) / np.sqrt(np.square(errors).mean())


SETS = 60  # of samples


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1.1, 0.1), (1.3, 0.5)])
@pytest.mark.parametrize("count", [60, 200])
def test_errors_are_the_spread_over_other_samples(scale, shift, count):
    """Of samples of the law itself and of others; for precision and recall the reference is a draw as well."""
    rng, turn = np.random.default_rng(4), RNG.standard_normal((8, 8)) / 2
    reference = rng.standard_normal((1500, 8)) @ turn
    found = {"frechet": [], "precision": [], "recall": []}
    for _ in range(SETS):
        samples, fresh = (scale * rng.standard_normal((count, 8)) + shift) @ turn, rng.standard_normal((count, 8)) @ turn
        shares = precision_recall(samples, fresh)
        for name, each in zip(found, (frechet_estimate(samples, reference), *shares), strict=True):
            found[name].append(each)
    for name, estimates in found.items():
        assert 0.7 < ratio(estimates) < 1.4, name


def test_the_frechet_distance_s_first_order_is_what_a_sample_moves():
    """Also where there are fewer samples than features."""
    for count, features in ((200, 5), (12, 20)):
        reference = RNG.standard_normal((400, features))
        x = 1.4 * RNG.standard_normal((count, features)) + 0.5
        told = frechet_estimate(x, reference)
        without = np.array([frechet(np.delete(x, i, 0), reference) for i in range(count)])
        jackknife = np.sqrt((count - 1) / count * np.square(without - without.mean()).sum())
        assert told.stderr == pytest.approx(jackknife, rel=0.05 if count > features else 0.5)


def test_the_errors_of_memory_are_the_spread_over_samples_and_held_out_pictures():
    train, rng = RNG.standard_normal((300, 3)), np.random.default_rng(5)
    found = [memory(*(rng.standard_normal((150, 3)) if x is None else x for x in (None, train, None))) for _ in range(SETS)]
    for name in ("distance", "held_out", "ratio", "copies"):
        assert 0.7 < ratio([getattr(each, name) for each in found]) < 1.4, name


def test_no_copies_among_a_few_hundred_is_no_certainty():
    train, new = RNG.standard_normal((300, 30)), RNG.standard_normal((200, 30))
    copies = memory(new, train, new).copies
    assert copies.value == 0.0
    assert 0.002 < copies.stderr < 0.0075  # the rule of three says: fewer than 1.5 % of all, two errors


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
        assert precision.stderr == pytest.approx(np.sqrt(precision.value * (1 - precision.value) / 40), rel=0.2)


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
