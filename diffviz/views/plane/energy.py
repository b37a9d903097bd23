"""What the Train tab is told of an energy model in the plane (EnergyReport of ui/train/contract.d.ts)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from torch import Tensor

from diffviz.energies.network import EnergyMLP
from diffviz.energies.partition import NotNormalised
from diffviz.energies.report import EnergyReport, report
from diffviz.estimates import Estimate
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.player.protocol import scaled
from diffviz.views.plane.live_diffusion import positions

SIDE, CHAINS, MOVES = 49, 48, 12  # of the map of an energy, and of its Langevin chains
HIGH = 7.0  # lines of a map, as views/plane/energy.js draws it: from U = 7 kT upwards there is none
HIGHEST = 40.0  # lines above the lowest place, where an energy that is sent is cut
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


def landscape(network: EnergyMLP, mixture: GaussianMixture, log_snr: float, reach: float) -> dict[str, Any] | None:
    """The EnergyReport of a network at the noise level that it knows which is nearest to this one. None where the energy has no
    finite integral."""
    level = min(max(log_snr, LOG_SNR_RANGE[0]), LOG_SNR_RANGE[1])
    found = energy_of(network, mixture, level, reach=reach, side=SIDE, chains=CHAINS, moves=MOVES)
    if found is None:
        return None
    grid, told = found
    heights, line = mapped(grid.energy)
    return {**told, "energy": scaled(heights.numpy(), "int16"), "line": line, "chains": positions(grid.chains, reach)}


def mapped(energy: Tensor) -> tuple[Tensor, float]:
    """What a map shows of U + log Z [S, S]: heights [S, S] float32, and how many kT one of its lines is.

    A line is a kT, and heights are the energy, where any place of the grid is below HIGH kT. An energy that has run away is
    above it everywhere: all its probability lies between the places of the grid, or beside it. Its heights are then counted from
    its lowest place, and a line is as many kT, 1, 2 or 5 times a power of ten, as show the lower half of the grid."""
    lowest, line = float(energy.min()), 1.0
    if lowest > HIGH:
        energy = energy - lowest
        line = max(1.0, _round(float(energy.median()) / HIGH))
        energy = energy / line
    return energy.clamp(max=float(energy.min()) + HIGHEST).float(), line


def _round(value: float) -> float:
    """The next of 1, 2 or 5 times a power of ten upwards; 1 for less."""
    if value <= 1.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * digit for digit in (1.0, 2.0, 5.0, 10.0) if value <= power * digit * (1 + 1e-9))


def rows(values: Any) -> Any:
    """Numbers, a tensor or an array as JSON, with few digits; null for what is not finite."""
    if isinstance(values, (Tensor, np.ndarray)):
        return [rows(value) for value in values.tolist()] if values.ndim == 1 else [rows(row) for row in values]
    return float(f"{values:.{SIGNIFICANT}g}") if math.isfinite(values) else None


def pair(estimate: Estimate) -> list[float | None]:
    """With its standard error: that of a quadrature is none of sampling."""
    return [rows(estimate.value), rows(estimate.stderr) if estimate.drawn else None]
