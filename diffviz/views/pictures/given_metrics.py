"""Two runs whose pictures are given, side by side: how near each comes to what it should, since neither has a bound.

Both are of one task: the same picture is measured in the same way, noised, or gone from to the same other one.
"""

from __future__ import annotations

from typing import Any

from diffviz.estimates import Estimate
from diffviz.experiment import Experiment, ExperimentError
from diffviz.inverse.tasks import MEASUREMENT_FIELDS
from diffviz.views.pictures.posterior import PosteriorSummary, distance_to_picture, round_trip
from diffviz.views.plane.metrics import Figure

TASKS: dict[str, tuple[str, ...]] = {  # by kind, the fields in which both runs must agree
    "plain": (),
    "measured": ("measurement", "test_image", "measure_noise", "seed"),
    "picture": ("start", "test_image"),
    "between": ("start", "test_image", "test_image_b"),
}


def kind(e: Experiment) -> str:
    """Of TASKS."""
    return "plain" if e.plain else "measured" if e.conditional else e.start


def require_same_task(a: Experiment, b: Experiment) -> None:
    """Raises ExperimentError for a b whose outcome says nothing beside a's: it names the first field in which they must agree."""
    names = TASKS[kind(a) if kind(a) != "plain" else kind(b)]
    if "measurement" in names:
        names += MEASUREMENT_FIELDS.get(a.measurement, ())
    for name in names:
        one, other = getattr(a, name), getattr(b, name)
        if one != other:
            what = "painted" if name == "mask" else one
            raise ExperimentError(name, f"must be {what} as in A: what is given must be the same.")


def _summary(o: Any) -> PosteriorSummary:
    return o.summary


MEASURED_FIGURES: dict[str, Figure] = {
    "mean_to_exact_mse": Figure(
        "Off the exact mean",
        "mse",
        "low",
        "Squared distance of the samples' mean from the exact posterior's, over pixels; what chance alone gives is taken off.",
        lambda o: _summary(o).to_exact,
    ),
    "mean_to_truth_mse": Figure(
        "Off the truth",
        "mse",
        "low",
        "The same from the picture that was measured, which no denoiser has seen.",
        lambda o: _summary(o).to_truth,
    ),
    "spread": Figure(
        "Spread",
        "",
        "",
        "Standard deviation of the samples, mean over pixels: how sure they are of it.",
        lambda o: _summary(o).spread,
    ),
    "exact_spread": Figure(
        "Exact spread", "", "", "The same of the exact posterior.", lambda o: Estimate(_summary(o).exact_spread, 0.0)
    ),
    "spread_off": Figure(
        "Off the exact spread",
        "",
        "zero",
        "The spread less the exact one: below 0 the samples are too sure, above 0 not sure enough.",
        lambda o: _summary(o).spread.less(_summary(o).exact_spread),
    ),
}
EDITED_FIGURES: dict[str, Figure] = {
    "to_picture_mse": Figure(
        "From the picture",
        "mse",
        "",
        "Squared distance of what came back from the picture that was noised: nearer is more faithful, which is no merit alone.",
        lambda o: distance_to_picture(o.setup, o.end),
    )
}
BETWEEN_FIGURES: dict[str, Figure] = {
    f"round_trip_{name}_rms": Figure(
        f"{title}, round-trip error",
        "rms",
        "low",
        "How far it is from itself after encoding by the ODE into noise and decoding.",
        lambda o, i=i: Estimate(round_trip(o.setup, o.end)[i], 0.0),
    )
    for i, (name, title) in enumerate({"first": "One picture", "last": "The other"}.items())
}
OF_MEMORY = ("mean_to_exact_mse", "spread_off")  # beside the posterior of the training pictures, which is the exact denoiser's
GIVEN_FIGURES = {"measured": MEASURED_FIGURES, "picture": EDITED_FIGURES, "between": BETWEEN_FIGURES}
