"""The cache of finished runs, with real ones."""

import copy
import gc
import json
import threading
import tracemalloc
from dataclasses import replace
from types import FunctionType, ModuleType

import gradio as gr
import pytest
import torch

from diffviz import Experiment, ExperimentError, checkpoints
from diffviz.deadline import Deadline, OutOfTime
from diffviz.engine import Setup
from diffviz.recording import Recorder
from diffviz.ui import api, limits, turns
from diffviz.ui import broadcast as module
from diffviz.ui.broadcast import broadcast, complete, measured_of
from diffviz.ui.files import drawing, file_asked
from diffviz.ui.inside import look_inside
from diffviz.ui.instrument import repair, run_asked, sweep_asked
from diffviz.ui.runs import Runs
from diffviz.ui.turns import LONG, QUICK, Turns
from tests.ui.events import asked

SECONDS = 60


@pytest.fixture(autouse=True)
def runs(monkeypatch):
    """An empty cache."""
    fresh = Runs(module.CACHE_BYTES)
    monkeypatch.setattr(module, "RUNS", fresh)
    return fresh


@pytest.fixture
def computed(monkeypatch):
    """The experiments whose frames are computed."""
    found, stream = [], module.stream
    monkeypatch.setattr(module, "stream", lambda e, setup: found.append(e) or stream(e, setup))
    return found


KINDS = {
    "dead leaves, exact": Experiment(dataset="dead_leaves", steps=8, particles=16),
    "digits, learned": Experiment(dataset="digits", denoiser="learned", steps=6, particles=16),
    "digits, measured": Experiment(dataset="digits", measurement="inpaint", condition="exact", steps=8, particles=16),
    "plane, exact": Experiment(steps=60, particles=400),
    "plane, learned": Experiment(denoiser="learned", steps=60, particles=400),
}


SHARED = 35_000  # bytes of texts and names of fields that runs share, which count with each of them


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_counted_is_what_is_kept(kind):
    """Measured beside the count: what is freed when the cache goes."""
    complete(replace(KINDS[kind], seed=5))  # what the first run alone makes
    tracemalloc.start()
    try:
        module.RUNS = Runs(module.CACHE_BYTES)
        complete(KINDS[kind])
        gc.collect()
        kept, counted = tracemalloc.get_traced_memory()[0], module.RUNS.nbytes
        module.RUNS = None
        gc.collect()
        kept -= tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.95 * kept <= counted <= 1.1 * kept + SHARED


def test_what_is_kept_refers_to_no_setup_and_no_tensor():
    for kind in KINDS.values():
        seen, waiting = set(), [module._finished(kind)]
        while waiting:
            each = waiting.pop()
            assert not isinstance(each, (Setup, torch.Tensor, torch.nn.Module))
            if id(each) not in seen and not isinstance(each, (type, ModuleType, FunctionType)):
                seen.add(id(each))
                waiting += gc.get_referents(each)


def follow(experiment, messages):
    messages += [json.loads(text) for text in broadcast(experiment)]


def contents(messages):
    """Init, blocks by name and frame, and final, however they came."""
    found = {}
    for message in messages:
        found |= {name: message[name] for name in ("init", "final") if name in message}
        for block in message.get("blocks", []):
            size = len(block["data"]) // block["count"]
            for k in range(block["count"]):
                found[block["name"], block["first"] + k] = block["data"][k * size : (k + 1) * size]
    return found


