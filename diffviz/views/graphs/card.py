"""What stands on the card of a network of graphs, and how it is measured."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from diffviz.categorical.networks import NetworkSymbols
from diffviz.domains.graphs.denoiser import EXACT
from diffviz.domains.graphs.families import DATASETS
from diffviz.domains.graphs.information import information, possible
from diffviz.domains.graphs.network import GraphNetwork
from diffviz.domains.graphs.training import GraphRecipe
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.exports import training_command
from diffviz.noise import Stream
from diffviz.process import Denoiser, reverse_process
from diffviz.views.symbols.priced import BITS

SCHEDULE, STEPS = "sohl_dickstein", 15  # what every card is measured with: as many pairs are redrawn in every step
SAMPLES = 500
LOSSES = {  # what the training loss is, by process
    "absorbing": "nats per graph, of which the entropy of the family cannot be avoided",
    "uniform": "cross-entropy of the pairs in nats per graph, most of which no denoiser can avoid",
}
SAMPLERS = {"absorbing": "random_order", "uniform": "ancestral"}  # that samples are drawn with, by process


def _setup(recipe: GraphRecipe, **changed: Any) -> Setup:
    named = {"dataset": recipe.dataset, "nodes": recipe.nodes, "process": recipe.process}
    return Setup(Experiment(**named, schedule=SCHEDULE, steps=STEPS, **changed))


def measure(network: GraphNetwork, recipe: GraphRecipe) -> dict[str, Any]:
    """The network's bound, with its standard error, beside the exact denoiser's with alpha_bar = 1 - t/T, T = 15, in bits;
    and how many of its samples belong to the family."""
    setup, denoiser = _setup(recipe), NetworkSymbols(network)
    found = information(setup.experiment, setup.schedule, setup.times, denoiser)
    bound, exact = found.bound.estimate, found.exact_gap.value + found.entropy_nats
    return {
        "entropy_bits": round(found.entropy_nats * BITS, 4),
        "exact_bound_bits": round(exact * BITS, 4),
        "bound_bits": round(bound.value * BITS, 4),
        "stderr_bits": round(bound.stderr * BITS, 4),
        "valid": _valid(recipe, denoiser),
        "exact_valid": _valid(recipe, EXACT[recipe.process](recipe.dataset, recipe.nodes)),
    }


def _valid(recipe: GraphRecipe, denoiser: Denoiser) -> int:
    """How many of SAMPLES belong to the family."""
    setup = _setup(recipe, sampler=SAMPLERS[recipe.process], particles=SAMPLES, device="cpu")
    noise, process = setup.noise(Stream.REVERSE), setup.process
    *_, end = reverse_process(denoiser, setup.sampler, setup.schedule, setup.times, process.prior(noise(0)), noise, process.known)
    return int(possible(setup.experiment, end.x.numpy()).sum())


def card(recipe: GraphRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    rows = "\n".join(f"| {item.name} | {getattr(recipe, item.name)} |" for item in fields(recipe))
    excess = measured["bound_bits"] - measured["exact_bound_bits"]
    drawn = "one pair at a time in random order" if recipe.process == "absorbing" else f"in {STEPS} steps"
    return f"""# {DATASETS[recipe.dataset].title} on {recipe.nodes} nodes, {recipe.process}

A permutation-equivariant network over the pairs of nodes. It was trained to take back the process “{recipe.process}” and serves
every schedule of diffviz.

Train it again with

    {training_command(recipe)}

It trains on one thread, so that the same command on the same kind of processor gives the same weights, bit for bit.

| recipe | |
|---|---|
{rows}

## What was reached

ᾱ = 1 − t/T with T = {STEPS}; the exact denoiser knows the family, the network has seen graphs drawn from it.

| | bits per graph |
|---|---|
| entropy of the family | {measured["entropy_bits"]:.4f} |
| bound of the exact denoiser | {measured["exact_bound_bits"]:.4f} |
| bound of the network | {measured["bound_bits"]:.4f} ± {measured["stderr_bits"]:.4f} |
| cost of the network's errors | {excess:.4f} ± {measured["stderr_bits"]:.4f} |

Of {SAMPLES} samples, drawn {drawn}, {measured["valid"]} belong to the family; of those of the exact
denoiser, drawn with the same noise, {measured["exact_valid"]}.

Last training loss ({LOSSES[recipe.process]}): {loss:.4f}
"""
