"""The perturbed reverse process of Sohl-Dickstein et al. 2015 (sec. 2.5 and app. C) for points of the plane: every kernel
p(x_s|x_t) = N(m, v I) times a factor r_s(x_s), as if x_s were data.

    product    p(x_s|x_t) r_s(x_s)/R_s(m),   R_s(m) = E r_s(x_s)      what is meant; drawn from exactly (factors.py)
    shifted    N(m + v grad log r_s(m), v I)                          the paper's approximation, for a small perturbation: r_s to
                                                                      first order at m
r_s = r at all levels or, ramped, r of an observation with T/(T-s) times the noise's variance. Of a Gaussian r that is the paper's
r to the power (T-s)/T, and of the others it is so in the tails.

Neither chain is that of the posterior: exact is h(x_s) = E[r(x_0)|x_s] in place of r_s(x_s) (tilted.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import ReverseVariances, reverse_kernel
from diffviz.inverse.factors import Factor
from diffviz.process import Position, Step
from diffviz.trajectory import StepInfo

FARTHEST = 100.0  # no mean is shifted further along a coordinate: where the perturbation is not small, shifts grow without bound


@dataclass(frozen=True)
class Perturbation:
    """What a kernel N(m, v I) of the step to s becomes. variance: std^2 of the observation; steps: T."""

    factor: Factor
    variance: float
    steps: int
    ramp: bool = False
    shifted: bool = False

    def variance_at(self, s: int) -> float:
        """std^2 of r_s."""
        return self.variance * self.steps / (self.steps - s) if self.ramp else self.variance

    def mean(self, m: Tensor, v: float, s: int) -> Tensor:
        """[N, 2] the shifted mean."""
        return (m + v * self.factor.with_gradient(m, self.variance_at(s))[1]).clamp(-FARTHEST, FARTHEST)

    def draw(self, m: Tensor, v: float, s: int, noise: Tensor, further: Tensor) -> Tensor:
        """x_s [N, 2], from independent normal numbers noise and further [N, 2]."""
        if self.shifted:
            return torch.add(self.mean(m, v, s), noise, alpha=math.sqrt(v))
        uniform = torch.special.ndtr(further[:, 0].double().cpu()).clamp(1e-12, 1.0 - 1e-12)
        return self.factor.draw(m.double().cpu(), v, self.variance_at(s), uniform, noise.double().cpu()).to(m)

    def log_product(self, x_s: Tensor, m: Tensor, v: float, s: int) -> Tensor:
        """[N] log of the product at x_s [N, 2]."""
        own = self.variance_at(s)
        multiplied = self.factor.log_value(x_s, own) - self.factor.log_value(m, own + v)
        return log_normal(x_s - m, v) + multiplied

    def log_kernel(self, x_s: Tensor, m: Tensor, v: float, s: int) -> Tensor:
        """[N] log of the kernel that is drawn from, product or shifted."""
        return log_normal(x_s - self.mean(m, v, s), v) if self.shifted else self.log_product(x_s, m, v, s)


def log_normal(away: Tensor, v: float) -> Tensor:
    """[N] log N(away; 0, v I) in the plane."""
    return -away.square().sum(1) / (2 * v) - math.log(2 * math.pi * v)


class Perturbed:
    """Ancestral sampling, every kernel perturbed; where the chain adds no noise, its mean is kept as it is.

    variances: of the chain times [K+1], ascending
    """

    def __init__(self, variances: ReverseVariances, times: NDArray[np.int64], perturbation: Perturbation) -> None:
        self._variance = dict(zip(times[1:].tolist(), variances.sampled.tolist(), strict=True))
        self._perturbation = perturbation

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        kernel, v = reverse_kernel(step.schedule, step.s, step.t), self._variance[step.t]
        m = torch.add(state.x * kernel.c_t, prediction.x0_hat, alpha=kernel.c_0)
        x_s = self._perturbation.draw(m, v, step.s, step.noise(0), step.noise(1)) if v > 0.0 else m
        return Position(x_s), StepInfo(c_t=kernel.c_t, c_0=kernel.c_0, noise_std=math.sqrt(v), perturbed=v > 0.0)
