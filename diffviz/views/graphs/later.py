"""Charts of a run of graphs that are computed when they become visible."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from diffviz.categorical.costs import ROUNDING_NATS
from diffviz.diagnostics.measured import Measured
from diffviz.domains.graphs.information import information
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.fields import ExperimentError
from diffviz.trajectory import Curve
from diffviz.views.base import LaterRow
from diffviz.views.quasi_static import gap_over_steps
from diffviz.views.work import OF_BRACKETS, OF_WORK, of_one_point


def ancestral_gap_nats(e: Experiment) -> float:
    """Of the ancestral chain that takes every step, without the mismatch at T."""
    chain = replace(e, sampler="ancestral")
    return information(chain, Setup(chain).schedule, np.arange(e.steps + 1)).discretisation.value


def quasi_static(measured: Measured[Any]) -> dict[str, Curve | str]:
    """The gap over T: the total correlations that all steps lose."""
    own = float(measured.curves["dissipation_nats"].values.sum())
    return gap_over_steps(measured, ancestral_gap_nats, own, ROUNDING_NATS)


def without_bound(measured: Measured[Any]) -> ExperimentError | None:
    """Of a run whose bound is not known, why it has no such curve."""
    return ExperimentError("sampler", "must be one whose bound is known.") if measured.costs is None else None


ABSENT = {
    "symmetry": "Where a mode splits, the curvature of log q(x) changes its sign. A function of edges has no curvature.",
    "speed": "Edges jump: they have no velocity, whose square could be integrated.",
    "memorisation": "The data are all graphs of the family. No training set is drawn that could be memorised.",
    "bits": "Bits per dimension are of images. Of graphs the bound is told in bits a graph, below the charts.",
}
LATER: dict[str, LaterRow] = {
    "work": OF_WORK,
    "brackets": OF_BRACKETS,
    "one_point": of_one_point("Choose a graph: paths that begin with it give log p(x₀)."),
    "quasi_static": LaterRow(("gap_over_steps",), quasi_static, without_bound),
}
