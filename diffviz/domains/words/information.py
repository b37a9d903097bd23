"""What a chain of steps costs on words, and how near samples are to the list.

Under masks the costs of the exact denoiser are sums over the sets of letters that may be seen; under uniform noise they are means
over paths of the forward process (categorical.costs). What a network's errors add is such a mean, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.categorical.continuous import continuous_excess_nats
from diffviz.categorical.costs import (
    absorbing_costs,
    counted_costs,
    counted_excess_nats,
    excess_nats,
    sampled_costs,
)
from diffviz.categorical.counted import shown_at
from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.entropies import mean_entropies, subset_entropies
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.information import SymbolInformation, exactly
from diffviz.categorical.kernels import Absorbing, Values
from diffviz.categorical.process import SAMPLERS
from diffviz.domains.words.hand import given_of
from diffviz.domains.words.lists import LENGTH, MASK, SYMBOLS, completions_of, distribution_of, entropies_of
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule


def information(
    e: Any,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    denoiser: Denoiser | None = None,
    device: torch.device | str = "cpu",
) -> SymbolInformation | None:
    """Of the Experiment's sampler along the chain times [K+1], ascending from 0; of a corrector, of the chain that it corrects.
    None where the order depends on what is drawn: of such a chain no bound is known. Where letters are given, of the others given
    them. denoiser: None for the exact one."""
    data, row, given = distribution_of(e.dataset, e.own_words), SAMPLERS[e.sampler], given_of(e)
    if row.counted and row.ordered is None:
        return None
    if given:
        data, denoiser = _completed(e, given, denoiser)
    if row.counted:
        return _counted(e, data, row.ordered, schedule, times, denoiser, device)
    noise, excess, continuous = PROCESSES[e.process].make(SYMBOLS), np.empty((len(times) - 1, 0)), None
    if denoiser is not None:
        excess = excess_nats(denoiser, data, noise, schedule, times, device, seed=e.seed)
        end = float(schedule.signal_share[times[-1]])
        continuous = continuous_excess_nats(denoiser, data, noise, end, device, seed=e.seed)
    if e.process == "absorbing":
        mean = mean_entropies(_entropies(e, data))
        return replace(exactly(absorbing_costs(mean, SYMBOLS, schedule, times), excess, data), continuous=continuous)
    drawn = sampled_costs(data, noise, schedule, times, seed=e.seed)
    return SymbolInformation(drawn.kl, drawn.dissipation, drawn.mismatch, excess, data.entropy_nats, continuous)


def _counted(
    e: Any,
    data: CategoricalDistribution,
    ordered: bool,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    denoiser: Denoiser | None,
    device: torch.device | str,
) -> SymbolInformation:
    shown = np.maximum(shown_at(schedule, times, LENGTH, e.at_once) - (LENGTH - data.dim), 0)  # beside what is given
    excess, continuous = np.empty((len(times) - 1, 0)), None
    if denoiser is not None:
        excess = counted_excess_nats(denoiser, data, shown, e.at_once, ordered, device, seed=e.seed)
        continuous = continuous_excess_nats(denoiser, data, Absorbing(SYMBOLS), device=device, seed=e.seed)
    costs = counted_costs(_entropies(e, data), shown, e.at_once, ordered)
    return replace(exactly(costs, excess, data), continuous=continuous)


def _entropies(e: Any, data: CategoricalDistribution) -> Values:
    """[2^D] of all sets of places; kept of whole lists."""
    return entropies_of(e.dataset, e.own_words) if data.dim == LENGTH else subset_entropies(data)


def _completed(e: Any, given: tuple[int, ...], denoiser: Denoiser | None) -> tuple[CategoricalDistribution, Denoiser | None]:
    """The letters that are not given, given those that are, as data of their own [M, D']; and a denoiser of them."""
    data, symbols = completions_of(e.dataset, e.own_words, given), torch.tensor(given)
    free = symbols == MASK
    alone = CategoricalDistribution(data.states[:, free], data.probabilities, SYMBOLS)
    if denoiser is None:
        return alone, None

    def told(x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        """Of x_t [N, D'], with the letters that are given in their places."""
        places, x = free.to(x_t.device), symbols.to(x_t).repeat(len(x_t), 1)
        x[:, places] = x_t
        return Categorical(denoiser(x, alpha, sigma).probabilities[:, places])

    return alone, told


def keys(x: NDArray[np.floating]) -> NDArray[np.int64]:
    """[N] a number for each sequence [N, 8] of symbols and masks, the same for equal ones alone."""
    return x.astype(np.int64) @ (MASK + 1) ** np.arange(LENGTH, dtype=np.int64)


def on_list(data: CategoricalDistribution, end: NDArray[np.floating]) -> NDArray[np.bool_]:
    """[N] which of the samples [N, 8] are words of the list."""
    return np.isin(keys(end), keys(data.states.numpy()))


def expected_distinct(data: CategoricalDistribution, count: int) -> float:
    """How many different words there are among so many draws of the data, on average."""
    return -float(np.expm1(count * np.log1p(-data.probabilities.clamp(max=1.0 - 1e-16).numpy())).sum())
