"""Measuring a network of pictures on pictures it has not seen, and the card that says what was reached."""

from __future__ import annotations

import itertools
import math
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from diffviz.cards import command
from diffviz.classifier import Classifier, ClassifierRecipe, accuracy
from diffviz.denoisers.unet import UNet, x0_from
from diffviz.image_training import ImageRecipe
from diffviz.images import IMAGES, Pictures, make_images
from diffviz.kernels import reverse_kernel
from diffviz.schedules import NoiseSchedule, make_schedule

LEVELS = (-8.0, -4.0, 0.0, 4.0, 8.0)  # log SNR at which errors are told
SCHEDULE, STEPS = "cosine", 1000  # what a bound is measured with
PASSES = 24  # steps that are drawn for every picture
BATCH = 64  # pictures at a time


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


def _levels(schedule: NoiseSchedule, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """[N, 1, 1, 1] of the steps t -> t-1: (c_0 sigma_t)^2, beta_tilde, and log SNR [N]."""
    kernels = [reverse_kernel(schedule, int(value) - 1, int(value)) for value in t]
    table = torch.tensor([[(k.c_0 * schedule.sigma[int(v)]) ** 2, k.variance] for k, v in zip(kernels, t, strict=True)])
    column = table.double()[:, :, None, None, None]
    return column[:, 0], column[:, 1], torch.from_numpy(schedule.log_snr)[t]


def bound_bits_per_dim(
    network: UNet, kind: str, pictures: Tensor, label: Tensor | None, passes: int = PASSES
) -> tuple[float, float]:
    """The variational bound with the learned variance, cosine, T = 1000, in bits per pixel, and its standard error over pictures.

    L_T in closed form, L_0 (a density: grey levels are not counted) of every picture, and of the steps between `passes` drawn
    for each picture, with probabilities as their lengths in log SNR, to which their costs are nearly in proportion.
    pictures: [N, C, H, W] in [-1, 1].
    """
    schedule, x0, generator = make_schedule(SCHEDULE, STEPS), pictures.double(), torch.Generator().manual_seed(0)
    count, axes = len(x0), (1, 2, 3)
    alpha2, sigma2 = float(schedule.alpha[-1] ** 2), float(schedule.sigma[-1] ** 2)
    nats = 0.5 * (sigma2 - 1.0 - math.log(sigma2) + alpha2 * x0.square()).sum(axes)

    def look(t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        scale, beta_tilde, log_snr = _levels(schedule, t)
        eps = torch.randn(x0.shape, generator=generator).double()
        square, f = _answers(network, kind, x0, label, eps, log_snr)
        return scale * square, beta_tilde, beta_tilde + scale * f

    log_snr = torch.from_numpy(schedule.log_snr[1:])
    chances = (log_snr[:-1] - log_snr[1:]) / (log_snr[0] - log_snr[-1])  # of t = 2..T
    edges = chances.cumsum(0)

    square, _, variance = look(torch.ones(count, dtype=torch.long))
    nats += 0.5 * (torch.log(2 * math.pi * variance) + square / variance).sum(axes)
    for _ in range(passes):
        place = (torch.randperm(count, generator=generator) + torch.rand(count, generator=generator)).double() / count
        step = torch.searchsorted(edges, place).clamp_(max=STEPS - 2)
        square, beta_tilde, variance = look(2 + step)
        ratio = beta_tilde / variance
        nats += 0.5 * (ratio - 1.0 - ratio.log() + square / variance).sum(axes) / (passes * chances[step])
    bits = nats / (math.log(2) * x0[0].numel())
    return float(bits.mean()), float(bits.std() / math.sqrt(count))


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
    bits, stderr = bound_bits_per_dim(network, recipe.prediction, data.held_out, label)
    return {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "v_mse_by_log_snr": table,
        "bound_bits_per_dim": round(bits, 4),
        "stderr_bits_per_dim": round(stderr, 4),
    }


def _recipe_table(recipe: Any) -> str:
    rows = "\n".join(f"| {item.name} | {getattr(recipe, item.name)} |" for item in fields(recipe))
    return f"Train it again with\n\n    {command(recipe)}\n\nIt trains on one thread.\n\n| recipe | |\n|---|---|\n{rows}"


def card(recipe: ImageRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    row, held_out = IMAGES[recipe.dataset], len(make_images(recipe.dataset).held_out)
    levels = "\n".join(f"| {level:g} | {v:.4f} ± {e:.4f} | {f:.4f} |" for level, v, e, f in measured["v_mse_by_log_snr"])
    return f"""# {row.title}

A U-Net of {measured["parameters"]} parameters that denoises pictures of the `{recipe.dataset}` data set and says how sure it is
of every pixel{", of a class or of any" if row.labels else ""}. Averaged weights, float16 on disk. It serves every schedule and
sampler of diffviz.

{_recipe_table(recipe)}

## What was reached

On {held_out} held-out pictures. f is the network's own estimate of its squared error of v: the two agree where it knows itself.

| log SNR | squared error of v | mean f |
|---|---|---|
{levels}

Variational bound, {SCHEDULE} schedule, T = {STEPS}, learned variance, as a density over [-1, 1] (grey levels are not counted):
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

A convolutional network of {measured["parameters"]} parameters that reads `{recipe.dataset}`, to judge generated pictures by.

{_recipe_table(recipe)}

## What was reached

| pictures | read as what they are |
|---|---|
| trained on | {measured["train_accuracy"]:.4f} |
| held out | {measured["accuracy"]:.4f} ± {measured["stderr_accuracy"]:.4f} |

Last training loss (cross entropy in nats, of noisy pictures and smoothed labels): {loss:.4f}
"""
