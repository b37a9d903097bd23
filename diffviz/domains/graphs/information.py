"""What a chain of steps costs on graphs, and how near samples are to the family.

The costs of the exact denoiser are known under both processes, to rounding (costs.py). What a network's errors add is a mean over
paths of the forward process (categorical.costs).
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.categorical.costs import counted_costs, counted_excess_nats, excess_nats
from diffviz.categorical.counted import shown_at
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.information import SymbolInformation, exactly
from diffviz.categorical.process import SAMPLERS
from diffviz.domains.graphs.costs import costs_of, entropies_of
from diffviz.domains.graphs.denoiser import from_tables
from diffviz.domains.graphs.families import codes_of, distribution_of, nearest, pairs, within
from diffviz.domains.graphs.network import SYMBOLS
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
    data, row, excess = distribution_of(e.dataset, e.nodes), SAMPLERS[e.sampler], np.empty((len(times) - 1, 0))
    if not row.counted:
        if denoiser is not None:
            tables, noise = from_tables(e.dataset, e.nodes, e.process), PROCESSES[e.process].make(SYMBOLS)
            excess = excess_nats(denoiser, tables, noise, schedule, times, device, seed=e.seed)
        return exactly(costs_of(e.dataset, e.nodes, e.process, schedule, times), excess, data)
    if row.ordered is None:
        return None
    shown = shown_at(schedule, times, data.dim, e.at_once)
    if denoiser is not None:
        tables = from_tables(e.dataset, e.nodes, e.process)
        excess = counted_excess_nats(denoiser, tables, shown, e.at_once, row.ordered, device, seed=e.seed)
    return exactly(counted_costs(entropies_of(e.dataset, e.nodes), shown, e.at_once, row.ordered), excess, data)


def keys(x: NDArray[np.floating]) -> NDArray[np.int64]:
    """[...] a number for each of the graphs [..., D], the same for equal ones alone: as families.Nearest has them."""
    return x.astype(np.int64) @ 3 ** np.arange(x.shape[-1], dtype=np.int64)


def possible(e: Any, x: NDArray[np.floating]) -> NDArray[np.bool_]:
    """[...] with which of the graphs [..., D] some graph of the family agrees; where no pair is hidden, which belong to it."""
    return nearest(e.dataset, e.nodes).apart[keys(x)] == 0


def edges_told(x: NDArray[np.floating], nodes: int) -> list[str]:
    """N texts of the edges of graphs [N, D], such as "1-2 1-3", by the numbers of nodes from 1."""
    named = [f"{a + 1}-{b + 1}" for a, b in pairs(nodes)]
    return [" ".join(name for name, bit in zip(named, row, strict=True) if bit == 1) for row in x.tolist()]


def triangles_of(x: NDArray[np.floating], nodes: int) -> NDArray[np.int64]:
    """[N] how many triples of nodes are all joined to one another, of graphs [N, D]."""
    found = codes_of(x == 1.0)
    triples = (within(nodes, triple) for triple in itertools.combinations(range(nodes), 3))
    return sum(((found & triple == triple).astype(np.int64) for triple in triples), np.zeros(len(x), np.int64))


def degrees_of(x: NDArray[np.floating], nodes: int) -> NDArray[np.int64]:
    """[N, n] how many others each node is joined to, of graphs [N, D]."""
    ends = np.array([[node in pair for node in range(nodes)] for pair in pairs(nodes)])
    return (x == 1.0).astype(np.int64) @ ends
