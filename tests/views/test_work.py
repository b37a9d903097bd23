"""Charts of work, brackets and one x_0: what they draw is what thermodynamics measures."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.engine import Setup
from diffviz.telling.charts import CHARTS
from diffviz.thermodynamics.brackets import brackets
from diffviz.thermodynamics.one_point import one_point
from diffviz.thermodynamics.work import work_of_run
from diffviz.trajectory import Curve
from diffviz.views import told, view, view_of
from diffviz.views.base import Choice
from diffviz.views.work import bracket_curves, one_point_curves, path_count, work_curves
from tests.measured import measured

RUNS = {
    "plane": Experiment(dataset="two_moons", steps=12, particles=20, variance="optimal"),
    "bits": Experiment(dataset="heartbeat", steps=8, particles=20),
}


@pytest.fixture(scope="module", params=RUNS)
def m(request):
    return measured(RUNS[request.param])


def test_the_curves_of_work_are_those_of_as_many_paths(m):
    found, work = work_curves(m), work_of_run(Setup(m.experiment), path_count(m))
    assert path_count(m) == 4000
    forward = found["work_forward"]
    width = np.diff(forward.x)
    inside = (work.work_forward >= forward.x[0]) & (work.work_forward <= forward.x[-1])
    assert (forward.values[:-1] * width).sum() == pytest.approx(inside.mean())
    assert 0.95 < inside.mean() < 1.0
    assert found["work_mean"].values[0] == pytest.approx(work.work_forward.mean())
    assert found["exponential_mean"].values[-1] == pytest.approx(np.exp(-work.work_forward).mean())
    assert found["gap_level"].values[0] == pytest.approx(m.estimate("gap_nats").value)
    assert [mark.x for mark in forward.marks] == [0.0]
    np.testing.assert_array_equal(found["crooks_theorem"].x, found["crooks_theorem"].values)
    slope = found["crooks_slope"]
    assert slope.values[0] == pytest.approx(1.0, abs=3.5 * slope.stderr[0])
    ratio = found["crooks_ratio"]
    assert (np.abs(ratio.values - ratio.x) < 4.5 * ratio.stderr).all()


def test_the_histograms_cross_at_no_work(m):
    found = work_curves(m)
    x = (found["work_forward"].x[:-1] + found["work_forward"].x[1:]) / 2
    more = (found["work_forward"].values - found["work_reverse"].values)[:-1]
    assert more[(x > 0.3) & (x < 1.2)].mean() > 0
    assert more[(x < -0.3) & (x > -1.2)].mean() < 0


def test_brackets_are_drawn_over_the_times_that_steps_leave(m):
    found, known = bracket_curves(m), brackets(Setup(m.experiment))
    for name in ("exact", "lower", "upper", "model"):
        curve = found[f"entropy_{name}"]
        np.testing.assert_array_equal(curve.x, m.times[1:])
        np.testing.assert_array_equal(curve.values, getattr(known, name) - known.upper)
        assert curve.over == "t"


def test_in_the_plane_brackets_are_the_two_variances_too():
    m = measured(RUNS["plane"])
    found, schedule = bracket_curves(m), Setup(m.experiment).schedule
    s2 = schedule.sigma[m.times] ** 2
    np.testing.assert_allclose(found["variance_lower"].values, s2[:-1] / s2[1:], atol=1e-12)  # beta_tilde/beta
    variances = Setup(m.experiment).process.variances.values
    beta = 1 - (schedule.alpha[m.times[1:]] / schedule.alpha[m.times[:-1]]) ** 2
    np.testing.assert_allclose(found["variance_model"].values, variances / beta)
    assert (found["variance_exact"].values <= found["variance_model"].values + 1e-6).all()
    assert not found["entropy_exact"].marks


def test_where_the_upper_bracket_fails_it_is_marked():
    found = bracket_curves(measured(Experiment(dataset="gaussian", steps=10, particles=4, schedule="rectified_flow")))
    (mark,) = found["entropy_exact"].marks
    exact, upper = found["entropy_exact"], found["entropy_upper"]
    assert mark.x == exact.x[exact.values > upper.values + 1e-6][0]


def test_one_point_is_that_of_the_particle_or_of_the_place(m):
    setup = Setup(m.experiment)
    x_0 = setup.data()[3].double().numpy()
    found, known = one_point_curves(m, Choice(3), "Choose."), one_point(setup, x_0, 4000)
    np.testing.assert_array_equal(found["point_equality"].values, known.equality)
    np.testing.assert_array_equal(found["point_bound"].values, known.bound)
    assert found["point_data"].values == pytest.approx([known.log_q] * 2)
    assert found["point_now"].values[0] == known.log_p.value
    if setup.shape == (2,):
        there = one_point_curves(m, Choice(None, (0.5, -0.25)), "Choose.")
        assert there["point_data"].values[0] == pytest.approx(one_point(setup, np.array([0.5, -0.25]), 10).log_q)


@pytest.mark.parametrize("choice", [Choice(), Choice(20), Choice(None, (1.0, 2.0, 3.0))])
def test_without_a_choice_it_says_what_to_choose(m, choice):
    told_ = one_point_curves(m, choice, "Choose.")
    assert set(told_) == {"point_equality", "point_weights"}
    assert all(isinstance(each, str) for each in told_.values())


def test_a_reversible_process_has_no_work_and_says_so():
    found = work_curves(measured(Experiment(dataset="gaussian", steps=5, particles=4, variance="beta")))
    assert set(found) == {"work_forward", "crooks_ratio", "exponential_mean"}
    assert all("reversible" in each for each in found.values())


@pytest.mark.parametrize("name", RUNS)
def test_every_chart_can_be_drawn_of_one_run_and_of_two_as_strict_json(name):
    one = RUNS[name]
    other = Experiment(**{**one.to_dict(), "steps": 5})
    view = view_of(one)
    runs = [measured(each) for each in (one, other)]
    for group, row in view.later.items():
        if group not in ("work", "brackets", "one_point"):
            continue
        curves = [(each, row.curves_of(each, Choice(0))) for each in runs]
        for some in (curves[:1], curves):
            charts, why = told.later_charts(view, group, some)
            assert not why
            for drawn in charts.values():
                assert list(drawn) == list(row.charts)
                for chart in drawn.values():
                    json.dumps(chart.figure, allow_nan=False)


def test_what_charts_name_is_what_the_curves_are_called():
    m = measured(RUNS["plane"])
    known = work_curves(m) | bracket_curves(m) | one_point_curves(m, Choice(0), "Choose.")
    for name in ("work", "crooks", "jarzynski", "brackets", "variance_brackets", "one_point", "one_point_weights"):
        row = CHARTS[name]
        assert {line.curve for line in row.lines} | {curve for _, curve in row.reads} <= set(known), name
        over = {known[line.curve].over for line in row.lines}
        assert over == {row.over or "t"}
    assert all(isinstance(each, Curve) and math.isfinite(each.values[-1]) for each in known.values())


def test_what_is_to_be_chosen_is_told_in_the_words_of_the_data(m):
    for name, words, others in (("plane", "particle", "sequence"), ("heartbeat", "sequence", "plane")):
        said = view(name).later["one_point"].curves_of(m, Choice())["point_equality"]
        assert words in said
        assert others not in said


def test_fewer_paths_are_drawn_where_they_take_long():
    def count(**fields):
        experiment = Experiment(particles=2, **fields)
        return path_count(SimpleNamespace(experiment=experiment, setup=Setup(experiment), times=np.arange(experiment.steps + 1)))

    assert count(dataset="two_moons", steps=16) == 4000
    assert 300 < count(dataset="names", steps=16) < 500  # of 4896 states
    assert count(dataset="names", steps=1000) == 200
    assert count(dataset="own_words", steps=16) == 4000
