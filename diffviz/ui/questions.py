"""The questions of every kind of data, of one run and of two, as one table for the page's script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from diffviz.experiment import Experiment
from diffviz.views.pictures.pair_questions import PICTURE_PAIR_PRESETS
from diffviz.views.pictures.questions import PICTURE_PRESETS
from diffviz.views.plane.pair_questions import PAIR_PRESETS
from diffviz.views.plane.questions import PRESETS


@dataclass(frozen=True)
class Asked:
    """A question, with its run or its two runs; place: where it stands, which makes its key one of a kind."""

    place: str
    topic: str
    question: str
    look: str
    runs: tuple[Experiment, ...]
    layers: tuple[str, ...]

    @property
    def key(self) -> str:
        """In an address."""
        return f"{self.place}-{re.sub('[^a-z0-9]+', '-', self.question.lower()).strip('-')}"


def every() -> list[Asked]:
    """All of them, in order."""
    found = []
    for place, title, one, two in (
        ("plane", "Points in the plane", PRESETS, PAIR_PRESETS),
        ("pictures", "Pictures", PICTURE_PRESETS, PICTURE_PAIR_PRESETS),
    ):
        found += [Asked(place, title, p.question, p.look, (p.experiment,), p.overlays) for p in one]
        found += [Asked(f"{place}-pair", f"{title}: two runs", p.question, p.look, (p.a, p.b), p.overlays) for p in two]
    return found


def first() -> Asked:
    """What the page opens with."""
    return every()[0]


def table() -> list[dict[str, Any]]:
    """As JSON values; of a run only what differs from the defaults."""
    usual = Experiment().to_dict()

    def own(run: Experiment) -> dict[str, Any]:
        return {name: value for name, value in run.to_dict().items() if value != usual[name]}

    return [
        {
            "key": each.key,
            "topic": each.topic,
            "question": each.question,
            "look": each.look,
            "layers": each.layers,
            "runs": [own(run) for run in each.runs],
        }
        for each in every()
    ]
