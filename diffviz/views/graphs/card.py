"""What stands on the card of a network of graphs, and how it is measured."""

from __future__ import annotations

from typing import Any

from diffviz.categorical.networks import NetworkSymbols
from diffviz.domains.graphs.data import DATASETS, data_of
from diffviz.domains.graphs.families import FAMILIES
from diffviz.domains.graphs.information import information
from diffviz.domains.graphs.network import GraphNetwork
from diffviz.domains.graphs.training import GraphRecipe
from diffviz.engine import Setup
from diffviz.estimates import mean_of
from diffviz.experiment import Experiment
from diffviz.process import Denoiser
from diffviz.views.cards import trained_again
from diffviz.views.graphs.captions import nouns_of
from diffviz.views.symbols.card import SAMPLES, SCHEDULE, drawn, reached, sampled
from diffviz.views.symbols.priced import BITS

STEPS = 15  # what every card is measured with
LOSSES = {  # what the training loss is, by process
    "absorbing": "nats per graph, of which the entropy of the {source} cannot be avoided",
    "uniform": "cross-entropy of the pairs in nats per graph, most of which no denoiser can avoid",
}


def _chain(recipe: GraphRecipe) -> dict[str, Any]:
    named = {"dataset": recipe.dataset, "process": recipe.process, "schedule": SCHEDULE, "steps": STEPS}
    return {**named, "nodes": recipe.nodes} if recipe.dataset in FAMILIES else named


def measure(network: GraphNetwork, recipe: GraphRecipe) -> dict[str, Any]:
    """The network's bound, with its standard error, beside the exact denoiser's with alpha_bar = 1 - t/T, T = 15, in bits;
    and how many of its samples belong to the family, or tell their communities. Where the exact bound is estimated, also its
    error and what the network adds on the same new graphs."""
    setup, denoiser = Setup(Experiment(**_chain(recipe))), NetworkSymbols(network)
    found = information(setup.experiment, setup.schedule, setup.times, denoiser)
    bound, gap, excess = found.bound.estimate, found.exact_gap.estimate, mean_of(found.excess.sum(0)).estimate
    exact = gap.value + found.entropy_nats
    estimated = {
        "entropy_stderr_bits": setup.distribution.entropy.estimate.stderr,
        "exact_stderr_bits": gap.stderr,
        "excess_bits": excess.value,
        "excess_stderr_bits": excess.stderr,
    }
    return {
        "entropy_bits": round(found.entropy_nats * BITS, 4),
        "exact_bound_bits": round(exact * BITS, 4),
        "bound_bits": round(bound.value * BITS, 4),
        "stderr_bits": round(bound.stderr * BITS, 4),
        "valid": _valid(recipe, denoiser),
        "exact_valid": _valid(recipe, data_of(recipe).exact(recipe.process)),
        **({name: round(nats * BITS, 4) for name, nats in estimated.items()} if gap.stderr else {}),
    }


def _valid(recipe: GraphRecipe, denoiser: Denoiser) -> int:
    """How many of SAMPLES belong to the family, or tell their communities."""
    chain = _chain(recipe)
    return int(data_of(recipe).judged(sampled(denoiser, chain)).sum())


def card(recipe: GraphRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    nouns = nouns_of(recipe)
    return f"""# {DATASETS[recipe.dataset].title} on {recipe.nodes} nodes, {recipe.process}

A permutation-equivariant network over the pairs of nodes. It was trained to take back the process “{recipe.process}” and serves
every schedule of diffviz.

{trained_again(recipe)}

## What was reached

{reached(nouns, measured, STEPS)}

Of {SAMPLES} samples, drawn {drawn(nouns, recipe.process, STEPS)}, {measured["valid"]} {nouns.belong}; of those of the exact
denoiser, drawn with the same noise, {measured["exact_valid"]}.

Last training loss ({LOSSES[recipe.process].format(source=nouns.source)}): {loss:.4f}
"""
