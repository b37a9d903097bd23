"""The page's address: one run written as its fields, or two as ?a=...&b=..., and what the page's script adds of the view.

A link is read leniently: names that are no field are not ours, a bad value is told and its field keeps its default, too many
particles are told and are as many as there may be, and of two runs that cannot be compared the first is opened.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from diffviz.experiment import COUNTED_FROM_0, Experiment, ExperimentError, iter_specs
from diffviz.fields import option
from diffviz.messages import show
from diffviz.ui.limits import check_budget, fitted
from diffviz.views import check_comparable

MAX_FIELDS = 96
FEW = 4  # choices that a sentence names
NEAR = 0.5  # of names, as difflib measures it


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


def _with_nearest(error: ExperimentError, texts: dict[str, str]) -> ExperimentError:
    """Of a name that is in no menu, the nearest that is, if one is near: a link has names where a menu has titles. A long menu
    is not told whole: it stands on the page."""
    spec = next((spec for name, spec, *_ in iter_specs() if name == error.field), None)
    text = texts.get(error.field, "")
    if spec is None or not spec.titles or not text or text in spec.choices:
        return error
    near = difflib.get_close_matches(text.lower(), spec.choices, n=1, cutoff=NEAR)
    told = error.message if len(spec.choices) <= FEW else f"must be one of the {len(spec.choices)} in its menu, not {show(text)}."
    hint = f" The nearest is {option(error.field, near[0])}, which a link names {near[0]}." if near else ""
    return ExperimentError(error.field, f"{told}{hint}")


def _with_value(error: ExperimentError, experiment: Experiment) -> ExperimentError:
    """Also what the run that is opened has instead."""
    value = getattr(experiment, error.field, None)
    if value is None or value == "":
        return error
    shown = option(error.field, value) if isinstance(value, str) else f"{value:g}"
    return ExperimentError(error.field, f"{error.message} The run that is shown has {shown}.")


def _refused(experiment: Experiment) -> list[ExperimentError]:
    """What the page's limits say of it."""
    try:
        check_budget(experiment)
    except ExperimentError as error:
        return [error]
    return []


def lenient(texts: dict[str, str]) -> tuple[Experiment, list[ExperimentError]]:
    """The experiment of all values that are allowed, and an error for each that is not: it is left at its default."""
    kept, problems = dict(texts), []
    while True:
        try:
            experiment = Experiment.from_strings(kept)
            opened = fitted(experiment)
            if "particles" in kept and opened != experiment:
                problems += _refused(experiment)
            return opened, [_with_value(problem, opened) for problem in problems]
        except ExperimentError as error:
            problems.append(_with_nearest(error, texts))
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
    try:
        check_comparable(opened.runs[0], opened.runs[-1])
    except ExperimentError as error:
        opened.problems.append((1, ExperimentError(error.field, f"{error.message} A is shown alone.")))
        del opened.runs[1]
    return opened
