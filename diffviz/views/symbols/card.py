"""What the cards of networks of symbols say alike: their bound, and how samples are drawn that are counted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.noise import Stream
from diffviz.process import Denoiser, reverse_process
from diffviz.views.symbols.nouns import Nouns

SCHEDULE = "sohl_dickstein"  # what every card is measured with: as many symbols are redrawn in every step
SAMPLES = 500
SAMPLERS = {"absorbing": "random_order", "uniform": "ancestral"}  # that samples are drawn with, by process


def sampled(denoiser: Denoiser, chain: dict[str, Any]) -> NDArray[np.floating]:
    """[SAMPLES, D] drawn with the denoiser. chain: the Experiment's fields, but for the sampler."""
    setup = Setup(Experiment(**chain, sampler=SAMPLERS[chain["process"]], particles=SAMPLES, device="cpu"))
    noise, process = setup.noise(Stream.REVERSE), setup.process
    *_, end = reverse_process(denoiser, setup.sampler, setup.schedule, setup.times, process.prior(noise(0)), noise, process.known)
    return end.x.numpy()


def drawn(nouns: Nouns, process: str, steps: int) -> str:
    """How samples of a process are drawn."""
    return f"one {nouns.short} at a time in random order" if process == "absorbing" else f"in {steps} steps"


def reached(nouns: Nouns, measured: dict[str, Any], steps: int) -> str:
    """In Markdown, the network's bound beside the exact denoiser's. measured: with entropy_bits, exact_bound_bits, bound_bits and
    its stderr_bits; where the exact denoiser's is estimated, with what is measured of that, too; and the network's bound in
    continuous time, where it was measured"""
    error = measured["stderr_bits"]
    excess = measured.get("excess_bits", measured["bound_bits"] - measured["exact_bound_bits"])
    excess_error = measured.get("excess_stderr_bits", error)
    errors = [f" ± {measured[name]:.4f}" if name in measured else "" for name in ("entropy_stderr_bits", "exact_stderr_bits")]
    continuous = ""
    if "continuous_bits" in measured:
        row = f"{measured['continuous_bits']:.4f} ± {measured['continuous_stderr_bits']:.4f}"
        continuous = f"\n| bound of the network in continuous time (of the exact denoiser the entropy) | {row} |"
    known = f"the exact denoiser knows the {nouns.source}, the network has seen {nouns.sample}s drawn from it"
    return f"""ᾱ = 1 − t/T with T = {steps}; {known}.

| | bits per {nouns.sample} |
|---|---|
| entropy of the {nouns.source} | {measured["entropy_bits"]:.4f}{errors[0]} |
| bound of the exact denoiser | {measured["exact_bound_bits"]:.4f}{errors[1]} |
| bound of the network | {measured["bound_bits"]:.4f} ± {error:.4f} |
| cost of the network's errors | {excess:.4f} ± {excess_error:.4f} |{continuous}"""
