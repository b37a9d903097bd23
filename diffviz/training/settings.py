"""The settings of a training: what each is, what it may be, and the learning rate that follows from them."""

from __future__ import annotations

import math
from dataclasses import field, fields
from typing import Any


def learning_rate(peak: float, update: int, updates: int) -> float:
    """Of this update in 1..updates: a short warm-up, then a cosine descent to 0."""
    return peak * min(update / max(1, updates // 50), 0.5 * (1.0 + math.cos(math.pi * update / updates)))


def setting(default: Any, help: str, low: float | None = None, high: float | None = None) -> Any:
    """A field of a recipe: what it is, and what a number may be."""
    return field(default=default, metadata={"help": help, "low": low, "high": high})


def updates(default: int) -> Any:
    return setting(default, "Optimiser steps.", 1, 1_000_000)


def batch(default: int) -> Any:
    return setting(default, "Samples in each.", 1, 65_536)


def peak_rate(default: float) -> Any:
    return setting(default, "Peak learning rate of Adam.", 1e-6, 1.0)


def decay(default: float) -> Any:
    return setting(default, "Decay of the average of the weights, which is what is kept.", 0.0, 0.99999)


def seed() -> Any:
    return setting(0, "Seed of all randomness.", 0, 2**31 - 1)


def check_settings(recipe: Any) -> None:
    """Raises ValueError, in one sentence that begins with the setting's name, for a number that is not allowed."""
    for item in fields(recipe):
        low, high = item.metadata.get("low"), item.metadata.get("high")
        if low is not None and not low <= getattr(recipe, item.name) <= high:  # no comparison holds for NaN
            raise ValueError(f"{item.name} must be from {low:.10g} to {high:.10g}.")
