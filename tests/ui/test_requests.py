"""What one page asks for: of one visitor's two tabs neither ends the other's, and Stop ends a request at whatever stage it is."""

import json
import threading
import time
from dataclasses import replace

import gradio as gr
import pytest

from diffviz import Experiment
from diffviz.ui import broadcast, instrument
from diffviz.ui.instrument import run_asked, stop_asked, sweep_asked
from diffviz.ui.requests import Request
from diffviz.ui.turns import QUICK, Turns
from diffviz.views import view_of
from tests.ui.events import asked

RUN = Experiment(steps=200, particles=200, seed=91)


def words(outputs):
    """What the page is told, of outputs in order."""
    return [json.loads(said) for _, said in outputs if isinstance(said, str)]


def final(outputs):
    return any(isinstance(text, str) and '"final"' in text for text, _ in outputs)


def test_two_tabs_of_one_visitor_are_two_pages():
    first = run_asked(asked(RUN, page="tab one", request=1))
    next(first)
    other = list(run_asked(asked(RUN, page="tab two", request=7)))
    rest = list(first)
    assert final(other)
    assert final(rest)
    assert words(rest)[-1]["ended"]


def test_a_newer_request_of_the_same_tab_ends_the_older_one():
    first = run_asked(asked(replace(RUN, seed=92), page="tab three", request=1))
    next(first)
    Request.of({"page": "tab three", "request": 2})
    assert not final(list(first))


def test_stop_in_the_queue_leaves_the_place_and_nothing_is_computed(monkeypatch):
    turns, outputs = Turns(1), []
    monkeypatch.setattr(instrument, "TURNS", turns)
    waits = threading.Thread(target=lambda: outputs.extend(run_asked(asked(RUN, page="a queue", request=1))), daemon=True)
    with turns.one(QUICK):
        waits.start()
        while not turns.state()[0]:
            assert waits.is_alive()
            time.sleep(0.001)
        stop_asked(gr.EventData(None, {"page": "a queue", "request": 2}))
        waits.join(5.0)
        assert not waits.is_alive()
        assert turns.state()[:2] == (0, 1)
    assert outputs == []


@pytest.mark.parametrize("stage", ["first frame", "midway", "measuring"])
def test_stop_ends_a_run_at_every_stage_and_the_same_run_can_be_asked_for_again(stage, monkeypatch):
    experiment = Experiment(steps=200, particles=200, seed=100 + len(stage))
    page, stopped = f"stop {stage}", []

    def stop():
        stopped.append(stage)
        stop_asked(gr.EventData(None, {"page": page, "request": 2}))

    if stage == "measuring":
        measure = view_of(experiment).measure

        def measured(*arguments):
            stop()
            return measure(*arguments)

        monkeypatch.setattr(broadcast, "view_of", lambda e: replace(view_of(e), measure=measured))
    else:
        stream = broadcast.stream

        def frames(*arguments):
            for index, frame in enumerate(stream(*arguments)):
                if index == (0 if stage == "first frame" else 250):
                    stop()
                yield frame

        monkeypatch.setattr(broadcast, "stream", frames)
    outputs = list(run_asked(asked(experiment, page=page, request=1)))
    assert stopped
    assert not final(outputs)
    monkeypatch.undo()
    assert final(list(run_asked(asked(experiment, page=page, request=3))))


def test_stop_ends_a_sweep():
    event = gr.EventData(None, {"runs": [Experiment(dataset="pinwheel", seed=3).to_dict()], "page": "a sweep", "request": 1})
    answers = sweep_asked(event)
    next(answers)
    stop_asked(gr.EventData(None, {"page": "a sweep", "request": 2}))
    assert not any(said.get("ended") for said in words(answers))
