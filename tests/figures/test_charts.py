import base64
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from diffviz.figures.charts import MAX_POINTS, chart_figure, with_own
from diffviz.figures.lines import Axis, Line, Upright
from diffviz.figures.sweep import gap_against_steps
from diffviz.trajectory import Curve


def line(values, x=None, **style):
    values = np.asarray(values, float)
    return Line(Curve("a", np.arange(len(values)) if x is None else np.asarray(x, float), values, "nats"), "black", **style)


def numbers(array):
    """A list that Plotly's JSON may have packed."""
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]) if isinstance(array, dict) else np.array(array, float)


def test_long_curves_are_thinned_to_what_can_be_seen_and_keep_their_ends():
    figure = chart_figure([line(np.linspace(5, -5, 4001))], Axis("t", (0, 4000)), "")
    x = numbers(figure["data"][0]["x"])
    assert len(x) <= MAX_POINTS
    assert (x[0], x[-1]) == (0, 4000)


def test_what_is_infinite_is_left_out_and_ranges_are_finite():
    figure = chart_figure([line([np.inf, 1.0, 0.0, -np.inf])], Axis("t", (0, 3)), "", level=(0.0, "SNR = 1"))
    assert len(numbers(figure["data"][1]["x"])) == 2
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < 0.0 < 1.0 < high < 1.2


def test_a_curve_at_an_infinite_noise_level_ends_at_the_end_of_the_axis():
    curve = line([3.0, 2.0, 1.0], [np.inf, 0.0, -np.inf])
    figure = chart_figure([curve], Axis("log10 SNR", (2.0, -2.0)), "")
    ends = [(numbers(trace["x"])[-1], numbers(trace["y"])[-1]) for trace in figure["data"][1:]]
    assert ends == [(2.0, 3.0), (-2.0, 1.0)]


def test_the_log_axis_takes_zero_and_negative_costs():
    figure = chart_figure([line([0.0, -0.5, 1e-3, 1e-2])], Axis("t", (0, 4)), "nats", "log")
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < -3 < -2 < high
    assert len(numbers(figure["data"][0]["x"])) == 2


def test_a_line_is_not_drawn_over_what_costs_nothing_and_what_stands_alone_is_a_dot():
    costs = line([0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 0.0, np.nan, 4.0, 5.0])
    joined, dots = chart_figure([costs], Axis("t", (0, 9)), "nats", "log")["data"]
    assert numbers(joined["x"]) == pytest.approx([1, 2, np.nan, 5, np.nan, 8, 9], nan_ok=True)
    assert numbers(joined["y"]) == pytest.approx([1, 2, np.nan, 3, np.nan, 4, 5], nan_ok=True)
    assert (joined["mode"], dots["mode"], dots["name"], dots["x"], dots["y"]) == ("lines", "markers", "", [5], [3])
    assert len(chart_figure([line([1.0, 0.0, -1.0])], Axis("t", (0, 2)), "nats")["data"]) == 1  # 0 is a value of a linear axis
    every_third = chart_figure([line(np.arange(3000.0) % 3)], Axis("t", (0, 2999)), "nats", "log")["data"][0]
    assert np.isfinite(numbers(every_third["x"])).sum() <= MAX_POINTS


def test_the_band_of_an_error_has_the_gaps_of_its_line_on_a_log_axis():
    curve = Curve("a", np.arange(5), np.array([1.0, 1.0, 0.0, 2.0, 2.0]), "nats", np.array([0.1, 0.1, 0.0, 0.2, 0.2]))
    band = chart_figure([Line(curve, "black", band="grey")], Axis("t", (0, 4)), "nats", "log")["data"][0]
    assert numbers(band["x"]) == pytest.approx([0, 1, 1, 0, np.nan, 3, 4, 4, 3], nan_ok=True)
    assert numbers(band["y"]) == pytest.approx([1.2, 1.2, 0.8, 0.8, np.nan, 2.4, 2.4, 1.6, 1.6], nan_ok=True)


