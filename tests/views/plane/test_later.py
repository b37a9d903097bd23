"""Charts of the plane that come later: what they say is what other parts of the house measure."""

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.views.plane.later import LATER, quasi_static
from diffviz.views.sweep import STEPS
from tests.measured import measured


def test_the_gap_over_the_number_of_steps_is_that_of_the_runs_and_approaches_the_line_of_slope_minus_one():
    found = measured(Experiment(steps=20, particles=8))
    curves = quasi_static(found)
    gap, line, own = (curves[name] for name in ("gap_over_steps", "slope_of_minus_one", "own_gap"))
    assert gap.x.tolist() == list(STEPS)
    at_20 = gap.values[STEPS.index(20)]
    assert at_20 == pytest.approx(float(found.details.dissipation_nats.sum()), rel=1e-6)
    assert own.values == pytest.approx([at_20])
    np.testing.assert_allclose(line.values * line.x, gap.values[-1] * STEPS[-1])
    slopes = np.diff(np.log(gap.values)) / np.diff(np.log(gap.x))
    assert slopes[-1] == pytest.approx(-1.0, abs=0.02)
    assert abs(slopes[-1] + 1) < abs(slopes[0] + 1)


def test_one_gaussian_has_no_gap_and_says_so():
    """Its reverse kernels are Gaussian, too, so that steps of any length are exact."""
    told = quasi_static(measured(Experiment(dataset="gaussian", steps=5, particles=8)))["gap_over_steps"]
    assert isinstance(told, str)
    assert told.count(".") == 1


def test_a_bug_without_an_elbo_has_none():
    assert not LATER["quasi_static"].applies(measured(Experiment(steps=5, particles=8, sampler="ddim", bug="alpha_bar")))
