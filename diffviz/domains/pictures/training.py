"""Training a U-Net on pictures: denoising score matching, with a second answer for the variance.

The squared error of the prediction, plus `variance_weight` times the negative log-likelihood of that error (its gradient
stopped, in units of v) under a Gaussian of variance f:

    |error|^2 + lambda/2 (log f + stop(error_v^2)/f)

This is a proper score: given x_t it is least at f = E[error_v^2|x_t], whatever lambda, which is the optimal diagonal covariance
of extended Analytic-DPM (Bao et al. 2022b), the network's own error included. Nichol & Dhariwal 2021 (L_hybrid) stop the same
gradient, but learn the variance from the bound of one schedule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from diffviz.domains.pictures.images import IMAGES, TRAINABLE, make_images
from diffviz.gaussian.denoisers.unet import GROUPS, LOG_SNR_RANGE, PREDICTIONS, UNet
from diffviz.schedules import make_schedule
from diffviz.training.loop import Task, Training
from diffviz.training.settings import batch, check_settings, decay, peak_rate, seed, setting, updates

WEIGHTINGS = ("even", "linear", "cosine")
WEIGHTING_STEPS = 1000  # T of the schedules whose density of log SNR is meant, as in their papers
LARGEST_GRADIENT = 1.0
MAX_CHANNELS = 128  # what a recipe may ask for


@dataclass(frozen=True)
class ImageRecipe:
    """Everything that decides the weights.

    dataset: a name in TRAINABLE; channels, multipliers, blocks: the U-Net's; prediction: one of PREDICTIONS; weighting: one of
    WEIGHTINGS, the density of log SNR in training, even or as a schedule visits it when t is uniform; label_dropout: how often
    a class is kept back, so that the network also learns to do without; variance_weight: lambda; the others as in Recipe.
    Raises ValueError, in one sentence, for what is not allowed.
    """

    dataset: str
    channels: int = setting(32, "Channels at full resolution.")
    multipliers: str = setting("1 2", 'Of channels at each resolution, such as "1 2".')
    blocks: int = setting(2, "Residual blocks at each resolution.", 1, 4)
    prediction: str = setting("v", "What the network predicts: v, eps or x0.")
    weighting: str = setting("even", "Of log SNR in training: even, linear or cosine.")
    label_dropout: float = setting(0.1, "How often the class is withheld.", 0.0, 1.0)
    variance_weight: float = setting(0.1, "Weight of the learned variance's score.", 0.0, 1.0)
    updates: int = updates(5000)
    batch: int = batch(64)
    lr: float = peak_rate(2e-3)
    ema: float = decay(0.999)
    seed: int = seed()

    def __post_init__(self) -> None:
        levels = self.multipliers.split(" ")
        if self.dataset not in TRAINABLE:
            raise ValueError(f"dataset must be one of {', '.join(TRAINABLE)}.")
        height, width = IMAGES[self.dataset].shape[1:]
        checks = {
            f"channels must be a multiple of {GROUPS} from {GROUPS} to {MAX_CHANNELS}": self.channels % GROUPS == 0
            and GROUPS <= self.channels <= MAX_CHANNELS,
            'multipliers must be up to four digits from 1 to 4 with spaces between, such as "1 2 4"': len(levels) <= 4
            and all(word in ("1", "2", "3", "4") for word in levels),
            f"multipliers must not halve {height} x {width} pixels so often": math.gcd(height, width) % 2 ** (len(levels) - 1)
            == 0,
            f"prediction must be one of {', '.join(PREDICTIONS)}": self.prediction in PREDICTIONS,
            f"weighting must be one of {', '.join(WEIGHTINGS)}": self.weighting in WEIGHTINGS,
        }
        for message, good in checks.items():
            if not good:
                raise ValueError(f"{message}.")
        check_settings(self)


def new_unet(recipe: ImageRecipe) -> UNet:
    """An untrained network of the recipe's size."""
    row = IMAGES[recipe.dataset]
    multipliers = tuple(int(word) for word in recipe.multipliers.split())
    return UNet(recipe.channels, multipliers, recipe.blocks, row.labels, row.shape[0])


