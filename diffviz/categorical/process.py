"""The diffusion processes of sequences of symbols: each step redraws some of them (kernels.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.categorical import counted
from diffviz.categorical.changes import Change, Changed
from diffviz.categorical.counted import Counted, Order, shown_at
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.kernels import Redrawing, jumps, symbols
from diffviz.categorical.samplers import Ancestral, Remasking
from diffviz.fields import option
from diffviz.process import Sampler
from diffviz.schedules import NoiseSchedule

TYPICAL = 8  # coordinates, for an estimate of what a step costs


@dataclass(frozen=True)
class SamplerRow:
    """One row of SAMPLERS. make(process); uses: the Experiment's fields that it reads; evaluations: about how many function
    evaluations a step of an Experiment takes; one_level: none stays at one noise level.

    processes: those that it takes back; counted: how many symbols are shown in a step is fixed, and it starts from masks alone
    ordered: of a counted one, is its order from left to right (or random); None where it depends on what is drawn
    """

    title: str
    why: str
    make: Callable[[Symbols], Sampler]
    uses: tuple[str, ...] = ()
    evaluations: Callable[[Any], float] = lambda e: 1
    one_level: bool = False
    processes: tuple[str, ...] = ("absorbing",)
    counted: bool = False
    ordered: bool | None = None

    @property
    def only(self) -> dict[str, tuple[str, ...]]:
        """By field, the values that it works with, where these are not all."""
        return {} if set(self.processes) == set(PROCESSES) else {"process": self.processes}


@dataclass(frozen=True, eq=False)
class Symbols:
    """The process of one run (process.Process).

    e: an Experiment; its process, its sampler and what that uses are read
    visited: [K+1] the chain's times, ascending from 0
    dim, symbols: D and V of the data
    parts: what its coordinates are called
    given, changes: symbols that are set by hand, from x_T on [D], V where none is, and on the way
    """

    e: Any
    schedule: NoiseSchedule
    visited: NDArray[np.int64]
    dim: int
    symbols: int
    given: Tensor | None = None
    changes: tuple[Change, ...] = ()
    parts: str = "symbols"

    @property
    def remains(self) -> str:
        return f"of the {self.parts} were never redrawn"

    @property
    def samplers(self) -> dict[str, SamplerRow]:
        return SAMPLERS

    @cached_property
    def noise(self) -> Redrawing:
        """What symbols are redrawn from."""
        return PROCESSES[self.e.process].make(self.symbols)

    def prior(self, z: Tensor) -> Tensor:
        """As kernels.Redrawing.start; of a counted sampler masks alone."""
        share = 0.0 if SAMPLERS[self.e.sampler].counted else float(self.schedule.signal_share[self.visited[-1]])
        start = torch.as_tensor(self.noise.start(share), dtype=z.dtype, device=z.device)
        return symbols(start.expand(*z.shape, -1), z)

    def known(self, x_0: Tensor) -> Tensor:
        """[N, D, 2] the symbols of x_0 [N, D], each with probability 1."""
        return torch.stack([x_0, torch.ones_like(x_0)], 2)

    @cached_property
    def _lost(self) -> list[float]:
        """T, of each step from t - 1 to t, t = 1..T."""
        return [jump.lost for jump in jumps(self.schedule, np.arange(self.schedule.steps + 1))]

    def forward(self, x_s: Tensor, s: int, t: int, z: Tensor) -> Tensor:
        lost = self._lost[t - 1] if s == t - 1 else jumps(self.schedule, np.array([s, t]))[0].lost
        return self.noise.after(x_s, lost, z)

    def sampler(self) -> Sampler:
        made = SAMPLERS[self.e.sampler].make(self)
        if self.given is None and not self.changes:
            return made
        return Changed(made, self.given, self.changes, self.visited, self.symbols)

    def in_order(self, order: Order) -> Counted:
        """The sampler that shows a fixed number of symbols in this order."""
        shown = shown_at(self.schedule, self.visited, self.dim, self.e.at_once)
        return Counted(shown, self.visited, self.e.at_once, order, self.symbols)


def size_in_points(dim: int) -> int:
    """Of a particle of D symbols, as Domain.size counts: a point has two numbers in each path and in x0_hat; of symbols
    x0_hat has twice as many as a path."""
    return -(-2 * dim // 3)


def moves(e: Any, dim: int = TYPICAL) -> float:
    """About how many evaluations a step takes that shows its share of a sequence of so many symbols."""
    return max(1.0, dim / (e.at_once * e.steps_taken))


SAMPLERS: dict[str, SamplerRow] = {
    "ancestral": SamplerRow(
        "Ancestral",
        "Draws every symbol of x_s from p(x_s|x_t), independently of the others: the chain whose bound is shown.",
        lambda process: Ancestral(process.noise, process.schedule, process.visited),
        processes=tuple(PROCESSES),
    ),
    "random_order": SamplerRow(
        "Random order",
        "Unmasks symbols in a random order; one at a time it is an order-agnostic autoregressive model.",
        lambda process: process.in_order(counted.random),
        ("at_once",),
        moves,
        counted=True,
        ordered=False,
    ),
    "left_to_right": SamplerRow(
        "Left to right",
        "Unmasks symbols from left to right; one at a time it is an autoregressive model.",
        lambda process: process.in_order(counted.left_to_right),
        ("at_once",),
        moves,
        counted=True,
        ordered=True,
    ),
    "confidence": SamplerRow(
        "By confidence (MaskGIT)",
        "Draws all masked symbols and keeps those that are most certain; it prefers probable sequences (Chang et al. 2022).",
        lambda process: process.in_order(counted.by_confidence(process.e.choice_temperature)),
        ("at_once", "choice_temperature"),
        moves,
        counted=True,
    ),
    "remasking": SamplerRow(
        "Ancestral, remasking",
        "After each step some symbols are masked again and drawn anew given all others, which mends contradictions.",
        lambda process: Remasking(
            process.noise, process.schedule, process.visited, process.e.corrector_steps, process.given, process.changes
        ),
        ("corrector_steps",),
        evaluations=lambda e: 1 + e.corrector_steps,
    ),
}


def sampler_refusal(e: Any) -> tuple[str, str] | None:
    """(sampler, what is allowed) of one that cannot take the process of e back; None if it can."""
    if e.process in SAMPLERS[e.sampler].processes:
        return None
    allowed = option("sampler", *(name for name, row in SAMPLERS.items() if e.process in row.processes))
    return "sampler", f"must be {allowed} with the process {option('process', e.process)}, not {option('sampler', e.sampler)}."
