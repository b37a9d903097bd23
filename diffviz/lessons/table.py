"""The lessons as the page knows them: all but the answers as one table, and the answer of a step once it is asked for."""

from __future__ import annotations

import re
from typing import Any

from diffviz.lessons import LESSONS
from diffviz.lessons.base import Choice, Lesson, Place, Runs, Step
from diffviz.telling import typeset, words

_TERM = re.compile(r"\[([^\]]+)\]\((\w+)\)")


def as_html(text: str) -> str:
    """A text of a lesson as HTML."""
    return typeset.prose(_TERM.sub(lambda found: words.term(found[2], found[1]), text))


def _prediction(predict: Choice | Place | None) -> dict[str, Any] | None:
    if predict is None:
        return None
    question = {"question": as_html(predict.question)}
    if isinstance(predict, Place):
        return question | {"panel": predict.panel, "what": as_html(predict.what)}
    return question | {"answers": [as_html(answer) for answer in predict.answers]}


def step_json(step: Step) -> dict[str, Any]:
    """A step without its answer."""
    return {
        "name": step.name,
        "title": as_html(step.title),
        "text": as_html(step.text),
        "runs": [run.changed() for run in step.runs],
        "layers": step.layers,
        "charts": step.charts,
        "at": step.at,
        "back": step.back,
        "direction": step.direction,
        "playing": step.playing,
        "clock": step.clock,
        "arrow": step.arrow,
        "predict": _prediction(step.predict),
    }


def _lesson(name: str, lesson: Lesson) -> dict[str, Any]:
    return {
        "name": name,
        "title": as_html(lesson.title),
        "minutes": lesson.minutes,
        "able": as_html(lesson.able),
        "picture": lesson.picture,
        "steps": [step_json(step) for step in lesson.steps],
    }


def lessons_json() -> list[dict[str, Any]]:
    """The course as JSON values, without any answer. Texts are HTML; runs: what each has beside the defaults."""
    return [_lesson(name, lesson) for name, lesson in LESSONS.items()]


def reveal(step: Step, runs: Runs) -> dict[str, Any]:
    """The answer to a step's prediction, from its run or two, as JSON values.

    right: the index of the right answer, or null; place: [x, y] of the right place, or null
    text, why, formula: HTML; sources: text and url of each; view: what changes of the player's view, by the names of the table
    """
    predict = step.predict
    return {
        "right": predict.right if isinstance(predict, Choice) else None,
        "place": [float(x) for x in predict.place(runs[0].setup)] if isinstance(predict, Place) else None,
        "text": as_html(step.revealed(step.measured(runs))),
        "why": as_html(step.why),
        "formula": typeset.formula(step.formula),
        "sources": [{"text": text, "url": url} for text, url in step.sources],
        "view": step.after,
    }
