"""A run of bit sequences, and two of them, in words and numbers."""

from __future__ import annotations

import numpy as np

from diffviz.binomial.costs import exact_costs
from diffviz.categorical.information import SymbolInformation
from diffviz.diagnostics.comparison import Row
from diffviz.diagnostics.measured import Measured
from diffviz.domains.heartbeat.data import LENGTH, RATE
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment
from diffviz.telling import captions
from diffviz.telling.pair import changes, effort
from diffviz.telling.words import capital, number, term, to_error, with_error
from diffviz.trajectory import StepInfo
from diffviz.views.symbols.captions import of_start
from diffviz.views.symbols.nouns import Nouns

NOUNS = Nouns(
    sample="sequence",
    part="bit",
    parts="bits",
    short="bit",
    symbols="bits",
    source="distribution",
    belong="are heartbeats",
    alike="bit for bit",
)


def step(info: StepInfo) -> str:
    """How the bits of x_s are drawn."""
    zero, one = (_line(*probabilities) for probabilities in info.transition)
    if zero == one:
        return f"each bit is drawn alone, a 1 with probability {one}"
    return f"each bit is drawn alone, a 1 with probability {zero} where <i>x</i><sub>t</sub> is 0 and {one} where it is 1"


def _line(constant: float, end: float) -> str:
    """constant + (end - constant) x0_hat."""
    slope, x0_hat = end - constant, "<i>x̂</i><sub>0</sub>"
    if constant == 0.0:
        return x0_hat if slope == 1.0 else f"{number(slope, 2)} {x0_hat}"
    return f"{number(constant, 2)} + {number(slope, 2)} {x0_hat}"


def warning(setup: Setup) -> str:
    """A sentence if x is still far from noise where the reverse process starts, and it starts from noise; else nothing."""
    if setup.experiment.start != "noise":
        return ""
    costs = exact_costs(setup.distribution, setup.schedule, np.array([0, setup.times[-1]]), RATE)
    text = captions.prior_warning(setup, float(costs.kl[-1]), LENGTH)
    return text + captions.STARTS_FROM_NOISE if text else ""


def cost(m: Measured[SymbolInformation], setup: Setup, position: int) -> str:
    """What the step costs that leaves the visited time at position, and how much of it is discretisation gap."""
    known = Estimate(float(m.costs.kl_nats[position - 1]), float(m.costs.stderr[position - 1]))
    what = "Coding the bits given it costs" if position == 1 else "KL of this step:"
    lost = Estimate(float(m.curves["dissipation_nats"].values[position - 1]), known.stderr)
    text = f"{what} {with_error(known)} nats, of which {with_error(lost)} are {term('dissipation', 'discretisation gap')}"
    floor = to_error(float(m.exact_costs.kl_nats[position - 1]), known.stderr)
    text += "." if m.experiment.denoiser == "exact" else f"; the exact denoiser's is {floor}."
    if position == len(m.times) - 1:
        text += f" {capital(of_start(NOUNS, m, setup))}."
    return text


def summary(m: Measured[SymbolInformation]) -> str:
    """The metrics of a run in one line."""
    names = ("log_likelihood_bits", "bound_nats", "entropy_nats", "gap_nats", "broken_share")
    found = {name: with_error(m.estimate(name)) for name in names}
    truth = number(-m.details.entropy_nats / np.log(2.0), 4)
    return (
        f"bound <i>K</i> on the log-likelihood {found['log_likelihood_bits']} bits per sequence (truth {truth}) &nbsp;·&nbsp; "
        f"{term('gap', 'negative ELBO')} {found['bound_nats']} − entropy {found['entropy_nats']} = "
        f"<b>gap {found['gap_nats']} nats</b> &nbsp;·&nbsp; "
        f"{percent(m.estimate('broken_share'))} of the samples are no heartbeat"
    )


def percent(share: Estimate) -> str:
    """A share with its error: 12.3 ± 0.4 %."""
    if share.stderr == 0.0 or not np.isfinite(share.stderr):
        return f"{number(100 * share.value, 2)} %"
    return f"{with_error(Estimate(100 * share.value, 100 * share.stderr))} %"


def note(a: Experiment, b: Experiment) -> str:
    """How the table of two runs is to be read."""
    how = "sequence by sequence, both with the same noise" if a.seed == b.seed else "of runs with other noise"
    return f"± standard error; A − B {how}; ✓ better by more than two of its errors."


def sentence(rows: list[Row], a: Experiment, b: Experiment) -> str:
    """What was changed and what it did, in one sentence."""
    changed = changes(a, b)
    if not changed:
        return "Nothing differs between A and B: the same sequences, bit for bit."
    found = {row.name: row for row in rows}
    parts = [_gap(found["gap_nats"]), _broken(found["broken_share"])]
    return f"Changed: {changed}. {capital('; '.join(parts + effort(found['evaluations'])))}."


def _gap(row: Row) -> str:
    if not row.winner:
        return "the gap is the same" if row.a == row.b else "the gaps differ by less than their error"
    less, more = _ordered(row)
    return f"<b>{row.winner.upper()}</b> has the smaller ELBO gap, {with_error(less)} nats instead of {with_error(more)}"


def _broken(row: Row) -> str:
    if not row.winner:
        return f"{percent(row.a)} and {percent(row.b)} of the samples are no heartbeat, a difference within its error"
    less, more = _ordered(row)
    return f"{percent(less)} of the samples of <b>{row.winner.upper()}</b> are no heartbeat instead of {percent(more)}"


def _ordered(row: Row) -> tuple[Estimate, Estimate]:
    """The better side's value and the worse one's."""
    return (row.a, row.b) if row.winner == "a" else (row.b, row.a)
