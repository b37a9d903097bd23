"""Training the heartbeat's network: cross-entropy of the data's bits at random noise levels.

Log SNR is drawn evenly (stratified over the batch). The cross-entropy of x_0 given x_t is least for the exact posterior at every
level at once, so what is minimised does not depend on a schedule.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from diffviz.domains.heartbeat.data import LENGTH, RATE, heartbeat
from diffviz.domains.heartbeat.network import LOG_SNR_RANGE, BitMLP, own_log_odds
from diffviz.training.levels import draw_levels
from diffviz.training.loop import Task, Training
from diffviz.training.settings import batch, check_settings, decay, peak_rate, seed, setting, updates


@dataclass(frozen=True)
class BitRecipe:
    """Everything that decides the weights.

    dataset: heartbeat; updates: optimiser steps; batch: sequences in each; lr: peak rate of Adam, with a cosine descent to 0
    after a short warm-up; ema: decay of the weight average that is kept; seed: of all randomness.
    """

    dataset: str = "heartbeat"
    hidden: int = setting(128, "Units in a layer.", 1, 1024)
    layers: int = setting(2, "Hidden layers.", 1, 16)
    updates: int = updates(6000)
    batch: int = batch(512)
    lr: float = peak_rate(4e-3)
    ema: float = decay(0.999)
    seed: int = seed()

    def __post_init__(self) -> None:
        if self.dataset != "heartbeat":
            raise ValueError("dataset must be heartbeat.")
        check_settings(self)


def new_bit_network(recipe: BitRecipe) -> BitMLP:
    """An untrained network of the recipe's size."""
    return BitMLP(LENGTH, recipe.hidden, recipe.layers)


class BitTask(Task):
    """The network of a recipe, trained on sequences that are drawn anew for every update."""

    def __init__(self, recipe: BitRecipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, device)
        self._data = heartbeat().to("cpu", torch.float32)

    def network(self, generator: torch.Generator) -> BitMLP:
        return new_bit_network(self.recipe)

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor, Tensor]]:
        """x_0, x_t [N, D] and log SNR [N] of each update."""
        return [self._drawn(generator) for _ in range(count)]

    def _drawn(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        batch = self.recipe.batch
        draw = torch.rand(2, batch, generator=generator)
        redrawn, fresh = torch.rand(2, batch, LENGTH, generator=generator).unbind()
        x0 = self._data.sample(draw[0])
        log_snr = draw_levels("uniform", *LOG_SNR_RANGE, draw[1])
        x_t = torch.where(redrawn < torch.sigmoid(-log_snr)[:, None], (fresh < RATE).float(), x0)
        return x0.to(self.device), x_t.to(self.device), log_snr.to(self.device)

    def loss(self, network: BitMLP, drawn: tuple[Tensor, Tensor, Tensor], update: int) -> tuple[Tensor, Tensor]:
        x0, x_t, log_snr = drawn
        odds = network(x_t, log_snr) + own_log_odds(x_t, torch.sigmoid(-log_snr)[:, None], RATE)
        loss = F.binary_cross_entropy_with_logits(odds, x0, reduction="sum") / len(x0)
        return loss, loss


def begin_bits(recipe: BitRecipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update; its loss is the cross-entropy in nats per sequence."""
    return Training(BitTask(recipe, device))
