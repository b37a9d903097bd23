"""The denoiser that knows a measurement y of the image, in closed form: E[x_0|x_t, y] of a mixture.

Whatever the sampler, it then draws from p(x_0|y): Sohl-Dickstein et al. 2015, sec. 2.5, with r(x_0) = p(y|x_0).
"""

from __future__ import annotations

import torch
from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.inverse.operators import Measurement
from diffviz.inverse.posterior import condition


class ExactPosterior:
    """E[x_0|x_t, y] and, if asked for, Var[x_0|x_t, y] of a mixture: the truth beside the approximations. y [*y_shape].

    Raises ValueError if the mixture or y does not fit the measurement.
    """

    def __init__(
        self,
        mixture: GaussianMixture,
        measurement: Measurement,
        y: Tensor,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        variance: bool = False,
    ) -> None:
        self.data = condition(mixture, measurement, y).to(device, dtype)
        self._variance = variance

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        return Prediction(*self.data.posterior(x_t, alpha, sigma, self._variance))
