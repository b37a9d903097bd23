"""The card of a network of bit sequences as the 2015 paper has it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffviz.domains.heartbeat.data import RATE
from diffviz.domains.heartbeat.domain import DATASETS
from diffviz.domains.heartbeat.information import forward_coding_nats, information, paper_bound
from diffviz.domains.heartbeat.network_2015 import SCHEDULE, StepBits, StepMLP
from diffviz.domains.heartbeat.training_2015 import StepRecipe
from diffviz.schedules import make_schedule
from diffviz.views.cards import trained_again

BITS = 1.0 / math.log(2.0)  # in a nat


def measure(network: StepMLP, recipe: StepRecipe) -> dict[str, Any]:
    """The network's bound K beside the exact denoiser's, of its own chain, in bits per sequence, with standard errors: with x_0
    drawn from the denoiser, and in the paper's convention, where the forward kernel draws it."""
    schedule, times = make_schedule(SCHEDULE, recipe.steps), np.arange(recipe.steps + 1)
    found = information(schedule, times, StepBits(network, RATE))
    k, into_data = found.bound.times(-BITS).estimate, forward_coding_nats(schedule)
    paper = paper_bound(found, into_data).times(-BITS).estimate
    return {
        "truth_bits": round(-found.entropy_nats * BITS, 5),
        "k_bits": round(k.value, 5),
        "stderr_bits": round(k.stderr, 5),
        "exact_k_bits": round(-float(found.kl.sum()) * BITS, 5),
        "paper_convention_bits": round(paper.value, 5),
        "paper_convention_stderr_bits": round(paper.stderr, 5),
        "paper_convention_exact_bits": round(-(into_data + float(found.kl[1:].sum())) * BITS, 5),
    }


def card(recipe: StepRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    return f"""# {DATASETS[recipe.dataset].title}, as in the 2015 paper

The network of Sohl-Dickstein et al. (2015), appendix D.1.2: {recipe.layers} layers of {recipe.hidden} sigmoid units, with
a read-out for each of the {recipe.steps} steps of one chain. The read-outs tell the probabilities of x_0, from which Bayes' rule
makes those of x_(t-1); the paper's tell the latter. It knows the noise levels of that chain alone:

    ?dataset={recipe.dataset}&schedule={SCHEDULE}&steps={recipe.steps}&denoiser={recipe.dataset}_2015

{trained_again(recipe)}

## What was reached

Schedule of the 2015 paper, T = {recipe.steps}; the exact denoiser in closed form, the network's excess over it on random
sequences at each time.

| | bits per sequence |
|---|---|
| minus the entropy of the data | {measured["truth_bits"]:.5f} |
| bound K of the network | {measured["k_bits"]:.5f} ± {measured["stderr_bits"]:.5f} |
| bound K of the exact denoiser | {measured["exact_k_bits"]:.5f} |
| bound K of the network as the paper counts it, x_0 drawn by the forward kernel | {measured["paper_convention_bits"]:.5f} ± {
        measured["paper_convention_stderr_bits"]:.5f} |
| bound K of the exact denoiser, counted so | {measured["paper_convention_exact_bits"]:.5f} |

Last training loss (minus the bound K in bits per sequence): {loss:.4f}
"""
