"""Measuring a network of pictures on pictures it has not seen, and the card that says what was reached."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from diffviz.domains.pictures.classifier import Classifier, ClassifierRecipe, accuracy
from diffviz.domains.pictures.costs import drawn_costs
from diffviz.domains.pictures.denoiser import ImageDenoiser
from diffviz.domains.pictures.images import IMAGES, Pictures, make_images
from diffviz.domains.pictures.training import ImageRecipe
from diffviz.estimates import Estimate
from diffviz.gaussian.denoisers.unet import UNet, x0_from
from diffviz.gaussian.kernels import reverse_variances
from diffviz.schedules import make_schedule
from diffviz.views.cards import trained_again

LEVELS = (-8.0, -4.0, 0.0, 4.0, 8.0)  # log SNR at which errors are told
SCHEDULE, STEPS = "cosine", 1000  # what a bound is measured with
PASSES = 24  # steps drawn for every picture
BATCH = 64  # pictures at a time
ONE_THREAD = "It trains on one thread."


def _answers(network: UNet, kind: str, x0: Tensor, label: Tensor | None, eps: Tensor, log_snr: Tensor) -> tuple[Tensor, Tensor]:
    """Squared error of v and f, its variance as the network says: float64, [N, C, H, W] both."""
    a, s = (torch.sigmoid(sign * log_snr).sqrt()[:, None, None, None] for sign in (1.0, -1.0))
    u = a * x0 + s * eps
    labels = itertools.repeat(None) if label is None else label.split(BATCH)
    with torch.inference_mode():
        parts = zip(u.float().split(BATCH), log_snr.float().split(BATCH), labels, strict=False)
        prediction, logit = (torch.cat(both) for both in zip(*(network(*part) for part in parts), strict=True))
    x0_hat = x0_from(kind, prediction.double(), u, a, s)
    return ((x0 - x0_hat) / s).square(), torch.sigmoid(logit.double())


def bound_bits_per_dim(network: UNet, recipe: ImageRecipe, pictures: Tensor, passes: int) -> Estimate:
    """The variational bound with the learned variance and no class told, in bits per pixel."""
    schedule = make_schedule(SCHEDULE, STEPS)
    variances = reverse_variances("learned", schedule, np.arange(STEPS + 1), None)
    denoiser = ImageDenoiser(network, recipe.prediction)
    return drawn_costs(denoiser, schedule, variances, IMAGES[recipe.dataset], pictures, passes).bits_per_dim


def measure(network: UNet, recipe: ImageRecipe) -> dict[str, Any]:
    """On held-out pictures: errors of v and f by log SNR with standard errors over pictures, and the bound."""
    data: Pictures = make_images(recipe.dataset)
    x0, label, generator = data.held_out.double(), data.held_out_labels, torch.Generator().manual_seed(1)
    table = []
    for level in LEVELS:
        eps = torch.randn(x0.shape, generator=generator).double()
        square, f = _answers(network, recipe.prediction, x0, label, eps, torch.full((len(x0),), level, dtype=torch.float64))
        each = square.mean((1, 2, 3))
        row = [level, float(each.mean()), float(each.std() / math.sqrt(len(x0))), float(f.mean())]
        table.append([round(value, 5) for value in row])
    bound = bound_bits_per_dim(network, recipe, data.held_out, PASSES)
    return {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "v_mse_by_log_snr": table,
        "bound_bits_per_dim": round(bound.value, 4),
        "stderr_bits_per_dim": round(bound.stderr, 4),
    }


def card(recipe: ImageRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    row, held_out = IMAGES[recipe.dataset], len(make_images(recipe.dataset).held_out)
    conditional = "; conditional on a class, or unconditional" if row.labels else ""
    levels = "\n".join(f"| {level:g} | {v:.4f} ± {e:.4f} | {f:.4f} |" for level, v, e, f in measured["v_mse_by_log_snr"])
    return f"""# {row.title}

A U-Net of {measured["parameters"]} parameters that denoises images of the `{recipe.dataset}` data set and estimates its own
squared error, pixel by pixel{conditional}. Averaged weights, float16 on disk. It serves every schedule and
sampler of diffviz.

{trained_again(recipe, ONE_THREAD)}

## What was reached

On {held_out} test images. f is the network's own estimate of its squared error of v: the two agree where it is calibrated.

| log SNR | squared error of v | mean f |
|---|---|---|
{levels}

Negative ELBO, {SCHEDULE} schedule, T = {STEPS}, learned variance, unconditional, discretised L_0:
{measured["bound_bits_per_dim"]:.3f} ± {measured["stderr_bits_per_dim"]:.3f} bits per pixel.

Last training loss (mean squared error of what is predicted): {loss:.4f}
"""


def measure_classifier(network: Classifier, recipe: ClassifierRecipe) -> dict[str, Any]:
    """Accuracies, and of the held-out one its standard error."""
    data = make_images(recipe.dataset)
    seen = accuracy(network, data.train, data.train_labels)
    unseen = accuracy(network, data.held_out, data.held_out_labels)
    stderr = math.sqrt(unseen * (1 - unseen) / len(data.held_out))
    size = sum(parameter.numel() for parameter in network.parameters())
    return {
        "parameters": size,
        "train_accuracy": round(seen, 4),
        "accuracy": round(unseen, 4),
        "stderr_accuracy": round(stderr, 4),
    }


def classifier_card(recipe: ClassifierRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a classifier, in Markdown."""
    return f"""# {IMAGES[recipe.dataset].title}: a classifier

A convolutional network of {measured["parameters"]} parameters that classifies `{recipe.dataset}`, to judge generated images by.

{trained_again(recipe, ONE_THREAD)}

## What was reached

| images | accuracy |
|---|---|
| training | {measured["train_accuracy"]:.4f} |
| test | {measured["accuracy"]:.4f} ± {measured["stderr_accuracy"]:.4f} |

Last training loss (cross entropy in nats, of noisy images and smoothed labels): {loss:.4f}
"""
