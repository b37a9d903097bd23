"""The section of an Experiment that the Gaussian process reads."""

from __future__ import annotations

from dataclasses import dataclass

from diffviz.fields import named, number, option
from diffviz.gaussian.kernels import PICTURE_VARIANCES


@dataclass(frozen=True)
class GaussianFields:
    """What its samplers read."""

    eta: float = number(0.0, "DDIM η", "Noise of each step: 0 is deterministic, 1 has the variance β̃.", 0.0, 1.0)
    corrector_steps: int = number(1, "Langevin corrector steps", "Steps of Langevin dynamics at each noise level.", 1, 20)
    variance: str = named(
        "optimal",
        "Reverse variance",
        f"The variance of p(x_s|x_t). {option('variance', 'beta')} has β at every step; OpenAI's fixedlarge is "
        f"{option('variance', 'fixed_large')}.",
        PICTURE_VARIANCES,
    )
