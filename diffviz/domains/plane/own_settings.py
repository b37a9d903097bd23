"""The data in a recipe of networks of points: the data set's name, and three settings that name somebody's own data."""

from __future__ import annotations

from typing import Any

from diffviz.domains.plane.bandwidth import HIGHEST, LOWEST
from diffviz.domains.plane.datasets import DATASETS, OWN, OWN_MIXTURE, OWN_POINTS, mixture_of
from diffviz.domains.plane.own_points import points_text, read_points
from diffviz.training.settings import setting


def points() -> Any:
    return setting("", "Points of own_points, as in an experiment.", title="Points", when=("dataset", (OWN_POINTS,)))


def bandwidth() -> Any:
    return setting(None, "Kernel bandwidth of own_points.", LOWEST, HIGHEST, "Kernel bandwidth h", ("dataset", (OWN_POINTS,)))


def mixture() -> Any:
    return setting("", "Of own_mixture, as in an experiment.", title="Components", when=("dataset", (OWN_MIXTURE,)))


def check_dataset(recipe: Any) -> None:
    """Raises ValueError for a name that is none."""
    if recipe.dataset not in DATASETS:
        raise ValueError(f"dataset must be one of {', '.join(DATASETS)}.")


def check_own(recipe: Any) -> None:
    """Of a recipe whose other settings are right. Own points are kept as the text that they are made into, whatever was typed.

    Raises ValueError, in one sentence that begins with the setting's name, for data that cannot be read.
    """
    if recipe.dataset not in OWN or not (recipe.own_points or recipe.bandwidth or recipe.own_mixture):
        return  # what we have for who has none is right, and the search for its bandwidth takes a quarter of a second
    field = recipe.dataset
    try:
        if field == OWN_POINTS:
            object.__setattr__(recipe, "own_points", points_text(recipe.own_points))
            if recipe.own_points:
                read_points(recipe.own_points)
            field = "bandwidth"
        mixture_of(recipe)
    except ValueError as error:
        raise ValueError(f"{field} {error}.") from error
