"""A run of pictures, and two of them, in words and numbers."""

from __future__ import annotations

import math

import numpy as np

from diffviz.diagnostics.comparison import Row
from diffviz.diagnostics.measured import Measured
from diffviz.domains.pictures.images import OWN
from diffviz.domains.plane.thermodynamics import terminal_kl_nats
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment
from diffviz.telling import captions
from diffviz.telling.pair import ancestral_note, changes, effort
from diffviz.telling.words import capital, number, term, with_error
from diffviz.views.pictures.measure import PictureDetails, same_pictures


def warning(setup: Setup) -> str:
    """A sentence if x is still far from noise where the reverse process starts, and it starts from noise; else nothing."""
    if setup.experiment.start != "noise":
        return ""
    cost = terminal_kl_nats(setup.distribution, setup.schedule, int(setup.times[-1]))
    text = captions.prior_warning(setup, cost, setup.distribution.dim)
    return text and text + captions.STARTS_FROM_NOISE


def cost(m: Measured[PictureDetails], setup: Setup, position: int) -> str:
    """What the step that leaves the visited time at position costs a picture on average; nothing where there is no bound."""
    if m.costs is None:
        return ""
    known = with_error(Estimate(float(m.costs.kl_nats[position - 1]), float(m.costs.stderr[position - 1])))
    return f"{captions.step_costs(m, position)} {known} nats an image."


def summary(m: Measured[PictureDetails]) -> str:
    """In one line the bound in the unit of papers on images or, where pictures are given, how near the run comes to them."""
    e = m.experiment
    if m.costs is None:
        return _given_summary(m)
    whose = "" if e.sampler == "ancestral" else "ancestral chain with these steps: "
    bound, rate, distortion = (with_error(m.estimate(f"{name}_bits_per_dim")) for name in ("bound", "rate", "distortion"))
    guided = "; guidance has no part in it" if e.class_guided else ""
    return (
        f"{whose}{term('bits', 'negative ELBO')} <b>{bound} bits/dim</b> = rate {rate} + <i>L</i><sub>0</sub> {distortion}, "
        f"on {_which_pictures(e, m.costs.each.shape[1])}{guided}"
    )


def _which_pictures(e: Experiment, count: int) -> str:
    if e.dataset == OWN:
        return f"this one image, noised {count} ×"
    return f"these {count} training images" if count > 1 else "this training image"


def _given_summary(m: Measured[PictureDetails]) -> str:
    """Of a run that starts from pictures or measures one."""
    e = m.experiment
    if e.start == "picture":
        distance = with_error(m.estimate("to_picture_mse"))
        return f"noised to t₀ = {int(m.times[-1])}: mean squared distance from the test image <b>{distance}</b>"
    if e.start == "between":
        first, last = (number(m.estimate(f"round_trip_{name}_rmse").value, 2) for name in ("first", "last"))
        return (
            f"encoded as noise and decoded, the two images return with an error of <b>{first}</b> and <b>{last}</b> "
            "(root mean square)"
        )
    found = m.details.summary
    samples = f"mean of {e.particles} samples" if e.particles > 1 else "one sample"
    spread = with_error(found.spread.estimate) if e.particles > 1 else "unknown"
    return (
        f"{samples}: squared error <b>{_square(found.to_truth.estimate)}</b> to the test image "
        f"(exact mean of the training set: {number(found.exact_to_truth)}), {_square(found.to_exact.estimate)} to that exact mean"
        f" &nbsp;·&nbsp; standard deviation {spread} (exact: {number(found.exact_spread)})"
    )


def _square(estimate: Estimate) -> str:
    """What chance alone would give is taken off a squared distance, which may leave less than nothing."""
    return with_error(estimate) if estimate.value > 0.0 else f"0 ± {with_error(Estimate(estimate.stderr, 0.0))}"


def _caveats(a: Experiment, b: Experiment) -> str:
    """What the costs are not."""
    parts = [ancestral_note(a, b, what="Costs")]
    if a.class_guided or b.class_guided:
        parts.append("Guidance has no part in an ELBO: what a chain of guided estimates would cost is shown.")
    return " ".join(part for part in parts if part)


def sentence(rows: list[Row], a: Experiment, b: Experiment) -> str:
    """What was changed and what it did, in one sentence, and what is to be kept in mind."""
    changed = changes(a, b)
    if not changed:
        return "Nothing differs between A and B: the same images and the same noise, bit for bit."
    figures = {row.name: row for row in rows}
    taken = effort(figures["evaluations"])
    if not a.plain:
        return f"Changed: {changed}. {capital('; '.join(_given_parts(figures) + taken))}."
    bound = figures["bound_bits_per_dim"]
    if bound.winner:
        less, more = (bound.a, bound.b) if bound.winner == "a" else (bound.b, bound.a)
        by = with_error(Estimate(abs(bound.difference.value), bound.difference.stderr))
        how = "image by image" if same_pictures(a, b) else "on other images"
        parts = [
            f"<b>{bound.winner.upper()}</b> has the smaller negative ELBO, {less.value:.2f} bits/dim instead of "
            f"{more.value:.2f}, {how} {by} less"
        ]
    elif bound.difference.value == 0.0:
        parts = ["the ELBO is the same"]
    elif not math.isfinite(bound.difference.stderr):
        parts = ["a single image has no standard error, so that no side is called better"]
    else:
        parts = ["the ELBOs differ by less than two standard errors"]
    return f"Changed: {changed}. {capital('; '.join(parts + taken))}. {_caveats(a, b)}".strip()


def _given_parts(figures: dict[str, Row]) -> list[str]:
    """What tells two runs apart whose pictures are given."""
    if "to_picture_mse" in figures:
        row = figures["to_picture_mse"]
        apart = abs(row.difference.value) > 2.0 * row.difference.stderr
        nearer = "A" if row.difference.value < 0 else "B"
        return [f"<b>{nearer}</b> stays nearer to the test image" if apart else "both end as far from the test image"]
    if "round_trip_first_rmse" in figures:
        ends = [figures[f"round_trip_{name}_rmse"] for name in ("first", "last")]
        lost = [max(row.a.value for row in ends), max(row.b.value for row in ends)]
        better = "AB"[int(np.argmin(lost))]
        return [f"<b>{better}</b> loses less in the round trip, at most {number(min(lost), 2)} instead of {number(max(lost), 2)}"]
    merits = {
        "mean_to_truth_mse": "has the mean nearer to the truth",
        "mean_to_exact_mse": "has the mean nearer to the exact one",
        "spread_off": "has the standard deviation nearer to the exact one",
    }
    parts = [f"<b>{figures[name].winner.upper()}</b> {merit}" for name, merit in merits.items() if figures[name].winner]
    return parts or ["with so many samples no difference shows"]


def note(a: Experiment, b: Experiment) -> str:
    """How the table of two runs is to be read."""
    how = "image by image, both with the same noise" if same_pictures(a, b) else "of images that are not the same"
    what = f"A − B {how}; " if a.plain else "with a test image given there is no ELBO; "
    return f"± standard error; {what}✓ better by more than two of its errors. {_caveats(a, b) if a.plain else ''}"
