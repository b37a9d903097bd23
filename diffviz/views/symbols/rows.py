"""Fields of a DomainView that are the same of all symbols."""

from __future__ import annotations

from functools import partial
from typing import Any

from diffviz.views.symbols import captions, thermo
from diffviz.views.symbols.nouns import Nouns
from diffviz.views.symbols.priced import Information
from diffviz.views.symbols.work import colours

COLOURED: dict[str, Any] = {"answer": colours, "slow": ("work",), "filed": {"work": {"work": True}}}


def told(nouns: Nouns, information: Information) -> dict[str, Any]:
    """What is told of a run and of two."""
    return {
        "warning": captions.warning,
        "step": partial(captions.step, nouns),
        "cost": partial(captions.cost, nouns),
        "sentence": partial(captions.sentence, nouns),
        "note": partial(captions.note, nouns),
        "known": partial(thermo.known, nouns, information),
        "arrow": True,
    }
