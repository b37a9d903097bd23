"""Two runs side by side, in words: the table of figures, and the sentence that sums it up."""

from __future__ import annotations

import numpy as np

from diffviz.domains.plane.nearness import MAX_CLOUD
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment, iter_specs
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.relevant import differing
from diffviz.telling.words import capital, listed, nats, number, term, with_error
from diffviz.views.plane.metrics import Row


def ancestral_note(*experiments: Experiment, what: str = "KL, dissipated, bound and gap") -> str:
    """Whose bound it is, if a sampler that is not ancestral has none of its own; else nothing."""
    others = [SAMPLERS[e.sampler].title for e in experiments if e.sampler != "ancestral"]
    if not others:
        return ""
    whose = " and ".join(dict.fromkeys(others))
    own = "has none of its own" if len(set(others)) == 1 else "have none of their own"
    return f"{what} are those of the ancestral chain with the same steps: {whose} {own}."


def _cell(estimate: Estimate, better: bool) -> str:
    whole = f"{estimate.value:.0f}" if estimate.value == round(estimate.value) else number(estimate.value)
    text = with_error(estimate) if estimate.stderr > 0 else whole
    return f'<td class="dv-better">{text} <span title="better">✓</span></td>' if better else f"<td>{text}</td>"


def comparison_table(rows: list[Row]) -> str:
    """Rows of an HTML table; a figure whose difference is more than two standard errors has its better side marked."""
    lines, told = [], any(row.difference for row in rows)
    for row in rows:
        name = f"{row.figure.title}, {row.figure.unit}" if row.figure.unit else row.figure.title
        if row.name == "mismatch_nats":
            name = term("prior_loss", name)
        name = f'<th title="{row.figure.why}">{name}</th>'
        cells = _cell(row.a, row.winner == "a") + _cell(row.b, row.winner == "b")
        if told:
            cells += _cell(row.difference, False) if row.difference else "<td></td>"
        lines.append(f"<tr>{name}{cells}</tr>")
    return "".join(lines)


def table_note(a: Experiment, b: Experiment) -> str:
    """The last row of the table: how to read it."""
    how = "particle by particle, both with the same noise" if a.seed == b.seed else "of runs with other noise"
    text = f"± standard error; A − B {how}; ✓ better by more than two of its errors. {ancestral_note(a, b)}"
    return f'<tr><td class="dv-table-note" colspan="4">{text}</td></tr>'


def modes_row(shares: list[np.ndarray | None]) -> str:
    """A row of the table: the share of the particles in each mode, in percent; nothing unless both sides have modes."""
    if any(share is None for share in shares):
        return ""
    cells = "".join(f'<td class="dv-modes">{" ".join(f"{100 * v:.0f}" for v in share)}</td>' for share in shares)
    return f"<tr><th>Particles in each mode, %</th>{cells}<td></td></tr>"


def changes(a: Experiment, b: Experiment) -> str:
    """The titles of the fields in which two runs differ; empty if they are the same run."""
    specs = {name: spec for name, spec, *_ in iter_specs(pictures=True)}
    return ", ".join(specs[name].title for name in differing(a, b))


def comparison_sentence(rows: list[Row], a: Experiment, b: Experiment) -> str:
    """What was changed and what it did, in one sentence."""
    changed = changes(a, b)
    if not changed:
        return "Nothing differs between A and B: the same particles, bit for bit."
    figures = {row.name: row for row in rows}
    gap, effort = figures["gap_nats"], figures["evaluations"]
    ends, nearer = _where_they_end(figures, min(a.particles, b.particles, MAX_CLOUD))
    effort_told = []
    if effort.winner:
        few, many = sorted((effort.a.value, effort.b.value))
        effort_told = [f"<b>{effort.winner.upper()}</b> asks the denoiser {few:.0f} times, the other {many:.0f}"]
    if a.sampler == b.sampler == "ancestral":
        parts = [_which_gap(figures), ends]
        if gap.winner and nearer and nearer != gap.winner:
            parts.append("a smaller gap promises no nearer end")  # it is only the most that KL(data || samples) can be
        parts += [*_excess(figures), *effort_told]
    else:  # whose bound is not their own
        parts = [ends, *_excess(figures), *effort_told, _which_gap(figures)]
    return f"Changed: {changed}. {capital('; '.join(parts))}. {ancestral_note(a, b)}".strip()


