"""What one visitor may cost the others: every bound of the page in one place. The command line has none of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from diffviz.experiment import Experiment, ExperimentError

WORKERS = 2  # runs computed at once; the cores are shared out among them
QUEUE_SIZE = 512
MAX_PARTICLE_STEPS = 6_000_000
DEADLINE_SECONDS = 120.0
CACHE_BYTES = 96 * 2**20  # finished runs that are kept
ENGINE = {"concurrency_id": "engine", "concurrency_limit": WORKERS, "api_visibility": "private"}  # of every event that computes

T = TypeVar("T")


def check_budget(experiment: Experiment) -> None:
    """Raises ExperimentError for a run that is fit for the command line but too long for a shared page."""
    if experiment.particle_steps > MAX_PARTICLE_STEPS:
        most = MAX_PARTICLE_STEPS * experiment.particles // experiment.particle_steps
        what = f"must be at most {most} with so many steps on this page, not {experiment.particles}."
        raise ExperimentError("particles", what)


def in_time(items: Iterable[T]) -> Iterator[T]:
    """The items, as long as they come within the deadline of one request; then ExperimentError."""
    end = time.monotonic() + DEADLINE_SECONDS
    for item in items:
        if time.monotonic() > end:
            raise ExperimentError("steps", f"need more than {DEADLINE_SECONDS:.0f} seconds here; take fewer steps or particles.")
        yield item
