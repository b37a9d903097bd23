"""The report of a run: what the command line prints and the API returns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffviz.diagnostics.measured import LEVELS, Measured
from diffviz.estimates import pair
from diffviz.schedules import NoiseSchedule


def schedule_json(schedule: NoiseSchedule) -> dict[str, Any]:
    """The table of a schedule for JSON; null where log SNR is infinite."""
    return {
        "schedule": schedule.name,
        "steps": schedule.steps,
        "alpha": schedule.alpha.tolist(),
        "sigma": schedule.sigma.tolist(),
        "alpha_bar": schedule.alpha_bar.tolist(),
        "beta": schedule.beta.tolist(),
        "log_snr": _known(schedule.log_snr),
    }


def _known(values: np.ndarray) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in np.asarray(values, np.float64).tolist()]


def stderr_name(name: str) -> str:
    """kl_stderr_nats of kl_nats: the unit stands last."""
    stem, _, unit = name.rpartition("_")
    return f"{stem}_stderr_{unit}" if unit in ("nats", "bits") else f"{name}_stderr"


def report_json(measured: Measured[Any]) -> dict[str, Any]:
    """Everything measured in a run. A metric is [value, standard error], null for an error that is unknown.

    kl_nats[j] is L_j along times, the last one the prior loss; other curves are in the order of the times that their steps leave.
    """
    report: dict[str, Any] = {name: pair(estimate) for name, estimate in measured.estimates().items()}
    if measured.costs is not None:
        report["times"] = measured.times.tolist()
        report |= {"kl_nats": _known(measured.costs.kl_nats), "kl_stderr_nats": _known(measured.costs.stderr)}
    if measured.exact_costs is not None:
        report["exact_kl_nats"] = _known(measured.exact_costs.kl_nats)
    for name, curve in measured.curves.items():
        values = _known(curve.values)
        report[name] = {"log10_snr": _known(curve.x), "values": values} if curve.over == LEVELS else values
        if curve.stderr is not None:
            report[stderr_name(name)] = _known(curve.stderr)
    return report | {
        **measured.readable,
        "experiment": measured.experiment.to_dict(),
        "device": measured.device,
        "seconds": measured.seconds,
        "evaluations": measured.evaluations,
    }
