"""About what a function evaluation costs for one particle of the plane, on one core: measured by tests/benchmarks/estimate.py."""

from __future__ import annotations

from typing import Any

from diffviz.domains.plane.datasets import make_dataset

SECONDS = 1e-7  # of a step, whatever the denoiser
SECONDS_A_COMPONENT = 2.1e-9  # of the mixture, exactly
NETWORK_SECONDS = 1.6e-6


def evaluation_seconds(e: Any) -> float:
    """Of the Experiment's denoiser and one step around it."""
    if e.denoiser != "exact":
        return NETWORK_SECONDS
    return SECONDS + SECONDS_A_COMPONENT * len(make_dataset(e.dataset).means)
