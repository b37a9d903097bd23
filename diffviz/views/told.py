"""What the player is told of a run once it is measured, and of two runs together, whatever their data are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from diffviz.diagnostics.comparison import compare
from diffviz.diagnostics.curves import curves_of, schedule_curves
from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.fields import ExperimentError
from diffviz.player.protocol import Chart, Later
from diffviz.telling import captions, chains, pair
from diffviz.telling.charting import CLOCKS, Side, make_charts
from diffviz.telling.charts import CHART_SETS, CHARTS
from diffviz.telling.words import number
from diffviz.trajectory import Curve
from diffviz.views.base import DomainView
from diffviz.views.work import without_paths


def first_charts(setup: Setup, times: NDArray) -> dict[str, Chart]:
    """The charts that are known before the first frame. times: [m] the displayed ones."""
    return make_charts(tuple(CHARTS), [Side(setup.schedule, schedule_curves(setup.schedule), times)])


def _side(view: DomainView, measured: Measured[Any], setup: Setup) -> Side:
    own = measured.costs is not None and measured.costs.each is not None
    return Side(setup.schedule, curves_of(measured, setup.schedule), view.sent.times(setup), own)


def charts(view: DomainView, measured: Measured[Any], setup: Setup) -> dict[str, Chart]:
    """All charts of a run."""
    found = make_charts(view.charts, [_side(view, measured, setup)])
    if measured.costs is not None:
        first, last = (number(float(measured.costs.kl_nats[end]), 2) for end in (0, -1))
        note = f"L<sub>0</sub> {first} &nbsp; L<sub>{captions.last_time(setup)}</sub> {last}"
        found["kl"] = replace(found["kl"], note=note)
    return found


def charts_of_both(view: DomainView, a: Measured[Any], b: Measured[Any]) -> dict[str, dict[str, Chart]]:
    """By clock and name, the charts of two runs."""
    sides = [_side(view, measured, measured.setup) for measured in (a, b)]
    return {clock: make_charts(view.charts, sides, clock) for clock in CLOCKS}


def later(view: DomainView, measured: Measured[Any]) -> dict[str, Later]:
    """By name, the charts that a run has once they are asked for."""
    return {
        name: Later(group, CHARTS[name].title, CHARTS[name].unit, CHARTS[name].term or name, row.chosen)
        for group, row in view.later.items()
        if row.applies(measured)
        for name in row.charts
    }


def missing(view: DomainView, measured: Measured[Any], made: Mapping[str, Chart]) -> dict[str, ExperimentError | str]:
    """By the first chart of each set, why a run has not that chart. made: those that it has."""
    found: dict[str, ExperimentError | str] = {}
    rows = {name: row for row in view.later.values() for name in row.charts}
    for key, (first, *_) in ((key, row.charts) for key, row in CHART_SETS.items()):
        if first in made:
            continue
        if key == "cost" and chains.is_chain(measured.setup):
            found[first] = chains.NO_SCHEDULE
            continue
        why = view.absent.get(key) or (rows[first].refusal if first in rows else without_paths)(measured)
        if why is not None:
            found[first] = why
    return found


def later_charts(
    view: DomainView, group: str, runs: Sequence[tuple[Measured[Any], Mapping[str, Curve | str]]]
) -> tuple[dict[str, dict[str, Chart]], dict[str, str]]:
    """Those of a group, of one run or of two, each with the curves that were computed for it: by clock (of one run, "time") and
    name; and by name, why there is nothing."""
    names, sides, why = view.later[group].charts, [], {}
    for measured, curves in runs:
        side = _side(view, measured, measured.setup)
        found = {name: curve for name, curve in curves.items() if isinstance(curve, Curve)}
        sides.append(replace(side, curves={**side.curves, **found}))
        for name in names:
            own = curves.get(CHARTS[name].lines[0].curve)
            if isinstance(own, str):
                why.setdefault(name, own)
    clocks = tuple(CLOCKS) if len(runs) > 1 else ("time",)
    return {clock: make_charts(names, sides, clock) for clock in clocks}, why


def words_of_both(view: DomainView, a: Measured[Any], b: Measured[Any]) -> dict[str, str]:
    """The sentence that sums two runs up, and the rows of the table of their metrics, as HTML."""
    one, other, rows = a.experiment, b.experiment, compare(a, b)
    table = pair.comparison_table(rows) + pair.shares_rows(a, b) + pair.table_note(view.note(one, other))
    return {"sentence": view.sentence(rows, one, other), "table": table}
