"""What a chain of steps costs on graphs, and what graphs are like.

What the exact denoiser costs the data know (data.py); what a network's errors add is a mean over paths of the forward process
(categorical.costs).
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.categorical.continuous import continuous_excess_nats
from diffviz.categorical.costs import counted_excess_nats, excess_nats
from diffviz.categorical.counted import shown_at
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.information import SymbolInformation
from diffviz.categorical.kernels import Absorbing
from diffviz.categorical.process import SAMPLERS
from diffviz.domains.graphs.data import data_of
from diffviz.domains.graphs.families import SYMBOLS, pairs
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
    data, row, excess, continuous = data_of(e), SAMPLERS[e.sampler], np.empty((len(times) - 1, 0)), None
    if row.counted and row.ordered is None:
        return None
    if not row.counted:
        if denoiser is not None:
            noise, behind = PROCESSES[e.process].make(SYMBOLS), data.behind(e.process)
            excess = excess_nats(denoiser, behind, noise, schedule, times, device, seed=e.seed)
            end = float(schedule.signal_share[times[-1]])
            continuous = continuous_excess_nats(denoiser, behind, noise, end, device, seed=e.seed)
        return replace(data.information(e.process, schedule, times, excess, e.seed), continuous=continuous)
    shown = shown_at(schedule, times, data.distribution.dim, e.at_once)
    if denoiser is not None:
        behind = data.behind(e.process)
        excess = counted_excess_nats(denoiser, behind, shown, e.at_once, row.ordered, device, seed=e.seed)
        continuous = continuous_excess_nats(denoiser, behind, Absorbing(SYMBOLS), device=device, seed=e.seed)
    return replace(data.counted(shown, e.at_once, row.ordered, excess), continuous=continuous)


def edges_told(x: NDArray[np.floating], nodes: int) -> list[str]:
    """N texts of the edges of graphs [N, D], such as "1-2 1-3", by the numbers of nodes from 1."""
    named = [f"{a + 1}-{b + 1}" for a, b in pairs(nodes)]
    return [" ".join(name for name, bit in zip(named, row, strict=True) if bit == 1) for row in x.tolist()]


def triangles_of(x: NDArray[np.floating], nodes: int) -> NDArray[np.int64]:
    """[N] how many triples of nodes are all joined to one another, of graphs [N, D]."""
    place = {pair: index for index, pair in enumerate(pairs(nodes))}
    triples = [[place[pair] for pair in itertools.combinations(triple, 2)] for triple in itertools.combinations(range(nodes), 3)]
    return (x == 1.0)[:, triples].all(2).sum(1)


def degrees_of(x: NDArray[np.floating], nodes: int) -> NDArray[np.int64]:
    """[N, n] how many others each node is joined to, of graphs [N, D]."""
    ends = np.array([[node in pair for node in range(nodes)] for pair in pairs(nodes)])
    return (x == 1.0).astype(np.int64) @ ends
