"""What the player is told of a run once it is measured, and of two runs together, whatever their data are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from diffviz.diagnostics.comparison import compare
from diffviz.diagnostics.curves import curves_of, schedule_curves
from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.player.protocol import Chart
from diffviz.telling import captions, pair
from diffviz.telling.charts import CHARTS, CLOCKS, Side, make_charts
from diffviz.telling.words import number
from diffviz.views.base import DomainView


def first_charts(setup: Setup, times: NDArray) -> dict[str, Chart]:
    """The charts that are known before the first frame. times: [m] the displayed ones."""
    return make_charts(tuple(CHARTS), [Side(setup.schedule, schedule_curves(setup.schedule), times)])


def _side(view: DomainView, measured: Measured[Any], setup: Setup) -> Side:
    own = measured.costs is not None and measured.costs.each is not None
    return Side(setup.schedule, curves_of(measured, setup.schedule), view.times(setup), own)


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


def words_of_both(view: DomainView, a: Measured[Any], b: Measured[Any]) -> dict[str, str]:
    """The sentence that sums two runs up, and the rows of the table of their metrics, as HTML."""
    one, other, rows = a.experiment, b.experiment, compare(a, b)
    table = pair.comparison_table(rows) + pair.shares_rows(a, b) + pair.table_note(view.note(one, other))
    return {"sentence": view.sentence(rows, one, other), "table": table}
