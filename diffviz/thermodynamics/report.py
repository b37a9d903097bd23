"""The thermodynamics of a run as JSON: what `python -m diffviz thermo` prints and the API returns.

A number that was drawn is [value, standard error], null for an error that is unknown. A field that does not apply is null, and
reasons says why, by its name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.engine import Setup
from diffviz.estimates import Estimate, pair
from diffviz.experiment import ExperimentError
from diffviz.thermodynamics.brackets import brackets
from diffviz.thermodynamics.fluctuations import (
    Counts,
    Values,
    acceptance_ratio,
    crooks_line,
    exponential_mean,
    histograms,
    mean_work,
)
from diffviz.thermodynamics.work import work_of_run

PATHS = 1000
NO_LINE = (
    "The works of both processes do not overlap, or hardly differ from 0, so that no slope can be fitted: it takes more paths or "
    "other steps."
)
OF_A_DENSITY = "The first lower bound is null: x_0 itself is given, of which a density has the entropy −∞."


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of a run without drawing paths.

    gap: of the ELBO; production, production_stderr: [K] entropy production of each step, the first one into the data; mismatch:
    of x_T and the prior; all in nats
    parts: further fields of the report, as JSON; reasons: by field, or field.part, why one is null
    """

    gap: Estimate
    production: Values
    production_stderr: Values
    mismatch: float
    parts: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


def numbers(values: NDArray[np.floating]) -> list[float | None]:
    """For JSON; null for what is not finite."""
    return [value if math.isfinite(value) else None for value in np.asarray(values, np.float64).tolist()]


def _work(mean: Estimate, edges: Values, counts: Counts) -> dict[str, Any]:
    return {"mean": pair(mean), "edges": edges.tolist(), "counts": counts.tolist()}


def _brackets(setup: Setup) -> tuple[dict[str, Any] | None, str]:
    """And what has to be said of them, or "". None where they are not known, and why."""
    try:
        found = brackets(setup)
    except ExperimentError as error:
        return None, f"{str(error)[0].upper()}{str(error)[1:]}"
    said = [OF_A_DENSITY] if not math.isfinite(found.lower[0]) else []
    names = ("lower", "exact", "upper", "model", "model_stderr")
    return {name: numbers(getattr(found, name)) for name in names}, " ".join([*said, *[found.reason] * bool(found.reason)])


def thermo_json(setup: Setup, paths: int, known: Known) -> dict[str, Any]:
    """Of a run and so many paths of either law. Raises ExperimentError as work_of_run does."""
    work = work_of_run(setup, paths)
    forward, reverse = work.work_forward, work.work_reverse
    bins, exponential = histograms(forward, reverse), exponential_mean(forward, reverse)
    line, free_energy = crooks_line(forward, reverse), acceptance_ratio(forward, reverse)
    bounds, said = _brackets(setup)
    outside = float(1.0 - np.isfinite(reverse).mean())
    reasons = dict(known.reasons)
    if line is None:
        reasons |= {"crooks_slope": NO_LINE, "crooks_intercept": NO_LINE}
    if free_energy is None:
        reasons["free_energy_kT"] = NO_LINE
    if outside:
        reasons["work_reverse_kT"] = (
            f"{outside:.2%} of the model's paths end where no data are: their work is −∞, and they are neither in the mean nor "
            "in the counts. The exponential mean is 1 less their share."
        )
    if said:
        reasons["brackets"] = said
    return {
        "work_forward_kT": _work(mean_work(forward), bins.edges, bins.forward),
        "work_reverse_kT": _work(mean_work(reverse), bins.edges, bins.reverse) | {"outside_data": outside},
        "jarzynski": pair(exponential.mean),
        "jarzynski_expected": pair(exponential.expected),
        "jarzynski_regime": {
            "effective_paths": exponential.effective,
            "needed_paths": exponential.needed if math.isfinite(exponential.needed) else None,
            "missed": exponential.missed,
            "variance": exponential.variance if math.isfinite(exponential.variance) else None,
            "trusted": exponential.trusted,
            "text": exponential.regime,
        },
        "crooks_slope": None if line is None else pair(line.slope),
        "crooks_intercept": None if line is None else pair(line.intercept),
        "free_energy_kT": None if free_energy is None else pair(free_energy),
        "gap_nats": pair(known.gap),
        "entropy_production_nats": known.production.tolist(),
        "entropy_production_stderr_nats": numbers(known.production_stderr),
        "mismatch_nats": known.mismatch,
        "brackets": bounds,
        **known.parts,
        "reasons": reasons,
        "times": work.times.tolist(),
        "paths": paths,
        "experiment": setup.experiment.to_dict(),
    }
