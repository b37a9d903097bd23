"""Heun's method for the probability-flow ODE (Karras et al. 2022, EDM, algorithm 1).

In y = x/alpha and the noise-to-signal ratio r = sigma/alpha the ODE is dy/dr = (y - x0_hat)/r. A step tries Euler's way (which is
DDIM), looks at the slope where that ends, and goes along the mean of the two: second order, two evaluations a step. Steps from
alpha = 0 and into data, where a slope is infinite, are Euler's.
"""

from __future__ import annotations

from torch import Tensor

from diffviz.samplers.base import Position, Prediction, Step, deterministic


class Heun:
    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, dict[str, float]]:
        alpha_t, sigma_t, alpha_s, sigma_s = step.levels
        c_t, c_0 = deterministic(*step.levels)
        x_s = c_t * state.x + c_0 * prediction.x0_hat
        if alpha_t == 0.0 or sigma_s == 0.0:
            return Position(x_s), {"c_t": c_t, "c_0": c_0, "noise_std": 0.0}
        ahead = step.denoise(x_s, alpha_s, sigma_s).x0_hat
        ratio_t, ratio_s = sigma_t / alpha_t, sigma_s / alpha_s
        c_1 = alpha_s * (ratio_t - ratio_s) / (2 * ratio_s)  # the trapezoid rule, written as a correction of Euler's step
        x_s = x_s + c_1 * (ahead - prediction.x0_hat)
        return Position(x_s), {"c_t": c_t, "c_0": c_0 - c_1, "c_1": c_1, "noise_std": 0.0}
