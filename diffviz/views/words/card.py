"""What stands on the card of a network of words, and how it is measured."""

from __future__ import annotations

from typing import Any

from diffviz.categorical.costs import excess_nats
from diffviz.categorical.networks import NetworkSymbols
from diffviz.domains.words.domain import DATASETS
from diffviz.domains.words.information import information, on_list
from diffviz.domains.words.network import WordTransformer
from diffviz.domains.words.training import WordRecipe
from diffviz.engine import Setup
from diffviz.estimates import mean_of
from diffviz.experiment import Experiment
from diffviz.views.cards import trained_again
from diffviz.views.symbols.card import SAMPLES, SCHEDULE, drawn, reached, sampled
from diffviz.views.symbols.priced import BITS
from diffviz.views.words.captions import NOUNS

STEPS = 16  # what every card is measured with
PATHS = 4000  # of the forward process, on which its errors are priced


def _chain(recipe: WordRecipe) -> dict[str, Any]:
    return {"dataset": recipe.dataset, "process": recipe.process, "schedule": SCHEDULE, "steps": STEPS}


def measure(network: WordTransformer, recipe: WordRecipe) -> dict[str, Any]:
    """The network's bound beside the exact denoiser's with masks linear in t, T = 16, in bits a word; and how many of its samples
    are on the list. With standard errors."""
    setup, denoiser = Setup(Experiment(**_chain(recipe))), NetworkSymbols(network)
    chain = setup.distribution, setup.process.noise, setup.schedule, setup.times
    exact = information(setup.experiment, setup.schedule, setup.times)
    share = mean_of(on_list(setup.distribution, sampled(denoiser, _chain(recipe))).astype(float)).estimate
    excess = mean_of(excess_nats(denoiser, *chain, samples=PATHS).sum(0)).estimate
    return {
        "entropy_bits": round(exact.entropy_nats * BITS, 4),
        "exact_bound_bits": round(exact.bound.value * BITS, 4),
        "bound_bits": round((exact.bound.value + excess.value) * BITS, 4),
        "stderr_bits": round(excess.stderr * BITS, 4),
        "valid_share": round(share.value, 4),
        "valid_share_stderr": round(share.stderr, 4),
    }


def card(recipe: WordRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    share, error = 100 * measured["valid_share"], 100 * measured["valid_share_stderr"]
    return f"""# {DATASETS[recipe.dataset].title}

A small transformer over the 8 places of a word. It was trained to take back the process “{recipe.process}” and serves every
schedule of diffviz.

{trained_again(recipe)}

## What was reached

{reached(NOUNS, measured, STEPS)}

Of {SAMPLES} samples, drawn {drawn(NOUNS, recipe.process, STEPS)}, {share:.1f} ± {error:.1f} % are words of the list.

Last training loss (nats per word, of which the entropy of the list cannot be avoided): {loss:.4f}
"""
