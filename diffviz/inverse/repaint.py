"""RePaint (Lugmayr et al. 2022, algorithm 1): known pixels are replaced at every level by the truth with that level's noise.

    x_s = known * (alpha_s y + sigma_s z) + (1 - known) * (a step of the inner sampler)

The step did not know what the pixels beside it would become. So the chain goes back up by the forward kernel and comes down
again, `resamples` times in all, and the unknown part has more occasions to agree with the known. An approximation for every
number of them: it needs no gradient, no noise in the measurement, and nothing but a mask.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import forward_kernel
from diffviz.process import Sampler, State, Step
from diffviz.trajectory import StepInfo


class Draws:
    """The draws of one step, shared out so that no two who ask get the same."""

    def __init__(self, noise: Callable[[int], Tensor]) -> None:
        self._noise, self._next = noise, itertools.count()

    def fresh(self) -> Tensor:
        return self._noise(next(self._next))

    def share(self) -> Callable[[int], Tensor]:
        """draw -> noise for an inner step: its own draws, the same whenever asked again."""
        given: dict[int, Tensor] = {}

        def noise(draw: int = 0) -> Tensor:
            if draw not in given:
                given[draw] = self.fresh()
            return given[draw]

        return noise


class RePaint:
    """The inner sampler, kept to the known pixels.

    picture: [1 or N, *D] the truth, read where it is known
    known: bool [*D] or [H, W], True where it is known
    times: [K+1] that will be visited, ascending
    resamples: how often each stretch of steps is taken; 1 is plain replacement
    jump: steps in a stretch
    Raises ValueError for a mask or numbers that do not fit.
    """

    def __init__(
        self,
        inner: Sampler,
        picture: Tensor,
        known: Tensor,
        times: NDArray[np.int64],
        resamples: int = 1,
        jump: int = 1,
    ) -> None:
        if known.dtype != torch.bool or tuple(picture.shape[picture.dim() - known.dim() :]) != tuple(known.shape):
            raise ValueError(
                f"The mask must be true or false for each pixel of {list(picture.shape[1:])}, not {list(known.shape)}."
            )
        if resamples < 1 or not 1 <= jump < len(times):
            raise ValueError(f"Resamples must be 1 or more and a jump from 1 to {len(times) - 1}, not {resamples} and {jump}.")
        self._inner, self._picture, self._known = inner, picture, known
        self._times, self._resamples, self._jump = times.tolist(), resamples, jump

    def init(self, x_T: Tensor) -> State:
        return self._inner.init(x_T)

    def _walk(self, state: Any, prediction: Prediction, step: Step, draws: Draws) -> tuple[State, StepInfo]:
        """One step of the inner sampler, then the known pixels."""
        state, info = self._inner.step(state, prediction, replace(step, noise=draws.share()))
        _, _, alpha_s, sigma_s = step.levels
        truth = self._picture.to(state.x)
        if step.s > 0:
            truth = torch.add(alpha_s * truth, draws.fresh(), alpha=sigma_s)
        return replace(state, x=torch.where(self._known.to(state.x.device), truth, state.x)), info

    def step(self, state: Any, prediction: Prediction, step: Step) -> tuple[State, StepInfo]:
        draws, index = Draws(step.noise), self._times.index(step.s)
        state, info = self._walk(state, prediction, step, draws)
        stretch = self._times[index : index + self._jump + 1]  # from s up
        if index == 0 or index % self._jump or len(stretch) <= self._jump:  # the last step ends in data: nothing to agree on
            return state, info
        for _ in range(self._resamples - 1):
            scale, variance = forward_kernel(step.schedule, stretch[0], stretch[-1])
            state = self._inner.init(torch.add(scale * state.x, draws.fresh(), alpha=math.sqrt(variance)))
            for s, t in reversed(list(itertools.pairwise(stretch))):
                again = replace(step, t=t, s=s)
                alpha_t, sigma_t, _, _ = again.levels
                state, info = self._walk(state, step.denoise(state.x, alpha_t, sigma_t), again, draws)
        return state, info._replace(resampled=self._resamples - 1)
