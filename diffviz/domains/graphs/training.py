"""Training a network of graphs.

Under masks the loss is the bound in continuous time, in nats a graph: with m of D pairs masked, m even in 1..D, D times the mean
cross-entropy of the masked pairs (MDLM, Sahoo et al. 2024; order-agnostic autoregressive models, Hoogeboom et al. 2022, eq. 6).
Its least value is the entropy of the family.

Under uniform noise it is the cross-entropy of all pairs at log SNR drawn evenly (stratified over the batch), which is least for
the exact posterior at every level at once, so that what is minimised does not depend on a schedule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from diffviz.categorical.fields import PROCESSES
from diffviz.domains.graphs.families import DATASETS, FEWEST, MOST, distribution_of
from diffviz.domains.graphs.network import LOG_SNR_RANGE, SYMBOLS, GraphNetwork
from diffviz.training.loop import Task, Training
from diffviz.training.settings import batch, check_settings, choice, decay, peak_rate, seed, setting, updates


@dataclass(frozen=True)
class GraphRecipe:
    """Everything that decides the weights.

    dataset: a family; process: what it learns to take back; nodes: of every graph; updates: optimiser steps; batch: graphs in
    each; lr: peak rate of Adam, with a cosine descent to 0 after a short warm-up; ema: decay of the weight average that is kept;
    seed: of all randomness.
    """

    dataset: str = "trees"
    process: str = choice("absorbing", "Process", "The forward process that the network learns to take back.", PROCESSES)
    nodes: int = setting(6, "Nodes of every graph.", FEWEST, MOST)
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


def new_graph_network(recipe: GraphRecipe) -> GraphNetwork:
    """An untrained network of the recipe's size."""
    return GraphNetwork(recipe.nodes, recipe.hidden, recipe.layers, recipe.process == "absorbing")


class GraphTask(Task):
    """The network of a recipe, trained on graphs that are drawn anew for every update."""

    largest_gradient = 1.0

    def __init__(self, recipe: GraphRecipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, device)
        self._data = distribution_of(recipe.dataset, recipe.nodes).to("cpu", torch.float32)

    def network(self, generator: torch.Generator) -> GraphNetwork:
        return new_graph_network(self.recipe)

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor, Tensor]]:
        """x_0, x_t [N, D] and log SNR [N] of each update."""
        drawn = self._masked if self.recipe.process == "absorbing" else self._redrawn
        return [tuple(part.to(self.device) for part in drawn(generator)) for _ in range(count)]

    def _masked(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """With 1..D masks, each number of them as often in the batch as any other, in places that are drawn."""
        batch, dim = self.recipe.batch, math.comb(self.recipe.nodes, 2)
        x0 = self._data.sample(torch.rand(batch, generator=generator))
        masks = (torch.rand(1, generator=generator) + torch.arange(batch) * (dim / batch)).long() % dim + 1
        place = torch.rand(batch, dim, generator=generator).argsort(1).argsort(1)
        return x0, x0.masked_fill(place < masks[:, None], SYMBOLS), torch.zeros(batch)

    def _redrawn(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        batch, (low, high) = self.recipe.batch, LOG_SNR_RANGE
        draw = torch.rand(2, batch, generator=generator)
        x0 = self._data.sample(draw[0])
        redrawn, fresh = torch.rand(2, *x0.shape, generator=generator).unbind()
        log_snr = low + (high - low) * (torch.arange(batch) + draw[1]) / batch
        return x0, torch.where(redrawn < torch.sigmoid(-log_snr)[:, None], (fresh < 0.5).float(), x0), log_snr

    def loss(self, network: GraphNetwork, drawn: tuple[Tensor, Tensor, Tensor], update: int) -> tuple[Tensor, Tensor]:
        x0, x_t, log_snr = drawn
        nats = F.binary_cross_entropy_with_logits(network(x_t, log_snr), x0, reduction="none")
        if network.masks:
            hidden = (x_t == SYMBOLS).float()
            nats = nats * hidden * (x0.shape[1] / hidden.sum(1, keepdim=True))
        loss = nats.sum(1).mean()
        return loss, loss


def begin_graphs(recipe: GraphRecipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update; its loss is in nats a graph."""
    return Training(GraphTask(recipe, device))
