"""Two runs of pictures, from experiments to what the page is told."""

import base64
import json
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from diffviz import Experiment, exports, run
from diffviz.diagnostics.comparison import compare
from diffviz.engine import Setup
from diffviz.experiment import differing
from diffviz.noise import Stream
from diffviz.process import forward_process
from diffviz.records import Record
from diffviz.ui.instrument import link_asked, run_asked
from diffviz.ui.pair import SideError, broadcast_pair, check_pair
from diffviz.views import view
from tests.ui.events import asked

PAIR_PRESETS = [question for question in view("pictures").questions if question.b is not None]

SMALL = Experiment(dataset="digits", denoiser="learned", particles=4, steps=6, seed=7)
CHARTS = {"schedule", "snr", "kl", "bits"}


def messages(a, b):
    """Every message, those that come together one by one."""
    found = []
    for text in broadcast_pair(a, b):
        message = json.loads(text)
        found += message if isinstance(message, list) else [message]
    return found


def arrays(got):
    """Of each side, bytes by array and frame."""
    sides = [{}, {}]
    for m in got:
        for block in m.get("blocks", []):
            values = np.frombuffer(base64.b64decode(block["data"]), np.uint8).reshape(block["count"], -1)
            sides[m["side"]].update({(block["name"], block["first"] + k): frame.tobytes() for k, frame in enumerate(values)})
    return sides


def test_pictures_come_first_then_charts_then_figures():
    got = messages(SMALL, replace(SMALL, schedule="linear"))
    kinds = [
        "figures" if m.get("comparison", {}).get("table") else "charts" if m.get("comparison", {}).get("charts") else "run"
        for m in got
    ]
    assert kinds == sorted(kinds, key=["run", "charts", "figures"].index)
    assert kinds[-2:] == ["charts", "figures"]
    assert [sum("final" in m and m["side"] == side for m in got) for side in (0, 1)] == [1, 1]


def test_nothing_changed_is_the_same_bit_for_bit():
    got = messages(SMALL, replace(SMALL))
    a, b = arrays(got)
    assert a == b
    assert got[-1]["comparison"]["sentence"].startswith("Nothing differs")


def test_both_sides_have_the_same_particles_and_the_same_noise():
    """Whatever is changed, x_0 and x_T are the same bytes, and so is the whole forward path if the schedule stays."""
    for change in ({"sampler": "ddim"}, {"denoiser": "exact"}, {"variance": "learned"}, {"schedule": "linear"}):
        other = replace(SMALL, **change)
        a, b = arrays(messages(SMALL, other))
        assert a["forward", 0] == b["forward", 0]
        assert a["reverse", 6] == b["reverse", 6]
        assert all(a["forward", t] == b["forward", t] for t in range(7)) == ("schedule" not in change)
    one, two = run(SMALL), run(replace(SMALL, schedule="linear"))
    np.testing.assert_array_equal(one.reverse[0], two.reverse[0])
    theirs = forward_process(
        Setup(replace(SMALL, schedule="linear")).process, Setup(SMALL).data(), Setup(SMALL).noise(Stream.FORWARD)
    )
    for frame, x_t in zip(theirs, two.forward, strict=True):  # A's noise along B's schedule
        np.testing.assert_array_equal(frame.x.cpu().numpy(), x_t)


@pytest.mark.parametrize("other", [{"sampler_steps": 1}, {"zero_snr": True}, {"particles": 1}, {"steps": 2}, {"label": 5}])
def test_every_kind_of_end_is_strict_json(other):
    got = messages(SMALL, replace(SMALL, schedule="rectified_flow", **other))
    for m in got:
        json.loads(json.dumps(m, allow_nan=False))
    charts = got[-1]["comparison"]["charts"]
    frames = [len(next(m["init"]["times"] for m in got if m.get("side") == side and "init" in m)) for side in (0, 1)]
    assert set(charts) == {"time", "log_snr"}
    for clock in charts.values():
        assert set(clock) == CHARTS
        assert all([len(side) for side in chart["readout"]] == frames for chart in clock.values())


