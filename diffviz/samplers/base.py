"""The sampler's contract, which times it visits, and the one loop that runs them all.

A sampler is init and step: memory (for multistep solvers) lives in the state, what a person wants to see lives in the
info that step returns, so that every sampler is animated by the same loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.denoisers.base import Denoiser, Prediction
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Frame


class State(Protocol):
    """At least the present x_t [N, *D]."""

    @property
    def x(self) -> Tensor: ...


@dataclass(frozen=True)
class Position:
    """The state of a sampler without memory."""

    x: Tensor


class Sampler(Protocol):
    """init(x_T [N, *D]) -> state;  step(...) from time t to s < t -> (state, info).

    noise() draws this step's standard normal numbers [N, *D]; a deterministic step does not call it.
    info holds numbers for a person: the weights of x_t and x0_hat, and the standard deviation of the noise added.
    """

    def init(self, x_T: Tensor) -> State: ...

    def step(
        self,
        state: Any,
        prediction: Prediction,
        t: int,
        s: int,
        schedule: NoiseSchedule,
        noise: Callable[[], Tensor],
    ) -> tuple[State, dict[str, float]]: ...


def _evenly_spaced(position: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """count+1 distinct indices into the increasing array position [T+1], from 0 to T, close to evenly spaced in it."""
    wanted = np.linspace(position[0], position[-1], count + 1)
    times = np.searchsorted((position[1:] + position[:-1]) / 2, wanted)
    last = len(position) - 1
    times = np.maximum.accumulate(times - np.arange(count + 1)) + np.arange(count + 1)  # distinct from the left ...
    times = np.minimum(times, last - np.arange(count, -1, -1))  # ... and leaving room on the right
    times[0], times[-1] = 0, last
    return times.astype(np.int64)


def _uniform(schedule: NoiseSchedule, count: int) -> NDArray[np.int64]:
    return np.round(np.linspace(0, schedule.steps, count + 1)).astype(np.int64)


def _quadratic(schedule: NoiseSchedule, count: int) -> NDArray[np.int64]:
    return _evenly_spaced(np.sqrt(np.arange(schedule.steps + 1)), count)


def _log_snr(schedule: NoiseSchedule, count: int) -> NDArray[np.int64]:
    """The ends, t = 0 and perhaps T, have infinite log SNR: one step leads there, the rest are even in between."""
    log_snr = schedule.log_snr
    finite = np.flatnonzero(np.isfinite(log_snr))
    first, last = finite[0], finite[-1]
    ends = first + schedule.steps - last  # steps that lead into an infinite end: one at the data, one at alpha_T = 0
    if count <= ends:
        return _uniform(schedule, count)
    inner = _evenly_spaced(-log_snr[first : last + 1], count - ends) + first
    return np.unique(np.concatenate([[0], inner, [schedule.steps]]))


@dataclass(frozen=True)
class SpacingRow:
    """One row of SPACINGS. make(schedule, count) gives the [count+1] visited times."""

    title: str
    why: str
    make: Callable[[NoiseSchedule, int], NDArray[np.int64]]


SPACINGS: dict[str, SpacingRow] = {
    "uniform": SpacingRow("Even in t", "Every so many-th step of the schedule is taken.", _uniform),
    "quadratic": SpacingRow("Quadratic", "Finer near the data (DDIM, app. D.2).", _quadratic),
    "log_snr": SpacingRow("Even in log SNR", "Every step removes noise by the same factor (DPM-Solver).", _log_snr),
}


def visited_times(schedule: NoiseSchedule, count: int, spacing: str) -> NDArray[np.int64]:
    """[count+1] the times a sampler visits, ascending from 0 to T; all of them if count = T.

    spacing: a name of SPACINGS. Raises KeyError for an unknown spacing, ValueError if count is not in 1..T.
    """
    if not 1 <= count <= schedule.steps:
        raise ValueError(f"count must be from 1 to {schedule.steps}, not {count}")
    return np.arange(schedule.steps + 1) if count == schedule.steps else SPACINGS[spacing].make(schedule, count)


def reverse_process(
    denoiser: Denoiser,
    sampler: Sampler,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    x_T: Tensor,
    noise: Callable[[int], Tensor],
) -> Iterator[Frame]:
    """From noise to data along times [K+1] (ascending): yields K+1 Frames, x at T first and x at 0 last.

    noise(t) [N, *D] is the noise of the step that leaves t. One call of the denoiser a step.
    """
    path = [int(t) for t in times[::-1]]
    state = sampler.init(x_T)
    for index, (t, s) in enumerate(itertools.pairwise(path)):
        with torch.inference_mode():
            prediction = denoiser(state.x, float(schedule.alpha[t]), float(schedule.sigma[t]))
            x_t = state.x
            state, info = sampler.step(state, prediction, t, s, schedule, lambda t=t: noise(t))
        yield Frame("reverse", index, t, x_t, prediction.x0_hat, info)
    yield Frame("reverse", len(path) - 1, 0, state.x, state.x, {})
