"""Langevin dynamics at the noise level of x_t: with steps taken as they are (ULA), or accepted and refused (MALA).

With U = -log q(x_t), whose gradient is minus the score, a move with step e at the temperature T is

    y = x - e grad U(x) + sqrt(2 e T) z,   z ~ N(0, I)

Moves that are all taken (unadjusted) sample exp(-U/T) as e goes to 0 alone: where the variance should be V they lead to
V/(1 - e/(2V)), and from e = 2V on they diverge (Roberts & Tweedie 1996). MALA takes the move as a proposal and accepts it with
probability

    min(1, exp(-(U(y) - U(x))/T) k(x|y)/k(y|x)),   k(y|x) = N(y; x - e grad U(x), 2 e T I)

which keeps detailed balance, so that exp(-U/T) is stationary for every e (Besag 1994; Roberts & Tweedie 1996).

The last step of the clock, into data, takes the denoised estimate x0_hat.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction, score
from diffviz.process import Position, Step
from diffviz.trajectory import StepInfo

COLDEST = 1e-12  # the temperature at which MALA takes 0 to be


class Place(NamedTuple):
    """x [N, *D], U(x) [N] and the score -grad U(x) [N, *D]."""

    x: Tensor
    energy: Tensor
    score: Tensor


def metropolis(
    evaluate: Callable[[Tensor], Place], at: Place, size: float | Tensor, temperature: float, z: Tensor, log_uniform: Tensor
) -> tuple[Place, Tensor]:
    """One Langevin move with z [N, *D], accepted or refused by the logarithms of uniform numbers [N]: where the chains then are,
    and which were accepted [N]. evaluate: energy and score at x; size: e, or one of each chain [N, 1]."""
    y = evaluate(at.x + size * at.score + (2.0 * size * temperature) ** 0.5 * z)
    # (x - y - e score(y)) / sqrt(4 e T), the noise of the move back over sqrt 2, written without differences of places
    back = (size / (4.0 * temperature)) ** 0.5 * (at.score + y.score) + z * math.sqrt(0.5)
    log_ratio = (at.energy - y.energy) / temperature + (z.square() / 2.0 - back.square()).flatten(1).sum(1)
    accepted = log_uniform < log_ratio
    keep = accepted.view(-1, *[1] * (z.ndim - 1))
    moved = Place(torch.where(keep, y.x, at.x), torch.where(accepted, y.energy, at.energy), torch.where(keep, y.score, at.score))
    return moved, accepted


class ULA:
    """size: e, in units of x squared; temperature: T >= 0; moves: in each step of the clock."""

    def __init__(self, size: float, temperature: float = 1.0, moves: int = 1) -> None:
        self._size, self._temperature, self._moves = size, temperature, moves

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        alpha, sigma, _, sigma_s = step.levels
        if sigma_s == 0.0:
            return Position(prediction.x0_hat), StepInfo(c_0=1.0)
        x, std = state.x, math.sqrt(2.0 * self._size * self._temperature)
        for draw in range(self._moves):
            answer = prediction if draw == 0 else step.denoise(x, alpha, sigma)
            x = x + self._size * score(x, answer.x0_hat, alpha, sigma)
            x = torch.add(x, step.noise(draw), alpha=std) if std > 0.0 else x
        return Position(x), _sum(self._size, alpha, sigma, std)._replace(corrector_steps=self._moves - 1)


class MALA:
    """As ULA; the denoiser must tell the energy (Prediction.energy). Each step takes one function evaluation more."""

    def __init__(self, size: float, temperature: float = 1.0, moves: int = 1) -> None:
        self._size, self._temperature, self._moves = size, max(temperature, COLDEST), moves

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        alpha, sigma, _, sigma_s = step.levels
        if sigma_s == 0.0:
            return Position(prediction.x0_hat), StepInfo(c_0=1.0)
        size, temperature, share = self._size, self._temperature, 0.0
        at = Place(state.x, prediction.energy, score(state.x, prediction.x0_hat, alpha, sigma))

        def evaluate(y: Tensor) -> Place:
            answer = step.denoise(y, alpha, sigma)
            return Place(y, answer.energy, score(y, answer.x0_hat, alpha, sigma))

        for draw in range(self._moves):
            chance = torch.special.log_ndtr(step.noise(2 * draw + 1).flatten(1)[:, 0])  # of a uniform number
            at, accepted = metropolis(evaluate, at, size, temperature, step.noise(2 * draw), chance)
            share = float(accepted.float().mean())
        info = _sum(size, alpha, sigma, math.sqrt(2.0 * size * temperature))
        return Position(at.x), info._replace(corrector_steps=self._moves - 1, accepted=share)


def _sum(size: float, alpha: float, sigma: float, std: float) -> StepInfo:
    """x + e score = (1 - e/sigma^2) x + (e alpha/sigma^2) x0_hat, and the noise."""
    return StepInfo(c_t=1.0 - size / sigma**2, c_0=size * alpha / sigma**2, noise_std=std)
