"""Curves of symmetry breaking: what they say of a run is what theory and its own particles say."""

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.gaussian.symmetry import commit_times
from diffviz.trajectory import Curve
from diffviz.views.base import Choice
from diffviz.views.plane.later import LATER
from tests.kept import kept


@pytest.fixture(scope="module")
def curves():
    return LATER["symmetry"].curves_of(kept(Experiment(dataset="two_gaussians", steps=50, particles=400)), Choice())


def test_the_marks_are_the_moments_of_the_schedule(curves):
    m = kept(Experiment(dataset="two_gaussians", steps=50, particles=400))
    found = commit_times(m.setup.distribution, m.setup.schedule)
    marks = {mark.label: mark.x for mark in curves["clone_probability"].marks}
    assert marks == {
        "density splits": found.density_split.t,
        "drift splits": found.drift_split.t,
        "α²Λ = 1": found.speciation.t,
        "speciation": found.speciation_with_noise.t,
    }
    assert curves["density_curvature"].marks == curves["late_start_nats"].marks == curves["clone_probability"].marks


def test_curvatures_change_sign_at_their_marks(curves):
    marks = {mark.label: mark.x for mark in curves["clone_probability"].marks}
    for name, label in (("density_curvature", "density splits"), ("drift_curvature", "drift splits")):
        curve = curves[name]
        np.testing.assert_array_equal(curve.values > 0, curve.x < marks[label])
        assert curve.values.max() <= 2


def test_particles_commit_while_clones_do(curves):
    """A sample's mode is the most probable one at least as often as two clones agree."""
    phi, share = curves["clone_probability"], curves["committed"]
    assert share.values[0] == 1.0
    assert (share.values > phi.values - 5 * np.maximum(share.stderr, 0.025)).all()
    assert share.values[-1] == pytest.approx(0.5, abs=0.12)
    assert phi.values[[0, -1]] == pytest.approx([1.0, 0.5], abs=1e-3)


def test_a_late_start_costs_less_the_more_noise_there_is(curves):
    values = curves["late_start_nats"].values
    assert (np.diff(values) < 0).all()
    assert values[0] > 0.5


def test_one_gaussian_says_why_it_has_none():
    told = LATER["symmetry"].curves_of(kept(Experiment(dataset="gaussian", steps=5, particles=8)), Choice())
    assert all(isinstance(text, str) and not isinstance(text, Curve) for text in told.values())


def test_a_run_that_starts_late_has_no_marks_above_its_start():
    run = kept(Experiment(dataset="two_gaussians", steps=50, particles=20, start="late", start_time=0.5))
    marks = LATER["symmetry"].curves_of(run, Choice())["clone_probability"].marks
    assert {mark.label for mark in marks} == {"density splits", "α²Λ = 1"}
