"""What the present step does, in words and numbers; and the charts' readings at each displayed time."""

from __future__ import annotations

import html
import re

import numpy as np

from diffviz.diagnostics.comparison import Row
from diffviz.diagnostics.estimates import Estimate
from diffviz.diagnostics.information import Information
from diffviz.diagnostics.nearness import MAX_CLOUD
from diffviz.diagnostics.pictures import PictureCosts
from diffviz.diagnostics.report import SampleQuality
from diffviz.engine import Setup
from diffviz.experiment import Experiment, iter_specs
from diffviz.images import OWN
from diffviz.optimal_schedule import optimal_gap_nats
from diffviz.quadrature import ERROR_NATS, marginal
from diffviz.relevant import differing
from diffviz.samplers import SAMPLERS
from diffviz.thermodynamics import mismatch_nats, terminal_kl_nats
from diffviz.trajectory import Trajectory

EXACT_NATS = 1e-5  # an error below this, as of quadrature, is none for a reader
BELOW = f"&lt; 10<sup>−{-round(np.log10(ERROR_NATS))}</sup>"  # what quadrature cannot tell from nothing
FAR_FROM_NOISE_NATS = 0.05  # of prior loss a coordinate, above which x_T still knows the data: of all it grows with their number


def number(value: float, digits: int = 3, plain: int = -5) -> str:
    """Few digits, no exponent where it can be read without: 0.0031, 12.3, 4.1·10⁻⁷. plain: the smallest power of ten without."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else "∞" if value > 0 else "−∞"
    mantissa, power = f"{value:.{digits - 1}e}".split("e")  # rounded first: 9.99 with two digits is 10
    magnitude = int(power)
    plainly = f"{value:.{max(0, digits - 1 - magnitude)}f}"
    return (plainly if plain <= magnitude < 5 else f"{mantissa}·10<sup>{magnitude}</sup>").replace("-", "−")


def nats(value: float, digits: int = 3, plain: int = -5) -> str:
    """number() of what comes from quadrature: a figure below its tolerance is not known."""
    return BELOW if abs(value) < ERROR_NATS else number(value, digits, plain)


def with_error(estimate: Estimate) -> str:
    """The value to as many digits as its standard error allows: 0.103 ± 0.010; a few if there is none, or none is known."""
    if abs(estimate.value) < estimate.stderr <= ERROR_NATS:
        return BELOW
    exact = estimate.stderr < EXACT_NATS and estimate.stderr < 0.01 * abs(estimate.value)
    if exact or estimate.stderr <= ERROR_NATS or not np.isfinite(estimate.stderr):
        return number(estimate.value, 3 if abs(estimate.value) < 1 else 4)
    return f"{to_error(estimate.value, estimate.stderr)} ± {to_error(estimate.stderr, estimate.stderr)}"


def to_error(value: float, stderr: float) -> str:
    """The value with as many decimals as a figure of that standard error has; a few digits if there is none."""
    if stderr < EXACT_NATS:
        return nats(value)
    decimals = max(0, 1 - int(np.floor(np.log10(stderr))))
    return f"{value:.{decimals}f}".replace("-", "−")


_LOWERED = str.maketrans("0123456789t", "₀₁₂₃₄₅₆₇₈₉ₜ")
_RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def plain(text: str) -> str:
    """A text of the page without its marks, for what knows no HTML: x₀ for <i>x</i><sub>0</sub>, L_T where there is no letter."""
    text = re.sub(r"<sup>(.*?)</sup>", lambda found: found[1].translate(_RAISED), text)
    lowered = {True: lambda inner: inner.translate(_LOWERED), False: lambda inner: f"_{inner}"}
    text = re.sub(r"<sub>(.*?)</sub>", lambda found: lowered[not set(found[1]) - set("0123456789t")](found[1]), text)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


def prior_warning(setup: Setup) -> str:
    """A sentence if x is still far from noise where the reverse process starts, and it starts from noise; else nothing."""
    if setup.experiment.start != "noise":
        return ""
    start = int(setup.times[-1])
    alpha2, cost = float(setup.schedule.alpha[start] ** 2), terminal_kl_nats(setup.mixture, setup.schedule, start)
    if cost <= FAR_FROM_NOISE_NATS * setup.mixture.dim:
        return ""
    text = (
        f"<i>x</i><sub>{last_time(setup)}</sub> is still far from noise: {100 * alpha2:.0f} % of its variance is data, "
        f"{_prior_loss(cost, setup)}."
    )
    if setup.experiment.schedule == "optimal" and start == setup.schedule.steps:
        entropy = marginal(setup.mixture, float(setup.schedule.alpha[start]), float(setup.schedule.sigma[start])).entropy_nats
        mismatch = number(mismatch_nats(setup.mixture, setup.schedule, start, entropy), 2)
        name = _term("prior_loss", "mismatch at T")
        return f"{text} The optimal schedule ends here on purpose: the {name} adds {mismatch} nats to the gap."
    return f"{text} The reverse process starts from the wrong law."


def last_time(setup: Setup) -> str:
    """T, or the time below it at which the reverse process starts."""
    start = int(setup.times[-1])
    return "T" if start == setup.schedule.steps else str(start)


def _prior_loss(cost: float, setup: Setup) -> str:
    """L_T, in closed form: not the mismatch at T, which is less by what x_T still knows of the data."""
    return f"the {_term('prior_loss', 'prior loss')} <i>L</i><sub>{last_time(setup)}</sub> is {number(cost, 2)} nats"


def _ends(e: Experiment) -> str:
    """What stands at either end of a run at t = 0."""
    if e.conditional:
        begins, ends = "the picture that was measured", "samples that are to agree with the measurement"
    elif e.shows_pictures and e.start == "picture":
        begins, ends = "the picture that was given", "variations of it"
    elif e.shows_pictures and e.start == "between":
        begins, ends = "the two pictures that were given", "samples between them"
    else:
        begins, ends = "data", "samples"
    return f"the forward process begins with {begins}, the reverse process ends with {ends}"


def _state(setup: Setup, t: int) -> str:
    schedule = setup.schedule
    alpha2, sigma2 = float(schedule.alpha[t] ** 2), float(schedule.sigma[t] ** 2)
    if t == 0:
        return f"At <b>t = 0</b> no noise is left: {_ends(setup.experiment)}."
    share = 100 * alpha2 / (alpha2 + sigma2)
    text = f"{share:.0f}" if 1 <= share < 99.5 else f"{share:.2f}" if share > 99 else number(share, 1)
    return f"At <b>t = {t}</b>, {text} % of the variance is still data (SNR {number(alpha2 / sigma2, 2)})."


def _formula(info: dict[str, float]) -> str:
    """What a step computes, from the numbers a sampler leaves."""
    if "tries" in info:
        return f"the ODE solved in {info['tries']:.0f} small steps, {info['evaluations']} function evaluations"
    names = {
        "c_t": "<i>x</i><sub>t</sub>",
        "c_r": "<i>x</i><sub>r</sub>",
        "c_0": "<i>x̂</i><sub>0</sub>",
        "c_1": "<i>x̂</i><sub>0</sub>′",
        "c_old": "<i>x̂</i><sub>0</sub>′",
    }
    terms = [(info[name], symbol) for name, symbol in names.items() if name in info]
    text = "".join(f" {'−' if c < 0 else '+'} {number(abs(c), 2)} {symbol}" for c, symbol in terms).removeprefix(" + ").strip()
    if info["noise_std"] > 0:
        text += f" + {number(info['noise_std'], 2)} z"
    elif not {"c_1", "c_old", "corrector_steps"} & info.keys():
        text += ", no noise"
    if "c_r" in info:
        text += " (r: where the step before began, ′: of that step)"
    elif "c_1" in info:
        text += " (′: of the second function evaluation)"
    elif "c_old" in info:
        text += " (′: of the step before)"
    if "corrector_steps" in info:
        text += f", then {info['corrector_steps']:.0f} corrector steps"
    if info.get("resampled"):
        text += f", then resampled {info['resampled']:.0f} ×"
    return text


def captions(setup: Setup, times: np.ndarray) -> list[str]:
    """One sentence for each displayed time, from the schedule alone: for while the rest is being computed."""
    return [_state(setup, int(t)) for t in times]


def full_captions(setup: Setup, times: np.ndarray, trajectory: Trajectory, chain: Information) -> list[str]:
    """Captions for the displayed times, with what the sampler's step from each does and costs.

    chain: the information of the visited times.
    """
    exact = setup.experiment.denoiser == "exact"
    step_info = {int(t): info for t, info in zip(trajectory.t, trajectory.info, strict=True)}
    position = {int(t): j for j, t in enumerate(chain.times)}
    texts = []
    for t in map(int, times):
        text = _state(setup, t)
        if t > 0:
            j, info = position[t], step_info[t]
            s = int(chain.times[j - 1])
            text += f" The step back to t = {s}: {_formula(info)}."
            cost = Estimate(float(chain.kl_nats[j - 1]), max(float(chain.kl_stderr[j - 1]), ERROR_NATS))
            ancestral = setup.experiment.sampler == "ancestral"
            if s == 0:  # a density has no smallest unit, so that its code may cost less than nothing
                what = "Coding the data given it costs" if ancestral else "An ancestral chain would code the data given it for"
            else:
                what = "Undoing the noise of this step costs" if ancestral else "An ancestral step would cost"
            text += f" {what} {with_error(cost)} nats"
            floor = to_error(float(chain.exact_kl_nats[j - 1]), cost.stderr)
            text += "." if exact else f"; the exact denoiser would pay {floor}."
            if j == len(chain.times) - 1:
                text += f" {_capital(_prior_loss(float(chain.kl_nats[-1]), setup))}."
        texts.append(text)
    return texts


def picture_captions(setup: Setup, times: np.ndarray, trajectory: Trajectory, costs: PictureCosts | None) -> list[str]:
    """Captions for the displayed times, with what the sampler's step from each does and what it costs a picture on average.

    costs: None where the run has no bound.
    """
    step_info = {int(t): info for t, info in zip(trajectory.t, trajectory.info, strict=True)}
    texts = []
    for t, j in zip(times.tolist(), np.searchsorted(setup.times, times).tolist(), strict=True):
        text = _state(setup, t)
        if t > 0:
            text += f" The step back to t = {int(setup.times[j - 1])}: {_formula(step_info[t])}."
            text += _picture_cost(setup, costs, j) if costs else ""
        texts.append(text)
    return texts


def _picture_cost(setup: Setup, costs: PictureCosts, position: int) -> str:
    """Of the step that leaves the visited time at position."""
    cost = with_error(Estimate(float(costs.mean()[position - 1]), float(costs.stderr()[position - 1])))
    if position == 1:
        return f" Coding the grey levels given it costs {cost} nats a picture."
    ancestral = setup.experiment.sampler == "ancestral"
    return f" {'Undoing its noise costs' if ancestral else 'An ancestral step would cost'} {cost} nats a picture."


def picture_kl_readout(times: np.ndarray, costs: PictureCosts) -> list[str]:
    """The mean cost of the visited step that leaves each displayed time."""
    mean, positions = costs.mean(), np.searchsorted(costs.times, times).tolist()
    names = {1: "<i>L</i><sub>0</sub> "}
    return [f"{names.get(j, '')}{number(float(mean[j - 1]), 2)} nats" if j else "" for j in positions]


def picture_summary(setup: Setup, costs: PictureCosts) -> str:
    """The bound in the unit of papers on images."""
    e, count = setup.experiment, costs.nats.shape[1]
    whose = "" if e.sampler == "ancestral" else "ancestral chain of these steps: "
    shown = [with_error(x) for x in (costs.bits_per_dim, costs.rate_bits_per_dim, costs.distortion_bits_per_dim)]
    guided = "; guidance is no part of it" if e.class_guided else ""
    return (
        f"{whose}{_term('bits', 'bound')} <b>{shown[0]} bits/dim</b> = rate {shown[1]} + <i>L</i><sub>0</sub> {shown[2]}, "
        f"on {_which_pictures(e, count)}{guided}"
    )


def _which_pictures(e: Experiment, count: int) -> str:
    if e.dataset == OWN:
        return f"this one picture, noised {count} ×"
    return f"these {count} training pictures" if count > 1 else "this training picture"


def schedule_readout(setup: Setup, times: np.ndarray) -> list[str]:
    """beta_t and alpha_bar_t at the displayed times."""
    schedule = setup.schedule
    return [
        f"<i>ᾱ</i> {number(float(schedule.alpha_bar[t]), 2)}"
        + (f" &nbsp;<i>β</i> {number(float(schedule.beta[t - 1]), 2)}" if t else "")
        for t in times
    ]


def snr_readout(setup: Setup, times: np.ndarray) -> list[str]:
    """SNR at the displayed times."""
    return [f"SNR {number(float(setup.schedule.snr[t]), 2)}" for t in times]


def step_cost(chain: Information, position: int, digits: int = 2, plain: int = -5) -> str:
    """What the visited step that leaves times[position] costs; the one into the data codes a density and may be negative."""
    if position == 0:
        return ""
    text = nats(float(chain.kl_nats[position - 1]), digits, plain)
    return f"<i>L</i><sub>0</sub> = {text}" if position == 1 else text


def kl_readout(times: np.ndarray, chain: Information) -> list[str]:
    """The cost of the visited step that leaves each displayed time."""
    texts = [step_cost(chain, int(j)) for j in np.searchsorted(chain.times, times)]
    return [f"{text} nats" if text else "" for text in texts]


def _term(name: str, text: str) -> str:
    """A word that opens its explanation."""
    return f'<button type="button" class="dv-term" data-term="{name}">{text}</button>'


def summary(setup: Setup, chain: Information, quality: SampleQuality) -> str:
    """The figures of a run in one line. chain: of the visited times."""
    # only a random step back has a bound; DDIM's path is shown beside that of the chain with the same steps
    whose = "" if setup.experiment.sampler == "ancestral" else "ancestral chain of these steps: "
    return (
        f"{whose}{_term('gap', 'bound')} {with_error(chain.bound)} − entropy {with_error(chain.entropy)}"
        f" = <b>gap {with_error(chain.gap)} nats</b>{_above_optimal(setup, chain)}"
        f" &nbsp;·&nbsp; {_term('sliced', 'sliced <i>W</i><sub>2</sub>')} to the data {with_error(quality.sliced)}"
        f" (sampling alone: {number(quality.floor, 2)})"
        f" &nbsp;·&nbsp; {_term('excess_nll', 'excess NLL')} {with_error(quality.excess_nll)} nats"
    )


def _above_optimal(setup: Setup, chain: Information) -> str:
    """By how much least dissipation misses the smallest gap of as many steps; nothing of other schedules, or where it supposes
    what this run has not."""
    e = setup.experiment
    if e.schedule != "least_dissipation" or e.variance != "optimal" or e.zero_snr or e.steps_taken < e.steps:
        return ""
    least = optimal_gap_nats(setup.mixture, e.steps)
    if least < 100 * ERROR_NATS:  # of one Gaussian
        return ""
    excess = 100 * (chain.exact_gap.value / least - 1.0)
    percent = number(excess, 2) if excess >= 1 else "less than 1"
    whose = "" if e.denoiser == "exact" else "the exact denoiser's "
    return f", {whose}{percent} % above the smallest for T = {e.steps}"


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
            name = _term("prior_loss", name)
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
    return f"Changed: {changed}. {_capital('; '.join(parts))}. {ancestral_note(a, b)}".strip()


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
        how = _listed([f"{DISTANCES[name]} ({' instead of '.join(_ordered(known[name]))})" for name in by_side[side]])
        told.append(f"<b>{side.upper()}</b> ends nearer to the data by {how}")
    if len(nearer) > 1:
        return f"the distances disagree: {' and '.join(told)}", ""
    return told[0] + (f", not by {_listed(silent)}" if silent else ""), nearer[0]


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
    return [f"by excess NLL, {values}, {_listed(told)}"] if told else []


def _listed(items: list[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _ordered(row: Row) -> tuple[str, str]:
    """The better side's value and the worse one's, as text in which they differ."""
    better, worse = (row.a, row.b) if row.winner == "a" else (row.b, row.a)
    say = nats if row.figure.unit == "nats" else _not_below_zero if row.name == "energy_distance" else number
    texts = [(say(better.value, digits), say(worse.value, digits)) for digits in (2, 3, 4, 6)]
    return next((pair for pair in texts if pair[0] != pair[1]), texts[-1])


def _not_below_zero(value: float, digits: int) -> str:
    """Of an estimate without bias, which chance may take below the least that what it estimates can be."""
    return number(value, digits) if value > 0.0 else "0, within its error,"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
