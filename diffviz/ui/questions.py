"""The questions of every kind of data, of one run and of two, as one table for the page's script."""

from __future__ import annotations

import re
from typing import Any

from diffviz.domains import domain_of
from diffviz.telling.questions import Question
from diffviz.ui.speech import typeset
from diffviz.views import questions


def key(question: Question) -> str:
    """In an address: the kind of data, whether it is of two runs, and its words."""
    place = domain_of(question.a.dataset).name + ("-pair" if question.b else "")
    return f"{place}-{re.sub('[^a-z0-9]+', '-', question.question.lower()).strip('-')}"


def table() -> list[dict[str, Any]]:
    """As JSON values."""
    return [
        {
            "key": key(each),
            "topic": each.topic,
            "question": typeset(each.question),
            "watch": typeset(each.watch),
            "layers": each.layers,
            "show": each.charts,
            "runs": [run.changed() for run in each.runs],
        }
        for each in questions()
    ]
