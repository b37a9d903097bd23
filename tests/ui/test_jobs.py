"""Trainings under way: their room, their turns, reports that wait, and losses that are not finite."""

import json
import threading
import time

import numpy as np
import pytest
import torch

from diffviz.domains.plane.training import begin
from diffviz.ui import jobs
from diffviz.ui import training as served
from diffviz.ui.jobs import Jobs
from diffviz.ui.limits import TRAININGS_BYTES
from diffviz.ui.reports import MOST_WAITING
from diffviz.ui.turns import QUICK, Busy, called
from diffviz.ui.visitors import Visit
from tests.ui.trainings import SMALL, diverge, more

pytestmark = pytest.mark.usefixtures("own_jobs")


def test_reports_that_nobody_fetches_are_no_more_than_so_many():
    answer = more(None, SMALL | {"updates": 200}, updates=3)
    told = [report["runs"][0] for report in answer["reports"]]
    job = served.JOBS.get(answer["job"])
    for level in (2.0, 5.0):
        answer = more(answer["job"], updates=0, view={"log_snr": level})
        assert [report["update"] for report in answer["reports"]] == [0, 3]
        seen = answer["reports"][-1]["runs"][0]
        assert seen["field"]["log_snr"][0] == level
        assert seen["loss"] == told[-1]["loss"]  # of before
        assert seen["bound"]  # of a page that stands still all is measured
    anew = more(answer["job"], updates=0, reports=2)["reports"]
    assert [(report["update"], report["runs"][0]["loss"]) for report in anew] == [(3, [])]  # the page has the losses
    answers = [more(answer["job"], updates=1, reports=2) for _ in range(MOST_WAITING + 5)]
    assert answers[-1]["update"] == answers[-2]["update"] == 3 + MOST_WAITING - 1
    assert len(answers[-1]["reports"]) == MOST_WAITING
    assert sum(len(report["runs"][0]["loss"]) for report in answers[-1]["reports"]) == MOST_WAITING - 1
    assert more(answer["job"], updates=1, reports=2 + MOST_WAITING)["update"] == 3 + MOST_WAITING
    assert len(job.live._excess[0]) == 1 + 1 + MOST_WAITING  # at updates 0, 3 and those of the single ones


def test_a_loss_that_is_not_finite_stops_and_is_told():
    answer = more(None, SMALL, updates=4)
    training = served.JOBS.get(answer["job"]).trainings[0]
    diverge(training, 5)
    answer = more(answer["job"], reports=len(answer["reports"]))
    said = answer["reports"][-1]["runs"][0]["diverged"]
    assert answer["done"] is True
    assert said.startswith("The loss of update 5 is not finite: training has stopped, with the weights of update 3.")
    assert all(value.isfinite().all() for value in training.average.state_dict().values())


@pytest.mark.parametrize("at", [1, 2, 30])
@pytest.mark.parametrize("side", [0, 1])
def test_where_one_of_two_trainings_diverges_both_stop_at_the_same_update(side, at, monkeypatch):
    monkeypatch.setattr(jobs, "SLICE_SECONDS", 1e3)
    recipes = [{**SMALL, "updates": 60}, {**SMALL, "updates": 60, "objective": "eps"}]
    answer = more(None, *recipes, updates=0)
    job = served.JOBS.get(answer["job"])
    job.pace = 1.0  # seconds, so that parts are of 32 updates
    diverge(job.trainings[side], at)
    answer = more(answer["job"], reports=1)
    (report,), made = answer["reports"], max(0, at - 2)
    said = f"{'AB'[side]}: the loss of update {at} is not finite: training has stopped, with the weights of update {made}."
    assert answer["update"] == report["update"] == made
    assert [(run["diverged"] or "").startswith(said) for run in report["runs"]] == [side == 0, side == 1]
    for each, told in zip(job.trainings, report["runs"], strict=True):
        assert each.update == made
        alone = begin(each.recipe)
        losses = alone.advance(made).losses
        assert all(torch.equal(value, alone.state()[name]) for name, value in each.state().items())
        np.testing.assert_allclose(told["loss"], losses, rtol=1e-5)


