"""The sampler's contract, which times it visits, and the one loop that runs them all.

A sampler is init and step: memory (for multistep solvers) lives in the state, what a person wants to see lives in the
info that step returns, so that every sampler is animated by the same loop.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.deadline import check_time
from diffviz.gaussian.denoisers.base import Denoiser, Prediction
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


@dataclass(frozen=True)
class Step:
    """A step from time t to s < t, and what a sampler may ask for in it.

    noise(draw): this step's standard normal numbers [N, *D], draw = 0, 1, ... independent of one another
    denoise(x, alpha, sigma): further function evaluations, beyond the one at x_t that every step is given; they are counted
    """

    t: int
    s: int
    schedule: NoiseSchedule
    noise: Callable[[int], Tensor]
    denoise: Denoiser

    @property
    def levels(self) -> tuple[float, float, float, float]:
        """alpha_t, sigma_t, alpha_s, sigma_s."""
        alpha, sigma, t, s = self.schedule.alpha, self.schedule.sigma, self.t, self.s
        return float(alpha[t]), float(sigma[t]), float(alpha[s]), float(sigma[s])


class Sampler(Protocol):
    """init(x_T [N, *D]) -> state;  step(...) -> (state, info).

    info holds numbers for a person, by name: weights of x_t (c_t), of x0_hat (c_0) and of another estimate of the data (c_1), or
    of where the step before began (c_r); noise_std, of the noise added; tries, of an adaptive method;
    corrector_steps, of a corrector.
    """

    def init(self, x_T: Tensor) -> State: ...

    def step(self, state: Any, prediction: Prediction, step: Step) -> tuple[State, dict[str, float]]: ...


def deterministic(alpha_t: float, sigma_t: float, alpha_s: float, sigma_s: float, std: float = 0.0) -> tuple[float, float]:
    """(c_t, c_0) of DDIM: x_s = alpha_s x0_hat + sqrt(sigma_s^2 - std^2) eps_hat = c_t x_t + c_0 x0_hat, to which noise of
    that std is added; without it, the first-order solution of the probability-flow ODE."""
    c_t = math.sqrt(max(sigma_s**2 - std**2, 0.0)) / sigma_t
    return c_t, alpha_s - c_t * alpha_t


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


class Counting:
    """A denoiser that knows how often it was asked."""

    def __init__(self, denoiser: Denoiser) -> None:
        self._denoiser = denoiser
        self.evaluations = 0

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        check_time()
        self.evaluations += 1
        return self._denoiser(x_t, alpha, sigma)


def reverse_process(
    denoiser: Denoiser,
    sampler: Sampler,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    x_T: Tensor,
    noise: Callable[[int, int], Tensor],
) -> Iterator[Frame]:
    """From noise to data along times [K+1] (ascending): yields K+1 Frames, x at times[K] first and x at 0 last. x_T is x there.

    noise(t, draw) [N, *D] is the noise of the step that leaves t. The info of each step says how many evaluations it took.
    """
    path = [int(t) for t in times[::-1]]
    state, denoise, without_gradients = sampler.init(x_T), Counting(denoiser), torch.inference_mode()
    for index, (t, s) in enumerate(itertools.pairwise(path)):
        before = denoise.evaluations
        with without_gradients:
            prediction = denoise(state.x, float(schedule.alpha[t]), float(schedule.sigma[t]))
            x_t = state.x
            step = Step(t, s, schedule, lambda draw=0, t=t: noise(t, draw), denoise)
            state, info = sampler.step(state, prediction, step)
        info["evaluations"] = denoise.evaluations - before
        yield Frame("reverse", index, t, x_t, prediction.x0_hat, info)
    yield Frame("reverse", len(path) - 1, 0, state.x, state.x, {})
