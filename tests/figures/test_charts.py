import json

import numpy as np
import pytest

from diffviz.figures import charts
from diffviz.trajectory import Curve


def curve(name, values, x=None):
    values = np.asarray(values, float)
    return Curve(name, np.arange(len(values)) if x is None else x, values, "nats")


def test_long_curves_are_thinned_to_what_can_be_seen_and_keep_their_ends():
    figure = charts.snr_figure(curve("log10 SNR", np.linspace(5, -5, 4001)), 4000)
    line = figure["data"][1]
    x = (
        np.frombuffer(__import__("base64").b64decode(line["x"]["bdata"]), np.float32)
        if isinstance(line["x"], dict)
        else line["x"]
    )
    assert len(x) <= charts.MAX_POINTS
    assert x[0] == 0
    assert x[-1] == 4000


def test_infinite_snr_at_both_ends_is_left_out():
    figure = charts.snr_figure(curve("log10 SNR", [np.inf, 1.0, 0.0, -np.inf]), 3)
    assert len(figure["data"][1]["x"]) == 2


def test_the_log_axis_of_costs_takes_zero_and_negative_costs():
    used = curve("learned", [0.0, -0.5, 1e-3, 1e-2])
    figure = charts.kl_figure(used, used, used, used, None, 4)
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < -3
    assert high > -2
    nothing = curve("exact", [0.0, 0.0])
    charts.kl_figure(nothing, nothing, nothing, nothing, None, 2)


@pytest.mark.parametrize("skips", [True, False])
def test_colours_follow_the_theme(skips):
    used = curve("learned", [1e-3, 1e-2])
    figure = charts.kl_figure(used, used, used, used, used if skips else None, 2)
    assert {trace["line"]["color"] for trace in figure["data"]} <= {"var(--dv-reverse)", "var(--dv-ink)"}
    assert len(figure["data"]) == (5 if skips else 4)


def test_a_curve_with_nothing_to_draw_can_still_be_sent():
    nothing = curve("exact", [-1.0, 0.0])
    json.dumps(charts.kl_figure(nothing, nothing, nothing, nothing, nothing, 2))
