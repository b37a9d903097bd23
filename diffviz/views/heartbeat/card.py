"""What stands on the card of a network of bit sequences, and how it is measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffviz.domains.heartbeat.data import RATE
from diffviz.domains.heartbeat.domain import DATASETS
from diffviz.domains.heartbeat.information import information
from diffviz.domains.heartbeat.network import BitMLP, NetworkBits
from diffviz.domains.heartbeat.training import BitRecipe
from diffviz.schedules import make_schedule
from diffviz.views.cards import trained_again

SCHEDULE, STEPS = "cosine", 100  # what every card is measured with


def measure(network: BitMLP, recipe: BitRecipe) -> dict[str, Any]:
    """The network's bound beside the exact denoiser's: cosine, T = 100. In bits per sequence, with standard errors."""
    found = information(make_schedule(SCHEDULE, STEPS), np.arange(STEPS + 1), NetworkBits(network, RATE))
    bound, exact = found.bound.estimate, float(found.kl.sum())
    return {
        "entropy_bits": round(found.entropy_nats / math.log(2.0), 5),
        "log_likelihood_bits": round(-bound.value / math.log(2.0), 5),
        "exact_log_likelihood_bits": round(-exact / math.log(2.0), 5),
        "stderr_bits": round(bound.stderr / math.log(2.0), 5),
    }


def card(recipe: BitRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    excess = measured["exact_log_likelihood_bits"] - measured["log_likelihood_bits"]
    return f"""# {DATASETS[recipe.dataset].title}

A multilayer perceptron that denoises sequences of 20 bits: it adds to the log odds of each bit, given that bit of x_t alone, what
the other bits of x_t say of it. It serves every schedule of diffviz.

{trained_again(recipe)}

## What was reached

Cosine schedule, T = {STEPS}; the exact denoiser in closed form, the network's excess over it on random sequences at each time.

| | bits per sequence |
|---|---|
| minus the entropy of the data | {-measured["entropy_bits"]:.5f} |
| bound K of the network | {measured["log_likelihood_bits"]:.5f} ± {measured["stderr_bits"]:.5f} |
| bound K of the exact denoiser | {measured["exact_log_likelihood_bits"]:.5f} |
| cost of the network's errors | {excess:.5f} ± {measured["stderr_bits"]:.5f} |

Last training loss (cross-entropy of the bits of x_0 in nats per sequence, most of which no denoiser can avoid): {loss:.4f}
"""
