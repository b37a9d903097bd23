"""A small network that reads digits: to judge generated pictures by. Its features are what a Fréchet distance compares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.domains.pictures.images import IMAGES, make_images
from diffviz.optimising import TrainStep, batch, check_settings, learning_rate, peak_rate, seed, setting, updates

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


def train_classifier(recipe: ClassifierRecipe, report_every: int = 100) -> Iterator[TrainStep]:
    """Yield a TrainStep every report_every updates and at the end; its loss is the batch's cross entropy in nats."""
    data, generator = make_images(recipe.dataset), torch.Generator().manual_seed(recipe.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = new_classifier(recipe)
        optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.lr, weight_decay=0.05, fused=True)
        for update in range(1, recipe.updates + 1):
            optimiser.param_groups[0]["lr"] = learning_rate(recipe.lr, update, recipe.updates)
            index = torch.randint(len(data.train), (recipe.batch,), generator=generator)
            pictures = _shifted(data.train[index], generator)
            pictures = pictures + NOISE * torch.randn(pictures.shape, generator=generator)
            loss = F.cross_entropy(network(pictures), data.train_labels[index], label_smoothing=0.05)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            if update % report_every == 0 or update == recipe.updates:
                yield TrainStep(update, loss.item(), network)


def accuracy(network: Classifier, pictures: Tensor, labels: Tensor) -> float:
    """The share of pictures that it reads as their class."""
    with torch.inference_mode():
        return float((network.eval()(pictures).argmax(1) == labels).double().mean())
