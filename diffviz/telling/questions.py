"""What a question is: one run or two that answer it, and what to watch for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from diffviz.experiment import Experiment

TOPICS = (
    "Diffusion",
    "Noise schedules",
    "Steps and samplers",
    "Networks",
    "Energy models",
    "Guidance",
    "Inverse problems and editing",
)


class OneOrTwo:
    """What one run shows, or two."""

    a: Experiment
    b: Experiment | None

    @property
    def runs(self) -> tuple[Experiment, ...]:
        """One, or two."""
        return (self.a,) if self.b is None else (self.a, self.b)


@dataclass(frozen=True)
class Question(OneOrTwo):
    """topic: of TOPICS; watch: what to watch for, in a sentence or two, whose numbers are measured again by tests.

    a, b: the run, or the two; layers: of the panels that show it; charts: to be shown first, of telling.charts.CHARTS
    """

    topic: str
    question: str
    watch: str
    a: Experiment
    b: Experiment | None = None
    layers: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()


def pairs_of(usual: Experiment, *usual_layers: str) -> Callable[..., Question]:
    """Makes questions of two runs: from usual, from what both have else, and from what sets A apart and B."""

    def make(topic: str, question: str, watch: str, a: dict, b: dict, *layers: str, charts: tuple[str, ...], **both: object):
        base = replace(usual, **both)
        return Question(topic, question, watch, replace(base, **a), replace(base, **b), layers or usual_layers, charts)

    return make
