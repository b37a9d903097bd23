"""A small network that reads digits: to judge generated pictures by. Its features are what a Fréchet distance compares."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.domains.pictures.images import IMAGES, make_images
from diffviz.training.loop import Task, Training
from diffviz.training.settings import batch, check_settings, peak_rate, seed, setting, updates

SHIFT = 1  # pixels: scans differ by as much in where the digit lies
NOISE = 0.15  # of the pixels in training: generated pictures lie between the grey levels of scans


@dataclass(frozen=True)
class ClassifierRecipe:
    """Everything that decides the weights. dataset: of IMAGES, with classes; features: size of the layer before the last."""

    dataset: str
    channels: int = setting(24, "Channels of the first convolutions.", 1, 256)
    features: int = setting(64, "Units in the layer before the last.", 1, 1024)
    updates: int = updates(800)
    batch: int = batch(128)
    lr: float = peak_rate(4e-3)
    seed: int = seed()

    def __post_init__(self) -> None:
        classes = [name for name, row in IMAGES.items() if row.labels]
        if self.dataset not in classes:
            raise ValueError(f"dataset must be one of {', '.join(classes)}.")
        check_settings(self)


class Classifier(nn.Module):
    """pictures [N, C, H, W] in [-1, 1] -> logits [N, labels]."""

    def __init__(self, shape: tuple[int, int, int], labels: int, channels: int, features: int) -> None:
        super().__init__()
        inputs, height, width = shape
        self.conv_1 = nn.Conv2d(inputs, channels, 3, padding=1)
        self.conv_2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_3 = nn.Conv2d(channels, 2 * channels, 3, padding=1)
        self.hidden = nn.Linear(2 * channels * (height // 2) * (width // 2), features)
        self.outputs = nn.Linear(features, labels)

    def features(self, pictures: Tensor) -> Tensor:
        """[N, features] what the last layer reads."""
        h = F.relu(self.conv_2(F.relu(self.conv_1(pictures))))
        return F.relu(self.hidden(F.relu(self.conv_3(F.max_pool2d(h, 2))).flatten(1)))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.outputs(F.dropout(self.features(pictures), 0.3, self.training))


def new_classifier(recipe: ClassifierRecipe) -> Classifier:
    """An untrained network of the recipe's size."""
    row = IMAGES[recipe.dataset]
    return Classifier(row.shape, row.labels, recipe.channels, recipe.features)


def _shifted(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """All of a batch moved by up to SHIFT pixels, what comes in at the edge being blank."""
    y, x = torch.randint(0, 2 * SHIFT + 1, (2,), generator=generator).tolist()
    height, width = pictures.shape[2:]
    return F.pad(pictures, (SHIFT,) * 4, value=-1.0)[:, :, y : y + height, x : x + width]


class ClassifierTask(Task):
    """The classifier of a recipe, trained on the data set's pictures, moved a little and with some noise."""

    dropout = True

    def __init__(self, recipe: ClassifierRecipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, device)
        self._data = make_images(recipe.dataset)

    def network(self, generator: torch.Generator) -> Classifier:
        return new_classifier(self.recipe)

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(network.parameters(), lr=self.recipe.lr, weight_decay=0.05, fused=True)

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
        """Pictures [N, C, H, W] and classes [N] of each update."""
        return [self._drawn(generator) for _ in range(count)]

    def _drawn(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        index = torch.randint(len(self._data.train), (self.recipe.batch,), generator=generator)
        pictures = _shifted(self._data.train[index], generator)
        pictures = pictures + NOISE * torch.randn(pictures.shape, generator=generator)
        return pictures.to(self.device), self._data.train_labels[index].to(self.device)

    def loss(self, network: Classifier, drawn: tuple[Tensor, Tensor], update: int) -> tuple[Tensor, Tensor]:
        pictures, labels = drawn
        loss = F.cross_entropy(network(pictures), labels, label_smoothing=0.05)
        return loss, loss


def begin_classifier(recipe: ClassifierRecipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update; its loss is the batch's cross entropy in nats."""
    return Training(ClassifierTask(recipe, device))


def accuracy(network: Classifier, pictures: Tensor, labels: Tensor) -> float:
    """The share of pictures that it reads as their class."""
    with torch.inference_mode():
        return float((network.eval()(pictures).argmax(1) == labels).double().mean())
