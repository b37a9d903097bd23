"""Two runs side by side, in words: the table of metrics, and the sentence that sums it up."""

from __future__ import annotations

import html
import math
from typing import Any

import numpy as np

from diffviz.diagnostics.comparison import Row, shares
from diffviz.diagnostics.measured import Measured
from diffviz.domains import domain_of
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment, differing, iter_specs
from diffviz.gaussian.quadrature import ERROR_NATS
from diffviz.telling.typeset import prose
from diffviz.telling.words import plain, term, with_error
from diffviz.trajectory import Curve


def ancestral_note(*experiments: Experiment, what: str = "KL, discretisation gap and ELBO") -> str:
    """Whose ELBO it is, if a sampler that is not ancestral has none of its own; else nothing."""
    others = [domain_of(e.dataset).samplers[e.sampler].title for e in experiments if e.sampler != "ancestral"]
    if not others:
        return ""
    whose = " and ".join(dict.fromkeys(others))
    own = "has none of its own" if len(set(others)) == 1 else "have none of their own"
    return f"{what} are those of the ancestral chain with the same steps: {whose} {own}."


NONE = "–"  # in a cell without a number, whose hint says why
UNKNOWN = "There is no difference of two values of which one is infinite."


def _cell(estimate: Estimate, better: bool) -> str:
    text = with_error(estimate)
    return f'<td class="dv-better">{text} <span title="better">✓</span></td>' if better else f"<td>{text}</td>"


def _apart(row: Row) -> str:
    """A less B: sample by sample where both have the same noise, else with the errors of both."""
    apart, errors = row.a.value - row.b.value, (row.a.stderr, row.b.stderr)
    error = ERROR_NATS if 0.0 < max(errors) <= ERROR_NATS else math.hypot(*errors)  # of two quadratures, that of one
    known = row.difference or Estimate(apart, error)
    return f"<td>{with_error(known)}</td>" if math.isfinite(known.value) else f'<td title="{UNKNOWN}">{NONE}</td>'


def comparison_table(rows: list[Row]) -> str:
    """Rows of an HTML table; a metric whose difference is more than two standard errors has its better side marked. Seconds
    have no row: of two runs one may have been kept, and which came first counts."""
    lines = []
    for row in rows:
        if row.name == "seconds":
            continue
        name = prose(f"{row.metric.title}, {row.metric.unit}" if row.metric.unit else row.metric.title)
        why = html.escape(plain(prose(row.metric.why)))
        name = f'<th title="{why}">{term(row.metric.term, name) if row.metric.term else name}</th>'
        lines.append(f"<tr>{name}{_cell(row.a, row.winner == 'a')}{_cell(row.b, row.winner == 'b')}{_apart(row)}</tr>")
    return "".join(lines)


def shares_rows(a: Measured[Any], b: Measured[Any]) -> str:
    """Further rows: what both sides count, neither over time nor over noise levels."""
    return "".join(shares_row(a.curves[name], b.curves[name]) for name in shares(a, b))


def table_note(text: str) -> str:
    """The last row of the table: how to read it."""
    return f'<tr><td class="dv-table-note" colspan="4">{text}</td></tr>'


def shares_row(a: Curve, b: Curve) -> str:
    """A row of the table: the shares of the samples in each of several parts of the data, in percent; what only one side has
    counted is 0 of the other."""
    parts = max(len(a.values), len(b.values))
    one, other = (np.pad(each.values, (0, parts - len(each.values))) for each in (a, b))
    told = [" ".join(f"{100 * v:.0f}" for v in values).replace("-", "−") for values in (one, other, one - other)]
    cells = "".join(f'<td class="dv-modes">{text}</td>' for text in told)
    return f"<tr><th>{prose(a.name)}, %</th>{cells}</tr>"


def changes(a: Experiment, b: Experiment) -> str:
    """The titles of the fields in which two runs differ; empty if they are the same run."""
    specs = {name: spec for name, spec, *_ in iter_specs()}
    return ", ".join(specs[name].called_in(a) for name in differing(a, b))


def effort(row: Row) -> list[str]:
    """For the sentence about two runs, from their row of evaluations: which takes fewer; nothing if both take as many."""
    if not row.winner:
        return []
    few, many = sorted((row.a.value, row.b.value))
    return [f"<b>{row.winner.upper()}</b> takes {few:.0f} function evaluations, the other {many:.0f}"]