def draw_log_snr(weighting: str, uniform: Tensor) -> Tensor:
    """[N] log SNR from uniform numbers [N], stratified over the batch; a schedule's is cut off at LOG_SNR_RANGE."""
    place = (torch.arange(len(uniform)) + uniform) / len(uniform)
    low, high = LOG_SNR_RANGE
    if weighting == "even":
        return low + (high - low) * place
    table = torch.from_numpy(make_schedule(weighting, WEIGHTING_STEPS).log_snr[1:]).float()  # t = 0 is data itself
    return table[(place * WEIGHTING_STEPS).long().clamp_(max=WEIGHTING_STEPS - 1)].clamp(low, high)


def turned(x0: Tensor, choice: Tensor) -> Tensor:
    """[N, C, H, W] each picture in one of 16 equally likely forms, choice [N] in 0..15: turned, mirrored, negative."""
    x0 = torch.where((choice & 1)[:, None, None, None] == 1, x0.flip(3), x0)
    x0 = torch.where((choice & 2)[:, None, None, None] == 2, x0.flip(2), x0)
    x0 = torch.where((choice & 4)[:, None, None, None] == 4, x0.transpose(2, 3), x0)
    return torch.where((choice & 8)[:, None, None, None] == 8, -x0, x0)


def losses(
    network: UNet, recipe: ImageRecipe, x0: Tensor, eps: Tensor, log_snr: Tensor, label: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Mean squared error of the prediction, and the mean score of f in nats per pixel."""
    a, s = (torch.sigmoid(sign * log_snr).sqrt()[:, None, None, None] for sign in (1.0, -1.0))
    prediction, logit = network(a * x0 + s * eps, log_snr, label)
    target, unit = {"v": (a * eps - s * x0, 1.0), "eps": (eps, a), "x0": (x0, s)}[recipe.prediction]
    square = (prediction - target).square()
    log_f = F.logsigmoid(logit)
    score = 0.5 * (log_f + (square / unit**2).detach() * torch.exp(-log_f))
    return square.mean(), score.mean()


class ImageTask(Task):
    """The U-Net of a recipe, trained on the data set's pictures, each with noise of its own."""

    largest_gradient = LARGEST_GRADIENT

    def __init__(self, recipe: ImageRecipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, device)
        self._row, self._pictures = IMAGES[recipe.dataset], make_images(recipe.dataset)

    def network(self, generator: torch.Generator) -> UNet:
        return new_unet(self.recipe)

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor, Tensor, Tensor | None]]:
        """x_0, eps [N, C, H, W], log SNR and classes [N] of each update."""
        return [self._drawn(generator) for _ in range(count)]

    def _drawn(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        recipe, row, pictures = self.recipe, self._row, self._pictures
        index = torch.randint(len(pictures.train), (recipe.batch,), generator=generator)
        eps = torch.randn(recipe.batch, *row.shape, generator=generator)
        draw = torch.rand(2, recipe.batch, generator=generator)
        x0, label = pictures.train[index], None
        if row.symmetric:
            x0 = turned(x0, torch.randint(16, (recipe.batch,), generator=generator))
        if row.labels:
            label = torch.where(draw[1] < recipe.label_dropout, row.labels, pictures.train_labels[index]).to(self.device)
        log_snr = draw_log_snr(recipe.weighting, draw[0])
        return x0.to(self.device), eps.to(self.device), log_snr.to(self.device), label

    def loss(self, network: UNet, drawn: tuple[Tensor, Tensor, Tensor, Tensor | None], update: int) -> tuple[Tensor, Tensor]:
        square, score = losses(network, self.recipe, *drawn)
        return square + self.recipe.variance_weight * score, square


def begin_images(recipe: ImageRecipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update; its loss is the mean squared error of the prediction."""
    return Training(ImageTask(recipe, device))
