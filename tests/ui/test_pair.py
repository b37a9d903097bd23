import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from diffviz import Experiment, ExperimentError
from diffviz.domains.plane.datasets import DATASETS
from diffviz.engine import stream
from diffviz.experiment import differing
from diffviz.records import Record
from diffviz.schedules import SCHEDULES
from diffviz.telling import words
from diffviz.ui import broadcast
from diffviz.ui.instrument import run_asked
from diffviz.ui.pair import SideError, broadcast_pair, check_pair
from diffviz.views import view
from diffviz.views.plane.sweep import NAMES, gap_sweep
from diffviz.views.sweep import lines
from tests.ui.events import asked

PAIR_PRESETS = [question for question in view("plane").questions if question.b is not None]

SMALL = Experiment(steps=6, particles=40)


def messages(a, b):
    """Every message, those that come together one by one."""
    found = []
    for text in broadcast_pair(a, b):
        message = json.loads(text)
        found += message if isinstance(message, list) else [message]
    return found


def test_pictures_come_first_then_charts_then_figures():
    got = messages(replace(SMALL, seed=3), replace(SMALL, seed=3, schedule="linear"))
    kinds = [
        "figures" if m.get("comparison", {}).get("table") else "charts" if m.get("comparison", {}).get("charts") else "run"
        for m in got
    ]
    assert kinds == sorted(kinds, key=["run", "charts", "figures"].index)
    assert kinds[-2:] == ["charts", "figures"]
    assert {m["side"] for m in got if "side" in m} == {0, 1}
    assert [sum("final" in m and m["side"] == side for m in got) for side in (0, 1)] == [1, 1]
    assert got[-1]["queries"] == ["steps=6&particles=40&seed=3", "schedule=linear&steps=6&particles=40&seed=3"]


def test_what_goes_wrong_is_told_of_its_side(monkeypatch):
    for side, pair in (("a", (replace(SMALL, device="mps"), SMALL)), ("b", (SMALL, replace(SMALL, device="mps")))):
        with pytest.raises(SideError, match="device mps is not on this machine") as told:
            messages(*pair)
        assert (told.value.side, told.value.field) == (side, "device")
    late = replace(SMALL, seed=5, particles=41)
    monkeypatch.setattr(broadcast, "stream", lambda *run: _late(stream(*run), late.particles))
    with pytest.raises(SideError, match="steps need more") as told:
        messages(SMALL, late)
    assert told.value.side == "b"
    notices = json.loads([*run_asked(asked(SMALL, late))][-1][1])["notices"]
    assert [told["side"] for told in notices] == [1]


def _late(frames, particles):
    """The deadline of the run with so many particles passes after some frames."""
    for number, frame in enumerate(frames):
        if number > 3 and len(frame.x) == particles:
            raise ExperimentError("steps", "need more than 120 seconds here; take fewer steps or particles.")
        yield frame


def test_what_is_of_pictures_alone_says_nothing_of_points():
    one = replace(SMALL, seed=4)
    for idle in ({"label": 3, "guidance": 4.0}, {"strength": 0.5, "test_image": 8}, {"eta": 0.5, "data_std": 0.5}):
        told = messages(replace(one, **idle), replace(one, schedule="linear"))[-1]["comparison"]
        assert told["sentence"].startswith("Changed: Noise schedule. ")
        assert told["own"] == ["Cosine", "Linear"]
        assert messages(replace(one, **idle), one)[-1]["comparison"]["sentence"].startswith("Nothing differs")


