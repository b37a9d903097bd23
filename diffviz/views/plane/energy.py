"""What the Train tab is told of an energy model in the plane (EnergyReport of ui/train/contract.d.ts)."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from diffviz.energies.partition import NotNormalised
from diffviz.energies.report import EnergyReport, report
from diffviz.estimates import Estimate
from diffviz.gaussian.mixtures import GaussianMixture

HIGHEST = 40.0  # kT above the lowest place, where an energy that is drawn is cut


def energy_of(
    network: Any, mixture: GaussianMixture, log_snr: float, **options: Any
) -> tuple[EnergyReport, dict[str, Any]] | None:
    """The report of an EnergyMLP at a noise level, with report's options, and its numbers as JSON, without grid and chains. None
    where the energy has no finite integral."""
    try:
        found = report(network, mixture, log_snr, **options)
    except NotNormalised:
        return None
    weights = None
    if found.found is not None:
        weights = {"exact": _rows(found.exact), "found": _rows(found.found), "chains": _rows(found.in_chains)}
    return found, {
        "log_snr": log_snr,
        "log_z": found.log_z.value,
        "ais": None if found.ais is None else _pair(found.ais),
        "kl_data_model": _pair(found.kl_data_model),
        "kl_model_data": _pair(found.kl_model_data),
        "weights": weights,
    }


def drawn(found: EnergyReport) -> Tensor:
    """[S, S] float32 U + log Z, cut HIGHEST above the lowest."""
    return found.energy.clamp(max=float(found.energy.min()) + HIGHEST).float()


def _rows(values: Tensor | None) -> list[float] | None:
    return None if values is None else [round(value, 5) for value in values.tolist()]


def _pair(estimate: Estimate) -> list[float | None]:
    """The error of a quadrature is none of sampling."""
    return [estimate.value, estimate.stderr if estimate.drawn and math.isfinite(estimate.stderr) else None]
