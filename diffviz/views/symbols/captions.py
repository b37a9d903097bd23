"""A run of sequences of symbols, and two of them, in words and numbers."""

from __future__ import annotations

import numpy as np
from scipy.special import kl_div

from diffviz.categorical.process import SAMPLERS
from diffviz.diagnostics.comparison import Row
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment
from diffviz.inverse.tasks import ALL_STARTS
from diffviz.telling.captions import STARTS_FROM_NOISE, last_time, prior_loss, prior_warning
from diffviz.telling.pair import changes, effort
from diffviz.telling.words import capital, number, term, to_error, with_error
from diffviz.trajectory import StepInfo
from diffviz.views.symbols.nouns import Nouns
from diffviz.views.symbols.priced import SymbolsMeasured

DRAWN = "<i>p</i>(<i>x</i><sub>0</sub>|<i>x</i><sub>t</sub>)"  # what symbols are drawn from
CERTAIN = 0.9995  # a probability that is told as one


def step(nouns: Nouns, info: StepInfo) -> str:
    """How the symbols of x_s are drawn."""
    masked = f"masked {nouns.short}"
    if info.shown is not None:
        text = _unmasked(nouns, info)
    elif info.rho is None:
        text = f"each {nouns.part} is drawn alone from <i>p</i>(<i>x</i><sub>s</sub>|<i>x</i><sub>t</sub>)"
    elif info.rho >= CERTAIN:
        text = f"every {masked} is drawn alone from {DRAWN}"
    else:
        text = f"each {masked} is unmasked with probability {number(info.rho, 2)}, drawn alone from {DRAWN}"
    if info.corrector_steps:
        many = counted(info.corrector_steps, nouns.short)
        text += f"; then {many} of each {nouns.sample}, chosen at random, masked and drawn anew"
    return text


