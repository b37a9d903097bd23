"""The binomial diffusion process, of bits: each step redraws some of them from B(rate) (kernels.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from diffviz.binomial.ancestral import BitAncestral
from diffviz.binomial.kernels import bits, step_kernels
from diffviz.process import Sampler
from diffviz.schedules import NoiseSchedule


@dataclass(frozen=True)
class SamplerRow:
    """One row of SAMPLERS. make(schedule, visited times [K+1], rate); uses: the Experiment's fields that it reads;
    evaluations: about how many function evaluations a step of an Experiment takes; one_level: none stays at one noise level."""

    title: str
    why: str
    make: Callable[[NoiseSchedule, NDArray[np.int64], float], Sampler]
    uses: tuple[str, ...] = ()
    evaluations: Callable[[Any], float] = lambda e: 1
    one_level: bool = False


SAMPLERS: dict[str, SamplerRow] = {
    "ancestral": SamplerRow(
        "Ancestral",
        "Draws every bit of x_s from p(x_s|x_t), independently of the others: the chain whose bound is shown.",
        BitAncestral,
    ),
}


@dataclass(frozen=True, eq=False)
class Binomial:
    """The process of one run (process.Process).

    e: an Experiment; its sampler is read
    visited: [K+1] the chain's times, ascending from 0
    rate: of ones, in the noise
    """

    e: Any
    schedule: NoiseSchedule
    visited: NDArray[np.int64]
    rate: float

    samplers = SAMPLERS
    remains = "of the bits were never redrawn"

    def prior(self, z: Tensor) -> Tensor:
        """Bits of B(rate)."""
        return bits(self.rate, z)

    @cached_property
    def _to_one(self) -> list[list[float]]:
        """T pairs: the probabilities that a 0 and a 1 of x_{t-1} are 1 in x_t, t = 1..T."""
        return step_kernels(self.schedule, np.arange(self.schedule.steps + 1), self.rate)[:, :, 1].tolist()

    def known(self, x_0: Tensor) -> Tensor:
        return x_0

    def forward(self, x_s: Tensor, s: int, t: int, z: Tensor) -> Tensor:
        one = self._to_one[t - 1] if s == t - 1 else step_kernels(self.schedule, np.array([s, t]), self.rate)[0, :, 1].tolist()
        return bits(one[0] + (one[1] - one[0]) * x_s, z)

    def sampler(self) -> Sampler:
        return self.samplers[self.e.sampler].make(self.schedule, self.visited, self.rate)
