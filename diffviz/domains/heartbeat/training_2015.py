"""Training the 2015 paper's network of heartbeats by its own objective, the bound K (eq. 14): KL divergences in closed form.

Every update sees `batch` sequences at every step of the chain. A read-out that only learned from its own step would see few of
them, while neighbouring steps need nearly the same: so read-outs begin shared by SIZES[0] neighbouring steps, are split twice,
and at last every step has its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.binomial.kernels import reverse_kernels
from diffviz.domains.heartbeat.data import LENGTH, RATE, heartbeat
from diffviz.domains.heartbeat.network import own_log_odds
from diffviz.domains.heartbeat.network_2015 import SCHEDULE, StepMLP
from diffviz.schedules import make_schedule
from diffviz.training.loop import Task, Training
from diffviz.training.settings import check_settings, peak_rate, seed, setting, updates

SIZES = (40, 4, 1)  # steps that share a read-out, for a third of the updates each
GAIN = 2.0  # of the first weights: sigmoid units pass little on
REWARM = 50  # updates over which the rate grows again after a split
LEAST = 1e-9  # probabilities are kept this far from 0 and 1e-7 from 1: float32


@dataclass(frozen=True)
class StepRecipe:
    """Everything that decides the weights.

    dataset: heartbeat; steps: T of the chain, whose schedule is the paper's; updates: optimiser steps; batch: sequences at each
    time in each of them; lr: peak rate of Adam, with a cosine descent to 0 after a short warm-up; seed: of all randomness.
    """

    dataset: str = "heartbeat"
    hidden: int = setting(50, "Units in a layer.", 1, 1024)
    layers: int = setting(3, "Hidden layers.", 1, 16)
    steps: int = setting(2000, "T of the chain, each step of which has a read-out of its own.", SIZES[0], 4000)
    updates: int = updates(6000)
    batch: int = setting(4, "Samples at each step in an update.", 1, 1024)
    lr: float = peak_rate(1e-2)
    seed: int = seed()

    def __post_init__(self) -> None:
        if self.dataset != "heartbeat":
            raise ValueError("dataset must be heartbeat.")
        check_settings(self)
        if self.steps % SIZES[0]:
            raise ValueError(f"steps must be a multiple of {SIZES[0]}.")


def new_step_network(recipe: StepRecipe, size: int = 1) -> StepMLP:
    """An untrained network of the recipe's size, each of whose read-outs serves `size` steps."""
    return StepMLP(LENGTH, recipe.hidden, recipe.layers, recipe.steps, size)


class Objective:
    """KL(q(x_{t-1}|x_t, x_0) || p(x_{t-1}|x_t)) of every step of the paper's chain of T steps, and the data to measure it on."""

    def __init__(self, steps: int) -> None:
        schedule = make_schedule(SCHEDULE, steps)
        kernels = reverse_kernels(schedule, np.arange(steps + 1), RATE)
        changes = np.stack([kernels[:, 0], 1.0 - kernels[:, 1]], 1)  # [T, 2, 2] P(x_{t-1} differs from x_t|x_t = v, x_0 = b)
        self._changes = torch.from_numpy(changes).float()[..., None, None]
        self._lost = torch.from_numpy(schedule.signal_lost[1:]).float()[:, None, None]
        self._data = heartbeat().to("cpu", torch.float32)

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """x_0 and x_t [T, count, D]: sequences of their own at every t."""
        steps = len(self._lost)
        x_0 = self._data.sample(torch.rand(steps * count, generator=generator)).view(steps, count, -1)
        redrawn, fresh = torch.rand(2, *x_0.shape, generator=generator).unbind()
        return x_0, torch.where(redrawn < self._lost, (fresh < RATE).float(), x_0)

    def kl_nats(self, network: StepMLP, x_0: Tensor, x_t: Tensor) -> Tensor:
        """[T, count, D] of each bit; that of the step into data is -log p(x_0|x_1)."""
        together = len(network.weight), -1, LENGTH  # the samples of the steps that share a read-out
        odds = network(x_t.reshape(together)).view_as(x_t)
        x0_hat = torch.sigmoid(odds + own_log_odds(x_t, self._lost, RATE))
        if_zero, if_one = (torch.lerp(self._changes[:, 0, b], self._changes[:, 1, b], x_t) for b in (0, 1))
        p = torch.lerp(if_zero, if_one, x0_hat).clamp(LEAST, 1.0 - 1e-7)
        q = torch.lerp(if_zero, if_one, x_0)
        entropy = F.binary_cross_entropy(q.clamp(LEAST, 1.0 - 1e-7), q, reduction="none")
        return F.binary_cross_entropy(p, q, reduction="none") - entropy


def _split(network: StepMLP, recipe: StepRecipe, size: int) -> StepMLP:
    """The same function with more read-outs, each for `size` steps."""
    with torch.random.fork_rng(devices=[]):
        finer = new_step_network(recipe, size)
    times = len(finer.weight) // len(network.weight)
    state = network.state_dict()
    finer.load_state_dict(state | {name: state[name].repeat_interleave(times, 0) for name in ("weight", "bias")})
    return finer


class StepTask(Task):
    """The network of a recipe, whose read-outs are split twice. On the CPU alone."""

    def __init__(self, recipe: StepRecipe) -> None:
        super().__init__(recipe)
        self._objective = Objective(recipe.steps)
        self._split_at = {round(recipe.updates * part / len(SIZES)): size for part, size in enumerate(SIZES)}

    def network(self, generator: torch.Generator) -> StepMLP:
        network = new_step_network(self.recipe, SIZES[0])
        for layer in network.hidden:
            nn.init.xavier_normal_(layer.weight, GAIN)
            nn.init.zeros_(layer.bias)
        return network

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(network.parameters(), self.recipe.lr, betas=(0.9, 0.99), fused=True)

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
        """x_0 and x_t [T, N, D] of each update."""
        return [self._objective.draw(self.recipe.batch, generator) for _ in range(count)]

    def loss(self, network: StepMLP, drawn: tuple[Tensor, Tensor], update: int) -> tuple[Tensor, Tensor]:
        loss = self._objective.kl_nats(network, *drawn).sum((0, 2)).mean() / math.log(2.0)
        return loss, loss

    def rate(self, peak: float, update: int) -> float:
        since = max(split for split in self._split_at if split < update)
        warm = min(1.0, (update - since) / REWARM) if since else 1.0
        return warm * super().rate(peak, update)

    def grown(self, network: StepMLP, update: int) -> StepMLP | None:
        return _split(network, self.recipe, self._split_at[update]) if update in self._split_at else None

    def kept(self, network: StepMLP) -> StepMLP:
        return network if len(network.weight) == self.recipe.steps else _split(network, self.recipe, 1)


def begin_steps(recipe: StepRecipe) -> Training:
    """A training of this recipe, before its first update; its loss is minus the bound K in bits per sequence."""
    return Training(StepTask(recipe))
