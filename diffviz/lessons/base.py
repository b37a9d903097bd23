"""What a lesson is: steps in an order, each with the run or the two runs that show it, a prediction, and what the run says to it.

A step is one entry of a lesson's table. Its numbers are measured on the run that is shown and written into the text that reveals
the answer, so that no number stands in a text that nobody recomputes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from diffviz.diagnostics.comparison import compare
from diffviz.diagnostics.measured import Measured, exactly
from diffviz.engine import Setup
from diffviz.estimates import Estimate, less
from diffviz.experiment import Experiment
from diffviz.telling.questions import OneOrTwo
from diffviz.telling.words import with_error

Runs = tuple[Measured[Any], ...]
Number = Callable[[Runs], Estimate]
Numbers = Mapping[str, Estimate]
Sources = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Choice:
    """A prediction among a few answers. right: the index of the right one."""

    question: str
    answers: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Place:
    """A prediction by a click into a panel. panel: its name; place: (x, y) of the right place in units of the data, from the
    parts of the run; what: what is there, as the page marks it."""

    question: str
    panel: str
    what: str
    place: Callable[[Setup], tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Step(OneOrTwo):
    """One step of a lesson. Mathematics in texts is written as telling.typeset reads it, and [words](name) open that entry of the
    glossary.

    name: in an address; text: what is shown and what to watch, before the prediction
    a, b: the run, or the two; layers: of the panels; charts: of telling.charts.CHARTS, those that are shown large, one or two
    at: the diffusion time where the clock stands, None for its start; back: the reverse process has begun there
    direction: "story" (forward, then reverse), "forward" or "reverse"
    playing: it moves by itself; where it asks, once it has its answer
    arrow: time's arrow can be played from here (thermodynamics/arrow.py)
    clock: of two runs, one of telling.charting.CLOCKS: t/T, or both where their SNR is the same
    then: what the answer changes of layers, charts, at, back, direction, playing and clock, by their names
    reveal: the answer, with numbers of the run in braces; numbers: by the names that stand there, how each is measured
    holds: whether the numbers are as the reveal says; tested at several seeds
    why: the explanation; formula: its formula, or ""; sources: as glossary.entry.cite finds them
    """

    name: str
    title: str
    text: str
    a: Experiment
    b: Experiment | None = None
    layers: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    at: int | None = None
    back: bool = False
    direction: str = "story"
    playing: bool = True
    clock: str = "time"
    arrow: bool = False
    predict: Choice | Place | None = None
    then: Mapping[str, Any] = field(default_factory=dict)
    reveal: str = ""
    numbers: Mapping[str, Number] = field(default_factory=dict)
    holds: Callable[[Numbers], bool] = lambda numbers: True
    why: str = ""
    formula: str = ""
    sources: Sources = ()

    @property
    def after(self) -> dict[str, Any]:
        """What the answer changes of the view. The clock stood while the question was open; it goes on where the step plays,
        unless the answer has a moment of its own."""
        return {"playing": self.playing and "at" not in self.then, **self.then} if self.predict else dict(self.then)

    def measured(self, runs: Runs) -> dict[str, Estimate]:
        """The numbers of these runs, which are the step's or the same with other seeds."""
        return {name: number(runs) for name, number in self.numbers.items()}

    def revealed(self, numbers: Numbers) -> str:
        """The answer with its numbers, each to as many digits as its error allows."""
        return self.reveal.format_map({name: with_error(value) for name, value in numbers.items()})


@dataclass(frozen=True)
class Lesson:
    """title: of the lesson; minutes: how long it takes; able: what one is able to do after it, in a sentence that begins with a
    verb; picture: the data set whose thumbnail stands for it."""

    title: str
    minutes: int
    able: str
    picture: str
    steps: tuple[Step, ...]


def metric(name: str, side: int = 0) -> Number:
    """A metric of one run, 0 for A and 1 for B. Raises KeyError where the run has none."""

    def measure(runs: Runs) -> Estimate:
        found = runs[side].estimate(name)
        if found is None:
            raise KeyError(name)
        return found

    return measure


def of_both(**metrics: str) -> dict[str, Number]:
    """Metrics of two runs: of gap="gap_nats" the numbers gap_a and gap_b."""
    return {f"{name}_{letter}": metric(of, side) for name, of in metrics.items() for side, letter in enumerate("ab")}


def difference(name: str) -> Number:
    """A metric of A less that of B, with the error of the difference. Raises ValueError where the two have no such row."""

    def measure(runs: Runs) -> Estimate:
        (row,) = compare(*runs, only=(name,))
        return row.difference or less(row.a, row.b)

    return measure


def of_schedule(quantity: Callable[[Setup], float], side: int = 0) -> Number:
    """What follows from the parts of a run alone, without error."""
    return lambda runs: exactly(quantity(runs[side].setup))
