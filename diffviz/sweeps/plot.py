"""A metric of a sweep over a field, as a picture: a line for each combination of the other fields, seeds averaged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffviz.diagnostics.measured import Metric
from diffviz.experiment import Experiment, ExperimentError, iter_specs
from diffviz.exports import parts, writable
from diffviz.files import written
from diffviz.grids import Combination
from diffviz.messages import show
from diffviz.relevant import relevant
from diffviz.sweeps.averages import OVER, mean_of
from diffviz.sweeps.rows import Numbers
from diffviz.sweeps.table import Rows
from diffviz.telling.words import plain
from diffviz.views import view_of

if TYPE_CHECKING:
    from diffviz.figures.sweep_lines import SweptLine

PICTURES = (".png", ".pdf")
METRIC, AGAINST = "gap_nats", "steps"
MOST_LINES = 24
SPECS = {name: spec for name, spec, *_ in iter_specs()}
NUMBERS = {name for name, _, kind, _ in iter_specs() if kind in (int, float) and name != OVER}

Line = tuple[tuple[str, Any], ...]  # what the combinations of one line have in common


def _metrics(e: Experiment) -> Mapping[str, Metric]:
    return view_of(e).metrics(e)


@dataclass(frozen=True)
class Plot:
    """metric: what is drawn; against: over which field."""

    path: Path
    metric: str = METRIC
    against: str = AGAINST

    def check(self, swept: Sequence[Combination]) -> None:
        """Raises ExperimentError if these runs cannot be drawn so, as far as can be told before they are computed."""
        writable(self.path, *PICTURES, name="plot")
        numbers = [name for name in swept[0].values if name in NUMBERS and len({each.values[name] for each in swept}) > 1]
        if self.against not in numbers:
            allowed = f"one of {', '.join(numbers)}" if numbers else "a field that has several numbers in the grid"
            raise ExperimentError("against", f"must be {allowed}, not {show(self.against)}.")
        if any(getattr(each.run, self.against) is None for each in swept):
            raise ExperimentError("against", f"must be a field that is a number in every run, which {self.against} is not.")
        runs = dict.fromkeys(each.run for each in swept)
        common = [name for name in _metrics(swept[0].run) if all(name in _metrics(e) for e in runs)]
        if self.metric not in common:
            raise ExperimentError("metric", f"must be what all runs have, one of {', '.join(common)}, not {show(self.metric)}.")
        count = len({self._line(each) for each in swept})
        if count > MOST_LINES:
            raise ExperimentError("plot", f"must have at most {MOST_LINES} lines, one for each combination, not {count}.")

    def _line(self, of: Combination) -> Line:
        return tuple((name, value) for name, value in of.values.items() if name not in (OVER, self.against))

    def draw(self, swept: Sequence[Combination], rows: Rows) -> None:
        """Raises WriteError, and ExperimentError if no run has the metric."""
        from diffviz.figures.sweep_lines import render_lines  # matplotlib takes a second to import

        lines = self.lines(swept, rows)
        if not lines:
            raise ExperimentError("metric", f"must be what a run has, which is not so of {self.metric} here.")
        runs = list(dict.fromkeys(each.run for each in swept))
        metric, told = _metrics(runs[0])[self.metric], [parts(e) for e in runs]
        shared = [part for part in told[0] if all(part in each for each in told)]
        seeds = len({e.seed for e in runs})
        with written(self.path) as new:
            render_lines(
                lines,
                (plain(SPECS[self.against].title), plain(f"{metric.title}, {metric.unit}" if metric.unit else metric.title)),
                plain(" · ".join(shared)),
                f"bars: one standard error{f' of the mean over {seeds} seeds' if seeds > 1 else ''}",
                new,
            )

    def lines(self, swept: Sequence[Combination], rows: Rows) -> list[SweptLine]:
        """The mean over seeds at each value of the field, by combination. Runs that are not in rows or lack the metric are left
        out; of lines that are the same runs the first is kept."""
        from diffviz.figures.sweep_lines import SweptLine

        runs: dict[Line, dict[Experiment, None]] = {}
        for each in swept:
            if self.metric in rows.get(each.run, {}):
                runs.setdefault(self._line(each), {})[each.run] = None
        own = {frozenset(of): list(of) for of in reversed(runs.values())}
        kept = list(reversed(own.values()))
        named = [name for name, _ in next(iter(runs), ()) if len({getattr(of[-1], name) for of in kept}) > 1]
        found = []
        for of in kept:
            at: dict[float, list[Numbers]] = {}
            for e in of:
                at.setdefault(float(getattr(e, self.against)), []).append(rows[e])
            means = {x: mean_of(group, self.metric) for x, group in sorted(at.items())}
            errors = [math.nan if mean.stderr is None else mean.stderr for mean in means.values()]
            found.append(SweptLine(_label(of[-1], named), list(means), [mean.value for mean in means.values()], errors))
        return found


def _label(e: Experiment, named: Sequence[str]) -> str:
    """The values of the named fields that the run reads, options by their titles."""
    read, told = relevant(e), []
    for name in named:
        spec, value = SPECS[name], getattr(e, name)
        if name not in read:
            continue
        if spec.choices and spec.titles:
            told.append(spec.titles[spec.choices.index(value)])
        else:
            told.append(f"{spec.title} {f'{value:g}' if isinstance(value, float) else value}"[:60])
    return plain(", ".join(told))
