"""Lessons on the page: the table of them, the answer to a step once a person has predicted, and runs computed ahead."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from typing import Any

from diffviz.experiment import Experiment, ExperimentError
from diffviz.lessons import LESSONS
from diffviz.lessons.base import Step
from diffviz.lessons.table import lessons_json, reveal, step_json
from diffviz.ui.broadcast import complete, is_known, measured_of
from diffviz.ui.limits import check_budget, repairing

_warming: set[str] = set()
_warming_lock = threading.Lock()


def table() -> bytes:
    """All lessons as JSON, without their answers; a browser fetches it when the first lesson is opened."""
    return json.dumps(lessons_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _step(asked: dict[str, Any]) -> Step:
    """Raises KeyError, StopIteration where there is no such step."""
    return next(step for step in LESSONS[asked["lesson"]].steps if step.name == asked["step"])


def reveal_step(what: str) -> str:
    """JSON of the answer to a step, with the numbers of its runs; empty where there is none.

    what: JSON of lesson and step, by name, and the seeds of the runs on screen, which may be a student's own.
    """
    try:
        asked = json.loads(what)
        step = _step(asked)
        runs = [replace(run, seed=seed) for run, seed in zip(step.runs, asked["seeds"], strict=True)]
        for run in runs:
            check_budget(run)
        with repairing():
            return json.dumps(reveal(step, tuple(measured_of(run) for run in runs)), allow_nan=False)
    except (ExperimentError, KeyError, StopIteration, TypeError, ValueError, RecursionError):
        return ""


def printed(names: Any, runs: list[Experiment]) -> dict[str, Any] | None:
    """A step as a file shows it, with its answer: title, text, question, answers and answer as HTML. None outside of a lesson.

    names: lesson and step, as the page names them; runs: of the step, maybe with other seeds
    """
    try:
        step = _step(names)
    except (KeyError, StopIteration, TypeError):
        return None
    if [replace(run, seed=other.seed) for run, other in zip(step.runs, runs, strict=False)] != runs:
        return None  # another step is on its way to the screen
    shown = step_json(step)
    answer = reveal(step, tuple(measured_of(run) for run in runs))
    parts = [answer["text"], answer["why"], answer["formula"]]
    predict = shown["predict"] or {}
    return {
        "title": shown["title"],
        "text": shown["text"],
        "question": predict.get("question", ""),
        "answers": predict.get("answers", []),
        "answer": "".join(f"<p>{part}</p>" for part in parts if part),
    }


def _warm(name: str) -> None:
    try:
        for step in LESSONS[name].steps:
            for run in step.runs:
                if not is_known(run):
                    with repairing():
                        complete(run)
    except Exception:  # whoever comes to the step computes it then, and is told what is wrong
        logging.exception("the lesson %s could not be computed ahead", name)
    finally:
        with _warming_lock:
            _warming.discard(name)


def warm_lesson(what: str) -> str:
    """Compute the runs of a lesson ahead, one after another, unless that is being done. what: JSON of lesson, its name."""
    try:
        name = json.loads(what)["lesson"]
        known = name in LESSONS
    except (KeyError, TypeError, ValueError, RecursionError):
        return "null"
    if known:
        with _warming_lock:
            idle = not _warming  # one at a time: a visitor costs the server little
            if idle:
                _warming.add(name)
        if idle:
            threading.Thread(target=_warm, args=(name,), daemon=True).start()
    return "null"
