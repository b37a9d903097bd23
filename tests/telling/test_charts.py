"""The rows of the charts and their sets, drawn of one run and of two of every domain."""

import json

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.diagnostics.curves import curves_of
from diffviz.engine import Setup
from diffviz.schedules import make_schedule
from diffviz.telling.charting import CLOCKS, Side, finite_levels, level_reach, level_ticks, make_charts
from diffviz.telling.charts import CHART_SETS, CHARTS, ChartRow, LineRow
from diffviz.telling.glossary import GLOSSARY
from diffviz.trajectory import Curve, Mark
from diffviz.views import VIEWS, told, view, view_of
from tests.figures.test_charts import numbers
from tests.measured import measured

SMALL = {
    "plane": (Experiment(steps=6, particles=8), Experiment(steps=5, particles=8, schedule="rectified_flow", denoiser="learned")),
    "pictures": (Experiment(dataset="digits", steps=6, particles=4), Experiment(dataset="digits", steps=5, particles=4)),
}
GIVEN = Experiment(dataset="digits", steps=6, particles=4, measurement="inpaint")


def offered(kind):
    """Names of the charts that runs of a domain may have, at once or later."""
    return [*kind.charts, *(name for row in kind.later.values() for name in row.charts)]


def test_every_chart_is_in_a_set_and_of_a_domain():
    named = [name for each in CHART_SETS.values() for name in each.charts]
    assert set(named) == set(CHARTS) == {name for domain in VIEWS for name in offered(view(domain))}
    assert next(iter(CHART_SETS.values())).charts[:3] == ("schedule", "snr", "kl")
    for row in CHARTS.values():
        assert row.title[0].isupper()
        assert row.lines


def test_the_title_of_every_chart_opens_an_entry_of_the_glossary():
    assert {row.term or name for name, row in CHARTS.items()} <= set(GLOSSARY)


@pytest.mark.parametrize("domain", SMALL)
def test_one_run_and_two_of_every_domain_have_its_charts_on_strict_json(domain):
    a, b = (measured(e) for e in SMALL[domain])
    kind = view_of(a.experiment)
    assert kind is view(domain)
    one, both = told.charts(kind, a, a.setup), told.charts_of_both(kind, a, b)
    wanted = [name for name in kind.charts if CHARTS[name].lines[0].curve in curves_of(a, a.setup.schedule)]
    assert set(both) == set(CLOCKS)
    frames = [len(kind.sent.times(m.setup)) for m in (a, b)]
    for charts in (one, *both.values()):
        assert list(charts) == wanted
        for name, chart in charts.items():
            layout = chart.figure["layout"]
            json.dumps(chart.figure, allow_nan=False)
            assert np.isfinite(layout["xaxis"]["range"]).all()
            assert layout["yaxis"]["range"][0] < layout["yaxis"]["range"][1]
            assert (chart.axis == "log_snr") == (name == "staircase")
    assert all(chart.axis == "own" or len(chart.readout) == frames[0] for chart in one.values())
    followed = [chart for charts in both.values() for chart in charts.values() if chart.axis != "own"]
    assert all([len(side) for side in chart.readout] == frames for chart in followed)


def test_a_run_without_a_bound_shows_the_spread_of_its_samples_instead():
    found = measured(GIVEN)
    assert list(told.charts(view_of(GIVEN), found, found.setup)) == ["schedule", "snr", "spread"]


def test_what_is_read_is_what_the_steps_cost():
    """Beside the cursor at t stands the cost of the step that leaves t; L_0 is named, for it is no KL, and not drawn."""
    found = measured(SMALL["plane"][1])
    chart = told.charts(view("plane"), found, found.setup)["kl"]
    assert chart.readout[0] == ""
    assert chart.readout[1].startswith("<i>L</i><sub>0</sub> = ")
    read = [float(text.split()[0]) for text in chart.readout[2:] if "sup" not in text]
    assert read == pytest.approx(found.costs.kl_nats[1:-1][: len(read)].tolist(), rel=0.06)
    drawn = [numbers(trace["x"]) for trace in chart.figure["data"] if trace.get("name") == "KL of a step"]
    assert [x.min() for x in drawn] == [2, 2]  # of the denoiser in use and of the exact one, from the second visited time on


def test_values_of_two_runs_stand_between_a_symbol_and_a_unit():
    found = measured(SMALL["plane"][0])
    charts = told.charts_of_both(view("plane"), found, found)["time"]
    around = {name: (chart.symbol, chart.unit) for name, chart in charts.items()}
    assert around["snr"] == ("log<sub>10</sub> SNR ", "")
    assert around["kl"] == ("", "nats")
    assert around["schedule"][0].strip() == "<i>ᾱ</i>"
    one = told.charts(view("plane"), found, found.setup)
    assert all((chart.symbol, chart.unit) == ("", "") for chart in one.values())  # there every value has its own


