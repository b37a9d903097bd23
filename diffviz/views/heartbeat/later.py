"""Charts of a run of heartbeats that are computed when they become visible."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffviz.binomial.costs import exact_costs
from diffviz.categorical.costs import ROUNDING_NATS
from diffviz.diagnostics.measured import Measured
from diffviz.domains.heartbeat.data import RATE
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.trajectory import Curve
from diffviz.views.base import LaterRow
from diffviz.views.quasi_static import gap_over_steps
from diffviz.views.symbols.later import absent
from diffviz.views.work import OF_BRACKETS, OF_WORK, of_one_point, without_paths


def quasi_static(measured: Measured[Any]) -> dict[str, Curve | str]:
    """The gap over T: with the exact but factorised reverse kernel, the total correlations that all steps lose."""

    def gap_nats(e: Experiment) -> float:
        setup = Setup(e)
        return float(exact_costs(setup.distribution, setup.schedule, np.arange(e.steps + 1), RATE).dissipation.sum())

    return gap_over_steps(measured, gap_nats, float(measured.curves["dissipation_nats"].values.sum()), ROUNDING_NATS)


ABSENT = {
    "samples": "The excess NLL compares particles with the density of x_t. Sequences of bits have none: how many are heartbeats, "
    "and in which phase, is counted below the charts.",
    **absent("sequence", "bits", "The exact probabilities of the five phases stand beside a sequence that is chosen."),
    "memorisation": "The data are five heartbeats, all of which are known. No training set is drawn that could be memorised.",
}
LATER: dict[str, LaterRow] = {
    "work": OF_WORK,
    "brackets": OF_BRACKETS,
    "one_point": of_one_point("Choose a sequence: paths that begin with it give log p(x₀)."),
    "quasi_static": LaterRow(("gap_over_steps",), quasi_static, without_paths),
}
