"""What the present step of a run does, in words and numbers; and the charts' readings at each displayed time."""

from __future__ import annotations

import numpy as np

from diffviz.diagnostics.report import SampleQuality
from diffviz.domains.pictures.costs import PictureCosts
from diffviz.domains.pictures.images import OWN
from diffviz.domains.plane.information import Information
from diffviz.domains.plane.optimal_schedule import optimal_gap_nats
from diffviz.domains.plane.quadrature import ERROR_NATS, marginal
from diffviz.domains.plane.thermodynamics import mismatch_nats, terminal_kl_nats
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment
from diffviz.telling.words import capital, nats, number, term, to_error, with_error
from diffviz.trajectory import Trajectory

FAR_FROM_NOISE_NATS = 0.05  # of prior loss a coordinate, above which x_T still knows the data: of all it grows with their number


def prior_warning(setup: Setup) -> str:
    """A sentence if x is still far from noise where the reverse process starts, and it starts from noise; else nothing."""
    if setup.experiment.start != "noise":
        return ""
    start = int(setup.times[-1])
    cost = terminal_kl_nats(setup.mixture, setup.schedule, start)
    if cost <= FAR_FROM_NOISE_NATS * setup.mixture.dim:
        return ""
    text = (
        f"<i>x</i><sub>{last_time(setup)}</sub> is still far from noise: "
        f"{_signal_percent(setup, start)} % of its variance is data, {_prior_loss(cost, setup)}."
    )
    if setup.experiment.schedule == "optimal" and start == setup.schedule.steps:
        entropy = marginal(setup.mixture, float(setup.schedule.alpha[start]), float(setup.schedule.sigma[start])).entropy_nats
        mismatch = number(mismatch_nats(setup.mixture, setup.schedule, start, entropy), 2)
        name = term("prior_loss", "mismatch at T")
        return f"{text} The optimal schedule ends here on purpose: the {name} adds {mismatch} nats to the gap."
    return f"{text} The reverse process starts from the wrong law."


def last_time(setup: Setup) -> str:
    """T, or the time below it at which the reverse process starts."""
    start = int(setup.times[-1])
    return "T" if start == setup.schedule.steps else str(start)


def _prior_loss(cost: float, setup: Setup) -> str:
    """L_T, in closed form: not the mismatch at T, which is less by what x_T still knows of the data."""
    return f"the {term('prior_loss', 'prior loss')} <i>L</i><sub>{last_time(setup)}</sub> is {number(cost, 2)} nats"


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
    if t == 0:
        return f"At <b>t = 0</b> no noise is left: {_ends(setup.experiment)}."
    snr = number(float(setup.schedule.snr[t]), 2)
    return f"At <b>t = {t}</b>, {_signal_percent(setup, t)} % of the variance is still data (SNR {snr})."


def _signal_percent(setup: Setup, t: int) -> str:
    """The data's share of the variance of x_t, in per cent."""
    share = 100 * float(setup.schedule.signal_share[t])
    return f"{share:.0f}" if 1 <= share < 99.5 else f"{share:.2f}" if share > 99 else number(share, 1)


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
                text += f" {capital(_prior_loss(float(chain.kl_nats[-1]), setup))}."
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
        f"{whose}{term('bits', 'bound')} <b>{shown[0]} bits/dim</b> = rate {shown[1]} + <i>L</i><sub>0</sub> {shown[2]}, "
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


def summary(setup: Setup, chain: Information, quality: SampleQuality) -> str:
    """The figures of a run in one line. chain: of the visited times."""
    # only a random step back has a bound; DDIM's path is shown beside that of the chain with the same steps
    whose = "" if setup.experiment.sampler == "ancestral" else "ancestral chain of these steps: "
    return (
        f"{whose}{term('gap', 'bound')} {with_error(chain.bound)} − entropy {with_error(chain.entropy)}"
        f" = <b>gap {with_error(chain.gap)} nats</b>{_above_optimal(setup, chain)}"
        f" &nbsp;·&nbsp; {term('sliced', 'sliced <i>W</i><sub>2</sub>')} to the data {with_error(quality.sliced)}"
        f" (sampling alone: {with_error(quality.floor)})"
        f" &nbsp;·&nbsp; {term('excess_nll', 'excess NLL')} {with_error(quality.excess_nll)} nats"
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