def test_the_exact_denoiser_is_not_drawn_twice():
    exact, learned = (measured(e) for e in SMALL["plane"])
    lines = [len(told.charts(view("plane"), m, m.setup)["dissipation"].figure["data"]) for m in (exact, learned)]
    assert lines[0] < lines[1]


def test_the_axis_of_noise_levels_reaches_beyond_the_finite_ones():
    cosine, flow = make_schedule("cosine", 10), make_schedule("rectified_flow", 10)
    high, low = finite_levels(cosine)
    assert high == pytest.approx(np.log10(cosine.snr[1]))
    reach, noise = level_reach([cosine])
    assert not noise
    assert reach[0] > high
    assert reach[1] == low
    reach, noise = level_reach([cosine, flow])
    assert noise
    assert reach[1] < min(low, finite_levels(flow)[1])


def test_ticks_of_an_axis_of_noise_levels():
    ticks = level_ticks((4.0, -5.0), True)
    assert ticks["ticktext"][0] == "∞"
    assert ticks["ticktext"][-1] == "−∞"
    assert ticks["tickvals"][0] == 4.0
    assert set(ticks["ticktext"][1:-1]) <= {"2", "0", "−2"}


def side_with(experiment, **curves):
    setup = Setup(experiment)
    return Side(setup.schedule, curves, view_of(experiment).sent.times(setup))


def test_what_no_clock_follows_has_one_reading_with_its_error(monkeypatch):
    row = ChartRow("Work", "1/kT", (LineRow("own"),), over="work, kT", reads=(("mean ", "mean"),))
    monkeypatch.setitem(CHARTS, "work", row)
    own = Curve("p", np.array([-1.0, 1.0]), np.array([0.5, 0.5]), "1/kT", over="work, kT")
    sides = [
        side_with(each, own=own, mean=Curve("mean", np.array([0]), np.array([value]), "kT", np.array([0.01]), over="work, kT"))
        for each, value in zip(SMALL["plane"], (0.25, 0.5), strict=True)
    ]
    one, both = make_charts(["work"], sides[:1])["work"], make_charts(["work"], sides, "log_snr")["work"]
    assert (one.axis, one.readout) == ("own", ["mean 0.250 ± 0.010 kT"])
    assert (both.axis, both.readout) == ("own", [["0.250 ± 0.010"], ["0.500 ± 0.010"]])
    assert (both.symbol, both.unit) == ("mean ", "kT")
    low, high = one.figure["layout"]["xaxis"]["range"]
    assert low < -1.0 < 1.0 < high


def test_named_times_stand_where_the_clock_has_them(monkeypatch):
    monkeypatch.setitem(CHARTS, "commit", ChartRow("Commit", "", (LineRow("own"),)))
    one, other = (Experiment(steps=steps, schedule="linear", particles=8) for steps in (10, 20))
    curves = [
        Curve("phi", np.arange(e.steps + 1), np.ones(e.steps + 1), "", marks=(Mark(0.25 * e.steps, "speciation"),))
        for e in (one, other)
    ]
    sides = [side_with(e, own=curve) for e, curve in zip((one, other), curves, strict=True)]

    def marks(charts):
        layout = charts["commit"].figure["layout"]
        labels = layout["annotations"][-len(layout["shapes"]) :]
        return [(shape["x0"], label["text"]) for shape, label in zip(layout["shapes"], labels, strict=True)]

    assert marks(make_charts(["commit"], sides[:1])) == [(2.5, "speciation")]
    assert marks(make_charts(["commit"], sides)) == [(0.25, "speciation")]  # the same for both
    (a, name), (b, _) = marks(make_charts(["commit"], sides, "log_snr"))
    assert name == "A speciation"
    levels = sides[0].schedule.log_snr / np.log(10)
    assert levels[3] < a < levels[2]
    assert b == pytest.approx(sides[1].schedule.log_snr[5] / np.log(10))


def test_points_of_two_runs_that_are_alike_are_both_seen():
    gap = Curve("gap", np.array([5.0, 10.0]), np.array([1.0, 0.5]), "nats", over="T")
    sides = [Side(make_schedule("cosine", 5), {"gap_over_steps": gap}, np.arange(6)) for _ in "AB"]
    a, b = make_charts(("gap_over_steps",), sides)["gap_over_steps"].figure["data"]
    assert (a["marker"]["symbol"], b["marker"]["symbol"]) == ("circle", "circle-open")
    assert b["marker"]["size"] - 2 * b["marker"]["line"]["width"] > a["marker"]["size"]


def test_the_chart_of_one_sample_says_which_density_is_whose():
    labels = {line.curve: line.label for line in CHARTS["one_point"].lines}
    assert "eq. 9" in labels["point_equality"]
    assert "model" in labels["point_equality"]
    assert "eq. 12" in labels["point_bound"]
    assert "data" in labels["point_data"]
    assert not any("kT" in CHARTS[name].unit for name in ("dissipation", "produced", "brackets", "entropy_of_noise"))
