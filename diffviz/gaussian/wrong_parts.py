"""Samplers and a denoiser that are wrong on purpose: what some of the mistakes in bugs.py put in the place of the right ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from diffviz.gaussian.denoisers.base import Denoiser, Prediction, eps_hat
from diffviz.gaussian.kernels import reverse_kernel
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.samplers.base import deterministic
from diffviz.process import Position, Sampler, Step
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import StepInfo

CHURN = max(0.0, math.sqrt(2.0) - 1.0)  # EDM, algorithm 2, has min(S_churn/N, sqrt 2 - 1), 0 without churn
REACH = 3.0  # standard deviations of a component beyond the outermost mean: where data are, as -1..1 is of pictures


class PutAt:
    """A sampler whose steps put x_s at the noise level of another time, while the denoiser is told s.

    level(step, count) -> that time; count: K, how many steps are taken.
    """

    def __init__(self, sampler: Sampler, level: Callable[[Step, int], int], count: int) -> None:
        self._sampler, self._level, self._count = sampler, level, count

    def init(self, x_T: Tensor) -> Any:
        return self._sampler.init(x_T)

    def step(self, state: Any, prediction: Prediction, step: Step) -> tuple[Any, StepInfo]:
        level, alpha, sigma = self._level(step, self._count), step.schedule.alpha.copy(), step.schedule.sigma.copy()
        alpha[step.s], sigma[step.s] = alpha[level], sigma[level]
        return self._sampler.step(state, prediction, replace(step, schedule=NoiseSchedule("", alpha, sigma)))


class EtaUnsquared:
    """DDIM that takes eta beta_tilde from the direction to x_t, and adds noise of variance eta^2 beta_tilde."""

    def __init__(self, eta: float) -> None:
        self._eta = eta

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        variance = max(reverse_kernel(step.schedule, step.s, step.t).variance, 0.0)
        c_t, c_0 = deterministic(*step.levels, math.sqrt(self._eta * variance))
        std = self._eta * math.sqrt(variance)
        x_s = c_t * state.x + c_0 * prediction.x0_hat + std * step.noise(0)
        return Position(x_s), StepInfo(c_t=c_t, c_0=c_0, noise_std=std)


class Churned:
    """Euler's method in sigma/alpha, each step of which first adds noise until sigma/alpha is (1 + CHURN) times as large.

    The denoiser is asked there. The loop has asked at x_t before: two evaluations a step, where what shipped took one.
    """

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        alpha_t, sigma_t, alpha_s, sigma_s = step.levels
        norm = math.hypot(alpha_t, (1.0 + CHURN) * sigma_t)
        alpha, sigma = alpha_t / norm, (1.0 + CHURN) * sigma_t / norm
        added = math.sqrt((1.0 + CHURN) ** 2 - 1.0) * sigma_t / norm
        x = state.x / norm + added * step.noise(0)
        c_x, c_1 = deterministic(alpha, sigma, alpha_s, sigma_s)
        x_s = c_x * x + c_1 * step.denoise(x, alpha, sigma).x0_hat
        return Position(x_s), StepInfo(c_t=c_x / norm, c_1=c_1, noise_std=c_x * added)


class FromNoise:
    """x0_hat = (x_t - sigma eps_hat)/alpha, from an eps_hat in half precision, clipped to where data are.

    Where alpha is 0 this is a rounding error over 0: infinite, and the clipped value is one end or the other. (The few in ten
    thousand that are 0/0 count as 0; what shipped would have lost them.)
    """

    def __init__(self, denoiser: Denoiser, mixture: GaussianMixture) -> None:
        self._denoiser, self._reach = denoiser, float(mixture.means.abs().max()) + REACH * mixture.std

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        right = self._denoiser(x_t, alpha, sigma)
        eps = eps_hat(x_t, right.x0_hat, alpha, sigma).half().to(x_t.dtype)
        x0_hat = ((x_t - sigma * eps) / alpha).nan_to_num(nan=0.0, posinf=torch.inf, neginf=-torch.inf)
        return Prediction(x0_hat.clamp(-self._reach, self._reach), right.variance)