def test_the_bits_so_far_end_at_the_bound_of_the_table():
    final = messages(SMALL, replace(SMALL, schedule="linear"))[-1]["comparison"]
    for side, experiment in enumerate((SMALL, replace(SMALL, schedule="linear"))):
        shown = float(final["charts"]["time"]["bits"]["readout"][side][0])
        assert shown == pytest.approx(Record.of(experiment).measured.estimate("bound_bits_per_dim").value, rel=0.03)
    assert "A − B image by image" in final["table"]


def test_what_the_costs_are_not_is_said():
    guided = messages(SMALL, replace(SMALL, label=7, guidance=3.0, sampler="ddim"))[-1]["comparison"]
    for text in (guided["sentence"], guided["table"]):
        assert "Costs are those of the ancestral chain with the same steps: DDIM has none of its own." in text
        assert "Guidance has no part in an ELBO" in text
    assert "of images that are not the same" in guided["table"]
    plain = messages(SMALL, replace(SMALL, variance="learned"))[-1]["comparison"]
    assert "ancestral" not in plain["sentence"] + plain["table"]
    assert "Guidance" not in plain["sentence"] + plain["table"]
    single = messages(replace(SMALL, particles=1), replace(SMALL, particles=1, steps=7))[-1]["comparison"]
    assert "a single image has no standard error" in single["sentence"].lower()


@pytest.mark.parametrize(
    ("query", "side", "told"),
    [
        ("?a=steps%3D5&b=dataset%3Ddigits%26particles%3D4", None, "must be of the kind of Eight Gaussians, as in A"),
        ("?a=dataset%3Ddigits%26particles%3D4&b=dataset%3Ddead_leaves%26particles%3D4", None, "be Handwritten digits as in A"),
        ("?a=dataset%3Ddigits%26particles%3D4&b=dataset%3Ddigits%26particles%3D4%26steps%3D0", 1, "must be a whole number"),
        ("?a=dataset%3Ddigits%26particles%3D9000&b=dataset%3Ddigits%26particles%3D4", 0, "must be at most"),
    ],
)
def test_a_bad_link_is_told_beside_its_side(query, side, told):
    words = [json.loads(said) for _, said in link_asked(gr.EventData(None, {"query": query})) if isinstance(said, str)]
    notices = [notice for said in words for notice in said["notices"]]
    assert any(told in notice["message"] and notice["side"] == side for notice in notices)


def test_what_goes_wrong_while_running_is_told_of_its_side():
    outputs = run_asked(asked(SMALL, replace(SMALL, denoiser="exact", device="mps")))
    notices = json.loads([*outputs][-1][1])["notices"]
    assert [(told["side"], told["field"]) for told in notices] == [(1, "device")]


def test_the_snippet_gives_the_figures_that_are_shown(capsys):
    other = replace(SMALL, variance="learned")
    exec(exports.pair_snippet(SMALL, other), {})
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = compare(Record.of(SMALL).measured, Record.of(other).measured)
    assert [line[0] for line in printed] == [row.name for row in rows]
    assert float(printed[0][1]) == pytest.approx(rows[0].a.value, rel=1e-6)


@pytest.mark.parametrize("preset", PAIR_PRESETS, ids=lambda preset: preset.question)
def test_the_questions_are_two_runs_that_differ_and_fit_the_page(preset):
    assert differing(preset.a, preset.b)
    check_pair(preset.a, preset.b)
    assert preset.a.seed == preset.b.seed


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"measurement": "inpaint"}, {"condition": "replace"}),
        ({"start": "picture"}, {"start_time": 0.9}),
        ({"start": "between", "sampler": "ddim"}, {"sampler": "heun"}),
    ],
)
def test_runs_whose_pictures_are_given_share_what_has_no_bound(fields, change):
    a = replace(SMALL, **fields)
    got = messages(a, replace(a, **change))
    comparison = got[-1]["comparison"]
    assert set(comparison["charts"]["time"]) == {"schedule", "snr", "spread"}
    assert comparison["sentence"].startswith("Changed: ")
    assert "no ELBO" in comparison["table"]
    inits = [m["init"] for m in got if "init" in m]
    assert inits[0]["data"]["given"] == inits[1]["data"]["given"] != []
    json.dumps(got, allow_nan=False)


def test_what_is_given_must_be_the_same_on_both_sides():
    with pytest.raises(SideError, match="measurement must be inpaint as in A") as told:
        check_pair(replace(SMALL, measurement="inpaint"), SMALL)
    assert told.value.side == "b"
