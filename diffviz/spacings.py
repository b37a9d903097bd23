"""Which of the T times a sampler visits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffviz.fields import Condition, Rule, Same, named, number
from diffviz.schedules import MAX_STEPS, NoiseSchedule


def _evenly_spaced(position: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """count+1 distinct indices into the increasing array position [T+1], from 0 to T, close to evenly spaced in it."""
    wanted = np.linspace(position[0], position[-1], count + 1)
    times = np.searchsorted((position[1:] + position[:-1]) / 2, wanted)
    last = len(position) - 1
    times = np.maximum.accumulate(times - np.arange(count + 1)) + np.arange(count + 1)  # distinct from the left ...
    times = np.minimum(times, last - np.arange(count, -1, -1))  # ... and leaving room on the right
    times[0], times[-1] = 0, last
    return times.astype(np.int64)


def _trailing(schedule: NoiseSchedule, count: int) -> NDArray[np.int64]:
    return np.round(np.linspace(0, schedule.steps, count + 1)).astype(np.int64)


def _leading(schedule: NoiseSchedule, count: int) -> NDArray[np.int64]:
    return np.concatenate([[0], 1 + np.arange(count) * (schedule.steps // count)])


def _linspace(schedule: NoiseSchedule, count: int) -> NDArray[np.int64]:
    """A single step leaves T."""
    visited = 1 + np.round(np.linspace(0, schedule.steps - 1, count)) if count > 1 else [schedule.steps]
    return np.concatenate([[0], visited]).astype(np.int64)


def _quadratic(schedule: NoiseSchedule, count: int) -> NDArray[np.int64]:
    return _evenly_spaced(np.sqrt(np.arange(schedule.steps + 1)), count)


def _log_snr(schedule: NoiseSchedule, count: int) -> NDArray[np.int64]:
    """The ends, t = 0 and perhaps T, have infinite log SNR: one step leads there, the rest are even in between."""
    log_snr = schedule.log_snr
    finite = np.flatnonzero(np.isfinite(log_snr))
    first, last = finite[0], finite[-1]
    ends = first + schedule.steps - last  # steps that lead into an infinite end: one at the data, one at alpha_T = 0
    if count <= ends:
        return _trailing(schedule, count)
    inner = _evenly_spaced(-log_snr[first : last + 1], count - ends) + first
    return np.unique(np.concatenate([[0], inner, [schedule.steps]]))


@dataclass(frozen=True)
class SpacingRow:
    """One row of SPACINGS. make(schedule, count) gives the [count+1] visited times."""

    title: str
    why: str
    make: Callable[[NoiseSchedule, int], NDArray[np.int64]]


SPACINGS: dict[str, SpacingRow] = {
    "trailing": SpacingRow(
        "Trailing (even in t)", "Equally spaced times that end at T (Lin et al. 2024): 10, 20, ..., 1000.", _trailing
    ),
    "leading": SpacingRow(
        "Leading (even in t)",
        "1, 11, ..., 991, as OpenAI's ddim100 and diffusers' leading: it starts below T, where x_t has more signal.",
        _leading,
    ),
    "linspace": SpacingRow(
        "Linspace (even from 1 to T)", "1, 112, ..., 889, 1000: both ends are visited, as in diffusers' linspace.", _linspace
    ),
    "quadratic": SpacingRow(
        "Quadratic", "Times like k², closer together near the data (Song et al. 2021, DDIM, app. D.2).", _quadratic
    ),
    "log_snr": SpacingRow("Even in log SNR", "Every step changes σ/α by the same factor (Lu et al. 2022, DPM-Solver).", _log_snr),
}


def visited_times(schedule: NoiseSchedule, count: int, spacing: str) -> NDArray[np.int64]:
    """[count+1] the times a sampler visits, ascending from 0; all of them if count = T. The last one, where the reverse process
    starts, is T, but for "leading" 1 + (count - 1) floor(T/count).

    spacing: a name of SPACINGS. Raises KeyError for an unknown spacing, ValueError if count is not in 1..T.
    """
    if not 1 <= count <= schedule.steps:
        raise ValueError(f"count must be from 1 to {schedule.steps}, not {count}")
    return np.arange(schedule.steps + 1) if count == schedule.steps else SPACINGS[spacing].make(schedule, count)


@dataclass(frozen=True)
class SpacingFields:
    """The section of an Experiment that says which times are visited."""

    rules = (Rule(("spacing",), (Condition("sampler_steps", (None, Same("steps")), among=False),)),)

    sampler_steps: int | None = number(
        None, "Sampling steps (of T)", "How many steps the sampler takes from T to 0; none: all T.", 1, MAX_STEPS, optional=True
    )
    spacing: str = named(
        "trailing",
        "Timestep spacing",
        "Which times the sampler visits if not all: trailing ones end at T, leading ones begin at 1, as OpenAI's ddimN do.",
        SPACINGS,
    )

    @property
    def steps_taken(self) -> int:
        """K: how many reverse steps the sampler would take from noise."""
        return self.steps if self.sampler_steps is None else self.sampler_steps
