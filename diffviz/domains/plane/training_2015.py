"""Training the 2015 paper's network of points by its own objective, the bound K (eq. 14), with KL divergences in closed form.

First the network and the schedule learn together (learned_schedule.py). log SNR at t = 1 is held: the paper holds beta_1, as with
p(x_0|x_1) fixed to the forward kernel the bound would always gain from less noise there. The schedule is then drawn through a few
points, by which any run can name it, and the network learns on. The bound is that of bound_2015.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.learned_schedule import FallingLevels, drawn_points, frozen, noised
from diffviz.gaussian.denoisers.rbf import FIRST, LAST, StepRBF
from diffviz.schedules import LOG_SNR_LIMIT
from diffviz.training.loop import Task, Training
from diffviz.training.settings import check_settings, peak_rate, seed, setting, updates

LEARNING = 0.4  # of the updates, in which the schedule is learned
SLOWER = 3.0  # by which centres, precisions and levels learn less fast than read-outs
MAX_NORM = 10.0  # of a gradient


@dataclass(frozen=True)
class ChainRecipe:
    """Everything that decides the weights.

    dataset: a name in DATASETS; steps: T; first: log SNR at t = 1, which is not learned; updates: optimiser steps; batch: points
    at each time in each; lr: peak rate of Adam, with a cosine descent to 0 after a short warm-up; seed: of all randomness.
    """

    dataset: str
    hidden: int = setting(16, "Units in a layer.", 1, 1024)
    steps: int = setting(40, "T of the chain, each step of which has a read-out of its own.", 2, 4000)
    first: float = setting(FIRST, "Log SNR at t = 1; the others are learned.", 0.0, LOG_SNR_LIMIT)
    updates: int = updates(30000)
    batch: int = setting(128, "Samples at each step in an update.", 1, 1024)
    lr: float = peak_rate(0.1)
    seed: int = seed()

    def __post_init__(self) -> None:
        if self.dataset not in DATASETS:
            raise ValueError(f"dataset must be one of {', '.join(DATASETS)}.")
        check_settings(self)


def new_chain_network(recipe: ChainRecipe) -> StepRBF:
    """An untrained network of the recipe's size."""
    return StepRBF(recipe.hidden, recipe.steps)


def negative_k_nats(network: StepRBF, x_0: Tensor, eps: Tensor, levels: Tensor) -> Tensor:
    """Minus the paper's bound K on x_0 and eps [T, N, 2], as bound_2015.k_nats has it; differentiable in the levels [T], too."""
    x_t = noised(x_0, eps, levels)
    mean, spread = network(x_t, levels)
    snr = levels.exp()[:, None, None]
    gained = snr[:-1] - snr[1:]  # 1/beta_tilde in units of c_0^2: KL is between estimates of x_0 with the variance 1/gained
    p = 1.0 / gained + spread[1:]
    square = (x_0 - mean)[1:].square()
    kl = 0.5 * ((p * gained).log() - 1.0 + (1.0 / gained + square) / p)
    lost = torch.sigmoid(-levels)
    noise = (2 * math.pi * math.e * lost[0]).log() - lost[-1].log()  # H(X_1|X_0) - H(X_T|X_0) + H_p(X_T), two coordinates
    return kl.sum((0, 2)).mean() + noise


class ChainTask(Task):
    """The network of a recipe and, in the first part of the updates, its schedule. On the CPU alone."""

    largest_gradient = MAX_NORM

    def __init__(self, recipe: ChainRecipe) -> None:
        super().__init__(recipe)
        self._mixture = make_dataset(recipe.dataset).to("cpu", torch.float32)
        self._until = round(LEARNING * recipe.updates)

    def network(self, generator: torch.Generator) -> StepRBF:
        network = new_chain_network(self.recipe)
        network.centres.data = frozen(self._mixture, 1, self.recipe.hidden, generator)[0][0]
        self._schedule = FallingLevels(np.linspace(self.recipe.first, LAST, self.recipe.steps), hold_first=True)
        return network

    def optimiser(self, network: StepRBF) -> torch.optim.Optimizer:
        learned = [each for each in self._schedule.parameters() if each.requires_grad]
        slow, rate = [network.centres, network.log_precisions, *learned], self.recipe.lr
        groups = [{"params": slow, "lr": rate / SLOWER}, {"params": [network.readouts], "lr": rate}]
        return torch.optim.Adam(groups, betas=(0.9, 0.99))

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
        """x_0 and eps [T, N, 2] of each update."""
        return [frozen(self._mixture, self.recipe.steps, self.recipe.batch, generator) for _ in range(count)]

    def loss(self, network: StepRBF, drawn: tuple[Tensor, Tensor], update: int) -> tuple[Tensor, Tensor]:
        levels = self._schedule() if update <= self._until else network.levels
        loss = negative_k_nats(network, *drawn, levels) / math.log(2.0)
        return loss, loss

    def after(self, network: StepRBF, update: int) -> None:
        if update <= self._until or update == 1:
            network.draw(drawn_points(self._schedule().detach().double().numpy()))

    def tensors(self) -> Mapping[str, Tensor]:
        return self._schedule.state_dict()


def begin_chain(recipe: ChainRecipe) -> Training:
    """A training of this recipe, before its first update; its loss is minus the bound K in bits."""
    return Training(ChainTask(recipe))
