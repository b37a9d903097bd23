"""What can be trained: for each kind of network its recipe, training, measure, card and the folder of its checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffviz import checkpoints
from diffviz.domains.pictures.classifier import ClassifierRecipe, train_classifier
from diffviz.domains.pictures.images import IMAGES
from diffviz.domains.pictures.training import ImageRecipe, train_images
from diffviz.domains.plane.training import Recipe, TrainStep, train
from diffviz.views.pictures import card as picture_card
from diffviz.views.plane import card


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
        Recipe, train, lambda network, recipe: card.measure(network, recipe.dataset), card.card, checkpoints.CHECKPOINTS
    ),
    "pictures": Kind(ImageRecipe, train_images, picture_card.measure, picture_card.card, checkpoints.PICTURES),
    "classifier": Kind(
        ClassifierRecipe,
        train_classifier,
        picture_card.measure_classifier,
        picture_card.classifier_card,
        checkpoints.CLASSIFIERS,
    ),
}


def kind_of(dataset: str, classifier: bool = False) -> str:
    """The kind of network that is trained on a data set."""
    return "classifier" if classifier else "pictures" if dataset in IMAGES else "points"
