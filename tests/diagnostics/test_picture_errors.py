"""Every standard error of pictures beside the spread over seeds: of runs, and of differences of two runs."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.diagnostics.picture_comparison import PictureOutcome, compare_pictures
from diffviz.engine import Setup

SEEDS = 20
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
def rows(kind):
    """[seeds] rows by name."""
    base, change = PAIRS[kind]
    found = []
    for seed in range(SEEDS):
        setups = [Setup(replace(base, seed=seed)), Setup(replace(base, seed=seed, **change))]
        found.append({row.name: row for row in compare_pictures(*(PictureOutcome.of(s, run(s.experiment, s)) for s in setups))})
    return found


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in FIGURES.items() for name in names])
def test_a_figure_varies_over_seeds_by_the_standard_error_that_is_told(kind, name):
    ratios = []
    for side in ("a", "b", "difference"):
        estimates = [getattr(found[name], side) for found in rows(kind)]
        values, errors = (np.array([getattr(each, part) for each in estimates]) for part in ("value", "stderr"))
        if errors.max() > 1e-9:
            ratios.append(values.std(ddof=1) / np.sqrt(np.square(errors).mean()))
    assert len(ratios) > 1
    assert 0.7 < np.sqrt(np.square(ratios).mean()) < 1.4
    assert 0.5 < min(ratios) <= max(ratios) < 1.7


def test_a_single_picture_has_no_error():
    """Unknown is not 0."""
    setup = Setup(replace(DIGITS, particles=1))
    outcome = PictureOutcome.of(setup, run(setup.experiment, setup))
    assert np.isinf(outcome.costs.stderr()).all()
    assert np.isinf(outcome.costs.bits_per_dim.stderr)
