"""The settings of a training: what each is, what it may be, and the learning rate that follows from them.

A recipe is a frozen dataclass of settings. What there is to know of one stands in its metadata, which the command line, a form, a
card and the check of values read: title, help, low and high for numbers, choices for names (with titles and whys), and when: the
field and its values with which it is read, None if it always is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, field, fields, replace
from typing import Any

MOST_EARLIER = 32  # times that a training may have been given another number of updates


def learning_rate(peak: float, update: int, updates: int) -> float:
    """Of this update in 1..updates: a short warm-up, then a cosine descent to 0."""
    return peak * min(update / max(1, updates // 50), 0.5 * (1.0 + math.cos(math.pi * update / updates)))


def setting(
    default: Any,
    help: str,
    low: float | None = None,
    high: float | None = None,
    title: str = "",
    when: tuple[str, tuple[Any, ...]] | None = None,
) -> Any:
    """A field of a recipe: a number from low to high, or free text."""
    return field(
        default=default, metadata={"title": title, "help": help, "low": low, "high": high, "choices": None, "when": when}
    )


def choice(default: str, title: str, help: str, table: Mapping[str, Any]) -> Any:
    """A field of a recipe whose values are the names of a table, each of whose rows has a title and a why."""
    titles, whys = (tuple(getattr(row, name) for row in table.values()) for name in ("title", "why"))
    named = {"choices": tuple(table), "titles": titles, "whys": whys}
    return field(default=default, metadata={"title": title, "help": help, "low": None, "high": None, "when": None} | named)


def updates(default: int) -> Any:
    return setting(default, "Optimiser steps.", 1, 1_000_000, "Updates")


def batch(default: int) -> Any:
    return setting(default, "Samples in each.", 1, 65_536, "Batch")


def peak_rate(default: float) -> Any:
    return setting(default, "Peak learning rate of the optimiser.", 1e-6, 1.0, "Learning rate")


def decay(default: float) -> Any:
    return setting(default, "Decay of the average of the weights, which is what is kept.", 0.0, 0.99999, "EMA")


def seed() -> Any:
    return setting(0, "Seed of all randomness.", 0, 2**31 - 1, "Seed")


def earlier() -> Any:
    """Not read where it is empty."""
    help = "Where a training went on with another number of updates: update and number before that, 783/5000, one for each time."
    told = {"title": "continued after", "help": help, "low": None, "high": None, "choices": None, "when": None, "if_set": True}
    return field(default="", metadata=told)


def total_at(recipe: Any, update: int) -> int:
    """The number of updates for which the learning rate of this update is made: the recipe's own, or before the training went on
    with that number, the one of that time."""
    parts = earlier_of(recipe) if hasattr(recipe, "earlier") else ()
    return next((total for until, total in parts if update <= until), recipe.updates)


def lengthened(recipe: Any, made: int, updates: int) -> Any:
    """The recipe of a training that made so many updates of it and goes on to another number of updates. Raises ValueError, in
    one sentence that begins with the setting's name, where that cannot be."""
    if updates < max(1, made):
        raise ValueError(f"updates must be at least {made}: so many were made.")
    parts = [part for part in earlier_of(recipe) if part[0] < made]
    if made and total_at(recipe, made) != updates:
        parts.append((made, total_at(recipe, made)))  # of the last update that was made
    if len(parts) > MOST_EARLIER:
        raise ValueError(f"updates cannot be changed: a training is lengthened {MOST_EARLIER} times at most.")
    return replace(recipe, updates=updates, earlier=" ".join(f"{until}/{total}" for until, total in parts))


def earlier_of(recipe: Any) -> list[tuple[int, int]]:
    """[(last update, number of updates)] of each time that the number was changed. Raises ValueError, in one sentence that begins
    with the setting's name, for a text that says none."""
    parts = recipe.earlier.split(" ") if recipe.earlier else []
    if len(parts) > MOST_EARLIER:
        raise ValueError(f"earlier must have at most {MOST_EARLIER} entries, not {len(parts)}.")
    found, last = [], 0
    for part in parts:
        until, slash, total = part.partition("/")
        if not (slash and all(each.isascii() and each.isdigit() and len(each) < 8 for each in (until, total))):
            break
        found.append((int(until), int(total)))
        if not last < found[-1][0] <= min(found[-1][1], recipe.updates):
            break
        last = found[-1][0]
    else:
        return found
    raise ValueError("earlier must be like 783/5000 5000/8000: rising updates, each with the number it was made for.")


def check_settings(recipe: Any) -> None:
    """Raises ValueError, in one sentence that begins with the setting's name, for a value that is not allowed."""
    for item in fields(recipe):
        value, low, high, choices = getattr(recipe, item.name), *(item.metadata.get(key) for key in ("low", "high", "choices"))
        if value is None and item.default is None:
            continue
        if low is not None and not low <= value <= high:  # no comparison holds for NaN
            raise ValueError(f"{item.name} must be from {low:.10g} to {high:.10g}.")
        if choices is not None and value not in choices:
            raise ValueError(f"{item.name} must be one of {', '.join(choices)}.")
    if hasattr(recipe, "earlier"):
        earlier_of(recipe)


def is_read(recipe: Any, item: Field) -> bool:
    """Does a recipe read this field of its own, as its other values are?"""
    when = item.metadata.get("when")
    if item.metadata.get("if_set"):
        return getattr(recipe, item.name) != item.default
    return when is None or getattr(recipe, when[0]) in when[1]


def clear_unread(recipe: Any) -> None:
    """Fields that the recipe does not read return to their defaults, so that recipes that train alike are equal values."""
    for item in fields(recipe):
        if not is_read(recipe, item):
            object.__setattr__(recipe, item.name, item.default)
