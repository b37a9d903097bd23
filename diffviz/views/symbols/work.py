"""What sequences of symbols are coloured by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from diffviz.diagnostics.measured import Measured
from diffviz.experiment import Experiment
from diffviz.inverse.tasks import ALL_STARTS
from diffviz.views.coloured import coloured_answer


def colours(e: Experiment, asked: Mapping[str, Any], measured: Callable[[Experiment], Measured[Any]]) -> dict[str, Any]:
    """By the work along their paths so far, to the data. Reverse paths have work where they are of the ancestral chain, from its
    prior on."""
    return coloured_answer(measured(e), e.sampler == "ancestral" and ALL_STARTS[e.start].drawn, into_data=True)
