"""What a chain at one noise level does, in words: a Markov chain has states and moves, and no schedule."""

from __future__ import annotations

import math

from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.telling.words import number
from diffviz.trajectory import StepInfo

NO_SCHEDULE = "A chain stays at one noise level: it has no schedule, and its moves are no steps of a bound."


def is_chain(setup: Setup) -> bool:
    """Does its sampler stay at one noise level?"""
    return setup.domain.samplers[setup.experiment.sampler].one_level


def state(setup: Setup, t: int) -> str:
    """Where the chains are at a displayed time, T at their beginning."""
    e = setup.experiment
    level = f"log SNR {e.langevin_level:g}".replace("-", "−")
    if t == 0:
        return f"The chains have <b>ended</b>: shown is <i>x̂</i><sub>0</sub>, their last state without the noise of {level}."
    steps = len(setup.times) - 1 - int(setup.times.searchsorted(t))
    if steps == 0:
        return f"The chains <b>begin</b>, before their first move at {level}."
    moves = steps * e.corrector_steps
    return f"The chains after <b>{moves} move{'s' if moves > 1 else ''}</b> at {level}."


def move(e: Experiment, info: StepInfo) -> str:
    """What a step from this state on computes, as a clause."""
    if info.noise_std == 0.0 and info.c_t is None:
        return "the last step takes the denoised estimate <i>x̂</i><sub>0</sub>"
    std = math.sqrt(2.0 * e.langevin_step * e.temperature)
    noise = f" + {number(std, 2)} <i>z</i>, <i>z</i> ~ <i>N</i>(0, <i>I</i>)" if std > 0.0 else ", without noise"
    proposal = f"<i>x</i> + {e.langevin_step:g} <i>s</i>(<i>x</i>){noise}, <i>s</i> the score at this level"
    if info.accepted is None:
        return f"a move is <i>x</i> ← {proposal}"
    return f"a move is proposed to <i>y</i> = {proposal}; {100 * info.accepted:.0f} % of the last proposals were accepted"
