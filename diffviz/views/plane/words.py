"""A run in the plane, and two of them, in words and numbers."""

from __future__ import annotations

import html
from typing import Any

from diffviz.diagnostics.comparison import Row
from diffviz.diagnostics.measured import Measured
from diffviz.domains.plane.information import Information
from diffviz.domains.plane.nearness import MAX_CLOUD
from diffviz.domains.plane.optimal_schedule import optimal_gap_nats
from diffviz.domains.plane.thermodynamics import mismatch_nats, terminal_kl_nats
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment
from diffviz.gaussian.bugs import RIGHT, asks_the_truth, bug_of, unpriced
from diffviz.gaussian.quadrature import ERROR_NATS, marginal
from diffviz.telling import captions
from diffviz.telling.pair import ancestral_note, changes, effort
from diffviz.telling.typeset import prose
from diffviz.telling.words import capital, listed, nats, number, term, to_error, with_error
from diffviz.views.plane import factor

STUCK = 0.01  # share of accepted proposals below which a chain is said to stay


def warning(setup: Setup) -> str:
    """What is wrong with a run: its mistake, if it makes one on purpose, and where it starts from; "" if nothing is."""
    of_factor = factor.warning(setup) if setup.experiment.conditional else ""
    return " ".join(text for text in (_wrong_on_purpose(setup.experiment), _far_from_noise(setup), of_factor) if text)


def _wrong_on_purpose(e: Experiment) -> str:
    """The mistake of a run with a bug, and who reported it; "" of a right one."""
    row = bug_of(e)
    if row is RIGHT:
        return ""
    return f"<b>Wrong on purpose: {prose(row.title)}.</b> {prose(row.why)} Reported: {html.escape(row.source)}"


def _far_from_noise(setup: Setup) -> str:
    """A sentence if x is still far from noise where the reverse process starts, and it starts from noise; else nothing."""
    if setup.experiment.start != "noise" or unpriced(setup.experiment):
        return ""
    start, mixture = int(setup.times[-1]), setup.distribution
    text = captions.prior_warning(setup, terminal_kl_nats(mixture, setup.schedule, start), mixture.dim)
    if not text:
        return ""
    if setup.experiment.schedule == "optimal" and start == setup.schedule.steps:
        entropy = marginal(mixture, float(setup.schedule.alpha[start]), float(setup.schedule.sigma[start])).entropy_nats
        mismatch = number(mismatch_nats(mixture, setup.schedule, start, entropy), 2)
        name = term("prior_loss", "mismatch at T")
        return f"{text} The optimal schedule ends here on purpose: the {name} adds {mismatch} nats to the ELBO gap."
    return text + captions.STARTS_FROM_NOISE


def cost(m: Measured[Information], setup: Setup, position: int) -> str:
    """What the step costs that leaves the visited time at position, and what it would cost with the exact denoiser; "" of a run
    without an ELBO."""
    if m.costs is None:
        return ""
    kl = m.costs.kl_nats
    known = Estimate(float(kl[position - 1]), max(float(m.costs.stderr[position - 1]), ERROR_NATS))
    text = f"{captions.step_costs(m, position)} {with_error(known)} nats"
    floor = to_error(float(m.exact_costs.kl_nats[position - 1]), known.stderr)
    text += "." if asks_the_truth(m.experiment) else f", with the exact denoiser {floor}."
    if position == 1:
        text += " It is the code length of a density, which may be negative."
    if position == len(kl) - 1:
        text += f" {capital(captions.prior_loss(float(kl[-1]), setup))}."
    return text


def summary(m: Measured[Information]) -> str:
    """The metrics of a run in one line."""
    if m.experiment.conditional:
        return factor.summary(m)
    if "level_excess_nll_nats" in m.metrics:
        return f"{_at_level(m)}{_nearness(m)}"
    if m.costs is None:
        return f"No {term('elbo', 'ELBO')}: {unpriced(m.experiment)}{_nearness(m)}"
    # only a random reverse step has a KL; DDIM's path is shown beside the ELBO of the ancestral chain with the same steps
    whose = "" if m.experiment.sampler == "ancestral" else "ancestral chain with these steps: "
    bound, entropy, gap = (with_error(m.estimate(name)) for name in ("bound_nats", "entropy_nats", "gap_nats"))
    text = (
        f"{whose}{term('elbo', 'negative ELBO')} {bound} − {term('entropy', 'entropy')} {entropy} = "
        f"<b>{term('gap', 'ELBO gap')} {gap} nats</b>{_above_optimal(m)}"
    )
    return text + _nearness(m)


def _at_level(m: Measured[Any]) -> str:
    """What is measured of chains where they have run, before their last step."""
    excess = with_error(m.estimate("level_excess_nll_nats"))
    text = f"{term('excess_nll', 'excess NLL')} at the chains’ noise level <b>{excess} nats</b>"
    accepted = m.estimate("accepted")
    if accepted is None:
        return text
    stuck = ": the chains hardly leave where they began" if accepted.value < STUCK else ""
    return f"{text} &nbsp;·&nbsp; {100 * accepted.value:.0f} % of the proposals accepted{stuck}"


def _nearness(m: Measured[Information]) -> str:
    """How near the particles are to the data; "" of a single one."""
    if len(m.end) < 2:
        return ""
    sliced, floor, excess = (
        with_error(m.estimate(name)) for name in ("sliced_wasserstein", "sliced_wasserstein_floor", "excess_nll_nats")
    )
    return (
        f" &nbsp;·&nbsp; {term('sliced', 'sliced <i>W</i><sub>2</sub>')} to the data {sliced} "
        f"(two true samples of this size: {floor})"
        f" &nbsp;·&nbsp; {term('excess_nll', 'excess NLL')} {excess} nats"
    )


