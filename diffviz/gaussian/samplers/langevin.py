"""Annealed Langevin dynamics with a predictor (Song & Ermon 2019, algorithm 1; Song et al. 2021, algorithm 2).

The predictor (DDIM without noise) brings the particles from t to s; the corrector then moves them at s, where they should follow
q(x_s): x <- x + e score + sqrt(2 e) z, with e = size sigma_s^2, so that a step is the same share of the noise at every level.
Such steps are of finite length and not accepted or refused (they are "unadjusted"): where x_s has the variance V they lead to
V/(1 - e/(2V)), which is 5 % more where nearly all of it is noise, whatever T, and no more near the data, where V is far above e.
"""

from __future__ import annotations

import math

from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction, score
from diffviz.gaussian.samplers.base import deterministic
from diffviz.process import Position, Step
from diffviz.trajectory import StepInfo

SIZE = 0.1  # of a corrector's step, in units of sigma^2


class Langevin:
    """steps: how often the corrector acts at each level. The last level, data itself, is only reached."""

    def __init__(self, steps: int = 1) -> None:
        self._steps = steps

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        _, _, alpha_s, sigma_s = step.levels
        c_t, c_0 = deterministic(*step.levels)
        x_s = c_t * state.x + c_0 * prediction.x0_hat
        if sigma_s == 0.0:
            return Position(x_s), StepInfo(c_t=c_t, c_0=c_0)
        size = SIZE * sigma_s**2
        for draw in range(self._steps):
            drift = score(x_s, step.denoise(x_s, alpha_s, sigma_s).x0_hat, alpha_s, sigma_s)
            x_s = x_s + size * drift + math.sqrt(2 * size) * step.noise(draw)
        return Position(x_s), StepInfo(c_t=c_t, c_0=c_0, corrector_steps=self._steps)
