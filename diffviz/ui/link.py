"""The page's address: one run written as its fields, or two as ?a=...&b=..., and what the page's script adds of the view.

A link is read leniently: names that are no field are not ours, a bad value is told and its field keeps its default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from diffviz.experiment import COUNTED_FROM_0, Experiment, ExperimentError, iter_specs

MAX_FIELDS = 96


@dataclass
class Opened:
    """What a link asks for: one run or two, and what was wrong, by side."""

    runs: list[Experiment]
    problems: list[tuple[int, ExperimentError]] = field(default_factory=list)


def _pairs(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except (ValueError, TypeError, AttributeError):
        return {}


def lenient(texts: dict[str, str]) -> tuple[Experiment, list[ExperimentError]]:
    """The experiment of all values that are allowed, and an error for each that is not: it is left at its default."""
    kept, problems = dict(texts), []
    while True:
        try:
            return Experiment.from_strings(kept), problems
        except ExperimentError as error:
            problems.append(error)
            wrong = [name for name in kept if COUNTED_FROM_0.get(name, name) == error.field]
            for name in wrong or [*kept][-1:]:  # what two fields say together may be told of one that is at its default
                del kept[name]


def _side(query: str) -> tuple[Experiment, list[ExperimentError]]:
    known = {*COUNTED_FROM_0, *(name for name, *_ in iter_specs())}
    return lenient({name: text for name, text in _pairs(query).items() if name in known})


def read_link(query: str) -> Opened:
    """The runs of an address, which is cut off at its question mark or not."""
    pairs = _pairs(query)
    sides = [pairs.get("a", ""), pairs.get("b", "")] if "a" in pairs or "b" in pairs else [query]
    opened = Opened([])
    for number, side in enumerate(sides):
        experiment, problems = _side(side)
        opened.runs.append(experiment)
        opened.problems += [(number, problem) for problem in problems]
    return opened
