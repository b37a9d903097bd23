"""Training a network of graphs (categorical/training.py)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.training import SymbolTask
from diffviz.domains.graphs.blocks import NODES
from diffviz.domains.graphs.data import DATASETS, data_of
from diffviz.domains.graphs.families import FAMILIES, FEWEST, MOST
from diffviz.domains.graphs.network import GraphNetwork
from diffviz.training.loop import Training
from diffviz.training.settings import batch, check_settings, choice, decay, peak_rate, seed, setting, updates


@dataclass(frozen=True)
class GraphRecipe:
    """Everything that decides the weights.

    dataset: of graphs; process: what it learns to take back; nodes: of every graph, those of the block model are its own
    updates: optimiser steps; batch: graphs in each; lr: peak rate of Adam, with a cosine descent to 0 after a short warm-up; ema:
    decay of the weight average that is kept; seed: of all randomness
    """

    dataset: str = "trees"
    process: str = choice("absorbing", "Process", "The forward process that the network learns to take back.", PROCESSES)
    nodes: int = setting(MOST, "Nodes of every graph.", FEWEST, NODES)
    hidden: int = setting(48, "Units in a layer.", 1, 512)
    layers: int = setting(4, "Layers between pairs of nodes.", 1, 16)
    updates: int = updates(6000)
    batch: int = batch(64)
    lr: float = peak_rate(2e-3)
    ema: float = decay(0.999)
    seed: int = seed()

    def __post_init__(self) -> None:
        if self.dataset not in DATASETS:
            raise ValueError(f"dataset must be one of {', '.join(DATASETS)}.")
        check_settings(self)
        if self.dataset in FAMILIES and self.nodes > MOST:
            raise ValueError(f"nodes must be from {FEWEST} to {MOST}.")
        object.__setattr__(self, "nodes", data_of(self).nodes)


def new_graph_network(recipe: GraphRecipe) -> GraphNetwork:
    """An untrained network of the recipe's size."""
    return GraphNetwork(recipe.nodes, recipe.hidden, recipe.layers, recipe.process == "absorbing")


class GraphTask(SymbolTask):
    """The network of a recipe."""

    def __init__(self, recipe: GraphRecipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, data_of(recipe).distribution, device)

    def network(self, generator: torch.Generator) -> GraphNetwork:
        return new_graph_network(self.recipe)


def begin_graphs(recipe: GraphRecipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update; its loss is in nats a graph."""
    return Training(GraphTask(recipe, device))
