"""What is measured of a run of symbols, whatever they are: what its steps cost, and how many samples are different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from diffviz.diagnostics.measured import Measured, Metric
from diffviz.engine import Setup
from diffviz.estimates import Sampled
from diffviz.trajectory import Curve, Trajectory
from diffviz.views.symbols.priced import Information, SymbolsMeasured, priced


def distinct(m: SymbolsMeasured) -> Sampled:
    """How many different sequences there are among the samples: without one that comes up once there is one fewer."""
    _, place, count = np.unique(m.end, axis=0, return_inverse=True, return_counts=True)
    return Sampled(float(len(count)), len(m.end) * (count[place.ravel()] == 1).astype(float))


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
    found = information(e, setup.schedule, setup.times, None if e.denoiser == "exact" else setup.denoiser, setup.device)
    known = {"curves": {}} if found is None else priced(found, setup.times)
    known["curves"] |= curves or {}
    return Measured.of_run(setup, trajectory, metrics, readable=readable, details=found, **known)
