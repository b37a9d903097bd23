"""Training a network of words (categorical/training.py)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.training import SymbolTask
from diffviz.domains.words.lists import DATASETS, LENGTH, SYMBOLS, distribution_of
from diffviz.domains.words.network import WordNetwork
from diffviz.training.loop import Training
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
    hidden: int = setting(256, "Units in a layer.", 1, 512)
    layers: int = setting(3, "Blocks of two layers each.", 1, 16)
    updates: int = updates(16_000)
    batch: int = batch(256)
    lr: float = peak_rate(2e-3)
    ema: float = decay(0.999)
    seed: int = seed()
    earlier: str = earlier()

    def __post_init__(self) -> None:
        if self.dataset not in SHIPPED:
            raise ValueError(f"dataset must be one of {', '.join(SHIPPED)}.")
        check_settings(self)


def new_word_network(recipe: WordRecipe) -> WordNetwork:
    """An untrained network of the recipe's size."""
    return WordNetwork(LENGTH, SYMBOLS, recipe.hidden, recipe.layers, recipe.process == "absorbing")


class WordTask(SymbolTask):
    """The network of a recipe."""

    def __init__(self, recipe: WordRecipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, distribution_of(recipe.dataset), device)

    def network(self, generator: torch.Generator) -> WordNetwork:
        return new_word_network(self.recipe)


def begin_words(recipe: WordRecipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update; its loss is in nats a word."""
    return Training(WordTask(recipe, device))