def _which_gap(figures: dict[str, Row]) -> str:
    """Whose gap is smaller, and which of its two parts says otherwise."""
    gap = figures["gap_nats"]
    if not gap.winner:
        return "the gap is the same" if gap.a == gap.b else "the gaps differ by less than their error"
    less, more = _ordered(gap)
    text = f"<b>{gap.winner.upper()}</b> leaves the smaller gap, {less} nats instead of {more}"
    for name, what in (("dissipated_nats", "dissipates less"), ("mismatch_nats", "has the smaller mismatch at T")):
        part = figures[name]
        if part.winner not in ("", gap.winner):
            less, more = _ordered(part)
            text += f", though <b>{part.winner.upper()}</b> {what} ({less} instead of {more})"
    return text


DISTANCES = {
    "sliced_wasserstein": "sliced <i>W</i><sub>2</sub>",
    "wasserstein": "exact <i>W</i><sub>2</sub>",
    "energy_distance": "energy distance",
    "mode_error": "the shares of the modes",
}


def _where_they_end(figures: dict[str, Row], particles: int) -> tuple[str, str]:
    """What every distance in the table says of the two ends, and the side that is nearer, "" unless all that tell agree."""
    known = {name: figures[name] for name in DISTANCES if name in figures}
    if not known:
        return "a single particle has no distance to the data", ""
    by_side = {side: [name for name, row in known.items() if row.winner == side] for side in "ab"}
    silent = [DISTANCES[name] for name, row in known.items() if not row.winner]
    nearer = [side for side in "ab" if by_side[side]]
    if not nearer:
        return f"with {particles} particles no difference shows in where they end", ""
    told = []
    for side in nearer:
        how = listed([f"{DISTANCES[name]} ({' instead of '.join(_ordered(known[name]))})" for name in by_side[side]])
        told.append(f"<b>{side.upper()}</b> ends nearer to the data by {how}")
    if len(nearer) > 1:
        return f"the distances disagree: {' and '.join(told)}", ""
    return told[0] + (f", not by {listed(silent)}" if silent else ""), nearer[0]


def _excess(figures: dict[str, Row]) -> list[str]:
    """What the excess NLL says of either side, where it is clear: nothing or one part of a sentence."""
    row = figures.get("excess_nll_nats")
    if row is None:
        return []
    told = [f"<b>{row.winner.upper()}</b> is nearer to true samples"] if row.winner else []
    sides = {"<b>A</b>": row.a, "<b>B</b>": row.b}
    for sign, one, both in ((-1, "is too sharp", "both are too sharp"), (1, "has", "both have")):
        clear = [side for side, found in sides.items() if sign * found.value > 2.0 * found.stderr]
        where = " samples where no data are" if sign > 0 else ""
        told += [(f"{clear[0]} {one}" if len(clear) == 1 else both) + where] if clear else []
    values = f"{with_error(row.a)} and {with_error(row.b)} nats"
    return [f"by excess NLL, {values}, {listed(told)}"] if told else []


def _ordered(row: Row) -> tuple[str, str]:
    """The better side's value and the worse one's, as text in which they differ."""
    better, worse = (row.a, row.b) if row.winner == "a" else (row.b, row.a)
    say = nats if row.figure.unit == "nats" else _not_below_zero if row.name == "energy_distance" else number
    texts = [(say(better.value, digits), say(worse.value, digits)) for digits in (2, 3, 4, 6)]
    return next((pair for pair in texts if pair[0] != pair[1]), texts[-1])


def _not_below_zero(value: float, digits: int) -> str:
    """Of an estimate without bias, which chance may take below the least that what it estimates can be."""
    return number(value, digits) if value > 0.0 else "0, within its error,"