@pytest.mark.parametrize("scale", ["linear", "log", "share", "area"])
@pytest.mark.parametrize("values", [[], [0.0, 0.0], [-1.0], [np.inf, np.inf]])
def test_a_curve_with_nothing_to_draw_can_still_be_sent(scale, values):
    text = json.dumps(chart_figure([line(values, truth=True)], Axis("t", (0, 2)), "", scale), allow_nan=False)
    low, high = json.loads(text)["layout"]["yaxis"]["range"]
    assert low < high


def test_twice_the_standard_error_is_a_band_where_there_is_one():
    curve = Curve("a", np.arange(3), np.ones(3), "nats", np.array([0.1, 0.2, np.inf]))
    figure = chart_figure([Line(curve, "black", band="grey")], Axis("t", (0, 2)), "")
    assert numbers(figure["data"][0]["y"]) == pytest.approx([1.2, 1.4, 0.6, 0.8])
    below = Curve("a", np.arange(2), -np.ones(2), "nats", np.full(2, 0.1))
    figure = chart_figure([Line(below, "black", band="grey")], Axis("t", (0, 2)), "")
    assert numbers(figure["data"][0]["y"]) == pytest.approx([-0.8, -0.8, -1.2, -1.2])
    known = Curve("a", np.arange(3), np.ones(3), "nats", np.zeros(3))
    assert len(chart_figure([Line(known, "black", band="grey")], Axis("t", (0, 2)), "")["data"]) == 1


def test_a_label_stands_at_the_end_of_its_line_within_the_chart():
    figure = chart_figure([line([1.0, 1e-3, 1e-20], label="exact")], Axis("t", (0, 2)), "", "log")
    (label,) = figure["layout"]["annotations"]
    assert (label["text"], label["x"], label["y"]) == ("exact", 1.0, pytest.approx(-3))


def test_towering_stairs_do_not_hide_the_truth():
    figure = chart_figure([line([100.0, 1.0]), line([1.0, 2.0], truth=True)], Axis("log10 SNR", (4, -4)), "", "area")
    assert figure["layout"]["yaxis"]["range"] == [0.0, 6.0]


def test_how_a_run_begins_does_not_hide_where_it_settles():
    """Times ascend, so that a run's later half comes first."""
    figure = chart_figure([line([0.2, -0.1, 0.1, 4.0, 90.0])], Axis("t", (0, 4)), "", "settled", (0.0, "true samples"))
    low, high = figure["layout"]["yaxis"]["range"]
    assert -0.2 < low < -0.1
    assert 0.2 < high < 0.3
    assert len(numbers(figure["data"][1]["x"])) == 5  # all are drawn


def test_the_line_of_the_chosen_sample_is_last_and_empty():
    figure = with_own(chart_figure([line([1.0, 2.0])], Axis("t", (0, 1)), ""), "red")
    assert (figure["data"][-1]["name"], figure["data"][-1]["x"]) == ("chosen", [])
    assert len(figure["data"]) == 2


def plotly_takes(figure):
    """As Plotly's own objects have it, which refuse a name or a value that its script does not know."""
    return json.loads(go.Figure(figure, skip_invalid=False).to_json())


@pytest.mark.parametrize("scale", ["linear", "log", "share", "area"])
def test_plotly_knows_every_part_of_a_chart_and_leaves_it_as_it_is(scale):
    curve = Curve("a", np.array([np.inf, 2.0, 1.0, 0.0]), np.array([4.0, 3.0, 2.0, 1.0]), "nats", np.full(4, 0.1))
    ticks = {"tickvals": [2, 0], "ticktext": ["two", "none"]}
    lines = [Line(curve, "black", "dash", 2.2, "label", "grey", truth=True)]
    figure = with_own(chart_figure(lines, Axis("log10 SNR", (3.0, -1.0), ticks), "nats", scale, (1.0, "SNR = 1")), "red")
    taken = plotly_takes(figure)
    assert taken["data"] == figure["data"]
    assert taken["layout"] | {"template": None} == figure["layout"] | {"template": None}


