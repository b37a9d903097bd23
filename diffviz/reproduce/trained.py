"""The network of an experiment, trained from scratch."""

from __future__ import annotations

import time
from collections.abc import Generator

from torch import nn

from diffviz.training.loop import Training


def trained(training: Training, share: float) -> Generator[float, None, tuple[nn.Module, float]]:
    """Train to the end. Yields how much of the experiment is done, of which this is a share of 1; returns the network, no longer
    to be trained, and the seconds that it took."""
    updates, step, started = training.recipe.updates, None, time.perf_counter()
    for step in training.steps(every=max(1, updates // 100)):
        yield share * step.update / updates
    return step.network.eval().requires_grad_(False), time.perf_counter() - started