def test_nothing_changed_is_nothing_different():
    got = messages(replace(SMALL, seed=4), replace(SMALL, seed=4))
    arrays = [{}, {}]
    for m in got:
        for block in m.get("blocks", []):
            size = len(block["data"]) // block["count"]
            for k in range(block["count"]):
                arrays[m["side"]][block["name"], block["first"] + k] = block["data"][k * size : (k + 1) * size]
    assert arrays[0] == arrays[1]
    assert got[-1]["comparison"]["sentence"].startswith("Nothing differs")


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_against_every_kind_of_end_is_strict_json(name):
    """Infinite log SNR at either end, one step, another number of steps, other data."""
    ends = {"schedule": "rectified_flow", "sampler_steps": 1}
    for one, other in (
        ({}, {"zero_snr": True}),
        ({}, ends),
        (ends, {**ends, "seed": 1}),
        ({}, {"dataset": "gaussian", "steps": 2}),
    ):
        got = messages(replace(SMALL, **{"schedule": name, **one}), replace(SMALL, **other))
        charts = got[-1]["comparison"]["charts"]
        assert set(charts) == {"time", "log_snr"}
        for clock in charts.values():
            timed = {"schedule", "snr", "kl", "dissipation", "produced", "bound", "staircase", "level_excess"}
            assert set(clock) - {"modes"} == timed
            assert ("modes" in clock) == ("dataset" not in other)  # one Gaussian has no modes
            frames = [len(next(m["init"]["times"] for m in got if m.get("side") == side and "init" in m)) for side in (0, 1)]
            assert all([len(side) for side in chart["readout"]] == frames for name, chart in clock.items() if name in timed)


def test_the_bound_so_far_ends_at_the_bound():
    got = messages(SMALL, replace(SMALL, schedule="linear"))
    final = got[-1]["comparison"]
    shown = final["charts"]["time"]["bound"]["readout"][0][0]
    bound = Record.of(SMALL).measured.details.bound.value
    assert float(shown.replace("−", "-")) == pytest.approx(bound, rel=0.02)


def test_the_table_says_how_many_particles_each_mode_got():
    assert "Particles in each mode" in messages(SMALL, replace(SMALL, schedule="linear"))[-1]["comparison"]["table"]
    rings = replace(SMALL, dataset="rings")
    assert "Particles in each mode" not in messages(rings, rings)[-1]["comparison"]["table"]


def test_the_questions_are_two_runs_each_that_differ_and_fit_the_page():
    assert len({preset.question for preset in PAIR_PRESETS}) == len(PAIR_PRESETS)
    for preset in PAIR_PRESETS:
        assert differing(preset.a, preset.b)
        check_pair(preset.a, preset.b)
        assert preset.a.dataset in DATASETS
        assert preset.a.seed == preset.b.seed


def test_charts_hold_no_more_points_than_can_be_seen():
    got = messages(replace(SMALL, steps=1000, particles=5), SMALL)
    assert len(json.dumps(got[-1]["comparison"]["charts"])) < 400_000


@pytest.mark.parametrize("change", [{"sampler": "ddim"}, {"sampler": "dpm_solver_2m"}])
def test_a_bound_that_is_not_the_sampler_s_own_is_said_to_be_so(change):
    final = messages(SMALL, replace(SMALL, **change))[-1]["comparison"]
    for text in (final["sentence"], final["table"]):
        assert "those of the ancestral chain" in text
    assert "the ELBO gap is the same" in final["sentence"]
    plain = messages(SMALL, replace(SMALL, seed=9))[-1]["comparison"]
    assert "ancestral chain" not in plain["sentence"] + plain["table"]


def test_the_step_into_data_is_not_shown_as_a_kl():
    charts = messages(SMALL, replace(SMALL, schedule="linear"))[-1]["comparison"]["charts"]["time"]
    readings = charts["kl"]["readout"][0]
    assert readings[0] == ""
    assert readings[1].startswith("<i>L</i><sub>0</sub> = ")
    assert not any("L" in text for text in readings[2:])
    lines = charts["kl"]["figure"]["data"]
    x = [np.frombuffer(base64.b64decode(line["x"]["bdata"]), line["x"]["dtype"]) for line in lines]
    assert [len(line) for line in x] == [SMALL.steps - 1] * 2  # and no point of the line either
    assert min(line.min() for line in x) == pytest.approx(2 / SMALL.steps)


def test_one_particle_can_be_compared_with_what_there_is():
    final = messages(replace(SMALL, particles=1), replace(SMALL, particles=1, seed=8))[-1]["comparison"]
    assert "ELBO gap, nats" in final["table"]
    assert "Sliced W₂" not in final["table"]


def swept(a, b):
    """The figure as a browser reads it."""
    return json.loads(json.dumps(list(gap_sweep(a, b))[-1]), parse_constant=pytest.fail)["figure"]


