"""The questions of every kind of data, of one run and of two, as one table for the page's script."""

from __future__ import annotations

import re
from typing import Any

from diffviz.domains import domain_of
from diffviz.experiment import Experiment
from diffviz.telling.questions import Question
from diffviz.views import questions


def key(question: Question) -> str:
    """In an address: the kind of data, whether it is of two runs, and its words."""
    place = domain_of(question.a.dataset).name + ("-pair" if question.b else "")
    return f"{place}-{re.sub('[^a-z0-9]+', '-', question.question.lower()).strip('-')}"


def own(run: Experiment) -> dict[str, Any]:
    """What differs from the defaults, field by field."""
    usual = Experiment().to_dict()
    return {name: value for name, value in run.to_dict().items() if value != usual[name]}


def table() -> list[dict[str, Any]]:
    """As JSON values."""
    return [
        {
            "key": key(each),
            "topic": each.topic,
            "question": each.question,
            "look": each.watch,
            "layers": each.layers,
            "show": each.charts,
            "runs": [own(run) for run in each.runs],
        }
        for each in questions()
    ]
