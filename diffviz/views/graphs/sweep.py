"""The ELBO gap against T for several schedules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from diffviz.domains.graphs.families import DATASETS
from diffviz.domains.graphs.information import information
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.figures.sweep import gap_against_steps
from diffviz.views.sweep import STEPS, swept

NAMES = ("sohl_dickstein", "linear", "cosine", "rectified_flow", "karras", "shifted_cosine")  # of either process


def gap_nats(experiment: Experiment) -> float:
    """Of the exact denoiser, with every step taken."""
    return information(experiment, Setup(experiment).schedule, np.arange(experiment.steps + 1)).gap.value


def gap_sweep(a: Experiment, b: Experiment) -> Iterator[dict[str, Any]]:
    """How many chains are done of how many; at last the title and the figure."""
    found = yield from swept(a, b, NAMES, gap_nats)
    title = f"ELBO gap vs T: {DATASETS[a.dataset].title} on {a.nodes} nodes, exact denoiser, all T steps"
    yield {"title": title, "figure": gap_against_steps(STEPS, found.sides, found.others, None, None)}
