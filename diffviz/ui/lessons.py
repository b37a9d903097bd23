"""Lessons on the page: the table of them, the answer to a step once a person has predicted, and runs computed ahead."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Generator
from dataclasses import replace
from typing import Any

from diffviz.experiment import Experiment, ExperimentError
from diffviz.lessons import LESSONS
from diffviz.lessons.base import Step
from diffviz.lessons.table import lessons_json, reveal, step_json
from diffviz.ui.broadcast import broadcast, is_known, measured_of, run_key
from diffviz.ui.limits import check_budget, deadline
from diffviz.ui.runs import Runs
from diffviz.ui.turns import TURNS, called

MOST_AHEAD = 4  # lessons being computed ahead or waiting for it

_ANSWERS: Runs[None, str] = Runs(2**20)  # a class asks for one at once
_ahead: dict[tuple[str, int | None], list[Experiment]] = {}  # the runs by lesson and seed; the first is being computed
_ahead_lock = threading.Lock()


def table() -> bytes:
    """All lessons as JSON, without their answers; a browser fetches it when the first lesson is opened."""
    return json.dumps(lessons_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _step(asked: dict[str, Any]) -> Step:
    """Raises KeyError, StopIteration where there is no such step."""
    return next(step for step in LESSONS[asked["lesson"]].steps if step.name == asked["step"])


def _answering(step: Step, runs: list[Experiment]) -> Generator[None, None, str]:
    """A computation of one part."""
    answer = json.dumps(reveal(step, tuple(measured_of(run) for run in runs)), allow_nan=False)
    yield
    return answer


def reveal_step(what: str) -> str:
    """JSON of the answer to a step, with the numbers of its runs; empty where there is none, or
    where too many wait. Computed once for all who ask for it with the same seeds.

    what: JSON of lesson and step, by name, and the seeds of the runs on screen, which may be a student's own.
    """
    try:
        asked = json.loads(what)
        step = _step(asked)
        runs = [replace(run, seed=seed) for run, seed in zip(step.runs, asked["seeds"], strict=True)]
        for run in runs:
            check_budget(run)
        with called():
            answer = _ANSWERS.join((asked["lesson"], step.name, *map(run_key, runs)), lambda: _answering(step, runs))
            for _ in answer.follow():
                pass
            return answer.result
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


def _compute_ahead() -> None:
    """Lesson after lesson until none waits, giving way to visitors. A daemon thread would be stopped in the middle of a tensor
    operation when the server exits, which aborts the process; this one checks for the exit after every part."""
    main = threading.main_thread()
    while main.is_alive():
        with _ahead_lock:
            if not _ahead:
                return
            wanted, runs = next(iter(_ahead.items()))
        try:
            for run in runs:
                if not is_known(run):
                    for _ in TURNS.over(deadline().over(broadcast(run)), long=True):
                        if not main.is_alive():
                            return
        except Exception:  # whoever comes to the step computes it then, and is told what is wrong
            logging.exception("the lesson %s could not be computed ahead", wanted[0])
        with _ahead_lock:
            del _ahead[wanted]


def warm_lesson(what: str) -> str:
    """Compute the runs of a lesson ahead, one lesson after another; nothing where MOST_AHEAD are being computed or wait.

    what: JSON of lesson, its name, and seed, a student's own, or null for those of the lesson.
    """
    try:
        asked = json.loads(what)
        name, seed = asked["lesson"], asked.get("seed")
        runs = [run if seed is None else replace(run, seed=seed) for step in LESSONS[name].steps for run in step.runs]
    except (ExperimentError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return "null"
    with _ahead_lock:
        begins = not _ahead
        if (name, seed) not in _ahead and len(_ahead) < MOST_AHEAD:
            _ahead[name, seed] = runs
    if begins:
        threading.Thread(target=_compute_ahead, daemon=False).start()  # whatever the thread of the call is
    return "null"
