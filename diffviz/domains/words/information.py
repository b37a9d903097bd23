"""What a chain of steps costs on words, and how near samples are to the list.

Under masks the costs of the exact denoiser are sums over the sets of letters that may be seen; under uniform noise they are means
over paths of the forward process (categorical.costs). What a network's errors add is such a mean, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.categorical.costs import (
    ROUNDING_NATS,
    AbsorbingCosts,
    Values,
    absorbing_costs,
    counted_costs,
    counted_excess_nats,
    excess_nats,
    sampled_costs,
)
from diffviz.categorical.counted import shown_at
from diffviz.categorical.entropies import mean_entropies
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.process import SAMPLERS
from diffviz.domains.words.lists import LENGTH, SYMBOLS, distribution_of, entropies_of
from diffviz.estimates import Sampled
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule


@dataclass(frozen=True, eq=False)
class WordInformation:
    """The costs of a chain of K steps, in nats a word.

    kl: [K+1, S] L_0..L_K of the exact denoiser, dissipation: [K, S] of its steps, mismatch: [S], all along S paths whose means
        are the costs; what is known exactly stands in a single column
    excess: [K, R] what another denoiser's errors cost in each step along R paths, those of kl where that has as many; [K, 0] of
        the exact one
    entropy_nats: of the data
    """

    kl: Values
    dissipation: Values
    mismatch: Values
    excess: Values
    entropy_nats: float

    @cached_property
    def bound(self) -> Sampled:
        """The variational bound."""
        return _sum(self.kl.sum(0), self.excess.sum(0))

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
        return _sum(self.mismatch)

    def of_steps(self, exact: Values) -> tuple[Values, Values]:
        """[K] costs of steps, of which the exact denoiser's are means of exact [K, S], and their standard errors."""
        return _estimates(_sum(*step) for step in zip(exact, self.excess, strict=True))


NOTHING: Values = np.empty(0)


def _sum(exact: Values, added: Values = NOTHING) -> Sampled:
    """The mean of exact [S], which a single one is without error, and what another denoiser adds [R]."""
    drawn = [each for each in (exact if len(exact) > 1 else NOTHING, added) if len(each)]
    value = float(exact.mean()) + (float(added.mean()) if len(added) else 0.0)
    return Sampled(value, np.sum(drawn, axis=0) if drawn else NOTHING)


def _rounded(nats: Sampled) -> Sampled:
    """A difference of entropies: what is left of 0 by rounding is none."""
    return replace(nats, value=0.0) if not nats.drawn and abs(nats.value) < ROUNDING_NATS else nats


def means(each: Values) -> tuple[Values, Values]:
    """[K] of the exact denoiser's costs [K, S], and their standard errors."""
    return _estimates(map(_sum, each))


def _estimates(sums: Iterable[Sampled]) -> tuple[Values, Values]:
    found = [each.estimate for each in sums]
    return np.array([each.value for each in found]), np.array([each.stderr for each in found])


def information(
    e: Any,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    denoiser: Denoiser | None = None,
    device: torch.device | str = "cpu",
) -> WordInformation | None:
    """Of the Experiment's sampler along the chain times [K+1], ascending from 0; of a corrector, of the chain that it corrects.
    None where the order depends on what is drawn: of such a chain no bound is known. denoiser: None for the exact one."""
    data, row = distribution_of(e.dataset, e.own_words), SAMPLERS[e.sampler]
    if row.counted:
        return None if row.ordered is None else _counted(e, data, row.ordered, schedule, times, denoiser, device)
    noise, excess = PROCESSES[e.process].make(SYMBOLS), np.empty((len(times) - 1, 0))
    if denoiser is not None:
        excess = excess_nats(denoiser, data, noise, schedule, times, device, seed=e.seed)
    if e.process == "absorbing":
        mean = mean_entropies(entropies_of(e.dataset, e.own_words))
        return _exactly(absorbing_costs(mean, SYMBOLS, schedule, times), excess, data)
    drawn = sampled_costs(data, noise, schedule, times, seed=e.seed)
    return WordInformation(drawn.kl, drawn.dissipation, drawn.mismatch, excess, data.entropy_nats)


def _counted(
    e: Any,
    data: CategoricalDistribution,
    ordered: bool,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    denoiser: Denoiser | None,
    device: torch.device | str,
) -> WordInformation:
    shown = shown_at(schedule, times, LENGTH, e.at_once)
    excess = np.empty((len(times) - 1, 0))
    if denoiser is not None:
        excess = counted_excess_nats(denoiser, data, shown, e.at_once, ordered, device, seed=e.seed)
    return _exactly(counted_costs(entropies_of(e.dataset, e.own_words), shown, e.at_once, ordered), excess, data)


def _exactly(costs: AbsorbingCosts, excess: Values, data: CategoricalDistribution) -> WordInformation:
    mismatch = np.array([costs.mismatch])
    return WordInformation(costs.kl[:, None], costs.dissipation[:, None], mismatch, excess, data.entropy_nats)


def keys(x: NDArray[np.floating]) -> NDArray[np.int64]:
    """[N] a number for each sequence [N, 8] of symbols, the same for equal ones alone."""
    return x.astype(np.int64) @ SYMBOLS ** np.arange(LENGTH, dtype=np.int64)


def on_list(data: CategoricalDistribution, end: NDArray[np.floating]) -> NDArray[np.bool_]:
    """[N] which of the samples [N, 8] are words of the list."""
    return np.isin(keys(end), keys(data.states.numpy()))


def expected_distinct(data: CategoricalDistribution, count: int) -> float:
    """How many different words there are among so many draws of the data, on average."""
    return -float(np.expm1(count * np.log1p(-data.probabilities.clamp(max=1.0 - 1e-16).numpy())).sum())
