"""Charts of a run of graphs that are computed when they become visible."""

from __future__ import annotations

from functools import partial

from diffviz.domains.graphs.information import information
from diffviz.views.base import LaterRow
from diffviz.views.symbols.later import absent, quasi_static, without_bound
from diffviz.views.work import OF_BRACKETS, OF_WORK, of_one_point

ABSENT = {
    **absent("graph", "edges"),
    "memorisation": "The data are all graphs of the family. No training set is drawn that could be memorised.",
}
LATER: dict[str, LaterRow] = {
    "work": OF_WORK,
    "brackets": OF_BRACKETS,
    "one_point": of_one_point("Choose a graph: paths that begin with it give log p(x₀)."),
    "quasi_static": LaterRow(("gap_over_steps",), partial(quasi_static, information), without_bound),
}