def test_a_line_of_the_sweep_is_the_schedule_of_its_side():
    a, b = (
        replace(SMALL, schedule="drawn", points="9 0 -9"),
        replace(SMALL, schedule="drawn", points="4 0 -4", dataset="rings"),
    )
    sides, others = lines(a, b, NAMES)
    assert [(side.points, side.dataset) for side in sides.values()] == [(a.points, a.dataset), (b.points, a.dataset)]
    assert "Cosine" in others
    assert list(others)[:2] == ["Optimal for this T", "Least dissipation"]
    sides, others = lines(SMALL, replace(SMALL, sampler="ddim", seed=4, beta_end=0.01), NAMES)  # cosine has no such end
    assert list(sides) == ["A = B: Cosine"]
    assert "Cosine" not in others


def test_the_sweep_shows_by_how_much_least_dissipation_misses_the_optimum(monkeypatch):
    for module in ("sweep", "plane.sweep"):
        monkeypatch.setattr(f"diffviz.views.{module}.STEPS", (5, 10, 50))
    a = replace(SMALL, dataset="eight_gaussians", schedule="optimal")
    figure = swept(a, replace(a, schedule="cosine"))
    lines = {line["name"].split(", slope")[0]: numbers(line["y"]) for line in figure["data"]}
    assert set(lines) == {
        *("A: Optimal for this T", "B: Cosine", "Least dissipation", "Linear", "Rectified flow", "EDM (Karras)"),
        "leading order (length)²/T",
    }
    excess = 100 * (lines["Least dissipation"] / lines["A: Optimal for this T"] - 1)
    assert excess[1] == pytest.approx(28.7, abs=0.2)
    ticks = figure["layout"]["xaxis"]["ticktext"]
    assert ticks[1] == "10<br>+29 %"
    assert ticks[2] == f"50<br>+{excess[2]:.1f} %"
    figure = swept(*[replace(a, variance="beta")] * 2)
    assert figure["layout"]["xaxis"]["ticktext"] == ["5", "10", "50"]  # of another variance neither is the best
    assert not any("leading" in line["name"] for line in figure["data"])


def test_of_one_gaussian_the_sweep_draws_no_rounding(monkeypatch):
    for module in ("sweep", "plane.sweep"):
        monkeypatch.setattr(f"diffviz.views.{module}.STEPS", (5, 10, 50))
    figure = swept(*[replace(SMALL, dataset="gaussian")] * 2)  # a browser reads no NaN
    names = [line["name"] for line in figure["data"]]
    assert "A = B: Cosine, too small to be known" in names
    assert not any("leading" in name for name in names)
    assert all(value is None or value > 1e-6 for line in figure["data"] for value in line["y"])


def numbers(array):
    """A list that Plotly's JSON may have packed."""
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]) if isinstance(array, dict) else np.array(array, float)


@pytest.mark.parametrize("other", [{}, {"schedule": "rectified_flow"}, {"schedule": "rectified_flow", "sampler_steps": 1}])
def test_what_is_read_at_an_infinite_noise_level_is_drawn_at_the_end_of_the_axis(other):
    """The bound's reading at the data counts L_0, so the curve must end there; and so at pure noise, where a run ends in it."""
    got = messages(SMALL, replace(SMALL, **other))
    charts, inits = got[-1]["comparison"]["charts"]["log_snr"], [m["init"] for m in got if "init" in m]
    for name in ("bound", "schedule", "kl", "dissipation"):
        layout, data = charts[name]["figure"]["layout"], charts[name]["figure"]["data"]
        left, right = layout["xaxis"]["range"]
        assert left > max(init["levels"][0] for init in inits)
        assert (right < min(init["levels"][1] for init in inits)) == bool(other)
        for side, letter in enumerate("AB"):
            points = {}
            for trace in data:
                if trace["name"] == letter:
                    points |= dict(zip(map("{:.3f}".format, numbers(trace["x"])), numbers(trace["y"]), strict=True))
            readings = charts[name]["readout"][side]
            ends = [(left, readings[0])] if name in ("bound", "schedule") else []
            if side and other:
                ends.append((right, readings[-1]))
            for x, reading in ends:
                if not reading.startswith(("<i>L", "&lt;")):  # L_0 is no KL, and what is not known is not drawn
                    assert words.number(float(points[f"{x:.3f}"]), 2, -3) == reading, (name, letter)
    texts = charts["bound"]["figure"]["layout"]["xaxis"]["ticktext"]
    assert texts[0] == "∞"
    assert ("−∞" in texts) == bool(other)
