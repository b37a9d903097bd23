"""The ELBO gap against T for several schedules, of masks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from diffviz.domains.words.information import information
from diffviz.domains.words.lists import DATASETS
from diffviz.experiment import Experiment
from diffviz.fields import ExperimentError, option
from diffviz.views.sweep import exact_gaps
from diffviz.views.symbols.later import gap_nats

NAMES = ("optimal", "sohl_dickstein", "linear", "cosine", "rectified_flow", "karras")


def gap_sweep(a: Experiment, b: Experiment) -> Iterator[dict[str, Any]]:
    """How many chains are done of how many; at last the title and the figure. Raises ExperimentError for another process than
    that of masks, of which each gap is a mean over many paths."""
    if a.process != "absorbing":
        raise ExperimentError(
            "process", f"must be {option('process', 'absorbing')} for a sweep, not {option('process', a.process)}."
        )
    yield from exact_gaps(a, b, NAMES, partial(gap_nats, information), f"{DATASETS[a.dataset].title}, masks")
