"""A small picture for every entry of the glossary, computed by the functions that runs are computed with."""

from __future__ import annotations

from functools import cache

from diffviz.telling.glossary.pictures.commitment import COMMITMENT
from diffviz.telling.glossary.pictures.denoising import DENOISING
from diffviz.telling.glossary.pictures.energies import ENERGIES
from diffviz.telling.glossary.pictures.information import INFORMATION
from diffviz.telling.glossary.pictures.inverse import INVERSE
from diffviz.telling.glossary.pictures.process import PROCESS
from diffviz.telling.glossary.pictures.sampling import SAMPLING
from diffviz.telling.glossary.pictures.symbols import SYMBOLS
from diffviz.telling.glossary.pictures.thermodynamics import THERMODYNAMICS
from diffviz.telling.glossary.pictures.training import TRAINING

DRAWN = {
    **PROCESS,
    **SYMBOLS,
    **DENOISING,
    **SAMPLING,
    **INFORMATION,
    **THERMODYNAMICS,
    **COMMITMENT,
    **TRAINING,
    **ENERGIES,
    **INVERSE,
}


@cache
def pictures() -> dict[str, str]:
    """SVG by the name of the entry; all are the same for every run."""
    return {name: draw() for name, draw in DRAWN.items()}
