"""The card of a network of points as the 2015 paper has it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffviz.domains.plane.bound_2015 import NULL_BITS, k_nats
from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.training_2015 import ChainRecipe
from diffviz.gaussian.denoisers.rbf import ChainDenoiser, StepRBF
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import make_schedule
from diffviz.views.cards import trained_again

SAMPLES = 1 << 15
BITS = 1.0 / math.log(2.0)  # in a nat


def measure(network: StepRBF, recipe: ChainRecipe, samples: int = SAMPLES) -> dict[str, Any]:
    """The network's K and the exact denoiser's, of its own chain, in bits, and the points of its schedule."""
    mixture, points = make_dataset(recipe.dataset), network.drawn
    chain = mixture, make_schedule("drawn", recipe.steps, points=points), np.arange(recipe.steps + 1)
    k, exact = k_nats(*chain, ChainDenoiser(network), samples).times(BITS).estimate, k_nats(*chain).value * BITS
    return {
        "points": points,
        "truth_bits": round(-marginal(mixture, 1.0, 0.0).entropy_nats * BITS, 5),
        "k_bits": round(k.value, 5),
        "stderr_bits": round(k.stderr, 5),
        "exact_k_bits": round(exact, 5),
    }


def card(recipe: ChainRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    query = f"dataset={recipe.dataset}&schedule=drawn&points={measured['points'].replace(' ', '+')}&steps={recipe.steps}"
    name = f"{recipe.dataset}_2015"
    return f"""# {DATASETS[recipe.dataset].title}, as in the 2015 paper

The network of Sohl-Dickstein et al. (2015), app. D.1.1: a normalised radial-basis-function network of {recipe.hidden}
units, with a read-out for the mean and the diagonal covariance of each of the {recipe.steps} steps of one chain. Its schedule was
learned with it (appendix B), but for log SNR at t = 1, which is {recipe.first:g}. It knows the noise levels of that chain alone:

    ?{query}&denoiser={name}&variance=learned

{trained_again(recipe)}

## What was reached

K as the paper counts it, in bits: p(x_0|x_1) is fixed to the forward kernel. The exact denoiser in closed form, with its own
variance of each coordinate; the network's excess over it on {SAMPLES} random points at each time.

| | bits |
|---|---|
| minus the entropy of the data, which no K exceeds | {measured["truth_bits"]:.5f} |
| K of the network | {measured["k_bits"]:.5f} ± {measured["stderr_bits"]:.5f} |
| K of the exact denoiser, same steps | {measured["exact_k_bits"]:.5f} |
| K of the network less L_null | {measured["k_bits"] - NULL_BITS:.5f} ± {measured["stderr_bits"]:.5f} |

Last training loss (minus K in bits): {loss:.4f}
"""
