"""What the Train tab is answered: trainings that go on while they are asked for, each visitor's own."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffviz import Experiment
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.training import Recipe, begin
from diffviz.exports import title
from diffviz.gaussian.quadrature import entropy_nats
from diffviz.ui import training as served
from tests.ui.trainings import SMALL, ask, finished, more, unpacked

pytestmark = pytest.mark.usefixtures("own_jobs")


def test_a_training_that_is_pulled_is_the_one_of_the_command_line():
    answer, reports = finished(SMALL)
    told = [loss for report in reports for loss in report["runs"][0]["loss"]]
    expected = [step.loss for step in begin(Recipe("two_moons", **SMALL)).steps(1)]
    np.testing.assert_allclose(told, expected, rtol=1e-5)
    assert (answer["update"], answer["of"], answer["left"]) == (12, 12, None)
    assert reports[0]["update"] == 0
    (name,) = answer["trained"]
    assert ask(served.train_shelf, ids=[name, "trained:" + "1" * 16, 3]) == {"known": [name]}


def test_reports_hold_what_the_contract_says():
    first = more(None, SMALL, updates=3)
    begin_of, report = first["begin"], first["reports"][-1]["runs"][0]
    levels = len(begin_of["levels"])
    assert report["batches"] == 1
    assert len(report["levels"]["loss"]) == len(report["levels"]["stderr"]) == len(begin_of["runs"][0]["floor"]) == levels
    count, rows, columns, two = report["field"]["score"]["shape"]
    assert (rows, two, report["field"]["log_snr"][0]) == (columns, 2, 1.0)
    assert count == len(report["field"]["log_snr"])
    assert unpacked(report["samples"]).shape == unpacked(begin_of["noise"]).shape
    loss, error, floor = (np.array(each) for each in (*report["levels"].values(), begin_of["runs"][0]["floor"]))
    assert (loss > floor - 5 * error).all()  # the least that any network can reach


def test_two_trainings_keep_one_clock_and_one_budget_names_its_field():
    answer, reports = finished(SMALL, {**SMALL, "objective": "eps"})
    assert len(answer["trained"]) == 2
    assert all(len({len(run["loss"]) for run in report["runs"]}) == 1 for report in reports)
    refused = more(None, SMALL, {**SMALL, "updates": 5})
    assert refused["notices"][0]["field"] == "updates"


def test_own_data_are_trained_on_and_their_own_exact_minimum_is_told():
    """The floor is that of the mixture which was sent: of one Gaussian it is known."""
    own = SMALL | {"dataset": "own_mixture", "own_mixture": "0,0,0.5,1", "objective": "x0", "weighting": "simple"}
    answer = more(None, own, updates=1)
    assert answer["notices"] == []
    begun, plain = answer["begin"], more(None, SMALL | {"dataset": "own_points", "bandwidth": 0.3}, updates=1)
    assert begun["entropy"] == pytest.approx(np.log(2 * np.pi * np.e * 0.25), abs=1e-6)
    assert plain["begin"]["entropy"] == pytest.approx(entropy_nats(make_dataset("own_points", bandwidth=0.3)), abs=1e-6)
    assert begun["runs"][0]["floor"] != plain["begin"]["runs"][0]["floor"]


def test_a_training_that_is_gone_is_told_and_so_is_one_at_work():
    assert more("nothing")["gone"] is True
    answer = more(None, SMALL, updates=1)
    job = served.JOBS.get(answer["job"])
    with job.lock:
        assert more(answer["job"]) == {"later": True}
        assert ask(served.train_file, job=answer["job"], side=0) == {"later": True}
    assert more(answer["job"], updates=1)["update"] == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["hidden", "updates", "batch", "lr", "dataset", "objective", "seed"])


@settings(max_examples=60, deadline=None)
@given(
    JSON
    | st.fixed_dictionaries(
        {"job": st.none() | JSON, "recipes": st.lists(st.dictionaries(NAMES, JSON, max_size=2), max_size=2)},
        optional={"updates": JSON, "reports": JSON, "view": JSON, "data": JSON, "side": JSON, "ids": JSON},
    )
)
def test_whatever_is_asked_is_answered(what):
    for function in served.SERVED:
        answer = json.loads(function(json.dumps(what)) or "null")
        assert answer is None or isinstance(answer, dict)


def test_networks_are_called_by_the_updates_that_were_made():
    answer = more(None, SMALL, updates=3, keep=True)
    assert answer["titles"][0].startswith("v, Two moons, 3 of 12 updates")
    (name,) = answer["trained"]
    run = Experiment(denoiser=name, dataset="two_moons")
    assert "your network: v, Two moons, 3 of 12 updates" in title(run)
    assert served.SHELF.get(name).measured["updates"] == 3


def test_a_page_that_stands_still_has_all_of_the_update_that_it_shows():
    answer = more(None, {**SMALL, "updates": 100}, updates=3)
    assert more(answer["job"], updates=2, reports=len(answer["reports"]))["reports"][-1]["runs"][0]["gap"] is None
    still = more(answer["job"], updates=0, reports=len(answer["reports"]) + 1)["reports"][-1]
    assert still["update"] == 5
    assert still["runs"][0]["gap"][1] > 0
    value, error = still["runs"][0]["excess"]
    assert 0 < error < value


WARMED = """
import json, sys
from diffviz.ui import page, training
page.warm()
before = set(sys.modules)
what = {"job": None, "recipes": [{"hidden": 4}], "updates": 1, "reports": 0, "view": {"log_snr": 1.0}}
assert json.loads(training.train_asked(json.dumps(what)))["update"] == 1
print(len(set(sys.modules) - before))
"""


def test_a_first_training_imports_hardly_anything_once_the_server_is_warm():
    """There are more than 800 modules otherwise."""
    found = subprocess.run([sys.executable, "-c", WARMED], capture_output=True, text=True, check=True, timeout=120)
    assert int(found.stdout.split()[-1]) < 40
