"""Which paths in the plane have a work, and are coloured by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from diffviz.diagnostics.measured import Measured
from diffviz.experiment import Experiment
from diffviz.gaussian.samplers import ALL_SAMPLERS
from diffviz.inverse.tasks import ALL_STARTS
from diffviz.views.coloured import coloured_answer
from diffviz.views.plane.sent import has_work

INTO_DATA = False  # a sampler draws no noise in the step into data, so that this step is none of the chain's


def draws_the_chain(e: Experiment) -> bool:
    """Are its reverse paths drawn from the chain of the bound, from the prior of that chain on?"""
    return ALL_SAMPLERS[e.sampler].reads_variances and ALL_STARTS[e.start].drawn


def work_of(
    experiment: Experiment, asked: Mapping[str, Any], measured: Callable[[Experiment], Measured[Any]]
) -> dict[str, Any] | None:
    """As coloured_answer has it; None where paths have no work."""
    return coloured_answer(measured(experiment), draws_the_chain(experiment), INTO_DATA) if has_work(experiment) else None
