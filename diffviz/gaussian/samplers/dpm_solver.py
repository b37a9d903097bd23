"""DPM-Solver++ of second order (Lu et al. 2022b, algorithms 1 and 2; data prediction).

With l = log(alpha/sigma), h = l_s - l_t, the exact solution of the probability-flow ODE

    x_s = (sigma_s/sigma_t) x_t + sigma_s int_{l_t}^{l_s} e^l x0_hat(l) dl

is integrated with x0_hat held at what a straight line in l through two evaluations gives half way. 2M takes the last two (one
evaluation a step); 2S takes pairs of steps: the first is first order, the second starts again from where the first began and uses
what was seen half way.
The steps from alpha = 0 and into data have infinite h and are first order, DDIM's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.samplers.base import deterministic
from diffviz.process import Step
from diffviz.trajectory import StepInfo


@dataclass(frozen=True)
class Memory:
    """x: the present x_t. Of the step before: where it began (x, alpha, sigma) and what was seen there; None if there is none."""

    x: Tensor
    before: tuple[Tensor, float, float, Tensor] | None = None


def _log_ratio(alpha: float, sigma: float) -> float:
    return math.log(alpha / sigma)


class DPMSolver:
    """single: 2S instead of 2M."""

    def __init__(self, single: bool = False) -> None:
        self._single = single

    def init(self, x_T: Tensor) -> Memory:
        return Memory(x_T)

    def step(self, state: Memory, prediction: Prediction, step: Step) -> tuple[Memory, StepInfo]:
        alpha_t, sigma_t, alpha_s, sigma_s = step.levels
        x0_hat, first_order = prediction.x0_hat, alpha_t == 0.0 or sigma_s == 0.0
        after = None if alpha_t == 0.0 else (state.x, alpha_t, sigma_t, x0_hat)
        c_t, c_0 = deterministic(*step.levels)
        if first_order or state.before is None:
            return Memory(c_t * state.x + c_0 * x0_hat, after), StepInfo(c_t=c_t, c_0=c_0)
        x_r, alpha_r, sigma_r, x0_hat_r = state.before  # at r > t > s
        last = _log_ratio(alpha_t, sigma_t) - _log_ratio(alpha_r, sigma_r)
        if self._single:
            c_r, c_D = deterministic(alpha_r, sigma_r, alpha_s, sigma_s)
            whole = _log_ratio(alpha_s, sigma_s) - _log_ratio(alpha_r, sigma_r)
            c_new = c_D * whole / (2 * last)
            x_s = c_r * x_r + (c_D - c_new) * x0_hat_r + c_new * x0_hat
            return Memory(x_s), StepInfo(c_r=c_r, c_0=c_new, c_1=c_D - c_new)
        c_old = -c_0 * (_log_ratio(alpha_s, sigma_s) - _log_ratio(alpha_t, sigma_t)) / (2 * last)
        x_s = c_t * state.x + (c_0 - c_old) * x0_hat + c_old * x0_hat_r
        return Memory(x_s, after), StepInfo(c_t=c_t, c_0=c_0 - c_old, c_old=c_old)
