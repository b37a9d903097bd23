"""Measuring a trained network against the truth, and the card that says what was reached."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.information import information, network_errors
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.domains.plane.training import Recipe
from diffviz.exports import training_command
from diffviz.gaussian.denoisers.mlp import MLP, NetworkDenoiser
from diffviz.gaussian.kernels import reverse_variances
from diffviz.schedules import make_schedule

SCHEDULE, STEPS, VARIANCE = "cosine", 100, "optimal"  # what every card is measured with
SAMPLES = 1 << 15  # a network is wrong at few places, and by much


def measure(network: MLP, recipe: Recipe) -> dict[str, Any]:
    """The network's gap beside the exact denoiser's: cosine, T = 100, optimal variance. In nats, with standard errors."""
    mixture, schedule, times = make_dataset(recipe.dataset), make_schedule(SCHEDULE, STEPS), np.arange(STEPS + 1)
    errors = network_errors(NetworkDenoiser(network), mixture, schedule, times, samples=SAMPLES)
    levels = noise_levels(mixture, schedule, times)
    info = information(mixture, schedule, reverse_variances(VARIANCE, schedule, times, mixture), times, levels, errors)
    return {
        "entropy_nats": round(info.entropy.value, 5),
        "bound_nats": round(info.bound.value, 5),
        "gap_nats": round(info.gap.value, 5),
        "exact_gap_nats": round(info.exact_gap.value, 5),
        "stderr_nats": round(info.gap.stderr, 5),
    }


def card(recipe: Recipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    rows = "\n".join(f"| {item.name} | {getattr(recipe, item.name)} |" for item in fields(recipe))
    excess = measured["gap_nats"] - measured["exact_gap_nats"]
    return f"""# {DATASETS[recipe.dataset].title}

A multilayer perceptron that denoises points of the `{recipe.dataset}` data set: Fourier features of the scaled point and of log
SNR, v prediction, averaged weights. It serves every schedule and sampler of diffviz.

Train it again with

    {training_command(recipe)}

It trains on one thread, so that the same command on the same kind of processor gives the same weights, bit for bit.

| recipe | |
|---|---|
{rows}

## What was reached

Cosine schedule, T = {STEPS}, optimal reverse variance; the exact denoiser in closed form, the network's excess over it
estimated on {SAMPLES} random points at each time.

| | nats |
|---|---|
| entropy of the data | {measured["entropy_nats"]:.5f} |
| negative ELBO of the network | {measured["bound_nats"]:.5f} ± {measured["stderr_nats"]:.5f} |
| ELBO gap of the network | {measured["gap_nats"]:.5f} ± {measured["stderr_nats"]:.5f} |
| ELBO gap of the exact denoiser | {measured["exact_gap_nats"]:.5f} |
| cost of the network's errors | {excess:.5f} ± {measured["stderr_nats"]:.5f} |

Last training loss (mean squared error of v, most of which no denoiser can avoid): {loss:.4f}
"""
