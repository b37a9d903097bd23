"""The ELBO gap against T for several schedules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from diffviz.domains.graphs.data import DATASETS, data_of
from diffviz.domains.graphs.information import information
from diffviz.experiment import Experiment
from diffviz.views.sweep import exact_gaps
from diffviz.views.symbols.later import gap_nats

NAMES = ("sohl_dickstein", "linear", "cosine", "rectified_flow", "karras", "shifted_cosine")  # of either process


def gap_sweep(a: Experiment, b: Experiment) -> Iterator[dict[str, Any]]:
    """How many chains are done of how many; at last the title and the figure."""
    data = f"{DATASETS[a.dataset].title} on {data_of(a).nodes} nodes"
    yield from exact_gaps(a, b, NAMES, partial(gap_nats, information), data)
