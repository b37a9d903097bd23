"""Means over seeds: the rows of runs that differ in nothing else become one."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from diffviz.diagnostics.report import stderr_name
from diffviz.experiment import DEFAULTS, Experiment
from diffviz.sweeps.rows import Numbers
from diffviz.sweeps.table import Rows, write_table

OVER = "seed"
COUNT = "seeds"  # column: so many runs are averaged


class Mean(NamedTuple):
    """Over seeds. stderr: None where unknown."""

    value: float
    stderr: float | None


def by_seed(rows: Rows) -> dict[Experiment, list[Numbers]]:
    """By the experiment without its seed, the rows of all its seeds."""
    found: dict[Experiment, list[Numbers]] = {}
    for experiment, numbers in rows.items():
        found.setdefault(replace(experiment, **{OVER: DEFAULTS[OVER]}), []).append(numbers)
    return found


def mean_of(rows: Sequence[Numbers], metric: str) -> Mean | None:
    """Of a metric, over those rows that have it; None if none has.

    Its standard error is s/sqrt(n), s the standard deviation over seeds. Of one seed, and of what no seed changes, it is the
    error that the runs report themselves.
    """
    known = [numbers for numbers in rows if metric in numbers]
    if not known:
        return None
    values = [numbers[metric] for numbers in known]
    if len(set(values)) > 1:
        return Mean(statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values)))
    own = [numbers.get(stderr_name(metric)) for numbers in known]
    return Mean(values[0], None if None in own else max(own))


def metrics_in(rows: Sequence[Numbers]) -> list[str]:
    """The columns that are no standard errors."""
    columns = list(dict.fromkeys(column for numbers in rows for column in numbers))
    errors = {stderr_name(column) for column in columns}
    return [column for column in columns if column not in errors]


def write_means(path: Path, rows: Rows, fields: Sequence[str]) -> None:
    """A table with a row for each combination: the fields but for the seed, how many seeds, and every metric's mean with its
    standard error. Raises WriteError."""
    shown, table = [name for name in fields if name != OVER], []
    for experiment, group in by_seed(rows).items():
        row: dict[str, Any] = {name: getattr(experiment, name) for name in shown} | {COUNT: len(group)}
        for metric in metrics_in(group):
            mean = mean_of(group, metric)
            row |= {metric: mean.value, stderr_name(metric): mean.stderr}
        table.append(row)
    columns = list(dict.fromkeys(column for row in table for column in row))
    write_table(path, table, columns)
