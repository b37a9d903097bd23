"""Charts that are computed when they become visible: asked for as the browser asks."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.deadline import Deadline, check_time
from diffviz.experiment import ExperimentError
from diffviz.telling.charting import CLOCKS
from diffviz.telling.charts import CHART_SETS, CHARTS
from diffviz.trajectory import Curve
from diffviz.ui import later, turns
from diffviz.ui.broadcast import complete
from diffviz.ui.inside import look_inside
from diffviz.ui.later import read_choice
from diffviz.ui.runs import Runs
from diffviz.ui.visitors import Places
from diffviz.views import VIEWS, view
from diffviz.views.base import Choice, LaterRow

RUN = Experiment(steps=6, particles=8)
OTHER = replace(RUN, schedule="linear")
GROUPS = [(name, group) for name in VIEWS for group in view(name).later]


def ask(*runs, group="test", **more):
    named = {"query": runs[0].to_query(), **({"other": runs[1].to_query()} if len(runs) > 1 else {})}
    text = look_inside(json.dumps({**named, "later": group, **more}))
    return json.loads(text) if text else None


@pytest.fixture
def row(monkeypatch):
    """Makes a row of the plane's later charts, alone in its table; returns what it was asked."""
    asked = []

    def make(curves, **more):
        def counted(*arguments):
            asked.append(arguments)
            return curves(*arguments)

        monkeypatch.setattr(later, "CURVES", Runs(later.LATER_BYTES))
        monkeypatch.setitem(view("plane").later, "test", LaterRow(("gap_over_steps",), counted, **more))
        return asked

    return make


def gap(value=1.0):
    return {"gap_over_steps": Curve("gap", np.array([1, 10]), np.array([value, 0.1 * value]), "nats", over="T")}


@pytest.mark.parametrize(("name", "group"), GROUPS)
def test_every_row_names_charts_and_is_told_with_the_run(name, group):
    charts = view(name).later[group].charts
    assert charts
    assert set(charts) <= set(CHARTS)
    assert not set(charts) & set(view(name).charts)


def test_a_run_says_which_charts_it_has_later():
    final = json.loads(complete(RUN))["final"]
    offer = final["later"]["gap_over_steps"]
    assert offer["group"] in view("plane").later
    assert offer["title"] == CHARTS["gap_over_steps"].title
    assert "gap_over_steps" not in final["charts"]
    assert not json.loads(complete(replace(RUN, sampler="ddim", bug="alpha_bar")))["final"]["later"].get("gap_over_steps")


MISSING = {  # a run, and what is said of the sets that it has not
    "a run in the plane": (RUN, {"bits": "Bits per dimension are of images"}),
    "a factor": (
        replace(RUN, measurement="ring"),
        {
            "thermodynamics": "Measurement must be Nothing for the probability of a path.",
            "work": "Measurement must be Nothing for the probability of a path.",
            "samples": "Measurement must be Nothing for the probability of a path.",
            "one_point": "Measurement must be Nothing for the probability of a path.",
            **dict.fromkeys(("symmetry", "speed", "memorisation"), "Measurement must be Nothing here"),
            "bits": "Bits per dimension",
        },
    ),
    "a chain": (
        replace(RUN, sampler="mala"),
        {
            "cost": "A chain stays at one noise level: it has no schedule",
            **dict.fromkeys(("thermodynamics", "work", "one_point"), "Sampler must be one along a schedule, as Ancestral"),
            **dict.fromkeys(("symmetry", "speed", "memorisation"), "Sampler must be one along a schedule, as Ancestral"),
            "bits": "Bits per dimension",
        },
    ),
    "a mistake without an ELBO": (
        replace(RUN, sampler="ddim", bug="alpha_bar"),
        {
            **dict.fromkeys(("thermodynamics", "work", "one_point"), "Wrong on purpose must be None for the"),
            **dict.fromkeys(("symmetry", "speed", "memorisation"), "Wrong on purpose must be None here"),
            "bits": "Bits per dimension",
        },
    ),
    "bits": (
        Experiment(dataset="heartbeat", steps=4, particles=4),
        {
            "samples": "The excess NLL compares particles with the density",
            "symmetry": "Where a mode splits",
            "speed": "Bits jump",
            "memorisation": "The data are five heartbeats",
            "bits": "Bits per",
        },
    ),
    "images": (
        Experiment(dataset="digits", steps=3, particles=2),
        {
            **dict.fromkeys(("thermodynamics", "work", "one_point"), "Data distribution must be points or bit sequences"),
            "samples": "The excess NLL follows from the exact density",
            "symmetry": "The moment at which modes part",
            "speed": "The velocity of the probability flow",
        },
    ),
    "a measured image": (
        Experiment(dataset="digits", steps=3, particles=2, measurement="inpaint"),
        {
            **dict.fromkeys(("thermodynamics", "work", "one_point", "bits"), "Measurement must be Nothing for the probability"),
            "samples": "The excess NLL follows from the exact density",
            "symmetry": "The moment at which modes part",
            "speed": "The velocity of the probability flow",
            "memorisation": "Measurement must be Nothing for these charts.",
        },
    ),
}


