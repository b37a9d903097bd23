"""Training a small network on a data set: denoising score matching on fresh samples.

Log SNR is drawn evenly (stratified over the batch) and the squared error of v is minimised. For the posterior's variance
an error in v costs 1/2 alpha'^2 |error|^2 nats per unit of log SNR, so an even draw weighs errors as the bound does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE, MLP
from diffviz.optimising import TrainStep, batch, check_settings, decay, learning_rate, peak_rate, seed, setting, updates


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights.

    dataset: a name in DATASETS; updates: optimiser steps; batch: samples in each; lr: peak rate of Adam, with a cosine
    descent to 0 after a short warm-up; ema: decay of the weight average that is kept; seed: of all randomness.
    Raises ValueError, in one sentence, for what is not allowed.
    """

    dataset: str
    hidden: int = setting(128, "Units in a layer.", 1, 1024)
    layers: int = setting(3, "Hidden layers.", 1, 16)
    features: int = setting(32, "Fourier features.", 1, 512)
    updates: int = updates(12000)
    batch: int = batch(512)
    lr: float = peak_rate(4e-3)
    ema: float = decay(0.999)
    seed: int = seed()

    def __post_init__(self) -> None:
        if self.dataset not in DATASETS:
            raise ValueError(f"dataset must be one of {', '.join(DATASETS)}.")
        check_settings(self)


def new_network(recipe: Recipe) -> MLP:
    """An untrained network of the recipe's size."""
    return MLP(recipe.hidden, recipe.layers, recipe.features)


def train(recipe: Recipe, device: torch.device | str = "cpu", report_every: int = 500) -> Iterator[TrainStep]:
    """Yield a TrainStep every report_every updates and at the end. Stop iterating to stop training."""
    generator = torch.Generator().manual_seed(recipe.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = new_network(recipe)
    network.draw_frequencies(generator)
    network.to(device)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema), use_buffers=True)
    mixture = make_dataset(recipe.dataset).to("cpu", torch.float32)
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.lr, fused=True)
    low, high = LOG_SNR_RANGE

    for update in range(1, recipe.updates + 1):
        optimiser.param_groups[0]["lr"] = learning_rate(recipe.lr, update, recipe.updates)

        draw = torch.rand(2, recipe.batch, generator=generator)
        normal = torch.randn(2, recipe.batch, 2, generator=generator)
        x0 = mixture.sample(draw[0], normal[0]).to(device)
        log_snr = (low + (high - low) * (torch.arange(recipe.batch) + draw[1]) / recipe.batch).to(device)
        alpha, sigma = torch.sigmoid(log_snr).sqrt()[:, None], torch.sigmoid(-log_snr).sqrt()[:, None]
        eps = normal[1].to(device)
        v = network(alpha * x0 + sigma * eps, log_snr)
        loss = (v - (alpha * eps - sigma * x0)).square().mean()

        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        average.update_parameters(network)
        if update % report_every == 0 or update == recipe.updates:
            yield TrainStep(update, loss.item(), average.module)
