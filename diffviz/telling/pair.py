"""Two runs side by side, in words: the table of metrics, and the sentence that sums it up."""

from __future__ import annotations

from typing import Any

from diffviz.diagnostics.comparison import Row, shares
from diffviz.diagnostics.measured import Measured
from diffviz.domains import domain_of
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment, differing, iter_specs
from diffviz.telling.words import term, with_error
from diffviz.trajectory import Curve


def ancestral_note(*experiments: Experiment, what: str = "KL, discretisation gap and ELBO") -> str:
    """Whose ELBO it is, if a sampler that is not ancestral has none of its own; else nothing."""
    others = [domain_of(e.dataset).samplers[e.sampler].title for e in experiments if e.sampler != "ancestral"]
    if not others:
        return ""
    whose = " and ".join(dict.fromkeys(others))
    own = "has none of its own" if len(set(others)) == 1 else "have none of their own"
    return f"{what} are those of the ancestral chain with the same steps: {whose} {own}."


def _cell(estimate: Estimate, better: bool) -> str:
    text = with_error(estimate)
    return f'<td class="dv-better">{text} <span title="better">✓</span></td>' if better else f"<td>{text}</td>"


def comparison_table(rows: list[Row]) -> str:
    """Rows of an HTML table; a metric whose difference is more than two standard errors has its better side marked."""
    lines, told = [], any(row.difference for row in rows)
    for row in rows:
        name = f"{row.metric.title}, {row.metric.unit}" if row.metric.unit else row.metric.title
        name = f'<th title="{row.metric.why}">{term(row.metric.term, name) if row.metric.term else name}</th>'
        cells = _cell(row.a, row.winner == "a") + _cell(row.b, row.winner == "b")
        if told:
            cells += _cell(row.difference, False) if row.difference else "<td></td>"
        lines.append(f"<tr>{name}{cells}</tr>")
    return "".join(lines)


def shares_rows(a: Measured[Any], b: Measured[Any]) -> str:
    """Further rows: what both sides count, neither over time nor over noise levels."""
    return "".join(shares_row(a.curves[name], b.curves[name]) for name in shares(a, b))


def table_note(text: str) -> str:
    """The last row of the table: how to read it."""
    return f'<tr><td class="dv-table-note" colspan="4">{text}</td></tr>'


def shares_row(a: Curve, b: Curve) -> str:
    """A row of the table: the shares of the samples in each of several parts of the data, in percent."""
    cells = "".join(f'<td class="dv-modes">{" ".join(f"{100 * v:.0f}" for v in curve.values)}</td>' for curve in (a, b))
    return f"<tr><th>{a.name}, %</th>{cells}<td></td></tr>"


def changes(a: Experiment, b: Experiment) -> str:
    """The titles of the fields in which two runs differ; empty if they are the same run."""
    specs = {name: spec for name, spec, *_ in iter_specs()}
    return ", ".join(specs[name].title for name in differing(a, b))
