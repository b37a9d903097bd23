"""What a chain of steps costs on words, and how near samples are to the list.

Under masks the costs of the exact denoiser are sums over the sets of letters that may be seen; under uniform noise they are means
over paths of the forward process (categorical.costs). What a network's errors add is such a mean, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.categorical.costs import (
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
from diffviz.categorical.information import SymbolInformation, exactly
from diffviz.categorical.process import SAMPLERS
from diffviz.domains.words.lists import LENGTH, SYMBOLS, distribution_of, entropies_of
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
    None where the order depends on what is drawn: of such a chain no bound is known. denoiser: None for the exact one."""
    data, row = distribution_of(e.dataset, e.own_words), SAMPLERS[e.sampler]
    if row.counted:
        return None if row.ordered is None else _counted(e, data, row.ordered, schedule, times, denoiser, device)
    noise, excess = PROCESSES[e.process].make(SYMBOLS), np.empty((len(times) - 1, 0))
    if denoiser is not None:
        excess = excess_nats(denoiser, data, noise, schedule, times, device, seed=e.seed)
    if e.process == "absorbing":
        mean = mean_entropies(entropies_of(e.dataset, e.own_words))
        return exactly(absorbing_costs(mean, SYMBOLS, schedule, times), excess, data)
    drawn = sampled_costs(data, noise, schedule, times, seed=e.seed)
    return SymbolInformation(drawn.kl, drawn.dissipation, drawn.mismatch, excess, data.entropy_nats)


def _counted(
    e: Any,
    data: CategoricalDistribution,
    ordered: bool,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    denoiser: Denoiser | None,
    device: torch.device | str,
) -> SymbolInformation:
    shown = shown_at(schedule, times, LENGTH, e.at_once)
    excess = np.empty((len(times) - 1, 0))
    if denoiser is not None:
        excess = counted_excess_nats(denoiser, data, shown, e.at_once, ordered, device, seed=e.seed)
    return exactly(counted_costs(entropies_of(e.dataset, e.own_words), shown, e.at_once, ordered), excess, data)


def keys(x: NDArray[np.floating]) -> NDArray[np.int64]:
    """[N] a number for each sequence [N, 8] of symbols, the same for equal ones alone."""
    return x.astype(np.int64) @ SYMBOLS ** np.arange(LENGTH, dtype=np.int64)


def on_list(data: CategoricalDistribution, end: NDArray[np.floating]) -> NDArray[np.bool_]:
    """[N] which of the samples [N, 8] are words of the list."""
    return np.isin(keys(end), keys(data.states.numpy()))


def expected_distinct(data: CategoricalDistribution, count: int) -> float:
    """How many different words there are among so many draws of the data, on average."""
    return -float(np.expm1(count * np.log1p(-data.probabilities.clamp(max=1.0 - 1e-16).numpy())).sum())
