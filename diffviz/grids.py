"""Grids: every combination of the values of some fields of an Experiment, and the runs that it stands for."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from diffviz.experiment import COUNTED_FROM_0, Experiment, ExperimentError, iter_specs
from diffviz.messages import show

MOST_RUNS = 100_000
FORM = 'must be fields and their values, such as "schedule=linear,cosine&steps=10,20,50&seed=1:5"'
_RANGE = re.compile(r"([+-]?[0-9]{1,9}):([+-]?[0-9]{1,9})(?::([0-9]{1,9}))?")
_WHOLE = frozenset(name for name, _, kind, _ in iter_specs() if kind is int)

Axes = Mapping[str, Sequence[Any]]  # by field, its values


class Combination(NamedTuple):
    """values: of the axes, by field, as the grid has them; run: what they stand for."""

    values: Mapping[str, Any]
    run: Experiment


def crossed(axes: Axes) -> Iterator[dict[str, Any]]:
    """Every combination of the values, by field; the last field's values change first."""
    return (dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values()))


def combinations(axes: Axes, make: Callable[[dict[str, Any]], Experiment]) -> list[Combination]:
    """Every combination with its run. Several are one run where they differ only in what it does not read.

    make: the Experiment of one combination. Raises ExperimentError as make does; it then says in which combination.
    """
    found = []
    for values in crossed(axes):
        try:
            found.append(Combination(values, make(values)))
        except ExperimentError as error:
            where = ", ".join(f"{name}={str(value)[:40]}" for name, value in values.items())
            several = len(axes) > 1 and error.field != "experiment"  # a field that does not exist is wrong anywhere
            raise ExperimentError(error.field, f"{error.message} That is in {where}." if several else error.message) from None
    return found


def read_axes(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The fields and values of grids as a command line has them, each like a link whose values are separated by commas.

    Whole numbers may be a range, both ends included: 1:5 is 1,2,3,4,5 and 10:50:20 is 10,30,50. As in a link %2C is a comma and
    %26 an ampersand within a value. Raises ExperimentError.
    """
    axes: dict[str, tuple[str, ...]] = {}
    for part in (part for text in texts for part in text.split("&")):
        before, equals, after = part.partition("=")
        name = unquote(before).strip().replace("-", "_")
        if not equals or not name:
            raise ExperimentError("grid", f"{FORM}, not {show(part)}.")
        if name in axes:
            raise ExperimentError("grid", f"must name {show(name)} once.")
        if name in COUNTED_FROM_0:
            raise ExperimentError("grid", f"must name {COUNTED_FROM_0[name]}, which counts from 1, in place of {name}.")
        axes[name] = tuple(value for each in after.split(",") for value in _values(name, unquote(each).strip()))
    count = math.prod(map(len, axes.values()))
    if count > MOST_RUNS:
        raise ExperimentError("grid", f"must stand for at most {MOST_RUNS} runs, not {count}.")
    return axes


def _values(name: str, text: str) -> Iterable[str]:
    """One value, or those of a range."""
    found = _RANGE.fullmatch(text) if name in _WHOLE else None
    if found is None:
        return (text,)
    first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
    values = range(first, last + 1, step) if step else range(0)
    if not 0 < len(values) <= MOST_RUNS:
        raise ExperimentError(name, f"must be a range that rises by at most {MOST_RUNS} values, such as 1:5, not {show(text)}.")
    return map(str, values)