def test_equal_runs_at_once_are_computed_once_and_all_get_all_of_it(computed):
    experiment = Experiment(dataset="rings", steps=150, particles=600)
    got = [[] for _ in range(4)]
    threads = [threading.Thread(target=follow, args=(experiment, messages), daemon=True) for messages in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    assert computed == [experiment]
    assert len({message["run"] for messages in got for message in messages}) == 4  # each a run of its own to its player
    assert all(contents(messages) == contents(got[0]) for messages in got)
    assert {"init", "final", ("forward", 0), ("reverse", 0)} <= set(contents(got[0]))


def test_who_comes_later_has_what_there_was_in_one_message(computed):
    experiment = Experiment(steps=300, particles=200)
    first, second = broadcast(experiment), broadcast(experiment, side=1, sides=2)
    early = [json.loads(next(first)) for _ in range(3)]
    late = json.loads(next(second))
    assert late["init"] == early[0]["init"]
    assert (late["side"], late["sides"]) == (1, 2)
    assert {name for name in contents([late]) if name != "init"} == {n for n in contents(early) if n != "init"}
    first.close()
    assert "final" in [json.loads(text) for text in second][-1]
    assert computed == [experiment]


def test_a_run_is_with_who_asked_though_others_push_it_out(monkeypatch, computed):
    """With room for one run."""
    complete(Experiment(steps=8, particles=50))
    monkeypatch.setattr(module, "RUNS", Runs(int(1.5 * module.RUNS.nbytes)))
    wrong = []

    def visit(offset):
        for seed in range(6):
            experiment = Experiment(steps=8, particles=50, seed=(seed + offset) % 3)
            whole, found = json.loads(complete(experiment)), measured_of(experiment)
            if whole["query"] != experiment.to_query() or found.experiment != experiment:
                wrong.append(experiment)

    threads = [threading.Thread(target=visit, args=(offset,), daemon=True) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    assert not wrong
    assert len(computed) > 4  # some were pushed out


def test_a_network_saved_again_gives_a_new_run(monkeypatch, tmp_path, computed):
    trained = checkpoints.load("two_moons")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    experiment = Experiment(dataset="two_moons", denoiser="learned", steps=10, particles=20)
    network = copy.deepcopy(trained.network)

    def saved(scale):
        network.load_state_dict({name: scale * value for name, value in trained.network.state_dict().items()})
        checkpoints.save(tmp_path / "two_moons", network, trained.recipe, trained.measured, "card")
        return measured_of(experiment)

    first = saved(1.0)
    assert measured_of(experiment) is first
    second = saved(0.9)
    assert (first.end != second.end).any()
    assert computed == [experiment] * 2


@pytest.fixture
def no_time(monkeypatch):
    monkeypatch.setattr(limits, "DEADLINE_SECONDS", 0.0)


LATE = "need more than 0 seconds"
SMALL = Experiment(steps=8, particles=20, seed=77)


def told(outputs):
    """The notices among the outputs of an event."""
    return " ".join(str(each) for output in outputs for each in output)


def test_every_request_has_a_deadline(no_time):
    assert LATE in told(run_asked(asked(SMALL)))
    assert LATE in told(run_asked(asked(SMALL, replace(SMALL, steps=9))))
    assert LATE in told(sweep_asked(gr.EventData(None, {"runs": [SMALL.to_dict()]})))
    for kind, runs in (("npz", 1), ("png", 2)):
        event = gr.EventData(None, {"runs": [SMALL.to_dict()] * runs, "layers": [], "kind": kind})
        assert LATE in told(file_asked(event, None))
    assert json.loads(repair(SMALL.to_query()))["stopped"]
    with pytest.raises(gr.Error, match=LATE):
        api.run_report(SMALL.to_dict())
    with pytest.raises(gr.Error, match=LATE):
        api.schedule_table(
            {"dataset": "gaussian", "data_std": 0.8123, "schedule": "least_dissipation"}
        )  # no other test measures it


def test_drawing_is_within_the_deadline():
    shares, deadline = [], Deadline(SECONDS)
    told = drawing(lambda share, desc: shares.append(share))
    with deadline.open():
        told(0.1)
        deadline._end = 0.0
        with pytest.raises(OutOfTime):
            told(0.2)
    assert shares == [0.1]


def test_a_look_inside_is_within_the_deadline(monkeypatch):
    """The run is there; its maps would be late."""
    experiment = KINDS["digits, learned"]
    level = json.loads(complete(experiment))["init"]["data"]["inside"][0]
    asked = json.dumps({"query": experiment.to_query(), "level": level, "picture": 0})
    assert look_inside(asked)
    monkeypatch.setattr(limits, "DEADLINE_SECONDS", 0.0)
    assert json.loads(look_inside(asked)) == {"later": True}


def test_a_call_of_the_api_waits_for_its_turn_no_longer_than_the_deadline(monkeypatch):
    waiting = Turns(1)
    monkeypatch.setattr(api, "TURNS", waiting)
    monkeypatch.setattr(limits, "DEADLINE_SECONDS", 0.05)
    with waiting.one(LONG):
        for call in (api.run_report, api.thermo, api.schedule_table):
            with pytest.raises(gr.Error, match="need more than 0 seconds here"):
                call(SMALL.to_dict())


def test_who_waits_for_a_repair_waits_no_longer_than_the_deadline(monkeypatch):
    monkeypatch.setattr(turns, "TURNS", Turns(1))
    monkeypatch.setattr(limits, "DEADLINE_SECONDS", 0.05)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(repair(SMALL.to_query())), daemon=True)
    with turns.TURNS.one(QUICK):
        waiting.start()
        waiting.join(SECONDS)
        assert json.loads(answers[0])["stopped"]
    with turns.TURNS.one(QUICK):  # who has left the queue is handed no turn
        pass


@pytest.mark.parametrize("kind", ["plane, exact", "plane, learned", "digits, learned"])
def test_the_bound_is_within_the_deadline(kind, monkeypatch):
    """Time runs out after the last frame."""
    experiment = replace(KINDS[kind], seed=9, steps=7)
    deadline = Deadline(SECONDS)
    monkeypatch.setattr(Recorder, "trajectory", late(deadline, Recorder.trajectory))
    with pytest.raises(ExperimentError, match="steps need more than"):
        list(deadline.over(broadcast(experiment)))


def late(deadline, function):
    """The function, after which no time is left."""

    def passed(*arguments):
        result = function(*arguments)
        deadline._end = 0.0
        return result

    return passed
