"""Multiplying by r(x), as Sohl-Dickstein et al. 2015 did it (sec. 2.5 and app. C): every kernel of the reverse chain times
r(x) = p(y|x), the likelihood of the measurement as if x_s were the picture itself.

    p(x_s|x_t) = N(m, v I)  ->  N(m + v grad log r(m), v I),   grad log r(x) = H^T (y - H x)/std^2

That is r to first order at m, good where v is small beside std^2; here r is Gaussian and the product of both is known, with
v/(1 + v square/std^2) in place of v, along each coordinate of H: it never overshoots.

Each kernel is then right for p(x_s|x_t) r(x_s), but the chain is not the posterior's. Exact would be the kernel times
E[r(x_0)|x_s], which is weaker the more noise there is (what ExactPosterior and PiGDM stand for). The same r at all levels, the
choice of the paper's experiments, counts the evidence too often: for data N(0, I) with small steps and a long chain exactly
twice, p(x_0) r(x_0)^2. The paper's other choice, r to the power (T-s)/T, softens that.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import ReverseVariances, reverse_kernel
from diffviz.inverse.operators import Measurement
from diffviz.process import Position, Step
from diffviz.trajectory import StepInfo


class Multiplied:
    """Ancestral sampling times r. variances of the chain times [K+1], ascending; y [*y_shape].

    ramp: r to the power (T-s)/T instead of r at every level. first_order: the paper's shift instead of the whole product.
    Raises ValueError for a measurement without noise, whose r is no smooth function, for variances pixel by pixel, or if y does
    not fit.
    """

    def __init__(
        self,
        variances: ReverseVariances,
        times: NDArray[np.int64],
        measurement: Measurement,
        y: Tensor,
        ramp: bool = False,
        first_order: bool = False,
    ) -> None:
        if measurement.std == 0.0:
            raise ValueError("The noise of a measurement must be positive where kernels are multiplied by its likelihood.")
        if variances.added == "pixel":
            raise ValueError("The variance must be one number for an image where kernels are multiplied by a likelihood.")
        measurement.adjoint(y[None])
        self._added = variances.added
        self._variance = dict(zip(times[1:].tolist(), variances.sampled.tolist(), strict=True))
        self._measurement, self._y = measurement, y
        self._ramp, self._first_order = ramp, first_order

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        kernel, variance = reverse_kernel(step.schedule, step.s, step.t), self._variance[step.t]
        mean = torch.add(state.x * kernel.c_t, prediction.x0_hat, alpha=kernel.c_0)
        if self._added == "mean" and step.s > 0:
            own = prediction.variance.flatten(1).mean(1, keepdim=True).cpu().double()
            variance = kernel.variance + kernel.c_0**2 * own  # [N, 1], of each picture
        variance = torch.as_tensor(variance, dtype=torch.float64)
        info = StepInfo(kernel.c_t, kernel.c_0, math.sqrt(float(variance.mean())))
        if info.noise_std == 0.0:
            return Position(mean), info
        measurement = self._measurement
        power = 1.0 - step.s / step.schedule.steps if self._ramp else 1.0
        precision = power / measurement.std**2
        gradient = precision * measurement.adjoint(self._y.to(mean) - measurement.apply(mean))
        product = (
            variance if self._first_order else variance / (1.0 + variance * precision * measurement.map.square)
        )  # [N or 1, D]
        x_s = mean + measurement.spectral(product, gradient) + measurement.spectral(product.sqrt(), step.noise(0))
        return Position(x_s), info
