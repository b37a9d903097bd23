"""What a chain of steps costs on sequences of symbols: the exact denoiser's terms, known exactly or as means over paths of the
forward process, and what another denoiser's errors add, which is such a mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from diffviz.categorical.costs import ROUNDING_NATS, ExactCosts, Values, sampled_costs
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.kernels import Redrawing
from diffviz.estimates import Sampled
from diffviz.schedules import NoiseSchedule


@dataclass(frozen=True, eq=False)
class SymbolInformation:
    """The costs of a chain of K steps, in nats a sequence.

    kl: [K+1, S] L_0..L_K of the exact denoiser, dissipation: [K, S] of its steps, mismatch: [S], all along S paths whose means
        are the costs; what is known exactly stands in a single column
    excess: [K, R] what another denoiser's errors cost in each step along R paths, those of kl where that has as many; [K, 0] of
        the exact one
    entropy_nats: of the data
    continuous: [R'] what they cost in continuous time, along paths of its own (continuous.py); None of the exact one, and where
        that is not known
    """

    kl: Values
    dissipation: Values
    mismatch: Values
    excess: Values
    entropy_nats: float
    continuous: Values | None = None

    def from_forward(self) -> SymbolInformation:
        """The same where the reverse process starts from the x_T of forward paths: q(x_T) is its prior, to which there is no
        mismatch, and L_K is what x_T tells of the data."""
        kl = self.kl.copy()
        kl[-1] -= self.mismatch
        return replace(self, kl=kl, mismatch=np.zeros_like(self.mismatch))

    @cached_property
    def bound(self) -> Sampled:
        """The variational bound."""
        return _sum(self.kl.sum(0), self.excess.sum(0))

    @cached_property
    def continuous_bound(self) -> Sampled | None:
        """The variational bound in continuous time from the abar at which the chain starts: entropy, mismatch and errors."""
        if self.continuous is None and self.excess.size:
            return None
        start, added = self.mismatch_at_start, NOTHING if self.continuous is None else self.continuous
        value = self.entropy_nats + start.value + (float(added.mean()) if len(added) else 0.0)
        return replace(start, value=value, references=added)

    @cached_property
    def gap(self) -> Sampled:
        """bound - entropy."""
        return _rounded(self.bound.less(self.entropy_nats))

    @cached_property
    def exact_gap(self) -> Sampled:
        """That of the exact denoiser."""
        return _rounded(_sum(self.kl.sum(0)).less(self.entropy_nats))

    @cached_property
    def discretisation(self) -> Sampled:
        """The sum of the dissipations, with what the denoiser in use adds to them."""
        return _sum(self.dissipation.sum(0), self.excess.sum(0))

    @cached_property
    def mismatch_at_start(self) -> Sampled:
        """KL(q(x_T) || prior)."""
        return _rounded(_sum(self.mismatch))

    def of_steps(self, exact: Values) -> tuple[Values, Values]:
        """[K] costs of steps, of which the exact denoiser's are means of exact [K, S], and their standard errors."""
        return _estimates(_sum(*step) for step in zip(exact, self.excess, strict=True))


NOTHING: Values = np.empty(0)


def _sum(exact: Values, added: Values = NOTHING) -> Sampled:
    """The mean of exact [S], which a single one is without error, and what another denoiser adds [R]: along the same paths where
    there are as many of both, else along paths of its own, which are independent of the others."""
    value = float(exact.mean()) + (float(added.mean()) if len(added) else 0.0)
    if len(exact) == 1:
        return Sampled(value, added)
    return Sampled(value, exact + added) if len(exact) == len(added) else Sampled(value, exact, references=added)


def _rounded(nats: Sampled) -> Sampled:
    """A difference of entropies: what is left of 0 by rounding is none."""
    known = nats.estimate.stderr < ROUNDING_NATS
    return Sampled(0.0, NOTHING) if known and abs(nats.value) < ROUNDING_NATS else nats


def means(each: Values) -> tuple[Values, Values]:
    """[K] of the exact denoiser's costs [K, S], and their standard errors."""
    return _estimates(map(_sum, each))


def _estimates(sums: Iterable[Sampled]) -> tuple[Values, Values]:
    found = [each.estimate for each in sums]
    return np.array([each.value for each in found]), np.array([each.stderr for each in found])


def exactly(costs: ExactCosts, excess: Values, data: CategoricalDistribution) -> SymbolInformation:
    """Of costs that are known exactly, and what a denoiser's errors add."""
    mismatch = np.array([costs.mismatch])
    return SymbolInformation(costs.kl[:, None], costs.dissipation[:, None], mismatch, excess, data.entropy_nats)


def along_paths(
    data: CategoricalDistribution,
    noise: Redrawing,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    excess: Values,
    seed: int,
) -> SymbolInformation:
    """Of costs of the ancestral chain that are means over paths (costs.sampled_costs)."""
    drawn = sampled_costs(data, noise, schedule, times, seed=seed)
    return SymbolInformation(drawn.kl, drawn.dissipation, drawn.mismatch, excess, drawn.entropy_nats)
