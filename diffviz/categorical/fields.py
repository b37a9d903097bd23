"""The section of an Experiment that says which process of symbols noises its data, and what its samplers read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from diffviz.categorical.kernels import Absorbing, Redrawing, Uniform
from diffviz.fields import named, number

MOST_AT_ONCE = 16


@dataclass(frozen=True)
class ProcessRow:
    """One row of PROCESSES. make(V): what coordinates are redrawn from."""

    title: str
    why: str
    make: Callable[[int], Redrawing]


PROCESSES: dict[str, ProcessRow] = {
    "absorbing": ProcessRow("Absorbing (masks)", "Symbols are masked one by one, and stay masked (D3PM, MDLM).", Absorbing),
    "uniform": ProcessRow(
        "Uniform", "Symbols are redrawn one by one, all being equally probable (multinomial diffusion).", Uniform
    ),
}


@dataclass(frozen=True)
class CategoricalFields:
    """What the processes of symbols and their samplers read."""

    process: str = named("absorbing", "Process", "What becomes of a symbol that the forward process does not keep.", PROCESSES)
    at_once: int = number(
        1, "Unmasked at once", "How many masked symbols are drawn, each alone, with one function evaluation.", 1, MOST_AT_ONCE
    )
    choice_temperature: float = number(
        1.0,
        "Temperature of the choice",
        "Of the Gumbel noise on the confidences; at 0 the most certain symbols are unmasked first, at high values any.",
        0.0,
        100.0,
    )
