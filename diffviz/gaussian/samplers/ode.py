"""The probability-flow ODE (Song et al. 2021, "Score-based generative modeling", sec. 4.3): Euler's method, and adaptive steps.

Written for u = x/sqrt(alpha^2 + sigma^2) and the angle theta with tan theta = sigma/alpha it is du/dtheta = v, the v of Salimans
& Ho 2022: smooth from pure noise (theta = pi/2) to data (theta = 0), whatever the schedule.
"""

from __future__ import annotations

import math

from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction, v_hat
from diffviz.process import Position, Step
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import StepInfo

RELATIVE, ABSOLUTE = 1e-5, 1e-6  # error allowed in a step of the adaptive method, beside |u| of about 1
LEAST_ANGLE = 1e-4  # from here to data x0_hat is taken; of an order below the error allowed
MOST_TRIES = 2000  # in one step of the chain


def directions(schedule: NoiseSchedule, t: int, s: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """(d_alpha, d_sigma) at t and at s: which way the path of (alpha, sigma) goes there, times its length from t to s.

    The path of a variance-preserving schedule is an arc of the unit circle, and of others the straight line through its times.
    """
    alpha_t, sigma_t, alpha_s, sigma_s = (float(table[k]) for k in (t, s) for table in (schedule.alpha, schedule.sigma))
    if not schedule.variance_preserving:
        straight = alpha_s - alpha_t, sigma_s - sigma_t
        return straight, straight
    angle = math.atan2(sigma_t, alpha_t) - math.atan2(sigma_s, alpha_s)
    return (angle * sigma_t, -angle * alpha_t), (angle * sigma_s, -angle * alpha_s)


class Euler:
    """Euler's method along the path of the noise level, the curve (alpha, sigma), with its arc length as the time:

        x_s = x_t + d_alpha x0_hat + d_sigma eps_hat,   (d_alpha, d_sigma) = the direction at t times the length from t to s

    It is first order on every schedule, also where alpha_T = 0: log alpha is infinite there, but the path is not.
    Rectified flow's path is a straight line, and this is its own Euler method, x_s = x_t + (s-t)/T (eps_hat - x0_hat) (Liu et al.
    2023, sec. 2.1), which is DDIM. A variance-preserving schedule's path is an arc of the unit circle, and this is Euler's method
    for du/dtheta = v. DDIM turns along the circle with x0_hat and eps_hat held, where Euler leaves it on the tangent.
    """

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        alpha_t, sigma_t, _, _ = step.levels
        (d_alpha, d_sigma), _ = directions(step.schedule, step.t, step.s)
        c_t, c_0 = 1.0 + d_sigma / sigma_t, d_alpha - d_sigma * alpha_t / sigma_t
        return Position(c_t * state.x + c_0 * prediction.x0_hat), StepInfo(c_t=c_t, c_0=c_0)


def adaptive_evaluations(steps: int) -> float:
    """About how many function evaluations a step of the adaptive method takes: one and three a try. Long steps of the chain need
    many tries, about 90 in all; measured on data in the plane."""
    return max(4.0, 3.3 + 280 / steps)


class Adaptive:
    """Bogacki & Shampine's pair of orders 3 and 2 with steps as small as the error asks for: the reference for the others.

    All particles share a step; its error is the largest over particles.
    """

    def init(self, x_T: Tensor) -> Position:
        return Position(x_T)

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        alpha_t, sigma_t, alpha_s, sigma_s = step.levels
        theta, end = math.atan2(sigma_t, alpha_t), max(math.atan2(sigma_s, alpha_s), LEAST_ANGLE)

        def slope(u: Tensor, angle: float) -> Tensor:
            alpha, sigma = math.cos(angle), math.sin(angle)
            return v_hat(u, step.denoise(u, alpha, sigma).x0_hat, alpha, sigma)

        u = state.x / math.hypot(alpha_t, sigma_t)
        k1 = v_hat(u, prediction.x0_hat, math.cos(theta), math.sin(theta))
        h, tries = end - theta, 0
        while theta > end and tries < MOST_TRIES:
            tries += 1
            h = max(h, end - theta)  # both are negative: not beyond the end
            k2 = slope(u + h / 2 * k1, theta + h / 2)
            k3 = slope(u + 3 * h / 4 * k2, theta + 3 * h / 4)
            ahead = u + h / 9 * (2 * k1 + 3 * k2 + 4 * k3)
            k4 = slope(ahead, theta + h)
            error = (h * (-5 * k1 / 72 + k2 / 12 + k3 / 9 - k4 / 8)).abs() / (ABSOLUTE + RELATIVE * ahead.abs())
            worst = float(error.max())
            if worst <= 1.0:
                u, k1 = ahead, k4
                theta = end if h == end - theta else theta + h
            h *= min(5.0, max(0.2, 0.9 * max(worst, 1e-9) ** (-1 / 3)))
        if theta > end:  # the tries are used up: the rest in one step, DDIM's
            data, noise = math.cos(theta) * u - math.sin(theta) * k1, math.sin(theta) * u + math.cos(theta) * k1
            u = math.cos(end) * data + math.sin(end) * noise
            k1 = math.cos(end) * noise - math.sin(end) * data
        data = math.cos(end) * u - math.sin(end) * k1  # x0_hat
        u = u * math.hypot(alpha_s, sigma_s) if sigma_s > 0.0 else data
        return Position(u), StepInfo(tries=tries)
