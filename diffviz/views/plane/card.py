"""Measuring a trained network against the truth, and the card that says what was reached."""

from __future__ import annotations

from typing import Any

from diffviz.domains.plane import progress
from diffviz.domains.plane.datasets import DATASETS, mixture_of
from diffviz.domains.plane.progress import STEPS, chain_costs, level_axis, loss_by_level, shares
from diffviz.domains.plane.training import Recipe
from diffviz.estimates import pair
from diffviz.gaussian.denoisers.mlp import MLP, NetworkDenoiser
from diffviz.views.cards import trained_again

TITLES = {"v": "v", "eps": "epsilon", "x0": "x_0", "score": "score", "flow": "flow velocity", "energy": "energy"}
LEVELS, LEVEL_SAMPLES = 96, 4096  # at which the loss is told, and points at each
SAMPLES = 1 << 15  # a network is wrong at few places, and by much


def measure(network: MLP, recipe: Recipe) -> dict[str, Any]:
    """The network's gap beside the exact denoiser's: cosine, T = 100, optimal variance. In nats, with standard errors."""
    info = chain_costs(NetworkDenoiser(network), mixture_of(recipe), SAMPLES)
    return {
        "entropy_nats": round(info.entropy.value, 5),
        "bound_nats": round(info.bound.value, 5),
        "gap_nats": round(info.gap.value, 5),
        "exact_gap_nats": round(info.exact_gap.value, 5),
        "stderr_nats": round(info.gap.stderr, 5),
    }


def floor(network: MLP, recipe: Recipe) -> dict[str, Any]:
    """The loss of all levels, the least there can be, and what it is above it; [value, standard error] where points are drawn."""
    mixture, axis = mixture_of(recipe), level_axis(LEVELS)
    least = float(shares(recipe, axis) @ progress.floor(mixture, recipe, axis))
    _, excess = loss_by_level(NetworkDenoiser(network), mixture, recipe, axis, LEVEL_SAMPLES).overall(recipe)
    return {"loss": [least + excess.value, excess.stderr], "floor": least, "excess": pair(excess)}


def card(recipe: Recipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    measure_of = "mean squared error of " + TITLES[recipe.objective] + ("" if recipe.weighting == "simple" else ", weighted")
    excess = measured["gap_nats"] - measured["exact_gap_nats"]
    return f"""# {DATASETS[recipe.dataset].title}

A multilayer perceptron that denoises points of the `{recipe.dataset}` data set: Fourier features of the scaled point and of log
SNR, {TITLES[recipe.objective]} prediction, averaged weights. It serves every schedule and sampler of diffviz.

{trained_again(recipe)}

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

Last training loss ({measure_of}, most of which no denoiser can avoid): {loss:.4f}
"""
