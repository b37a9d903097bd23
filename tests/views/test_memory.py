"""Curves of memorisation, of points and of digits."""

import math

import pytest

from diffviz import Experiment
from diffviz.gaussian.symmetry import time_at
from diffviz.views import view
from diffviz.views.base import Choice
from tests.kept import kept


def curves(experiment):
    name = "pictures" if experiment.shows_pictures else "plane"
    row = view(name).later["memory"]
    run = kept(experiment)
    assert row.applies(run)
    return row.curves_of(run, Choice())


def test_few_points_of_the_plane_are_told_apart_where_theory_says():
    """Of 30 draws of N(0, I): SNR_C = 29."""
    found = curves(Experiment(dataset="gaussian", steps=100, particles=30))
    marks = {mark.label: mark.x for mark in found["largest_weight"].marks}
    schedule = kept(Experiment(dataset="gaussian", steps=100, particles=30)).setup.schedule
    assert marks["I = log n"] == pytest.approx(time_at(schedule, math.log(29)), abs=0.02)
    assert 0.5 * marks["I = log n"] < marks["one holds half"] < 3 * marks["I = log n"]
    assert found["largest_weight"].values[[0, -1]] == pytest.approx([1.0, 1 / 30], abs=0.05)
    assert found["log_points"].values.tolist() == [math.log(30)] * 2
    assert found["known_of_points"].values[-20:] == pytest.approx(found["known_of_data"].values[-20:], abs=0.05)
    assert found["known_of_data"].values[0] > math.log(30) > found["known_of_points"].values[0]


def test_digits_collapse_onto_training_images_at_half_of_the_way():
    found = curves(Experiment(dataset="digits", steps=20, particles=4))
    (mark,) = found["largest_weight"].marks
    assert 5 < mark.x < 15
    assert found["effective_points"].values[0] < 1.1
    assert math.log(found["effective_points"].values[-1]) == pytest.approx(found["log_points"].values[0], abs=0.1)
    assert "known_of_data" not in found


def test_what_has_no_points_to_be_told_apart_has_no_charts():
    row = view("pictures").later["memory"]
    assert not row.applies(kept(Experiment(dataset="own", steps=4, particles=2)))
    measured = Experiment(dataset="digits", steps=4, particles=2, measurement="inpaint")
    assert not row.applies(kept(measured))
    alone = view("plane").later["memory"].curves_of(kept(Experiment(steps=4, particles=1)), Choice())
    assert all(isinstance(text, str) for text in alone.values())


def test_the_information_of_many_times_is_computed_within_a_deadline(monkeypatch):
    run, checked = kept(Experiment(steps=4, particles=3)), []
    monkeypatch.setattr("diffviz.views.plane.later.check_time", lambda: checked.append(True))
    view("plane").later["memory"].curves_of(run, Choice())
    assert len(checked) == 4
