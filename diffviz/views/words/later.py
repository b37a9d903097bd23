"""Charts of a run of words that are computed when they become visible."""

from __future__ import annotations

from functools import partial
from typing import Any

from diffviz.diagnostics.measured import Measured
from diffviz.domains.words.information import information
from diffviz.experiment import Experiment
from diffviz.fields import ExperimentError, option
from diffviz.views.base import LaterRow
from diffviz.views.symbols.later import absent, quasi_static, without_bound
from diffviz.views.work import OF_WORK, bracket_curves, of_one_point, without_paths


def of_masks(measured: Measured[Any]) -> ExperimentError | None:
    """Why a run has no such curve; None of an ancestral chain of masks."""
    return _masked(measured.experiment) or without_bound(measured)


def _masked(e: Experiment) -> ExperimentError | None:
    """Why nothing is known that is a sum over the sets of letters that may be unmasked; None where it is."""
    if e.process == "absorbing":
        return None
    return ExperimentError(
        "process", f"must be {option('process', 'absorbing')}: the entropies of another are means over many paths."
    )


ABSENT = {
    "samples": "The excess NLL compares particles with the density of x_t. Words have none: how many samples are on the list, "
    "and how many are different, is counted below the charts.",
    **absent("word", "letters", "The exact posterior of each letter stands beside the panels."),
    "memorisation": "The data are the words of the list, all of which are known. No training set is drawn that could be "
    "memorised.",
}
LATER: dict[str, LaterRow] = {
    "work": OF_WORK,
    "brackets": LaterRow(("brackets",), bracket_curves, lambda measured: _masked(measured.experiment) or without_paths(measured)),
    "one_point": of_one_point("Choose a word: paths that begin with it give log p(x₀)."),
    "quasi_static": LaterRow(("gap_over_steps",), partial(quasi_static, information), of_masks),
}
