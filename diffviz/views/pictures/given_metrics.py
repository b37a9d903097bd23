"""The metrics of a run whose pictures are given: how near it comes to what it should, since no bound holds for it.

Two such runs are compared if they are of one task: the same picture is measured in the same way, noised, or gone from to the same
other one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from diffviz.diagnostics.measured import Measured, Metric, exactly
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment
from diffviz.fields import Condition, Rule
from diffviz.inverse.tasks import MEASUREMENT_FIELDS
from diffviz.views.pictures.posterior import PosteriorSummary, distance_to_picture, round_trip

TASKS = (  # the fields in which two runs must agree, by what the task of either is
    Rule(("measurement", "test_image", "measure_noise", "seed"), (Condition("measurement", ("none",), among=False),)),
    *(Rule(names, (Condition("measurement", (name,)),)) for name, names in MEASUREMENT_FIELDS.items()),
    Rule(("start", "test_image"), (Condition("start", ("picture",)),)),
    Rule(("start", "test_image", "test_image_b"), (Condition("start", ("between",)),)),
)


def _summary(m: Measured[Any]) -> PosteriorSummary:
    return m.details.summary


MEASURED_METRICS: dict[str, Metric] = {
    "mean_to_exact_mse": Metric(
        "Error to the exact posterior mean",
        "mse",
        "low",
        "Mean squared distance of the samples' mean from the exact posterior's; what a finite number of samples adds is "
        "subtracted.",
        lambda m: _summary(m).to_exact,
    ),
    "mean_to_truth_mse": Metric(
        "Error to the test image",
        "mse",
        "low",
        "The same from the test image, which no denoiser has seen.",
        lambda m: _summary(m).to_truth,
    ),
    "exact_mean_to_truth_mse": Metric(
        "Error of the exact mean to the test image",
        "mse",
        "",
        "The same of the exact posterior's mean, known without error but for the noise of the measurement, which is drawn.",
        lambda m: Estimate(_summary(m).exact_to_truth, 0.0),
    ),
    "spread": Metric(
        "Standard deviation",
        "",
        "",
        "Of the samples, mean over pixels.",
        lambda m: _summary(m).spread,
    ),
    "exact_spread": Metric(
        "Exact standard deviation", "", "", "The same of the exact posterior.", lambda m: Estimate(_summary(m).exact_spread, 0.0)
    ),
    "spread_off": Metric(
        "Difference to the exact standard deviation",
        "",
        "zero",
        "Below 0 the samples vary too little, above 0 too much.",
        lambda m: _summary(m).spread.less(_summary(m).exact_spread),
    ),
}
EDITED_METRICS: dict[str, Metric] = {
    "to_picture_mse": Metric(
        "Distance to the test image",
        "mse",
        "",
        "Mean squared distance of the samples from the image that was noised.",
        lambda m: distance_to_picture(m.setup, m.end),
    )
}
BETWEEN_METRICS: dict[str, Metric] = {
    f"round_trip_{name}_rmse": Metric(
        f"{title}, round-trip error",
        "rmse",
        "low",
        "How far the image is from itself after the probability-flow ODE encodes it as noise and decodes it.",
        lambda m, i=i: exactly(round_trip(m.setup, m.end)[i]),
    )
    for i, (name, title) in enumerate({"first": "First image", "last": "Second image"}.items())
}
OF_MEMORY = ("mean_to_exact_mse", "spread_off")  # beside the posterior of the training pictures, which is the exact denoiser's
GIVEN_METRICS = {"measured": MEASURED_METRICS, "picture": EDITED_METRICS, "between": BETWEEN_METRICS}


def given_metrics(e: Experiment) -> dict[str, Metric]:
    """Of a run whose pictures are given. A network knows more pictures than the training set and need not agree with its
    posterior: to be near that is a merit of the exact denoiser alone."""
    table = GIVEN_METRICS["plain" if e.plain else "measured" if e.conditional else e.start]
    return {
        name: replace(metric, better="") if name in OF_MEMORY and e.denoiser != "exact" else metric
        for name, metric in table.items()
    }
