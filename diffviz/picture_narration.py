"""Two runs of pictures, in words and numbers."""

from __future__ import annotations

import math

from diffviz.diagnostics.comparison import Row
from diffviz.diagnostics.information import Estimate
from diffviz.diagnostics.picture_comparison import same_pictures
from diffviz.experiment import Experiment, iter_specs
from diffviz.narration import ancestral_note, with_error


def _caveats(a: Experiment, b: Experiment) -> str:
    """What the costs are not."""
    parts = [ancestral_note(a, b, what="Costs")]
    if any(e.label is not None and e.guidance not in (0.0, 1.0) for e in (a, b)):
        parts.append("Guidance is no part of any bound: what a chain of guided guesses would pay is shown.")
    return " ".join(part for part in parts if part)


def pair_sentence(rows: list[Row], a: Experiment, b: Experiment) -> str:
    """What was changed and what it did, in one sentence, and what is to be kept in mind."""
    names = [name for name, value in a.to_dict().items() if value != getattr(b, name)]
    if not names:
        return "Nothing differs between A and B: the same pictures and the same noise, bit for bit."
    specs = {name: spec for name, spec, *_ in iter_specs(pictures=True)}
    figures = {row.name: row for row in rows}
    bound, effort = figures["bound_bits_per_dim"], figures["evaluations"]
    if bound.winner:
        less, more = (bound.a, bound.b) if bound.winner == "a" else (bound.b, bound.a)
        by = with_error(Estimate(abs(bound.difference.value), bound.difference.stderr))
        how = "picture by picture" if same_pictures(a, b) else "on other pictures"
        parts = [f"<b>{bound.winner.upper()}</b> pays {less.value:.2f} bits/dim instead of {more.value:.2f}, {how} {by} less"]
    elif bound.difference.value == 0.0:
        parts = ["both pay the same"]
    elif not math.isfinite(bound.difference.stderr):
        parts = ["a single picture has no standard error, so that no side is called better"]
    else:
        parts = ["what they pay differs by less than two standard errors"]
    if effort.winner:
        few, many = sorted((effort.a.value, effort.b.value))
        parts.append(f"<b>{effort.winner.upper()}</b> asks the denoiser {few:.0f} times, the other {many:.0f}")
    told = "; ".join(parts)
    changed = ", ".join(specs[name].title for name in names)
    return f"Changed: {changed}. {told[:1].upper()}{told[1:]}. {_caveats(a, b)}".strip()


def pair_note(a: Experiment, b: Experiment) -> str:
    """The last row of the table: how to read it."""
    how = "picture by picture, both with the same noise" if same_pictures(a, b) else "of pictures that are not the same"
    text = f"± standard error; A − B {how}; ✓ better by more than two of its errors. {_caveats(a, b)}"
    return f'<tr><td class="dv-table-note" colspan="4">{text}</td></tr>'