def test_plotly_knows_every_part_of_the_figure_of_a_sweep():
    gaps = np.array([1.0, 0.5, 0.2, 0.1])
    others = {name: None if name == "f" else gaps for name in "abcdef"}
    figure = gap_against_steps((10, 20, 50, 100), {"A": gaps * [1, 1, 1, np.nan]}, others, gaps, [0.1] * 4)
    taken = plotly_takes(figure)
    assert len(figure["data"]) == 7
    assert figure["data"][0]["y"] == [1.0, 0.5, 0.2, None]
    assert taken["data"] == figure["data"]
    assert taken["layout"] | {"template": None} == figure["layout"] | {"template": None}


def test_points_have_bars_of_one_standard_error_and_the_axis_has_room_for_them():
    curve = Curve(
        "ratio", np.array([1.0, 2.0, 4.0]), np.array([1.0, 5.0, 2.0]), "", np.array([0.1, 2.0, np.inf]), over="work, kT"
    )
    solid, dotted = (Line(curve, "black", dash, drawn="points") for dash in ("solid", "dot"))
    figure = chart_figure([solid, dotted], Axis("work, kT", (0.0, 5.0)), "")
    first, second = figure["data"]
    assert [trace["mode"] for trace in figure["data"]] == ["markers", "markers"]
    assert first["error_y"]["array"] == [0.1, 2.0, 0.0]  # of what has no known error no bar is drawn
    assert first["marker"]["symbol"] != second["marker"]["symbol"]  # B is told from A without colour
    assert figure["layout"]["yaxis"]["range"][1] > 7.0
    go.Figure(figure)


def test_stairs_reach_from_each_place_to_the_next_and_are_filled_from_zero():
    curve = Curve("forward", np.array([-1.0, 0.0, 1.0]), np.array([2.0, 0.0, 0.0]), "", over="work, kT")
    figure = chart_figure([Line(curve, "black", drawn="stairs", fill="grey")], Axis("work, kT", (-1.0, 1.0)), "", "area")
    (trace,) = figure["data"]
    assert (trace["line"]["shape"], trace["fill"], trace["fillcolor"]) == ("hv", "tozeroy", "grey")
    assert numbers(trace["y"]).tolist() == [2.0, 0.0, 0.0]  # an empty bin is drawn, too
    assert figure["layout"]["yaxis"]["range"][0] == 0.0
    go.Figure(figure)


def test_a_logarithmic_horizontal_axis_leaves_out_what_it_cannot_show_and_counts_labels_in_decades():
    curve = Line(Curve("gap", np.array([0, 10, 100]), np.array([1.0, 0.1, 0.01]), "nats", over="T"), "black", label="gap")
    figure = chart_figure([curve], Axis("T", (0.9, 2.1), log=True), "nats", "log", level=(0.05, "floor"))
    level, trace = figure["data"]
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert numbers(trace["x"]).tolist() == [10, 100]
    assert level["x"] == pytest.approx([10**0.9, 10**2.1])
    (label,) = (each for each in figure["layout"]["annotations"] if each["text"] == "gap")
    assert (label["x"], label["y"]) == pytest.approx((2.0, -2.0))
    go.Figure(figure)


def test_a_named_place_is_a_line_across_the_chart_with_its_name():
    figure = chart_figure([line([1, 2, 3])], Axis("t", (0, 2)), "", uprights=[Upright(0.7, "speciation", "grey")])
    (shape,) = figure["layout"]["shapes"]
    assert (shape["x0"], shape["x1"], shape["yref"]) == (0.7, 0.7, "paper")
    assert figure["layout"]["annotations"][-1]["text"] == "speciation"
    go.Figure(figure)
