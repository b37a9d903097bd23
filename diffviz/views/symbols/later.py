"""Charts of a run of symbols that are computed when they become visible, and the costs that they and a sweep over T ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from diffviz.categorical.costs import ROUNDING_NATS
from diffviz.categorical.information import SymbolInformation
from diffviz.categorical.process import SAMPLERS
from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.fields import ExperimentError
from diffviz.telling.words import capital
from diffviz.trajectory import Curve
from diffviz.views.quasi_static import gap_over_steps
from diffviz.views.symbols.priced import Information


def _every_step(information: Information, e: Experiment) -> SymbolInformation:
    """Of the exact denoiser and the ancestral chain that takes every step."""
    chain = replace(e, sampler="ancestral")
    return information(chain, Setup(chain).schedule, np.arange(e.steps + 1))


def gap_nats(information: Information, e: Experiment) -> float:
    """Of the exact denoiser and the ancestral chain that takes every step."""
    return _every_step(information, e).gap.value


def quasi_static(information: Information, measured: Measured[Any]) -> dict[str, Curve | str]:
    """The gap over T, without the mismatch at T: the total correlations that all steps lose."""

    def lost_nats(e: Experiment) -> float:
        return _every_step(information, e).discretisation.value

    return gap_over_steps(measured, lost_nats, float(measured.curves["dissipation_nats"].values.sum()), ROUNDING_NATS)


def without_bound(measured: Measured[Any]) -> ExperimentError | None:
    """Of a run whose bound is not known, why it has no such curve."""
    if measured.costs is not None:
        return None
    ordered = SAMPLERS[measured.experiment.sampler].ordered is not None
    return ExperimentError("start" if ordered else "sampler", "must be one whose bound is known.")


def absent(sample: str, symbols: str, beside: str = "") -> dict[str, str]:
    """By the name of a set of charts that no run of symbols has, why. sample: one of the data; symbols: what it consists of;
    beside: a sentence of what stands on the page in place of a change of symmetry."""
    curvature = "Where a mode splits, the curvature of log q(x) changes its sign."
    return {
        "symmetry": f"{curvature} A function of {symbols} has no curvature. {beside}".rstrip(),
        "speed": f"{capital(symbols)} jump: they have no velocity, whose square could be integrated.",
        "bits": f"Bits per dimension are of images. Of {sample}s the bound is told in bits a {sample}, below the charts.",
    }
