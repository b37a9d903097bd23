"""What the browser's view of the plane asks the server for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from diffviz.diagnostics.measured import Measured
from diffviz.experiment import Experiment
from diffviz.views.plane.particle import particle_of
from diffviz.views.plane.work import work_of


def answer(
    experiment: Experiment, asked: Mapping[str, Any], measured: Callable[[Experiment], Measured[Any]]
) -> dict[str, Any] | None:
    """About "particle", its number, or about the "work" of all."""
    return (work_of if "work" in asked else particle_of)(experiment, asked, measured)
