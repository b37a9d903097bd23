"""A run of graphs in words and numbers."""

from __future__ import annotations

from dataclasses import replace

from diffviz.diagnostics.comparison import Row
from diffviz.domains.graphs.data import DATASETS, Named
from diffviz.domains.graphs.families import FAMILIES
from diffviz.experiment import Experiment
from diffviz.views.symbols import captions
from diffviz.views.symbols.nouns import Nouns
from diffviz.views.symbols.priced import SymbolsMeasured

NOUNS = Nouns(
    sample="graph",
    part="pair of nodes",
    parts="pairs of nodes",
    short="pair",
    symbols="edges",
    source="family",
    belong="belong to the family",
    alike="edge for edge",
)
MODEL_NOUNS = replace(NOUNS, source="model", belong="tell their communities", share="told_share")


def nouns_of(e: Named) -> Nouns:
    """Of a family, or of the block model."""
    return NOUNS if e.dataset in FAMILIES else MODEL_NOUNS


def are(e: Experiment, count: int) -> str:
    """What so many graphs are that have the sign ✓, with the verb."""
    row = DATASETS[e.dataset]
    if e.dataset in FAMILIES:
        return f"is {row.kind}" if count == 1 else f"are {row.kinds}"
    return row.kind if count == 1 else row.kinds


def summary(m: SymbolsMeasured) -> str:
    """The metrics of a run in one line."""
    nouns = nouns_of(m.experiment)
    return captions.summary(nouns, m, are(m.experiment, 2), captions.expected(nouns, m))


def sentence(rows: list[Row], a: Experiment, b: Experiment) -> str:
    """What was changed and what it did, in one sentence."""
    return captions.sentence(nouns_of(a), rows, a, b)
