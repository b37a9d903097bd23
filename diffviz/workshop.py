"""What can be trained: for each kind of network its recipe, training, measure, card and the folder of its checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffviz import cards, checkpoints, image_cards
from diffviz.classifier import ClassifierRecipe, train_classifier
from diffviz.image_training import ImageRecipe, train_images
from diffviz.images import IMAGES
from diffviz.training import Recipe, TrainStep, train


@dataclass(frozen=True)
class Kind:
    """One row of KINDS."""

    recipe: type
    train: Callable[[Any], Iterator[TrainStep]]
    measure: Callable[[Any, Any], dict[str, Any]]
    card: Callable[[Any, dict[str, Any], float], str]
    root: Path


KINDS: dict[str, Kind] = {
    "points": Kind(
        Recipe, train, lambda network, recipe: cards.measure(network, recipe.dataset), cards.card, checkpoints.CHECKPOINTS
    ),
    "pictures": Kind(ImageRecipe, train_images, image_cards.measure, image_cards.card, checkpoints.PICTURES),
    "classifier": Kind(
        ClassifierRecipe,
        train_classifier,
        image_cards.measure_classifier,
        image_cards.classifier_card,
        checkpoints.CLASSIFIERS,
    ),
}


def kind_of(dataset: str, classifier: bool = False) -> str:
    """The kind of network that is trained on a data set."""
    return "classifier" if classifier else "pictures" if dataset in IMAGES else "points"
