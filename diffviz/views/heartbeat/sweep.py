"""The ELBO gap against T for several schedules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from diffviz.binomial.costs import exact_costs
from diffviz.domains.heartbeat.data import RATE
from diffviz.domains.heartbeat.domain import DATASETS
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.views.sweep import exact_gaps

NAMES = ("sohl_dickstein", "linear", "cosine", "rectified_flow", "karras", "shifted_cosine")


def gap_nats(experiment: Experiment) -> float:
    """Of the exact denoiser, with every step taken."""
    setup = Setup(experiment)
    costs = exact_costs(setup.distribution, setup.schedule, np.arange(experiment.steps + 1), RATE)
    return float(costs.kl.sum()) - setup.distribution.entropy_nats


def gap_sweep(a: Experiment, b: Experiment) -> Iterator[dict[str, Any]]:
    """How many chains are done of how many; at last the title and the figure."""
    yield from exact_gaps(a, b, NAMES, gap_nats, DATASETS[a.dataset].title)
