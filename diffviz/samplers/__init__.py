"""Samplers: ways back from noise to data. To add one, write init and step and add a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from diffviz.samplers.ancestral import Ancestral
from diffviz.samplers.base import Sampler
from diffviz.samplers.ddim import DDIM


@dataclass(frozen=True)
class SamplerRow:
    """One row of SAMPLERS. make(eta, variances, times) builds it; uses lists the Experiment's fields it reads."""

    title: str
    why: str
    make: Callable[..., Sampler]
    uses: tuple[str, ...]


SAMPLERS: dict[str, SamplerRow] = {
    "ancestral": SamplerRow(
        "Ancestral (DDPM)",
        "Draws every step from the reverse chain: random on the way back.",
        lambda eta, variances, times: Ancestral(variances, times),
        ("variance",),
    ),
    "ddim": SamplerRow(
        "DDIM",
        "Follows the same marginals with less noise, or none: few steps go far.",
        lambda eta, variances, times: DDIM(eta),
        ("eta",),
    ),
}