def test_two_visitors_train_at_once_and_a_quick_run_goes_first(monkeypatch):
    monkeypatch.setattr(jobs, "SLICE_SECONDS", 0.05)  # so that there are enough of them
    recipe, made, waits = {"updates": 5000}, {}, []
    more(None, SMALL)  # what is known of the data is found before
    begun = [more(None, recipe | {"seed": seed}, updates=1) for seed in (1, 2)]
    end = time.perf_counter() + 3.0

    def visitor(answer):
        while time.perf_counter() < end:
            answer = more(answer["job"], reports=10**6)
        made[answer["job"]] = answer["update"]

    threads = [threading.Thread(target=visitor, args=(answer,)) for answer in begun]
    for thread in threads:
        thread.start()
    for _ in range(4):
        time.sleep(0.3)
        began = time.perf_counter()
        with called(QUICK):
            waits.append(time.perf_counter() - began)
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert min(made.values()) > 0.7 * max(made.values())
    assert max(made.values()) < 5000  # the time has ended, not the training
    assert np.median(waits) < 0.2


def test_a_class_trains_at_once_and_its_reports_have_their_room():
    usual = {"dataset": "eight_gaussians", "objective": "energy"}  # whose reports are the longest
    answer = more(None, usual, updates=1)
    assert 1.5 * MOST_WAITING * len(json.dumps(answer["reports"][-1])) < served.REPORT_BYTES  # as objects they take a third more
    assert 45 * served.JOBS.get(answer["job"]).nbytes < TRAININGS_BYTES


class Sized:
    nbytes = 40


@pytest.fixture
def clocked():
    """Jobs for 100 bytes, which may leave after 5 seconds and do after 20, and their clock."""
    now = [0.0]
    return Jobs(100, 5.0, 20.0, lambda: now[0]), now


def test_jobs_leave_by_size_and_when_nobody_asks(clocked):
    kept, now = clocked
    first, second = kept.put(Sized()), kept.put(Sized())
    now[0] = 6.0
    assert kept.get(first)
    third = kept.put(Sized())
    assert [kept.get(token) is not None for token in (first, second, third)] == [True, False, True]
    now[0] = 27.0
    assert kept.get(first) is None
    assert len({first, second, third}) == 3


def test_of_those_that_nobody_asks_for_the_address_that_holds_most_loses_first():
    now = [0.0]
    kept = Jobs(200, 5.0, 20.0, lambda: now[0])

    def put(address):
        with Visit(address).open():
            return kept.put(Sized())

    mine, others = put("me"), [put("other") for _ in range(4)]
    now[0] = 6.0
    others += [put("other") for _ in range(4)]
    assert [token in kept._kept for token in (mine, *others)] == [True, *[False] * 4, *[True] * 4]
    with pytest.raises(Busy):  # its own are asked for, and who holds less does not lose for it
        put("other")
    assert put("third") in kept._kept
    assert mine not in kept._kept


def test_a_new_job_takes_no_other_from_a_page_that_asks_for_it(clocked):
    kept, now = clocked
    first, second = kept.put(Sized()), kept.put(Sized())
    for now[0] in (3.0, 6.0):
        assert kept.get(first)
        assert kept.get(second)
        with pytest.raises(Busy):
            kept.put(Sized())
    kept.drop(second)
    third = kept.put(Sized())
    assert kept.get(first)
    assert kept.get(second) is None
    assert kept.get(third)


def test_where_there_is_no_room_a_new_training_is_put_off_and_the_one_that_is_let_go_makes_room(monkeypatch):
    monkeypatch.setattr(served, "JOBS", Jobs(3 * 2**19, 10.0, 1800.0))  # of one of them
    first = more(None, SMALL, updates=1)
    assert more(None, SMALL, updates=1) == {"later": True}
    assert more(first["job"], updates=1, reports=2)["update"] == 2
    second = more(None, SMALL, updates=1, instead=first["job"])
    assert second["update"] == 1
    assert more(first["job"])["gone"] is True
