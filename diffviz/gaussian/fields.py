"""The section of an Experiment that the Gaussian process reads."""

from __future__ import annotations

from dataclasses import dataclass

from diffviz.fields import Called, named, number, option
from diffviz.gaussian.kernels import PICTURE_VARIANCES
from diffviz.schedules import HELD_BY


@dataclass(frozen=True)
class GaussianFields:
    """What its samplers read."""

    eta: float = number(0.0, "DDIM η", "Noise of each step: 0 is deterministic, 1 has the variance β̃.", 0.0, 1.0)
    corrector_steps: int = number(
        1,
        "Langevin corrector steps",
        "Steps of Langevin dynamics at each noise level.",
        1,
        20,
        called=(
            Called("sampler", HELD_BY, "Moves in each step", "Langevin moves between two states that are shown."),
            Called("sampler", ("remasking",), "Corrector steps", "Symbols that are masked again and drawn anew after each step."),
        ),
    )
    langevin_level: float = number(
        7.0,
        "Noise level of the chains",
        "Log SNR of the x that Langevin dynamics at one level samples; at 7, σ is 0.030.",
        -10.0,
        14.0,
    )
    langevin_step: float = number(
        0.005,
        "Langevin step e",
        "In units of x²: each step is x − e∇U + √(2eT) z. Where the variance is V, unadjusted steps diverge from e = 2V on.",
        1e-6,
        10.0,
    )
    temperature: float = number(
        1.0, "Temperature T", "The chains sample exp(−U/T): 1 is the model itself, 0 descends to its modes.", 0.0, 10.0
    )
    variance: str = named(
        "optimal",
        "Reverse variance",
        f"The variance of p(x_s|x_t). {option('variance', 'beta')} has β at every step; OpenAI's fixedlarge is "
        f"{option('variance', 'fixed_large')}.",
        PICTURE_VARIANCES,
    )
