"""The optimisers that a recipe may name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import nn

MOMENTUM = 0.9  # of SGD


@dataclass(frozen=True)
class OptimiserRow:
    """make: (parameters, peak rate, weight decay) -> the optimiser."""

    title: str
    why: str
    make: Callable[[Iterable[nn.Parameter], float, float], torch.optim.Optimizer]


OPTIMISERS = {
    "adam": OptimiserRow(
        "Adam",
        "Each weight moves by the mean of its gradient over its root mean square.",
        lambda parameters, rate, shrink: torch.optim.Adam(parameters, lr=rate, fused=True),
    ),
    "adamw": OptimiserRow(
        "AdamW",
        "Adam whose weights shrink a little with every update.",
        lambda parameters, rate, shrink: torch.optim.AdamW(parameters, lr=rate, weight_decay=shrink, fused=True),
    ),
    "sgd": OptimiserRow(
        "SGD",
        f"Gradient descent with momentum {MOMENTUM}: one rate for all weights.",
        lambda parameters, rate, shrink: torch.optim.SGD(parameters, lr=rate, momentum=MOMENTUM, fused=True),
    ),
}
