"""What graphs there are, and all that is asked of them: families whose graphs are counted, and a block model.

Both give the exact posterior of every pair and the exact probability of every graph. The costs of a family are exact as well;
those of the block model are means over paths, with errors (categorical/estimated.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.categorical.chains import Costed
from diffviz.categorical.costs import counted_costs
from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.entropies import mean_entropies
from diffviz.categorical.estimated import ProductLaw, absorbing_information, concave, counted_information
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.information import SymbolInformation, along_paths, exactly
from diffviz.categorical.kernels import Absorbing, Uniform
from diffviz.categorical.law import CategoricalLaw
from diffviz.categorical.products import ProductMixture
from diffviz.domains.graphs.blocks import NODES, block_model
from diffviz.domains.graphs.costs import costs_of, entropies_of
from diffviz.domains.graphs.denoiser import EXACT, Exact, from_tables
from diffviz.domains.graphs.families import (
    FAMILIES,
    SYMBOLS,
    DatasetRow,
    bits_of,
    distribution_of,
    members,
    nearest,
)
from diffviz.domains.graphs.law import GraphLaw
from diffviz.levels import lost_at
from diffviz.noise import Stream, particle_uniform
from diffviz.schedules import NoiseSchedule

Values = NDArray[np.float64]
Times = NDArray[np.int64]
EXAMPLES = 1 << 14  # graphs of a model that stand for it in a histogram
HALF = 0.5  # of the posterior: more is on one way to part the nodes where the communities are told


class GraphData(Costed, Protocol):
    """One data set on a number of nodes. Processes are named as in categorical.fields.PROCESSES.

    seconds: of a function evaluation of a graph by the exact denoiser on one core, for each pair of nodes, and the step around it
    call_seconds: of a function evaluation beside that, however few graphs
    """

    nodes: int
    seconds: float
    call_seconds: float

    def exact(self, process: str, device: torch.device | str = "cpu") -> Any:
        """The exact denoiser."""

    def law(self, process: str, schedule: NoiseSchedule, times: Times) -> CategoricalLaw:
        """The probabilities of paths along the chain times [K+1]."""

    def mean_entropies(self) -> Values:
        """[D+1] Hbar_k in nats (categorical.entropies)."""

    def judged(self, x: NDArray[np.floating], redrawn: float = 0.0) -> NDArray[np.bool_]:
        """[...] of graphs [..., D], what a sign in the panels says: with which some graph of the family agrees, and if no pair is
        hidden, which belong to it; of the block model, which tell their communities to one who knows that each of their pairs was
        redrawn, all symbols being equally probable, with probability redrawn."""

    def examples(self) -> NDArray[np.int64]:
        """[M, D] graphs that are, all alike, what the data are like: all of them, or draws."""

    def expected_distinct(self, count: int) -> float:
        """How many different graphs so many draws have, on average."""


@dataclass(frozen=True)
class Family:
    """A row of FAMILIES on some nodes."""

    dataset: str
    nodes: int
    seconds, call_seconds = 2.7e-7, 4.2e-4

    @property
    def distribution(self) -> CategoricalDistribution:
        return distribution_of(self.dataset, self.nodes)

    def exact(self, process: str, device: torch.device | str = "cpu") -> Exact:
        return EXACT[process](self.dataset, self.nodes, device)

    def behind(self, process: str) -> CategoricalDistribution:
        return from_tables(self.dataset, self.nodes, process)

    def law(self, process: str, schedule: NoiseSchedule, times: Times) -> GraphLaw:
        noise = PROCESSES[process].make(SYMBOLS)
        return GraphLaw(self.distribution, noise, schedule, times, self.dataset, self.nodes, process)

    def _entropies(self) -> Values:
        return entropies_of(self.dataset, self.nodes)

    def mean_entropies(self) -> Values:
        return mean_entropies(self._entropies())

    def information(self, process: str, schedule: NoiseSchedule, times: Times, excess: Values, seed: int) -> SymbolInformation:
        return exactly(costs_of(self.dataset, self.nodes, process, schedule, times), excess, self.distribution)

    def counted(self, shown: Times, at_once: int, ordered: bool, excess: Values) -> SymbolInformation:
        return exactly(counted_costs(self._entropies(), shown, at_once, ordered), excess, self.distribution)

    def judged(self, x: NDArray[np.floating], redrawn: float = 0.0) -> NDArray[np.bool_]:
        place = x.astype(np.int64) @ 3 ** np.arange(x.shape[-1], dtype=np.int64)  # families.Nearest
        return nearest(self.dataset, self.nodes).apart[place] == 0

    def examples(self) -> NDArray[np.int64]:
        return bits_of(np.flatnonzero(members(self.dataset, self.nodes)), math.comb(self.nodes, 2))

    def expected_distinct(self, count: int) -> float:
        every = float(members(self.dataset, self.nodes).sum())
        return -every * float(np.expm1(count * np.log1p(-1.0 / every)))


@dataclass(frozen=True)
class BlockModel:
    """Two communities of half the nodes each (blocks.py)."""

    nodes: int = NODES
    seconds, call_seconds = 4e-7, 4e-3

    @property
    def distribution(self) -> ProductMixture:
        return block_model(self.nodes)

    def exact(self, process: str, device: torch.device | str = "cpu") -> Any:
        data, noise = self.distribution.to(device, torch.float32), PROCESSES[process].make(SYMBOLS)

        def told(x_t: Tensor, alpha: float, sigma: float) -> Categorical:
            return Categorical(data.posterior(x_t, noise, float(lost_at(alpha, sigma))))

        return told

    def behind(self, process: str) -> ProductMixture:
        return self.distribution

    def law(self, process: str, schedule: NoiseSchedule, times: Times) -> ProductLaw:
        return ProductLaw(self.distribution, PROCESSES[process].make(SYMBOLS), schedule, times)

    def mean_entropies(self) -> Values:
        return concave(self.distribution.shown)

    def information(self, process: str, schedule: NoiseSchedule, times: Times, excess: Values, seed: int) -> SymbolInformation:
        if process == "absorbing":
            return absorbing_information(self.distribution, schedule, times, excess)
        return along_paths(self.distribution, PROCESSES[process].make(SYMBOLS), schedule, times, excess, seed)

    def counted(self, shown: Times, at_once: int, ordered: bool, excess: Values) -> SymbolInformation:
        return counted_information(self.distribution, shown, at_once, ordered, excess)

    @cached_property
    def _single(self) -> ProductMixture:
        return self.distribution.to("cpu", torch.float32)

    def judged(self, x: NDArray[np.floating], redrawn: float = 0.0) -> NDArray[np.bool_]:
        seen = torch.from_numpy(x.reshape(-1, x.shape[-1]).astype(np.float32))
        noise, lost = (Uniform(SYMBOLS), redrawn) if redrawn else (Absorbing(SYMBOLS), HALF)  # what masks leave is x_0's
        most = self._single.components(seen, noise, lost).amax(1)
        return (most > HALF).numpy().reshape(x.shape[:-1])

    def examples(self) -> NDArray[np.int64]:
        return self.distribution.sample(particle_uniform(0, Stream.REFERENCE, EXAMPLES)).long().numpy()

    def expected_distinct(self, count: int) -> float:
        """But for three that are alike, which makes it no larger: each two are alike with a probability that is a sum over pairs
        of components."""
        parts, weight = self.distribution.each, self.distribution.probabilities
        alike = torch.einsum("dv,jdv->jd", parts[0], parts).prod(1)  # the same sum for every first one
        return count - math.comb(count, 2) * float(alike @ weight)


BLOCKS = BlockModel()
DATASETS: dict[str, DatasetRow] = {
    **FAMILIES,
    "block_model": DatasetRow(
        "Block model",
        "Edges are more probable within two hidden communities of six nodes than between them.",
        "tells its communities",
        "tell their communities",
        uses=(),
    ),
}


def redrawn(process: str, schedule: NoiseSchedule) -> Values:
    """[T+1] with which probability a pair that is seen in x_t was redrawn; those that masks leave are x_0's."""
    return schedule.signal_lost if process == "uniform" else np.zeros(schedule.steps + 1)


class Named(Protocol):
    """An Experiment, or a recipe."""

    dataset: str
    nodes: int


def data_of(e: Named) -> GraphData:
    """Which graphs it names. Of a block model the nodes are its own."""
    return Family(e.dataset, e.nodes) if e.dataset in FAMILIES else BLOCKS
