"""Heun's method for the probability-flow ODE (Karras et al. 2022, EDM, algorithm 1): a step tries Euler's method, asks for the
slope where that ends, and goes along the mean of the two. Second order, two evaluations a step.

The algorithm leaves open what is even in a step. Heun goes along the path of the noise level, as Euler does (ode.py): in EDM's
words, scale and noise are the schedule's own. HeunEDM takes EDM's choice, y = x/alpha and the noise-to-signal ratio
r = sigma/alpha, in which the ODE is dy/dr = (y - x0_hat)/r and Euler's method is DDIM. That suits EDM's schedule, which ends at
r = 80. Where r grows without end, as for cosine, its first step is long however many there are, and overshoots.
"""

from __future__ import annotations

from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.samplers.base import deterministic
from diffviz.gaussian.samplers.ode import directions
from diffviz.process import Position, Step
from diffviz.trajectory import StepInfo


class Heun:
    """The step into data, where no denoiser can be asked, is DDIM's."""

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        alpha_t, sigma_t, alpha_s, sigma_s = step.levels
        if sigma_s == 0.0:
            c_t, c_0 = deterministic(*step.levels)
            return Position(c_t * state.x + c_0 * prediction.x0_hat), StepInfo(c_t=c_t, c_0=c_0)
        (da_t, ds_t), (da_s, ds_s) = directions(step.schedule, step.t, step.s)
        c_t, c_0 = 1.0 + ds_t / sigma_t, da_t - ds_t * alpha_t / sigma_t  # Euler's
        ahead = step.denoise(c_t * state.x + c_0 * prediction.x0_hat, alpha_s, sigma_s).x0_hat
        slope = ds_s / sigma_s
        c_t, c_0 = (1.0 + c_t + slope * c_t) / 2, (c_0 + slope * c_0) / 2
        c_1 = (da_s - slope * alpha_s) / 2
        x_s = c_t * state.x + c_0 * prediction.x0_hat + c_1 * ahead
        return Position(x_s), StepInfo(c_t=c_t, c_0=c_0, c_1=c_1)


class HeunEDM:
    """Steps from alpha = 0 and into data, where a slope is infinite, are Euler's."""

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        alpha_t, sigma_t, alpha_s, sigma_s = step.levels
        c_t, c_0 = deterministic(*step.levels)
        x_s = c_t * state.x + c_0 * prediction.x0_hat
        if alpha_t == 0.0 or sigma_s == 0.0:
            return Position(x_s), StepInfo(c_t=c_t, c_0=c_0)
        ahead = step.denoise(x_s, alpha_s, sigma_s).x0_hat
        ratio_t, ratio_s = sigma_t / alpha_t, sigma_s / alpha_s
        c_1 = alpha_s * (ratio_t - ratio_s) / (2 * ratio_s)  # the trapezoid rule, written as a correction of Euler's step
        x_s = x_s + c_1 * (ahead - prediction.x0_hat)
        return Position(x_s), StepInfo(c_t=c_t, c_0=c_0 - c_1, c_1=c_1)
