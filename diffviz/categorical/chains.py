"""What the chain of a run costs: of its sampler, on data that know what the exact denoiser costs, with what another denoiser's
errors add. e is an Experiment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.categorical.continuous import continuous_excess_nats
from diffviz.categorical.costs import absorbing_costs, counted_costs, counted_excess_nats, excess_nats
from diffviz.categorical.counted import shown_at
from diffviz.categorical.entropies import mean_entropies
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.information import SymbolInformation, along_paths, exactly
from diffviz.categorical.kernels import Values
from diffviz.categorical.process import SAMPLERS
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule

Times = NDArray[np.int64]


class Costed(Protocol):
    """Data whose costs are known. Processes are named as in categorical.fields.PROCESSES."""

    @property
    def distribution(self) -> Any:
        """CategoricalDistribution, or what has its dim, symbols, sample and posterior; float64 on the CPU."""

    def behind(self, process: str) -> Any:
        """The same, whose posterior behind this noise is found quickly."""

    def information(self, process: str, schedule: NoiseSchedule, times: Times, excess: Values, seed: int) -> SymbolInformation:
        """Of the ancestral chain. excess: [K, R] what another denoiser's errors add; seed: of paths that are drawn."""

    def counted(self, shown: Times, at_once: int, ordered: bool, excess: Values) -> SymbolInformation:
        """Of the chain that has shown so many coordinates at each time [K+1] (costs.counted_costs)."""


@dataclass(frozen=True)
class Listed:
    """Data that are a list. entropies: makes those of all sets [2^D] (entropies.subset_entropies)"""

    distribution: CategoricalDistribution
    entropies: Callable[[], Values]

    def behind(self, process: str) -> CategoricalDistribution:
        return self.distribution

    def information(self, process: str, schedule: NoiseSchedule, times: Times, excess: Values, seed: int) -> SymbolInformation:
        if process == "absorbing":
            mean = mean_entropies(self.entropies())
            return exactly(absorbing_costs(mean, self.distribution.symbols, schedule, times), excess, self.distribution)
        return along_paths(self.distribution, PROCESSES[process].make(self.distribution.symbols), schedule, times, excess, seed)

    def counted(self, shown: Times, at_once: int, ordered: bool, excess: Values) -> SymbolInformation:
        return exactly(counted_costs(self.entropies(), shown, at_once, ordered), excess, self.distribution)


def chain_information(
    e: Any,
    costed: Costed,
    schedule: NoiseSchedule,
    times: Times,
    denoiser: Denoiser | None = None,
    device: torch.device | str = "cpu",
    given: int = 0,
) -> SymbolInformation | None:
    """Of the Experiment's sampler along the chain times [K+1], ascending from 0; of a corrector, of the chain that it corrects.
    None where the order depends on what is drawn: of such a chain no bound is known.

    denoiser: None for the exact one; given: how many coordinates a run has beside those of the data, shown from the start on
    """
    row, dim = SAMPLERS[e.sampler], costed.distribution.dim
    if row.counted and row.ordered is None:
        return None
    noise, end = PROCESSES[e.process].make(costed.distribution.symbols), float(schedule.signal_share[times[-1]])
    excess, data = np.empty((len(times) - 1, 0)), None if denoiser is None else costed.behind(e.process)
    if row.counted:
        shown = np.maximum(shown_at(schedule, times, dim + given, e.at_once) - given, 0)
        if denoiser is not None:
            excess = counted_excess_nats(denoiser, data, shown, e.at_once, row.ordered, device, seed=e.seed)
        end = 0.0  # it starts from masks alone
        found = costed.counted(shown, e.at_once, row.ordered, excess)
    else:
        if denoiser is not None:
            excess = excess_nats(denoiser, data, noise, schedule, times, device, seed=e.seed)
        found = costed.information(e.process, schedule, times, excess, e.seed)
    if denoiser is None or row.ordered:  # of one order the limit is its own, and not that of a random one
        return found
    return replace(found, continuous=continuous_excess_nats(denoiser, data, noise, end, device, seed=e.seed))
