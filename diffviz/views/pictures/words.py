"""Two runs of pictures, in words and numbers."""

from __future__ import annotations

import math

import numpy as np

from diffviz.estimates import Estimate
from diffviz.experiment import Experiment
from diffviz.telling.pair import ancestral_note, changes
from diffviz.telling.words import number, with_error
from diffviz.views.pictures.metrics import PictureOutcome, same_pictures
from diffviz.views.pictures.posterior import distance_to_picture, round_trip
from diffviz.views.plane.metrics import Row


def given_summary(o: PictureOutcome) -> str:
    """Of a run that starts from pictures or measures one, in one line."""
    e = o.experiment
    if e.start == "picture":
        distance = with_error(distance_to_picture(o.setup, o.end).estimate)
        return f"noised up to t = {int(o.setup.times[-1])}: mean squared distance from the picture <b>{distance}</b>"
    if e.start == "between":
        first, last = (number(value, 2) for value in round_trip(o.setup, o.end))
        return (
            f"into noise and back, the two pictures return with an error of <b>{first}</b> and <b>{last}</b> (root mean square)"
        )
    found = o.summary
    samples = f"mean of {e.particles} samples" if e.particles > 1 else "one sample"
    spread = with_error(found.spread.estimate) if e.particles > 1 else "unknown"
    return (
        f"{samples}: squared error <b>{_square(found.to_truth.estimate)}</b> to the truth "
        f"(exact mean of the training set: {number(found.exact_to_truth)}), {_square(found.to_exact.estimate)} to that exact mean"
        f" &nbsp;·&nbsp; spread {spread} (exact: {number(found.exact_spread)})"
    )


def _square(estimate: Estimate) -> str:
    """What chance alone would give is taken off a squared distance, which may leave less than nothing."""
    return with_error(estimate) if estimate.value > 0.0 else f"0 ± {with_error(Estimate(estimate.stderr, 0.0))}"


def _caveats(a: Experiment, b: Experiment) -> str:
    """What the costs are not."""
    parts = [ancestral_note(a, b, what="Costs")]
    if a.class_guided or b.class_guided:
        parts.append("Guidance is no part of any bound: what a chain of guided estimates would pay is shown.")
    return " ".join(part for part in parts if part)


def pair_sentence(rows: list[Row], a: Experiment, b: Experiment) -> str:
    """What was changed and what it did, in one sentence, and what is to be kept in mind."""
    changed = changes(a, b)
    if not changed:
        return "Nothing differs between A and B: the same pictures and the same noise, bit for bit."
    figures = {row.name: row for row in rows}
    effort = figures["evaluations"]
    if not a.plain:
        told = _effort(_given_parts(figures), effort)
        return f"Changed: {changed}. {told}."
    bound = figures["bound_bits_per_dim"]
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
    return f"Changed: {changed}. {_effort(parts, effort)}. {_caveats(a, b)}".strip()


def _effort(parts: list[str], effort: Row) -> str:
    """The parts of a sentence, and who asked how often."""
    if effort.winner:
        few, many = sorted((effort.a.value, effort.b.value))
        parts = [*parts, f"<b>{effort.winner.upper()}</b> asks the denoiser {few:.0f} times, the other {many:.0f}"]
    told = "; ".join(parts)
    return told[:1].upper() + told[1:]


def _given_parts(figures: dict[str, Row]) -> list[str]:
    """What tells two runs apart whose pictures are given."""
    if "to_picture_mse" in figures:
        row = figures["to_picture_mse"]
        apart = abs(row.difference.value) > 2.0 * row.difference.stderr
        nearer = "A" if row.difference.value < 0 else "B"
        return [f"<b>{nearer}</b> stays nearer to the picture" if apart else "both come back as far from the picture"]
    if "round_trip_first_rms" in figures:
        ends = [figures[f"round_trip_{name}_rms"] for name in ("first", "last")]
        lost = [max(row.a.value for row in ends), max(row.b.value for row in ends)]
        better = "AB"[int(np.argmin(lost))]
        return [f"<b>{better}</b> loses less in the round trip, at most {number(min(lost), 2)} instead of {number(max(lost), 2)}"]
    merits = {
        "mean_to_truth_mse": "has the mean nearer to the truth",
        "mean_to_exact_mse": "has the mean nearer to the exact one",
        "spread_off": "has the spread nearer to the exact one",
    }
    parts = [f"<b>{figures[name].winner.upper()}</b> {merit}" for name, merit in merits.items() if figures[name].winner]
    return parts or ["both come as near, as far as so many samples can tell"]


def pair_note(a: Experiment, b: Experiment) -> str:
    """The last row of the table: how to read it."""
    how = "picture by picture, both with the same noise" if same_pictures(a, b) else "of pictures that are not the same"
    what = f"A − B {how}; " if a.plain else "with a picture given no bound holds; "
    text = f"± standard error; {what}✓ better by more than two of its errors. {_caveats(a, b) if a.plain else ''}"
    return f'<tr><td class="dv-table-note" colspan="4">{text}</td></tr>'
