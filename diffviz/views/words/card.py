"""What stands on the card of a network of words, and how it is measured."""

from __future__ import annotations

from dataclasses import fields
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
from diffviz.exports import training_command
from diffviz.noise import Stream
from diffviz.process import reverse_process
from diffviz.training.settings import is_read
from diffviz.views.symbols.priced import BITS

SCHEDULE, STEPS = "sohl_dickstein", 16  # what every card is measured with: as many symbols are redrawn in every step
PATHS = 4000  # of the forward process, on which its errors are priced
SAMPLES = 500
SAMPLERS = {"absorbing": "random_order", "uniform": "ancestral"}  # that samples are drawn with, by process


def _setup(recipe: WordRecipe, **changed: Any) -> Setup:
    return Setup(Experiment(dataset=recipe.dataset, process=recipe.process, schedule=SCHEDULE, steps=STEPS, **changed))


def measure(network: WordTransformer, recipe: WordRecipe) -> dict[str, Any]:
    """The network's bound beside the exact denoiser's with masks linear in t, T = 16, in bits a word; and how many of its samples
    are on the list. With standard errors."""
    setup, denoiser = _setup(recipe), NetworkSymbols(network)
    chain = setup.distribution, setup.process.noise, setup.schedule, setup.times
    exact, share = information(setup.experiment, setup.schedule, setup.times), mean_of(_valid(recipe, denoiser)).estimate
    excess = mean_of(excess_nats(denoiser, *chain, samples=PATHS).sum(0)).estimate
    return {
        "entropy_bits": round(exact.entropy_nats * BITS, 4),
        "exact_bound_bits": round(exact.bound.value * BITS, 4),
        "bound_bits": round((exact.bound.value + excess.value) * BITS, 4),
        "stderr_bits": round(excess.stderr * BITS, 4),
        "valid_share": round(share.value, 4),
        "valid_share_stderr": round(share.stderr, 4),
    }


def _valid(recipe: WordRecipe, denoiser: NetworkSymbols) -> Any:
    """[SAMPLES] 1 where a sample is a word of the list, else 0."""
    setup = _setup(recipe, sampler=SAMPLERS[recipe.process], particles=SAMPLES, device="cpu")
    noise, process = setup.noise(Stream.REVERSE), setup.process
    *_, end = reverse_process(denoiser, setup.sampler, setup.schedule, setup.times, process.prior(noise(0)), noise, process.known)
    return on_list(setup.distribution, end.x.numpy()).astype(float)


def card(recipe: WordRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    rows = "\n".join(f"| {item.name} | {getattr(recipe, item.name)} |" for item in fields(recipe) if is_read(recipe, item))
    excess = measured["bound_bits"] - measured["exact_bound_bits"]
    share, error = 100 * measured["valid_share"], 100 * measured["valid_share_stderr"]
    drawn = "one letter at a time in random order" if recipe.process == "absorbing" else f"in {STEPS} steps"
    return f"""# {DATASETS[recipe.dataset].title}

A small transformer over the 8 places of a word. It was trained to take back the process “{recipe.process}” and serves every
schedule of diffviz.

Train it again with

    {training_command(recipe)}

It trains on one thread, so that the same command on the same kind of processor gives the same weights, bit for bit.

| recipe | |
|---|---|
{rows}

## What was reached

ᾱ = 1 − t/T with T = {STEPS}; the exact denoiser knows the list, the network has seen words drawn from it.

| | bits per word |
|---|---|
| entropy of the list | {measured["entropy_bits"]:.4f} |
| bound of the exact denoiser | {measured["exact_bound_bits"]:.4f} |
| bound of the network | {measured["bound_bits"]:.4f} ± {measured["stderr_bits"]:.4f} |
| cost of the network's errors | {excess:.4f} ± {measured["stderr_bits"]:.4f} |

Of {SAMPLES} samples, drawn {drawn}, {share:.1f} ± {error:.1f} % are words of the list.

Last training loss (nats per word, of which the entropy of the list cannot be avoided): {loss:.4f}
"""