def counted(count: int, what: str) -> str:
    """So many of what, a noun in the singular."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def _unmasked(nouns: Nouns, info: StepInfo) -> str:
    if not info.shown:
        return f"no {nouns.short} is unmasked: as many are already as the schedule asks for at <i>x</i><sub>s</sub>"
    most = "up to " if info.at_most else ""
    shown = f"{most}{counted(info.shown, f'masked {nouns.short}')} of each {nouns.sample} {'is' if info.shown == 1 else 'are'}"
    many = f", with {counted(info.evaluations, 'function evaluation')}" if info.evaluations > 1 else ""
    return f"{shown} drawn from {DRAWN}{many}"


def warning(setup: Setup) -> str:
    """A sentence if x is still far from noise where the reverse process starts, and it starts from noise; else nothing. What is
    given is not counted, and a sampler that starts from masks alone has no prior loss."""
    e = setup.experiment
    if e.start != "noise" or SAMPLERS[e.sampler].counted:
        return ""
    share, process = float(setup.schedule.signal_share[setup.times[-1]]), setup.process
    noise, given, (dim,) = process.noise, process.given, setup.shape
    if given is not None:
        dim = int((given == process.symbols).sum())
    text = prior_warning(setup, dim * float(kl_div(noise.kernel(1.0 - share)[0], noise.start(share)).sum()), dim)
    if not text:
        return ""
    if e.process != "absorbing":
        return text + STARTS_FROM_NOISE
    if given is None:
        return f"{text} In their place the reverse process starts with as many {process.parts} at random, which stay."
    return f"{text} Beside what is given the reverse process starts with as many {process.parts} at random, which stay, too."


def cost(nouns: Nouns, m: SymbolsMeasured, setup: Setup, position: int) -> str:
    """What the step costs that leaves the visited time at position, and how much of it is total correlation."""
    if m.costs is None or m.info[position].shown == 0:
        return ""
    known = Estimate(float(m.costs.kl_nats[position - 1]), float(m.costs.stderr[position - 1]))
    curve = m.curves["dissipation_nats"]
    lost = Estimate(float(curve.values[position - 1]), float(curve.stderr[position - 1]))
    what = f"Coding the {nouns.sample} given it costs" if position == 1 else "KL of this step:"
    of = f"total correlation of the {nouns.short}s drawn together"
    text = f"{what} {with_error(known)} nats, of which {with_error(lost)} are {term('total_correlation', of)}"
    if m.experiment.denoiser != "exact":
        floor = to_error(float(m.exact_costs.kl_nats[position - 1]), known.stderr)
        text += f" and the network's errors; the exact denoiser's is {floor}"
    text += "."
    if position == len(m.times) - 1 and m.costs.kl_nats[-1] > 0.0:
        text += f" {capital(of_start(nouns, m, setup))}."
    return text


def of_start(nouns: Nouns, m: SymbolsMeasured, setup: Setup) -> str:
    """What L_T is."""
    nats = float(m.costs.kl_nats[-1])
    if ALL_STARTS[m.experiment.start].drawn:
        return prior_loss(nats, setup)
    known = f"tells {number(nats, 2)} nats of the {nouns.sample}: they are not drawn"
    return f"<i>x</i><sub>{last_time(setup)}</sub> is that of the forward process and {known}"


def summary(nouns: Nouns, m: SymbolsMeasured, valid: str, beside: str) -> str:
    """The metrics of a run in one line. valid: what its samples are that are among the data; beside: what stands beside how many
    of them are different."""
    share = f"{percent(m.estimate(nouns.share))} of the samples {valid}"
    different = f"{m.estimate('distinct').value:.0f} are different; {beside}"
    if m.details is None:
        what = "order" if SAMPLERS[m.experiment.sampler].ordered is None else "start, where some symbols are not masked"
        return f"no bound is known of this {what} &nbsp;·&nbsp; {share} &nbsp;·&nbsp; {different}"
    bound, entropy, gap = (with_error(m.estimate(f"{name}_nats")) for name in ("bound", "entropy", "gap"))
    bits = [with_error(m.estimate(f"{name}_bits")) for name in ("bound", "entropy", "gap")]
    corrected = " of the chain without its corrector" if "corrector_steps" in SAMPLERS[m.experiment.sampler].uses else ""
    corrected += "" if ALL_STARTS[m.experiment.start].drawn else " of the chain from the forward process's <i>x</i><sub>T</sub>"
    return (
        f"{term('gap', 'negative ELBO')}{corrected} {bound} − entropy {entropy} = <b>gap {gap} nats a {nouns.sample}</b> "
        f"(in bits {bits[0]} − {bits[1]} = {bits[2]}){_continuous(m)} &nbsp;·&nbsp; {share} &nbsp;·&nbsp; {different}"
    )


def _continuous(m: SymbolsMeasured) -> str:
    """The bound of ever more steps beside that of the chain, where it is known."""
    found = m.estimate("bound_continuous_nats")
    return f"; in {term('continuous_bound', 'continuous time')} {with_error(found)} nats" if found else ""


def expected(nouns: Nouns, m: SymbolsMeasured) -> str:
    """How many of as many draws of the data would be different."""
    distinct = number(m.estimate("expected_distinct").value, 3)
    return f"{len(m.end)} draws of the {nouns.source} itself have {distinct} on average"


def percent(share: Estimate) -> str:
    """A share with its error: 12.3 ± 0.4 %; of all or of none it has none."""
    if share.value in (0.0, 1.0) or share.stderr == 0.0 or not np.isfinite(share.stderr):
        return f"{number(100 * share.value, 3)} %"
    return f"{with_error(Estimate(100 * share.value, 100 * share.stderr))} %"


def note(nouns: Nouns, a: Experiment, b: Experiment) -> str:
    """How the table of two runs is to be read."""
    one = nouns.sample
    how = f"{one} by {one}, both with the same noise" if a.seed == b.seed else "of runs with other noise"
    unknown = [SAMPLERS[e.sampler].title for e in (a, b) if SAMPLERS[e.sampler].counted and SAMPLERS[e.sampler].ordered is None]
    none = f" Of the sampler {unknown[0]} no bound is known." if unknown else ""
    return f"± standard error; A − B {how}; ✓ better by more than two of its errors.{none}"


def sentence(nouns: Nouns, rows: list[Row], a: Experiment, b: Experiment) -> str:
    """What was changed and what it did, in one sentence."""
    changed = changes(a, b)
    if not changed:
        return f"Nothing differs between A and B: the same {nouns.sample}s, {nouns.alike}."
    found = {row.name: row for row in rows}
    parts = [_gap(found["gap_bits"])] if "gap_bits" in found else []
    if nouns.share in found:
        parts.append(_valid(nouns, found[nouns.share]))
    return f"Changed: {changed}. {capital('; '.join(parts + effort(found['evaluations'])))}."


def _gap(row: Row) -> str:
    one, other = with_error(row.a), with_error(row.b)
    if row.a.value == row.b.value:
        return f"the ELBO gap is the same, {one} bits"
    return f"the ELBO gap of <b>A</b> is {one} bits, that of <b>B</b> {other}"


def _valid(nouns: Nouns, row: Row) -> str:
    if not row.metric.better:
        return f"{percent(row.a)} and {percent(row.b)} of the samples {nouns.belong}"
    if not row.winner:
        return f"{percent(row.a)} and {percent(row.b)} of the samples {nouns.belong}, no difference beyond its error"
    more, less = (row.a, row.b) if row.winner == "a" else (row.b, row.a)
    return f"{percent(more)} of the samples of <b>{row.winner.upper()}</b> {nouns.belong} instead of {percent(less)}"
