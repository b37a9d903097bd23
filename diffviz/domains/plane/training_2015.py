"""Training the 2015 paper's network of points by its own objective, the bound K (eq. 14), with KL divergences in closed form.

First the network and the schedule learn together (learned_schedule.py). log SNR at t = 1 is held: the paper holds beta_1, as with
p(x_0|x_1) fixed to the forward kernel the bound would always gain from less noise there. The schedule is then drawn through a few
points, by which any run can name it, and the network learns on. The bound is that of bound_2015.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.learned_schedule import FallingLevels, drawn_points, frozen, noised
from diffviz.gaussian.denoisers.rbf import FIRST, LAST, StepRBF
from diffviz.optimising import TrainStep, check_settings, learning_rate, peak_rate, seed, setting, updates
from diffviz.schedules import LOG_SNR_LIMIT

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


def train_chain(recipe: ChainRecipe, device: torch.device | str = "cpu", report_every: int = 500) -> Iterator[TrainStep]:
    """Yield a TrainStep every report_every updates and at the end; its loss is minus the bound K in bits, the mean since the last
    one. On the CPU alone. Stop iterating to stop training."""
    generator = torch.Generator().manual_seed(recipe.seed)
    mixture, network = make_dataset(recipe.dataset).to("cpu", torch.float32), new_chain_network(recipe)
    network.centres.data = frozen(mixture, 1, recipe.hidden, generator)[0][0]
    learned = FallingLevels(np.linspace(recipe.first, LAST, recipe.steps), hold_first=True)
    slow = [network.centres, network.log_precisions, *(each for each in learned.parameters() if each.requires_grad)]
    optimiser = torch.optim.Adam(
        [{"params": slow, "lr": recipe.lr / SLOWER}, {"params": [network.readouts], "lr": recipe.lr}], betas=(0.9, 0.99)
    )
    losses, until = [], round(LEARNING * recipe.updates)
    for update in range(1, recipe.updates + 1):
        for group, rate in zip(optimiser.param_groups, (recipe.lr / SLOWER, recipe.lr), strict=True):
            group["lr"] = learning_rate(rate, update, recipe.updates)
        levels = learned() if update <= until else network.levels
        loss = negative_k_nats(network, *frozen(mixture, recipe.steps, recipe.batch, generator), levels) / math.log(2.0)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([*slow, network.readouts], MAX_NORM)
        optimiser.step()
        losses.append(loss.item())
        if update <= until or update == 1:
            network.draw(drawn_points(learned().detach().double().numpy()))
        if update % report_every == 0 or update == recipe.updates:
            yield TrainStep(update, sum(losses) / len(losses), network)
            losses.clear()
