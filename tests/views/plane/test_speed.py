"""Curves of speed and accuracy: their sums are the integrals, and both sides of the identity lie on one another."""

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.domains.plane.speed import speed_accuracy
from diffviz.gaussian.speed import neural_entropy
from diffviz.views import told, view
from diffviz.views.base import Choice
from diffviz.views.plane.later import LATER
from tests.kept import kept

RUN = Experiment(dataset="two_gaussians", steps=40, sampler_steps=10, particles=20)


@pytest.fixture(scope="module")
def curves():
    return LATER["speed"].curves_of(kept(RUN), Choice())


def test_the_squared_speed_is_over_its_floor_and_averages_to_its_integral(curves):
    setup = kept(RUN).setup
    found = speed_accuracy(setup.distribution, setup.schedule)
    assert curves["squared_speed"].x.tolist() == list(range(1, 41))
    assert curves["squared_speed"].values.mean() == pytest.approx(curves["mean_squared_speed"].values[0])
    assert curves["least_squared_speed"].values.tolist() == [found.floor.value] * 2
    assert curves["least_squared_speed"].values[0] < curves["mean_squared_speed"].values[0]


def test_the_error_of_a_shifted_start_is_below_its_bound(curves):
    error, bound = curves["shifted_error"], curves["shifted_bound"]
    assert error.over == bound.over == "shift of x_T"
    assert (error.values > error.stderr).all()
    assert (error.stderr > 0).all()
    charts, _ = told.later_charts(view("plane"), "speed", [(kept(RUN), curves)])
    points = charts["time"]["shifted_error"].figure["data"][0]
    assert points["error_y"]["array"] == pytest.approx(error.stderr)
    assert (error.values < bound.values / 10).all()


def test_both_sides_of_neural_entropy_are_one_line(curves):
    integral, fall = curves["entropy_of_noise"], curves["fall_to_noise"]
    np.testing.assert_allclose(integral.values[fall.x], fall.values, atol=1e-7)
    setup = kept(RUN).setup
    assert integral.values[-1] == pytest.approx(neural_entropy(setup.distribution, setup.schedule).right, abs=1e-7)


@pytest.mark.parametrize("group", ["symmetry", "speed", "memory"])
def test_charts_of_one_run_and_of_two_have_what_they_draw(group):
    runs = [kept(RUN), kept(Experiment(dataset="two_gaussians", steps=30, particles=20, schedule="rectified_flow"))]
    found = [(m, LATER[group].curves_of(m, Choice())) for m in runs]
    one, why = told.later_charts(view("plane"), group, found[:1])
    two, _ = told.later_charts(view("plane"), group, found)
    assert list(one["time"]) == list(two["time"]) == list(two["log_snr"]) == list(LATER[group].charts)
    assert why == {}
