"""What a chain of steps costs on graphs, and what graphs are like."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.categorical.chains import chain_information
from diffviz.categorical.information import SymbolInformation
from diffviz.domains.graphs.data import data_of
from diffviz.domains.graphs.families import pairs
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule


def information(
    e: Any,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    denoiser: Denoiser | None = None,
    device: torch.device | str = "cpu",
) -> SymbolInformation | None:
    """As categorical.chains.chain_information."""
    return chain_information(e, data_of(e), schedule, times, denoiser, device)


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
