"""What stands on the card of a network of words, and how it is measured."""

from __future__ import annotations

import copy
from typing import Any

from diffviz.categorical.continuous import continuous_excess_nats
from diffviz.categorical.costs import excess_nats, sampled_costs
from diffviz.categorical.networks import NetworkSymbols
from diffviz.diagnostics.measured import exactly
from diffviz.domains.words.domain import DATASETS
from diffviz.domains.words.information import information, on_list
from diffviz.domains.words.network import WordNetwork
from diffviz.domains.words.training import WordRecipe
from diffviz.engine import Setup
from diffviz.estimates import Estimate, mean_of
from diffviz.experiment import Experiment
from diffviz.views.cards import trained_again
from diffviz.views.symbols.card import SAMPLES, SCHEDULE, drawn, reached, sampled
from diffviz.views.symbols.priced import BITS
from diffviz.views.words.captions import NOUNS

STEPS = 16  # what every card is measured with
PATHS = 4000  # of the forward process, on which its errors are priced
LOSSES = {  # what the training loss is, by process
    "absorbing": "nats per word, of which the entropy of the list cannot be avoided",
    "uniform": "cross-entropy of the letters in nats per word, most of which no denoiser can avoid",
}


def _chain(recipe: WordRecipe) -> dict[str, Any]:
    return {"dataset": recipe.dataset, "process": recipe.process, "schedule": SCHEDULE, "steps": STEPS}


def measure(network: WordNetwork, recipe: WordRecipe) -> dict[str, Any]:
    """The network's bound beside the exact denoiser's with alpha_bar = 1 - t/T, T = 16, and in continuous time, in bits a word;
    and how many of its samples are on the list. With standard errors; under uniform noise also of the exact denoiser's bound.
    Weights are as on disk."""
    setup, denoiser = Setup(Experiment(**_chain(recipe))), NetworkSymbols(copy.deepcopy(network).half().float())
    data, noise, levels = setup.distribution, setup.process.noise, (setup.schedule, setup.times)
    share = mean_of(on_list(data, sampled(denoiser, _chain(recipe))).astype(float)).estimate
    excess = mean_of(excess_nats(denoiser, data, noise, *levels, samples=PATHS).sum(0))
    continuous = mean_of(continuous_excess_nats(denoiser, data, noise, samples=PATHS)).estimate
    if recipe.process == "absorbing":
        exact = exactly(information(setup.experiment, *levels).bound.value)
        bound = Estimate(exact.value + excess.value, excess.estimate.stderr)
    else:
        drawn = sampled_costs(data, noise, *levels, samples=PATHS).bound
        exact, bound = drawn.estimate, mean_of(drawn.influence + excess.influence).estimate  # along the same paths
    nats = {
        "entropy_bits": data.entropy_nats,
        "exact_bound_bits": exact.value,
        **({"exact_stderr_bits": exact.stderr} if exact.stderr else {}),
        "bound_bits": bound.value,
        "stderr_bits": bound.stderr,
        "excess_bits": excess.value,
        "excess_stderr_bits": excess.estimate.stderr,
        "continuous_bits": data.entropy_nats + continuous.value,
        "continuous_stderr_bits": continuous.stderr,
    }
    return {
        **{name: round(value * BITS, 4) for name, value in nats.items()},
        "valid_share": round(share.value, 4),
        "valid_share_stderr": round(share.stderr, 4),
    }


def card(recipe: WordRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    share, error = 100 * measured["valid_share"], 100 * measured["valid_share_stderr"]
    return f"""# {DATASETS[recipe.dataset].title}, {recipe.process}

A small network that sees all 8 places of a word at once. It was trained to take back the process “{recipe.process}” and serves
every schedule of diffviz. Averaged weights, float16 on disk.

{trained_again(recipe)}

## What was reached

{reached(NOUNS, measured, STEPS)}

Of {SAMPLES} samples, drawn {drawn(NOUNS, recipe.process, STEPS)}, {share:.1f} ± {error:.1f} % are words of the list.

Last training loss ({LOSSES[recipe.process]}): {loss:.4f}
"""
