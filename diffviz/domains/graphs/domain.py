"""Labelled graphs on few nodes: families on which masked and uniform diffusion of edges are known exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz import checkpoints
from diffviz.categorical.entropies import mean_entropies
from diffviz.categorical.fields import PROCESSES, CategoricalFields
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.least_cost import optimal_log_snr, thermodynamic_metric
from diffviz.categorical.networks import NetworkSymbols
from diffviz.categorical.process import SAMPLERS, SamplerRow, Symbols, moves, sampler_refusal
from diffviz.checkpoints import Format
from diffviz.domains.base import TrainingRow
from diffviz.domains.graphs.costs import entropies_of
from diffviz.domains.graphs.denoiser import EXACT
from diffviz.domains.graphs.families import DATASETS, distribution_of
from diffviz.domains.graphs.fields import GraphFields
from diffviz.domains.graphs.law import GraphLaw
from diffviz.domains.graphs.network import SYMBOLS
from diffviz.domains.graphs.training import GraphRecipe, begin_graphs, new_graph_network
from diffviz.fields import ExperimentError, Rule, option
from diffviz.inverse.tasks import NOTHING, STARTS, StartRow
from diffviz.noise import Stream, particle_uniform
from diffviz.process import Denoiser
from diffviz.schedules import SCHEDULES, NoiseSchedule
from diffviz.weights import Stamp, load_network, name_refusal, network_stamp, on_device

EXACT_SECONDS = 5e-6  # of a function evaluation of a graph on one core, and the step around it
NETWORK_SECONDS = 3e-4
SCHEDULE_SECONDS = 0.5


def _moves(e: Any) -> float:
    """About how many function evaluations a step takes that shows its share of a graph."""
    return moves(e, math.comb(e.nodes, 2))


class Graphs:
    """The domain of graphs [N, D], a number for each pair of nodes (domains.base.Domain)."""

    name = "graphs"
    title = "Graphs"
    why = "Edges that are hidden or redrawn one by one. All graphs on few nodes are counted: every posterior and cost is exact."
    sections = (CategoricalFields, GraphFields)
    datasets = DATASETS
    samplers: Mapping[str, SamplerRow] = {
        name: replace(row, evaluations=_moves) if row.counted else row for name, row in SAMPLERS.items()
    }
    training: Mapping[str, TrainingRow] = {
        "network": TrainingRow(Format("diffviz-graphs-1", GraphRecipe, new_graph_network), begin_graphs, "graphs"),
    }
    uses = ("process", "nodes")
    rules: tuple[Rule, ...] = ()

    def __init__(self) -> None:
        noise = StartRow("Masks or random edges", "x_T is drawn from the prior: masks alone, or edges at random.", drawn=True)
        best = "Made for this family and T: the smallest ELBO gap that masks can have in so many steps."
        self.offers = {
            "start": {**STARTS, "noise": noise},
            "measurement": {"none": NOTHING},
            "schedule": {**SCHEDULES, "optimal": replace(SCHEDULES["optimal"], why=best)},
        }
        self.measured = {
            "metric": lambda e: thermodynamic_metric(self._mean_entropies(e)),
            "levels": lambda e: optimal_log_snr(self._mean_entropies(e), e.steps),
        }

    def _mean_entropies(self, e: Any) -> NDArray[np.float64]:
        """[D+1] Hbar_k (categorical.entropies)."""
        return mean_entropies(entropies_of(e.dataset, e.nodes))

    def shape(self, e: Any) -> tuple[int, ...]:
        return (math.comb(e.nodes, 2),)

    def data_title(self, e: Any) -> str:
        return f"{DATASETS[e.dataset].title} on {e.nodes} nodes, {PROCESSES[e.process].title.lower()}"

    def size(self, e: Any) -> int:
        """Of either path a pair is a number, and of what the denoiser says it is two; of a point these are six."""
        return math.ceil(4 * self.shape(e)[0] / 6)

    def distribution(self, e: Any) -> CategoricalDistribution:
        return distribution_of(e.dataset, e.nodes)

    def data(self, e: Any) -> Tensor:
        return self.distribution(e).sample(particle_uniform(e.seed, Stream.DATA, e.particles)).float()

    def process(self, e: Any, schedule: NoiseSchedule, visited: NDArray[np.int64]) -> Symbols:
        return Symbols(e, schedule, visited, self.shape(e)[0], SYMBOLS, parts="pairs of nodes")

    def path_law(self, e: Any, process: Symbols) -> GraphLaw:
        data = self.distribution(e)
        return GraphLaw(data, process.noise, process.schedule, process.visited, e.dataset, e.nodes, e.process)

    def denoiser(self, e: Any, process: Symbols, device: torch.device) -> Denoiser:
        if e.denoiser == "exact":
            return EXACT[e.process](e.dataset, e.nodes, device)
        loaded = load_network(e, self.training["network"].root, GraphRecipe)
        if loaded.recipe.process != e.process:
            given, other = (option("process", name) for name in (e.process, loaded.recipe.process))
            raise ExperimentError("denoiser", f"{loaded.name} was trained to take back the process {other}, not {given}.")
        if loaded.recipe.nodes != e.nodes:
            raise ExperimentError("denoiser", f"{loaded.name} was trained on {loaded.recipe.nodes} nodes, not on {e.nodes}.")
        return NetworkSymbols(on_device(loaded.network, device))

    def at_hand(self, dataset: str) -> bool:
        return True

    def evaluation_seconds(self, e: Any) -> float:
        return EXACT_SECONDS if e.denoiser == "exact" else NETWORK_SECONDS

    def schedule_seconds(self, e: Any) -> float:
        return SCHEDULE_SECONDS if SCHEDULES[e.schedule].measured else 0.0

    def task(self, e: Any) -> None:
        return None

    def networks(self) -> list[str]:
        return checkpoints.names(self.training["network"].root)

    def weights_stamp(self, e: Any) -> Stamp | None:
        return network_stamp(e, self.training["network"].root)

    def otherwise(self, e: Any) -> dict[str, Any]:
        return {}

    def refusal(self, e: Any) -> tuple[str, str] | None:
        if SCHEDULES[e.schedule].measured and e.process != "absorbing":
            names = option("schedule", *(name for name, row in SCHEDULES.items() if row.measured), last=" or ")
            return "schedule", f"must not be {names} with the process {option('process', e.process)}: only of masks is it known."
        return sampler_refusal(e) or name_refusal(e)


GRAPHS = Graphs()
