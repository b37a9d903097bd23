"""The section of an Experiment that graphs alone read."""

from __future__ import annotations

from dataclasses import dataclass

from diffviz.domains.graphs.families import FEWEST, MOST
from diffviz.fields import number


@dataclass(frozen=True)
class GraphFields:
    """What the data read."""

    nodes: int = number(
        MOST,
        "Nodes",
        "Every graph has so many. Of n nodes there are n(n − 1)/2 pairs, each of which is joined or not.",
        FEWEST,
        MOST,
    )
