"""Means and their errors."""

import numpy as np
import pytest

from diffviz.estimates import mean_of_counts


def test_the_error_of_a_share_covers_the_draw_and_no_fault_in_a_few_samples_does_not_say_that_there_is_none():
    """Of shares that are rare, too, nine of ten runs and more are within two errors of the truth."""
    generator = np.random.default_rng(0)
    for share in (0.0, 0.002, 0.03, 0.4, 1.0):
        runs = [mean_of_counts(generator.random(300) < share).estimate for _ in range(400)]
        within = [abs(run.value - share) <= 2.0 * run.stderr for run in runs]
        assert np.mean(within) > 0.9
    none = mean_of_counts(np.zeros(200, bool)).estimate
    assert (none.value, none.stderr) == (0.0, pytest.approx(1 / 200))
