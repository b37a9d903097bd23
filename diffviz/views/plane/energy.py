"""What the Train tab is told of an energy model in the plane (EnergyReport of ui/train/contract.d.ts)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from torch import Tensor

from diffviz.energies.partition import NotNormalised
from diffviz.energies.report import EnergyReport, report
from diffviz.estimates import Estimate
from diffviz.gaussian.mixtures import GaussianMixture

HIGHEST = 40.0  # kT above the lowest place, where an energy that is drawn is cut
SIGNIFICANT = 5  # digits of numbers that are drawn


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
        told = {"exact": found.exact, "found": found.found, "chains": found.in_chains}
        weights = {name: None if values is None else rows(values) for name, values in told.items()}
    return found, {
        "log_snr": log_snr,
        "log_z": found.log_z.value,
        "ais": None if found.ais is None else pair(found.ais),
        "kl_data_model": pair(found.kl_data_model),
        "kl_model_data": pair(found.kl_model_data),
        "weights": weights,
    }


def drawn(found: EnergyReport) -> Tensor:
    """[S, S] float32 U + log Z, cut HIGHEST above the lowest."""
    return found.energy.clamp(max=float(found.energy.min()) + HIGHEST).float()


def rows(values: Any) -> Any:
    """Numbers, a tensor or an array as JSON, with few digits; null for what is not finite."""
    if isinstance(values, (Tensor, np.ndarray)):
        return [rows(value) for value in values.tolist()] if values.ndim == 1 else [rows(row) for row in values]
    return float(f"{values:.{SIGNIFICANT}g}") if math.isfinite(values) else None


def pair(estimate: Estimate) -> list[float | None]:
    """With its standard error: that of a quadrature is none of sampling."""
    return [rows(estimate.value), rows(estimate.stderr) if estimate.drawn else None]
