"""Labelled graphs on few nodes: families that are counted and a block model, on which diffusion of edges is known exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.categorical.fields import PROCESSES, CategoricalFields
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.law import CategoricalLaw
from diffviz.categorical.networks import NetworkSymbols
from diffviz.categorical.process import SAMPLERS, SamplerRow, Symbols, moves, size_in_points
from diffviz.categorical.products import ProductMixture
from diffviz.checkpoints import Format
from diffviz.domains.base import Domain, TrainingRow
from diffviz.domains.graphs.data import DATASETS, data_of
from diffviz.domains.graphs.families import FAMILIES, SYMBOLS
from diffviz.domains.graphs.fields import GraphFields
from diffviz.domains.graphs.training import GraphRecipe, begin_graphs, new_graph_network
from diffviz.domains.symbols import load_learned, measured, networks_only, offers, refusal, schedule_seconds
from diffviz.fields import ExperimentError
from diffviz.inverse.tasks import StartRow
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule
from diffviz.weights import on_device

NETWORK_SECONDS = 1.2e-5  # of a function evaluation of a graph on one core, for each pair of nodes
NETWORK_CALL_SECONDS = 1.5e-3  # however few graphs
FOUND_SECONDS = 0.5  # the entropies of the data


def _moves(e: Any) -> float:
    """About how many function evaluations a step takes that shows its share of a graph."""
    return moves(e, math.comb(data_of(e).nodes, 2))


class Graphs(Domain):
    """The domain of graphs [N, D], a number for each pair of nodes."""

    name = "graphs"
    title = "Graphs"
    why = "Edges are masked or redrawn one by one. Every posterior is exact; on few nodes every cost is, too."
    sections = (CategoricalFields, GraphFields)
    datasets = DATASETS
    samplers: Mapping[str, SamplerRow] = {
        name: replace(row, evaluations=_moves) if row.counted else row for name, row in SAMPLERS.items()
    }
    training: Mapping[str, TrainingRow] = {
        "network": TrainingRow(Format("diffviz-graphs-1", GraphRecipe, new_graph_network), begin_graphs, "graphs"),
    }
    uses = ("process",)

    def __init__(self) -> None:
        why = "x_T is drawn from the prior: masks, and edges at random where ᾱ_T is not 0; or edges at random alone."
        noise = StartRow("Masks or random edges", why, drawn=True)
        self.offers = offers(noise, "law", "pairs")
        self.measured = measured(lambda e: data_of(e).mean_entropies())

    def shape(self, e: Any) -> tuple[int, ...]:
        return (math.comb(data_of(e).nodes, 2),)

    def data_title(self, e: Any) -> str:
        return f"{DATASETS[e.dataset].title} on {data_of(e).nodes} nodes, {PROCESSES[e.process].title.lower()}"

    def size(self, e: Any) -> int:
        return size_in_points(self.shape(e)[0])

    def distribution(self, e: Any) -> CategoricalDistribution | ProductMixture:
        return data_of(e).distribution

    def process(self, e: Any, schedule: NoiseSchedule, visited: NDArray[np.int64]) -> Symbols:
        return Symbols(e, schedule, visited, self.shape(e)[0], SYMBOLS, parts="pairs of nodes")

    def path_law(self, e: Any, process: Symbols) -> CategoricalLaw:
        return data_of(e).law(e.process, process.schedule, process.visited)

    def denoiser(self, e: Any, process: Symbols, device: torch.device) -> Denoiser:
        if e.denoiser == "exact":
            return data_of(e).exact(e.process, device)
        loaded = load_learned(e, self.training["network"])
        trained, nodes = loaded.recipe.nodes, data_of(e).nodes
        if trained != nodes:
            known = f"{loaded.name} was trained on {trained}"
            raise ExperimentError("denoiser", f"must be exact for graphs on {nodes} nodes; {known}.")
        return NetworkSymbols(on_device(loaded.network, device))

    def networks_only(self) -> dict[str, dict[str, tuple[Any, ...]]]:
        """The process that each takes back, and its nodes."""
        row = self.training["network"]
        found = networks_only(row)
        for name, recipe in row.recipes().items():
            if recipe.dataset in FAMILIES:
                found[name] |= {"dataset": tuple(FAMILIES), "nodes": (recipe.nodes,)}
            else:
                found[name] |= {"dataset": (recipe.dataset,)}
        return found

    def evaluation_seconds(self, e: Any) -> float:
        return self.shape(e)[0] * (data_of(e).seconds if e.denoiser == "exact" else NETWORK_SECONDS)

    def call_seconds(self, e: Any) -> float:
        return data_of(e).call_seconds if e.denoiser == "exact" else NETWORK_CALL_SECONDS

    def schedule_seconds(self, e: Any) -> float:
        return schedule_seconds(e, FOUND_SECONDS)

    def refusal(self, e: Any) -> tuple[str, str] | None:
        return refusal(e) or super().refusal(e)


GRAPHS = Graphs()
