"""A run of graphs in words and numbers."""

from __future__ import annotations

from diffviz.domains.graphs.families import DATASETS
from diffviz.views.symbols import captions
from diffviz.views.symbols.nouns import Nouns
from diffviz.views.symbols.priced import SymbolsMeasured

NOUNS = Nouns(
    sample="graph",
    part="pair of nodes",
    parts="pairs of nodes",
    short="pair",
    symbols="edges",
    masked="hidden",
    source="family",
    belong="belong to the family",
    alike="edge for edge",
)


def summary(m: SymbolsMeasured) -> str:
    """The metrics of a run in one line."""
    return captions.summary(NOUNS, m, f"are {DATASETS[m.experiment.dataset].kinds}", captions.expected(NOUNS, m))
