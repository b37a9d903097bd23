"""Symbols that a person sets: some of every sequence from x_T on, and single ones on the way.

What is set is part of x_t from then on, and all later steps follow from it with the noise that they would have had anyway: a
run with a change differs from the same run without it in that sequence alone. Under the absorbing process a symbol that is shown
stays, so that sequences of which some symbols are given from x_T on are completed from the data given those (infilling): exactly
so with the exact denoiser and one symbol at a time; what is drawn together loses its total correlation, as without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.categorical.denoisers import Categorical
from diffviz.process import Position, Sampler, Step
from diffviz.trajectory import StepInfo


@dataclass(frozen=True)
class Change:
    """x_t[sequence, place] becomes a symbol, V of the mask. time: where the reverse process arrives at it or, where it does not
    stop there, at the next visited time below."""

    sequence: int
    place: int
    time: int
    symbol: int


class Changed:
    """A sampler whose x_t is changed.

    given: [D] int64, symbols of x_T, V where it is left as it is drawn; times: [K+1] visited, ascending from 0
    """

    def __init__(
        self, sampler: Sampler, given: Tensor | None, changes: Sequence[Change], times: NDArray[np.int64], mask: int
    ) -> None:
        self._sampler, self._given, self._mask, self._last = sampler, given, mask, int(times[-1])
        self._changes: dict[int, list[Change]] = {}
        for change in changes:
            reached = int(times[np.searchsorted(times, change.time, side="right") - 1])
            self._changes.setdefault(reached, []).append(change)

    def init(self, x_T: Tensor) -> Position:
        state = self._sampler.init(x_T)
        if self._given is not None:
            given = self._given.to(x_T)
            state = Position(torch.where(given == self._mask, state.x, given))
        return self._at(state, self._last)

    def step(self, state: Any, prediction: Categorical, step: Step) -> tuple[Position, StepInfo]:
        state, info = self._sampler.step(state, prediction, step)
        return self._at(state, step.s), info

    def _at(self, state: Position, t: int) -> Position:
        if t not in self._changes:
            return state
        x = state.x.clone()
        for change in self._changes[t]:
            x[change.sequence, change.place] = change.symbol
        return Position(x)