@pytest.mark.parametrize("which", MISSING)
def test_a_run_says_of_each_set_that_it_has_not_why(which):
    experiment, wanted = MISSING[which]
    final = json.loads(complete(experiment))["final"]
    firsts = {row.charts[0]: key for key, row in CHART_SETS.items()}
    found = {firsts[name]: told["why"] for name, told in final["missing"].items()}
    assert found.keys() == wanted.keys()
    for key, why in wanted.items():
        assert found[key].startswith(why)
        assert found[key].endswith(".")
    assert firsts.keys() <= final["missing"].keys() | final["charts"].keys() | final["later"].keys()
    assert not final["missing"].keys() & (final["charts"].keys() | final["later"].keys())


def test_they_are_computed_once_for_one_run_and_for_two(row):
    asked = row(lambda measured: gap(1.0 if measured.experiment.schedule == "cosine" else 2.0))
    one = ask(RUN)
    assert list(one["charts"]) == ["time"]
    assert ask(RUN) == one
    assert len(asked) == 1
    both = ask(RUN, OTHER)
    assert set(both["charts"]) == set(CLOCKS)
    assert len(asked) == 2
    drawn = both["charts"]["time"]["gap_over_steps"]["figure"]["data"]
    assert [(trace["name"], trace["y"][0]) for trace in drawn] == [("A", 1.0), ("B", 2.0)]


def test_those_that_read_the_choice_are_computed_for_each(row):
    asked = row(lambda measured, choice: gap(1.0 + (choice.particle or 0)), chosen=True)
    values = [ask(RUN, chosen=chosen)["charts"]["time"]["gap_over_steps"]["figure"]["data"][0]["y"][0] for chosen in (None, 3, 3)]
    assert values == [1.0, 4.0, 4.0]
    assert [choice for _, choice in asked] == [Choice(), Choice(3)]


def test_a_sentence_in_place_of_the_curve_is_told(row):
    row(lambda measured: {"gap_over_steps": "There is nothing."})
    assert ask(RUN) == {"charts": {"time": {}}, "why": {"gap_over_steps": "There is nothing."}}


def test_a_row_that_does_not_apply_computes_nothing_for_either_run(row):
    def refusal(measured):
        return None if measured.experiment.schedule == "cosine" else ExperimentError("schedule", "must be cosine.")

    asked = row(lambda measured: gap(), refusal=refusal)
    assert ask(RUN, OTHER) == {"charts": {}, "why": {}}
    assert not asked


def test_what_cannot_be_computed_says_why_in_one_sentence(row):
    row(lambda measured: gap())
    too_long = replace(RUN, steps=1000, particles=10_000)
    (why,) = ask(too_long)["why"].values()
    assert why.startswith("Particles must be at most")
    assert ask(RUN, Experiment(dataset="digits", steps=4, particles=4))["why"]["gap_over_steps"].startswith("Data")


def test_what_takes_longer_than_there_is_time_says_so(row, monkeypatch):
    def slow(measured):
        time.sleep(0.6)
        check_time()
        return gap()

    ask(RUN, group=GROUPS[0][1])  # the run itself is known
    row(slow)
    monkeypatch.setattr(turns, "deadline", lambda: Deadline(0.5))
    (why,) = ask(RUN)["why"].values()
    assert "need more than" in why


def test_a_server_that_has_too_much_to_do_says_so(monkeypatch):
    monkeypatch.setattr(turns, "_CALLS", Places(0))
    assert ask(RUN) is None  # there is no such group
    assert ask(RUN, group=GROUPS[0][1]) == {"later": True}


@pytest.mark.parametrize("group", ["cellar", ["x"], None, {}, 3])
def test_a_group_that_there_is_not_is_not_answered(group):
    assert ask(RUN, group=group) is None


@pytest.mark.parametrize(
    ("asked", "choice"),
    [
        ({"chosen": 3, "place": [0.5, -1]}, Choice(3, (0.5, -1.0))),
        ({"chosen": -1, "place": ["x"]}, Choice()),
        ({"chosen": True, "place": [float("inf"), 0.0]}, Choice()),
        ({"chosen": 2.0, "place": {}}, Choice()),
        ({"place": [1000, -1000.0]}, Choice(None, (1000.0, -1000.0))),
        ({"place": [10**400, 0]}, Choice()),
        ({"place": [1e300, 0]}, Choice()),
        ({"place": [1e160, 1e160]}, Choice()),
        ({"place": [float("nan"), 0]}, Choice()),
        ({}, Choice()),
    ],
)
def test_what_makes_no_sense_is_no_choice(asked, choice):
    assert read_choice(asked) == choice


def test_the_farthest_place_has_charts_in_json():
    answer = ask(RUN, group="one_point", place=[later.FARTHEST, -later.FARTHEST])
    assert answer["charts"]


@pytest.mark.parametrize("more", [{"place": [0.5]}, {"place": [0.5, 0.5, 0.5]}, {"chosen": 8}, {"chosen": 10**400}])
def test_what_a_run_has_not_is_no_choice_and_computed_once(row, more):
    asked = row(lambda measured, choice: gap(), chosen=True)
    ask(RUN)
    ask(RUN, **more)
    assert [choice for _, choice in asked] == [Choice()]
