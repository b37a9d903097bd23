"""About what a function evaluation costs for one particle of the plane, and what finding a schedule for its data does, on one
core: measured by tests/benchmarks/estimate.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from diffviz.caching import is_kept
from diffviz.domains.plane.datasets import mixture_of
from diffviz.domains.plane.optimal_schedule import least_errors
from diffviz.domains.plane.thermodynamics import thermodynamic_metric
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import FEW, MANY, NODES_PER_TAU, REACH, ROWS, SEEN
from diffviz.schedules import SCHEDULES

SECONDS = 1e-7  # of a step, whatever the denoiser
SECONDS_A_COMPONENT = 2.1e-9  # of the mixture, exactly
NETWORK_SECONDS = 1.6e-6
TILTED_SECONDS_A_COMPONENT = 3.0e-7  # of the mixture times a factor r(x), exactly
DRAW_SECONDS = 1.0e-5  # of a step whose kernel is multiplied by r(x)
FOUND = {  # by what a schedule reads: what finds it, and the seconds that takes, whatever the data and a unit of _grid
    "metric": (thermodynamic_metric, 0.1, 1.1e-6),
    "levels": (least_errors, 0.02, 1.2e-7),
}


def evaluation_seconds(e: Any) -> float:
    """Of the Experiment's denoiser and one step around it."""
    components = len(mixture_of(e).means)
    if e.conditional and e.condition == "exact":
        return SECONDS + TILTED_SECONDS_A_COMPONENT * components
    if e.conditional:
        return DRAW_SECONDS + evaluation_seconds(replace(e, measurement="none"))
    if e.denoiser != "exact":
        return NETWORK_SECONDS
    return SECONDS + SECONDS_A_COMPONENT * components


def _grid(mixture: GaussianMixture) -> float:
    """Components times the squared extent of their quadrature grid in standard deviations; less of many, as quadrature.py sums
    them: those that reach a block of rows, or by the coordinates that they share."""
    extent = float((mixture.means.amax(0) - mixture.means.amin(0)).max()) / mixture.std + 2 * REACH
    reached = extent if len(mixture.means) <= FEW else min(extent, 2 * SEEN + ROWS / NODES_PER_TAU)
    if len(mixture.means) <= MANY:
        return len(mixture.means) * reached * extent
    across, up = (len(coordinate.unique()) for coordinate in mixture.means.T)
    return min(len(mixture.means) * reached, up * (extent + across / NODES_PER_TAU)) * extent


def schedule_seconds(e: Any) -> float:
    """What the Experiment's schedule reads of the data, unless it is known."""
    mixture = mixture_of(e)
    found = [FOUND[name] for name in SCHEDULES[e.schedule].reads if name in FOUND]
    return sum(least + a_unit * _grid(mixture) for find, least, a_unit in found if not is_kept(find, mixture))
