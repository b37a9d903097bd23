"""What the present step of a run does, in words and numbers; and the charts' readings at each displayed time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.inverse.factors import POINT_FACTORS
from diffviz.telling import chains
from diffviz.telling.words import capital, number, term
from diffviz.trajectory import StepInfo

FAR_FROM_NOISE_NATS = 0.05  # of prior loss a coordinate, above which x_T still knows the data: of all it grows with their number


def prior_warning(setup: Setup, cost_nats: float, dim: int) -> str:
    """A sentence if x is still far from noise where the reverse process starts; else nothing.

    cost_nats: the prior loss of data of dim numbers.
    """
    if cost_nats <= FAR_FROM_NOISE_NATS * dim:
        return ""
    return (
        f"<i>x</i><sub>{last_time(setup)}</sub> is still far from noise: "
        f"{signal_percent(setup, int(setup.times[-1]))} % {setup.process.remains}, {prior_loss(cost_nats, setup)}."
    )


STARTS_FROM_NOISE = " The reverse process starts from pure noise all the same, which is another distribution."


def prior_loss(cost_nats: float, setup: Setup) -> str:
    """L_T: not the mismatch at T, which is less by what x_T still knows of the data."""
    return f"the {term('prior_loss', 'prior loss')} <i>L</i><sub>{last_time(setup)}</sub> is {number(cost_nats, 2)} nats"


def last_time(setup: Setup) -> str:
    """T, or the time below it at which the reverse process starts."""
    start = int(setup.times[-1])
    return "T" if start == setup.schedule.steps else str(start)


def _ends(e: Experiment) -> str:
    """What stands at either end of a run at t = 0."""
    if e.measurement in POINT_FACTORS:
        begins, ends = "data", "samples of the data multiplied by <i>r</i>(<i>x</i>)"
    elif e.conditional:
        begins, ends = "the test image that is measured", "samples given the measurement"
    elif e.start == "picture":
        begins, ends = "the test image", "variations of it"
    elif e.start == "between":
        begins, ends = "the two test images", "images between them"
    else:
        begins, ends = "data", "samples"
    return f"the forward process begins with {begins}, the reverse process ends with {ends}"


def _state(setup: Setup, t: int) -> str:
    if chains.is_chain(setup):
        return chains.state(setup, t)
    if t == 0:
        return f"At <b>t = 0</b> there is no noise: {_ends(setup.experiment)}."
    snr = number(float(setup.schedule.snr[t]), 2)
    return f"At <b>t = {t}</b>, {signal_percent(setup, t)} % {setup.process.remains} (SNR {snr})."


def signal_percent(setup: Setup, t: int) -> str:
    """The data's share of x_t (Process.remains), in per cent."""
    share = 100 * float(setup.schedule.signal_share[t])
    return f"{share:.0f}" if 1 <= share < 99.5 else f"{share:.2f}" if share > 99 else number(share, 1)


def coefficient(value: float) -> str:
    """Two digits, or as many as tell it from 1."""
    apart = abs(1.0 - value)
    return number(value, (value > 1.0) - math.floor(math.log10(apart)) if 1e-6 < apart < 0.05 else 2)


def formula(info: StepInfo) -> str:
    """What a step from t to s computes, from the numbers a sampler leaves; t and s stand as indices."""
    if info.tries is not None:
        return f"the ODE is solved in {info.tries} small steps, with {info.evaluations} function evaluations"
    terms = (
        (info.c_t, "<i>x</i><sub>t</sub>"),
        (info.c_r, "<i>x</i><sub>r</sub>"),
        (info.c_0, "<i>x̂</i><sub>0</sub>"),
        (info.c_1, "<i>x̂</i><sub>0</sub>′"),
        (info.c_old, "<i>x̂</i><sub>0</sub>′"),
    )
    told = [f" {'−' if c < 0 else '+'} {coefficient(abs(c))} {symbol}" for c, symbol in terms if c is not None]
    text = "".join(told).removeprefix(" + ").strip()
    text = text.replace("− ", "−", 1) if text.startswith("− ") else text  # a sign, and no difference
    if info.noise_std > 0:
        text += f" + {number(info.noise_std, 2)} <i>z</i>, <i>z</i> ~ <i>N</i>(0, <i>I</i>)"
    elif info.c_1 is None and info.c_old is None and not info.corrector_steps:
        text += ", without noise"
    if info.c_r is not None:
        text += " (r: where the step before began, ′: of that step)"
    elif info.c_1 is not None:
        text += " (′: of the second function evaluation)"
    elif info.c_old is not None:
        text += " (′: of the step before)"
    if info.corrector_steps:
        text += f", then {info.corrector_steps} Langevin corrector step{'s' if info.corrector_steps > 1 else ''}"
    if info.accepted is not None:
        text += f"; {100 * info.accepted:.0f} % of the last proposals were accepted"
    if info.resampled:
        text += f", then RePaint resampling × {info.resampled}"
    if info.perturbed:
        text += ", the kernel multiplied by <i>r</i>(<i>x</i><sub>s</sub>)"
    return f"<i>x</i><sub>s</sub> = {text}"


def step_costs(measured: Measured[Any], position: int) -> str:
    """The beginning of a sentence: what the cost is of the step that leaves the visited time at position."""
    chain = "" if measured.experiment.sampler == "ancestral" else " of an ancestral step"
    if position == 1:
        first = int(measured.times[1])
        return f"<i>L</i><sub>0</sub>{chain}, −log <i>p</i>(<i>x</i><sub>0</sub>|<i>x</i><sub>{first}</sub>):"
    return f"KL{chain or ' of this step'}:"


def captions(setup: Setup, times: np.ndarray) -> list[str]:
    """One sentence for each displayed time, from the schedule alone: for while the rest is being computed."""
    return [_state(setup, int(t)) for t in times]


def full_captions(
    measured: Measured[Any],
    times: np.ndarray,
    cost: Callable[[Measured[Any], Setup, int], str],
    step: Callable[[StepInfo], str] = formula,
) -> list[str]:
    """Captions for the displayed times, with what the sampler's step from each does and costs.

    cost: a sentence of the step that leaves times[j], empty where no bound holds; step: what a sampler's info says
    """
    setup, visited, texts = measured.setup, measured.times, []
    for t, j in zip(times.tolist(), np.searchsorted(visited, times).tolist(), strict=True):
        text = _state(setup, t)
        if t > 0:
            info = measured.info[j]
            said = chains.move(setup.experiment, info) if chains.is_chain(setup) else step(info)
            said = said.replace("<sub>t</sub>", f"<sub>{t}</sub>")
            text += f" {capital(said)}.".replace("<sub>s</sub>", f"<sub>{int(visited[j - 1])}</sub>")
            text = f"{text} {cost(measured, setup, j)}".rstrip()
        texts.append(text)
    return texts
