"""What is measured of a run of symbols, whatever they are: what its steps cost, and how many samples are different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from diffviz.categorical.information import SymbolInformation
from diffviz.categorical.process import SAMPLERS
from diffviz.diagnostics.measured import Measured, Metric
from diffviz.engine import Setup
from diffviz.estimates import Sampled
from diffviz.inverse.tasks import ALL_STARTS
from diffviz.trajectory import Curve, Trajectory
from diffviz.views.symbols.priced import Information, SymbolsMeasured, priced

MASKS_ALONE = 1e-6  # of abar_T: below it costs are those of a start from masks, to so small a share of them


def distinct(m: SymbolsMeasured) -> Sampled:
    """How many different sequences there are among the samples: without one that comes up once there is one fewer."""
    _, place, count = np.unique(m.end, axis=0, return_inverse=True, return_counts=True)
    return Sampled(float(len(count)), len(m.end) * (count[place.ravel()] == 1).astype(float))


def _of_start(found: SymbolInformation | None, setup: Setup) -> SymbolInformation | None:
    """What is known of a run that may start from the x_T of its forward paths, whose symbols there are not drawn. The costs of
    samplers that unmask a counted number are those of a start from masks alone: of another nothing is known."""
    e = setup.experiment
    if found is None or ALL_STARTS[e.start].drawn:
        return found
    if SAMPLERS[e.sampler].counted:
        return found if setup.schedule.signal_share[setup.times[-1]] < MASKS_ALONE else None
    return found.from_forward()


def measured(
    information: Information,
    metrics: Mapping[str, Metric],
    setup: Setup,
    trajectory: Trajectory,
    readable: Mapping[str, Any],
    curves: Mapping[str, Curve] | None = None,
) -> SymbolsMeasured:
    """Of a finished run; its costs where they are known. readable: what the report has of its samples; curves: beside those of
    its costs."""
    e = setup.experiment
    denoiser = None if e.denoiser == "exact" else setup.denoiser
    found = _of_start(information(e, setup.schedule, setup.times, denoiser, setup.device), setup)
    known = {"curves": {}} if found is None else priced(found, setup.times)
    known["curves"] |= curves or {}
    return Measured.of_run(setup, trajectory, metrics, readable=readable, details=found, **known)
