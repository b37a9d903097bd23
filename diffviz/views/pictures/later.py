"""Charts of pictures that are computed when they become visible."""

from __future__ import annotations

from diffviz.diagnostics.measured import Measured
from diffviz.fields import ExperimentError, option
from diffviz.gaussian.memory import collapse
from diffviz.inverse.tasks import IMAGE_STARTS
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


def _refusal(measured: Measured[PictureDetails]) -> ExperimentError | None:
    """There must be training images to be told apart, and images of which nothing else is known."""
    e = measured.experiment
    if e.conditional:
        return ExperimentError("measurement", f"must be {option('measurement', 'none')} for these charts.")
    if not e.plain:
        starts = (name for name, row in IMAGE_STARTS.items() if not row.task)
        return ExperimentError("start", f"must be {option('start', *starts, last=' or ')} for these charts.")
    if len(measured.setup.distribution.means) == 1:
        return ExperimentError("dataset", "must have more than one training image for these charts.")
    return None


ABSENT = {
    "samples": "The excess NLL follows from the exact density of x_t, which is not known of images.",
    "symmetry": "The moment at which modes part follows from the exact density of the data, which is not known of images.",
    "speed": "The velocity of the probability flow follows from the exact density of x_t, which is not known of images.",
}
LATER: dict[str, LaterRow] = {
    "memory": LaterRow(("largest_weight", "effective_points", "known_of_points"), memory, _refusal, of_paths=True),
}
