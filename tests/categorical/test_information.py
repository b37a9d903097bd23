"""Costs of a chain along paths, and what another denoiser adds along the same ones or others."""

import math

import numpy as np
import pytest

from diffviz.categorical.information import SymbolInformation


def information(kl, added):
    return SymbolInformation(kl, kl[:-1], np.zeros(1), added, 1.0)


@pytest.mark.parametrize("others", [3, 1000, 4096])
def test_errors_along_other_paths_are_independent_of_the_exact_ones(others):
    """However many there are of either."""
    random = np.random.default_rng(0)
    kl, added = random.normal(size=(3, 1024)), random.normal(size=(2, others))
    found = information(kl, added)
    for of, told in [(kl, found.bound), (kl[:-1], found.discretisation)]:
        exact, more = of.sum(0), added.sum(0)
        assert told.value == pytest.approx(exact.mean() + more.mean())
        errors = [np.std(each, ddof=1) / math.sqrt(len(each)) for each in (exact, more)]
        assert told.estimate.stderr == pytest.approx(math.hypot(*errors), rel=1e-3)
    values, errors = found.of_steps(kl[:-1])
    np.testing.assert_allclose(values, kl[:-1].mean(1) + added.mean(1))
    assert (errors > kl[:-1].std(1) / 32.1).all()


def test_errors_along_the_same_paths_are_those_of_sums():
    random = np.random.default_rng(1)
    kl = random.normal(size=(3, 400))
    assert information(kl, -kl[:-1]).discretisation.estimate.stderr == pytest.approx(0.0, abs=1e-12)
    single = information(np.ones((3, 1)), kl[:-1])  # known exactly
    assert single.bound.value == pytest.approx(3.0 + kl[:-1].sum(0).mean())