def _above_optimal(m: Measured[Information]) -> str:
    """By how much least dissipation misses the smallest gap of as many steps; nothing of other schedules, or where it supposes
    what this run has not."""
    e = m.experiment
    if e.schedule != "least_dissipation" or e.variance != "optimal" or e.zero_snr or e.steps_taken < e.steps:
        return ""
    least = optimal_gap_nats(m.setup.distribution, e.steps)
    if least < 100 * ERROR_NATS:  # of one Gaussian
        return ""
    excess = 100 * (m.details.exact_gap.value / least - 1.0)
    percent = number(excess, 2) if excess >= 1 else "less than 1"
    whose = "" if e.denoiser == "exact" else "the exact denoiser's "
    return f", {whose}{percent} % above the smallest for T = {e.steps}"


def note(a: Experiment, b: Experiment) -> str:
    """How the table of two runs is to be read."""
    if a.conditional:
        return factor.note(a, b)
    how = "particle by particle, both with the same noise" if a.seed == b.seed else "of runs with other noise"
    return f"± standard error; A − B {how}; ✓ better by more than two of its errors. {_whose_elbo(a, b)}"


def _whose_elbo(a: Experiment, b: Experiment) -> str:
    """Whose ELBO is compared, or why none is; "" where each run has its own."""
    why = {side: unpriced(e) for side, e in (("A", a), ("B", b)) if unpriced(e)}
    if len(why) == 2 and len(set(why.values())) == 1:
        return f"No ELBO is compared: neither run has one, because {why['A']}."
    told = "; ".join(f"{side} has none, because {reason}" for side, reason in why.items())
    return f"No ELBO is compared: {told}." if told else ancestral_note(a, b)


def sentence(rows: list[Row], a: Experiment, b: Experiment) -> str:
    """What was changed and what it did, in one sentence."""
    if a.conditional:
        return factor.sentence(rows, a, b)
    changed = changes(a, b)
    if not changed:
        return "Nothing differs between A and B: the same particles, bit for bit."
    figures = {row.name: row for row in rows}
    gap, taken = figures.get("gap_nats"), effort(figures["evaluations"])
    ends, nearer = _where_they_end(figures, min(a.particles, b.particles, MAX_CLOUD))
    if gap is None:
        parts = [*_level(figures), ends, *_excess(figures), *taken]
    elif a.sampler == b.sampler == "ancestral":
        parts = [_which_gap(figures), ends]
        if gap.winner and nearer and nearer != gap.winner:
            parts.append(
                "a smaller ELBO gap does not promise samples nearer to the data"
            )  # it is only the most that KL(data || samples) can be
        parts += [*_excess(figures), *taken]
    else:  # whose bound is not their own
        parts = [ends, *_excess(figures), *taken, _which_gap(figures)]
    return f"Changed: {changed}. {capital('; '.join(parts))}. {_whose_elbo(a, b)}".strip()


def _level(figures: dict[str, Row]) -> list[str]:
    """What two chains sample at their own noise level: nothing of other runs, or one part of a sentence."""
    row = figures.get("level_excess_nll_nats")
    if row is None:
        return []
    text = f"at the chains’ noise level the excess NLL is {with_error(row.a)} nats in A and {with_error(row.b)} in B"
    told = [f"{text}, so that <b>{row.winner.upper()}</b> is nearer to what it should sample" if row.winner else text]
    accepted = figures.get("accepted")
    stuck = [] if accepted is None else [s for s, share in (("A", accepted.a), ("B", accepted.b)) if share.value < STUCK]
    if stuck:
        told.append(f"in {' and '.join(stuck)} hardly any proposal was accepted, so that chains stay about where they began")
    return told


def _which_gap(figures: dict[str, Row]) -> str:
    """Whose gap is smaller, and which of its two parts says otherwise."""
    gap = figures["gap_nats"]
    if not gap.winner:
        return "the ELBO gap is the same" if gap.a == gap.b else "the ELBO gaps differ by less than their error"
    less, more = _ordered(gap)
    text = f"<b>{gap.winner.upper()}</b> has the smaller ELBO gap, {less} nats instead of {more}"
    for name, what in (
        ("discretisation_gap_nats", "has the smaller discretisation gap"),
        ("mismatch_nats", "has the smaller mismatch where the reverse process starts"),
    ):
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
    for sign, one, both in ((-1, "is too concentrated", "both are too concentrated"), (1, "has", "both have")):
        clear = [side for side, found in sides.items() if sign * found.value > 2.0 * found.stderr]
        where = " samples where no data are" if sign > 0 else ""
        told += [(f"{clear[0]} {one}" if len(clear) == 1 else both) + where] if clear else []
    values = f"{with_error(row.a)} and {with_error(row.b)} nats"
    after = "after the last step, to <i>x̂</i><sub>0</sub>, " if "level_excess_nll_nats" in figures else ""
    return [f"{after}by excess NLL, {values}, {listed(told)}"] if told else []


def _ordered(row: Row) -> tuple[str, str]:
    """The better side's value and the worse one's, as text in which they differ."""
    better, worse = (row.a, row.b) if row.winner == "a" else (row.b, row.a)
    say = nats if row.metric.unit == "nats" else _not_below_zero if row.name == "energy_distance" else number
    texts = [(say(better.value, digits), say(worse.value, digits)) for digits in (2, 3, 4, 6)]
    return next((pair for pair in texts if pair[0] != pair[1]), texts[-1])


def _not_below_zero(value: float, digits: int) -> str:
    """Of an estimate without bias, which chance may take below the least that what it estimates can be."""
    return number(value, digits) if value > 0.0 else "0, within its error,"
