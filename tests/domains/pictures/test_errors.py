"""Every standard error of pictures beside the spread over seeds: of runs, and of differences of two runs."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.diagnostics.comparison import compare
from tests.measured import measured

SEEDS = 50  # which know a spread to a tenth
DIGITS = Experiment(dataset="digits", denoiser="learned", device="cpu", steps=5, particles=12)
PAIRS = {
    "plain": (DIGITS, {"variance": "posterior"}),
    "noised": (replace(DIGITS, start="picture", start_time=0.5), {"start_time": 0.7}),
}
FIGURES = {
    "plain": ("bound_bits_per_dim", "rate_bits_per_dim", "distortion_bits_per_dim", "nearest_training"),
    "noised": ("to_picture_mse",),
}


@cache
def sides(kind):
    """[seeds] what is measured of A and of B."""
    base, change = PAIRS[kind]
    return [(measured(replace(base, seed=seed)), measured(replace(base, seed=seed, **change))) for seed in range(SEEDS)]


@cache
def rows(kind):
    """[seeds] rows by name."""
    return [{row.name: row for row in compare(a, b)} for a, b in sides(kind)]


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in FIGURES.items() for name in names])
def test_a_figure_varies_over_seeds_by_the_standard_error_that_is_told(kind, name):
    ratios = []
    for side in ("a", "b", "difference"):
        estimates = [getattr(found[name], side) for found in rows(kind)]
        values, errors = (np.array([getattr(each, part) for each in estimates]) for part in ("value", "stderr"))
        if errors.max() > 1e-9:
            ratios.append(values.std(ddof=1) / np.sqrt(np.square(errors).mean()))
    assert len(ratios) > 1
    assert 0.7 < min(ratios) <= max(ratios) < 1.4


def test_the_cost_of_each_step_varies_over_seeds_by_the_standard_error_that_is_told():
    base, _ = PAIRS["plain"]
    costs = [a.costs for a, _ in sides("plain")]
    ratios = np.std([each.kl_nats for each in costs], 0, ddof=1) / np.sqrt(np.square([each.stderr for each in costs]).mean(0))
    assert len(ratios) == base.steps + 1
    assert ((ratios > 0.7) & (ratios < 1.4)).all()


def test_a_single_picture_has_no_error():
    """Unknown is not 0."""
    single = measured(replace(DIGITS, particles=1))
    assert np.isinf(single.costs.stderr).all()
    assert np.isinf(single.estimate("bound_bits_per_dim").stderr)
