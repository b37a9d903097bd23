"""Training the heartbeat's network: cross-entropy of the data's bits at random noise levels.

Log SNR is drawn evenly (stratified over the batch). The cross-entropy of x_0 given x_t is least for the exact posterior at every
level at once, so what is minimised does not depend on a schedule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from diffviz.domains.heartbeat.data import LENGTH, RATE, heartbeat
from diffviz.domains.heartbeat.network import LOG_SNR_RANGE, BitMLP, own_log_odds
from diffviz.optimising import TrainStep, batch, check_settings, decay, learning_rate, peak_rate, seed, setting, updates


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


def train_bits(recipe: BitRecipe, device: torch.device | str = "cpu", report_every: int = 500) -> Iterator[TrainStep]:
    """Yield a TrainStep every report_every updates and at the end; its loss is the cross-entropy in nats per sequence. Stop
    iterating to stop training."""
    generator = torch.Generator().manual_seed(recipe.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = new_bit_network(recipe)
    network.to(device)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema), use_buffers=True)
    data = heartbeat().to("cpu", torch.float32)
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.lr, fused=True)
    low, high = LOG_SNR_RANGE

    for update in range(1, recipe.updates + 1):
        optimiser.param_groups[0]["lr"] = learning_rate(recipe.lr, update, recipe.updates)

        draw = torch.rand(2, recipe.batch, generator=generator)
        redrawn, fresh = torch.rand(2, recipe.batch, LENGTH, generator=generator).unbind()
        x0 = data.sample(draw[0])
        log_snr = low + (high - low) * (torch.arange(recipe.batch) + draw[1]) / recipe.batch
        lost = torch.sigmoid(-log_snr)[:, None]
        x_t = torch.where(redrawn < lost, (fresh < RATE).float(), x0).to(device)
        odds = network(x_t, log_snr.to(device)) + own_log_odds(x_t, lost.to(device), RATE)
        loss = F.binary_cross_entropy_with_logits(odds, x0.to(device), reduction="sum") / recipe.batch

        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        average.update_parameters(network)
        if update % report_every == 0 or update == recipe.updates:
            yield TrainStep(update, loss.item(), average.module)
