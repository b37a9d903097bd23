"""Charts of pictures that are computed when they become visible."""

from __future__ import annotations

from diffviz.diagnostics.measured import Measured
from diffviz.gaussian.memory import collapse
from diffviz.trajectory import Curve
from diffviz.views.base import LaterRow
from diffviz.views.memory import collapse_curves
from diffviz.views.pictures.measure import PictureDetails


def memory(measured: Measured[PictureDetails]) -> dict[str, Curve | str]:
    """Of the exact denoiser of the training images, or of those of the class."""
    setup = measured.setup
    times = measured.kept.times
    found = collapse(setup.distribution, setup.schedule, times[times > 0], measured.experiment.seed)
    return collapse_curves(found, setup.schedule)


def _has_many(measured: Measured[PictureDetails]) -> bool:
    """Are there training images to be told apart, and pictures of which nothing else is known?"""
    return measured.experiment.plain and measured.kept is not None and len(measured.setup.distribution.means) > 1


LATER: dict[str, LaterRow] = {
    "memory": LaterRow(("largest_weight", "effective_points", "known_of_points"), memory, _has_many),
}
