"""Training a small network on a data set: denoising score matching on fresh samples.

Log SNR is drawn evenly (stratified over the batch) and the squared error of v is minimised. For the posterior's variance
an error in v costs 1/2 alpha'^2 |error|^2 nats per unit of log SNR, so an even draw weighs errors as the bound does.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE, MLP
from diffviz.training.loop import Task, Training
from diffviz.training.settings import batch, check_settings, decay, peak_rate, seed, setting, updates


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


class DenoisingTask(Task):
    """The network of a recipe, trained on samples that are drawn anew for every update."""

    def __init__(self, recipe: Recipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, device)
        self._mixture = make_dataset(recipe.dataset).to("cpu", torch.float32)

    def network(self, generator: torch.Generator) -> MLP:
        network = new_network(self.recipe)
        network.draw_frequencies(generator)
        return network

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor, Tensor]]:
        """x_0, eps [N, 2] and log SNR [N] of each update."""
        return [self._drawn(generator) for _ in range(count)]

    def _drawn(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        batch, (low, high) = self.recipe.batch, LOG_SNR_RANGE
        draw = torch.rand(2, batch, generator=generator)
        normal = torch.randn(2, batch, 2, generator=generator)
        x0 = self._mixture.sample(draw[0], normal[0]).to(self.device)
        log_snr = (low + (high - low) * (torch.arange(batch) + draw[1]) / batch).to(self.device)
        return x0, normal[1].to(self.device), log_snr

    def loss(self, network: MLP, drawn: tuple[Tensor, Tensor, Tensor], update: int) -> tuple[Tensor, Tensor]:
        x0, eps, log_snr = drawn
        alpha, sigma = torch.sigmoid(log_snr).sqrt()[:, None], torch.sigmoid(-log_snr).sqrt()[:, None]
        v = network(alpha * x0 + sigma * eps, log_snr)
        loss = (v - (alpha * eps - sigma * x0)).square().mean()
        return loss, loss


def begin(recipe: Recipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update; its loss is the mean squared error of v."""
    return Training(DenoisingTask(recipe, device))
