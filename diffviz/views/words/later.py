"""Charts of a run of words that are computed when they become visible."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from diffviz.categorical.costs import ROUNDING_NATS
from diffviz.diagnostics.measured import Measured
from diffviz.domains.words.information import information
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.fields import ExperimentError, option
from diffviz.trajectory import Curve
from diffviz.views.base import LaterRow
from diffviz.views.quasi_static import gap_over_steps
from diffviz.views.work import OF_WORK, bracket_curves, of_one_point, without_paths


def masked_gap_nats(e: Experiment) -> float:
    """Of the ancestral chain of masks that takes every step, without the mismatch at T."""
    chain = replace(e, sampler="ancestral")
    return information(chain, Setup(chain).schedule, np.arange(e.steps + 1)).discretisation.value


def quasi_static(measured: Measured[Any]) -> dict[str, Curve | str]:
    """The gap over T: the total correlations that all steps lose."""
    own = float(measured.curves["dissipation_nats"].values.sum())
    return gap_over_steps(measured, masked_gap_nats, own, ROUNDING_NATS)


def of_masks(measured: Measured[Any]) -> ExperimentError | None:
    """Why a run has no such curve; None of an ancestral chain of masks."""
    return _masked(measured.experiment) or (
        ExperimentError("sampler", "must be one whose bound is known.") if measured.costs is None else None
    )


def _masked(e: Experiment) -> ExperimentError | None:
    """Why nothing is known that is a sum over the sets of letters that may be seen; None where it is."""
    if e.process == "absorbing":
        return None
    return ExperimentError(
        "process", f"must be {option('process', 'absorbing')}: the entropies of another are means over many paths."
    )


ABSENT = {
    "samples": "The excess NLL compares particles with the density of x_t. Words have none: how many samples are on the list, "
    "and how many are different, is counted below the charts.",
    "symmetry": "Where a mode splits, the curvature of log q(x) changes its sign. A function of letters has no curvature. The "
    "exact posterior of each letter stands beside the panels.",
    "speed": "Letters jump: they have no velocity, whose square could be integrated.",
    "memorisation": "The data are the words of the list, all of which are known. No training set is drawn that could be "
    "memorised.",
    "bits": "Bits per dimension are of images. Of words the bound is told in bits a word, below the charts.",
}
LATER: dict[str, LaterRow] = {
    "work": OF_WORK,
    "brackets": LaterRow(("brackets",), bracket_curves, lambda measured: _masked(measured.experiment) or without_paths(measured)),
    "one_point": of_one_point("Choose a word: paths that begin with it give log p(x₀)."),
    "quasi_static": LaterRow(("gap_over_steps",), quasi_static, of_masks),
}
