"""Training a network of words.

Under masks the loss is the bound in continuous time, in nats a word: with m of D places masked, m even in 1..D, D times the mean
cross-entropy of the masked symbols (MDLM, Sahoo et al. 2024, whose weight 1/t makes m even; order-agnostic autoregressive models,
Hoogeboom et al. 2022, eq. 6). Its least value is the entropy of the list.

Under uniform noise it is the cross-entropy of all symbols at log SNR drawn evenly (stratified over the batch), which is least for
the exact posterior at every level at once, so that what is minimised does not depend on a schedule.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from diffviz.categorical.fields import PROCESSES
from diffviz.domains.words.lists import DATASETS, LENGTH, MASK, SYMBOLS, distribution_of
from diffviz.domains.words.network import HEADS, LOG_SNR_RANGE, WordTransformer
from diffviz.training.loop import Task, Training
from diffviz.training.settings import batch, check_settings, choice, decay, earlier, peak_rate, seed, setting, updates

SHIPPED = tuple(name for name, row in DATASETS.items() if row.network)


@dataclass(frozen=True)
class WordRecipe:
    """Everything that decides the weights.

    dataset: one of the lists that are shipped; process: what it learns to take back; updates: optimiser steps; batch: words in
    each; lr: peak rate of Adam, with a cosine descent to 0 after a short warm-up; ema: decay of the weight average that is kept;
    seed: of all randomness; earlier: settings.earlier.
    """

    dataset: str = "names"
    process: str = choice("absorbing", "Process", "The forward process that the network learns to take back.", PROCESSES)
    hidden: int = setting(128, f"Units in a layer, a multiple of {HEADS}.", HEADS, 512)
    layers: int = setting(4, "Transformer blocks.", 1, 16)
    updates: int = updates(40_000)
    batch: int = batch(128)
    lr: float = peak_rate(3e-3)
    ema: float = decay(0.999)
    seed: int = seed()
    earlier: str = earlier()

    def __post_init__(self) -> None:
        if self.dataset not in SHIPPED:
            raise ValueError(f"dataset must be one of {', '.join(SHIPPED)}.")
        check_settings(self)
        if self.hidden % HEADS:
            raise ValueError(f"hidden must be a multiple of {HEADS}, not {self.hidden}.")


def new_word_network(recipe: WordRecipe) -> WordTransformer:
    """An untrained network of the recipe's size."""
    return WordTransformer(LENGTH, SYMBOLS, recipe.hidden, recipe.layers, recipe.process == "absorbing")


class WordTask(Task):
    """The network of a recipe, trained on words that are drawn anew for every update."""

    largest_gradient = 1.0

    def __init__(self, recipe: WordRecipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, device)
        self._data = distribution_of(recipe.dataset).to("cpu", torch.float32)

    def network(self, generator: torch.Generator) -> WordTransformer:
        return new_word_network(self.recipe)

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor, Tensor]]:
        """x_0, x_t [N, D] and log SNR [N] of each update."""
        drawn = self._masked if self.recipe.process == "absorbing" else self._redrawn
        return [tuple(part.to(self.device) for part in drawn(generator)) for _ in range(count)]

    def _masked(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """With 1..D masks, each number of them as often in the batch as any other, in places that are drawn."""
        batch = self.recipe.batch
        x0 = self._data.sample(torch.rand(batch, generator=generator))
        masks = 1 + torch.arange(batch) % LENGTH
        place = torch.rand(batch, LENGTH, generator=generator).argsort(1).argsort(1)
        return x0, x0.masked_fill(place < masks[:, None], MASK), torch.zeros(batch)

    def _redrawn(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        batch, (low, high) = self.recipe.batch, LOG_SNR_RANGE
        draw = torch.rand(2, batch, generator=generator)
        redrawn, fresh = torch.rand(2, batch, LENGTH, generator=generator).unbind()
        x0 = self._data.sample(draw[0])
        log_snr = low + (high - low) * (torch.arange(batch) + draw[1]) / batch
        other = (fresh * SYMBOLS).floor_().clamp_(max=SYMBOLS - 1)
        return x0, torch.where(redrawn < torch.sigmoid(-log_snr)[:, None], other, x0), log_snr

    def loss(self, network: WordTransformer, drawn: tuple[Tensor, Tensor, Tensor], update: int) -> tuple[Tensor, Tensor]:
        x0, x_t, log_snr = drawn
        nats = -network(x_t, log_snr).gather(2, x0.long()[..., None])[..., 0]
        if network.masks:
            hidden = (x_t == MASK).float()
            nats = nats * hidden * (LENGTH / hidden.sum(1, keepdim=True))
        loss = nats.sum(1).mean()
        return loss, loss


def begin_words(recipe: WordRecipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update; its loss is in nats a word."""
    return Training(WordTask(recipe, device))
