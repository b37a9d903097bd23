"""Binomial kernels between two noise levels s < t of one schedule (Sohl-Dickstein et al. 2015, sec. 2.1 and appendix).

The data are bits. A step from s to t redraws each bit from B(p) with probability 1 - a and keeps it with probability a:

    q(x_t = 1|x_s) = a x_s + p (1 - a),          a = abar_t / abar_s
    q(x_t = 1|x_0) = abar_t x_0 + p (1 - abar_t)

abar_t is the schedule's share of the signal, alpha_t^2 / (alpha_t^2 + sigma_t^2): here the probability that a bit was never
redrawn. Bits change independently of one another, so that by Bayes' rule, for each bit alone,

    q(x_s|x_t, x_0) = q(x_t|x_s) q(x_s|x_0) / q(x_t|x_0)

A kernel is the matrix k[a, b] = q(y = b|x = a). All are computed from what is lost, 1 - a, so that none of the four entries is
rounded away where a is nearly 1 or nearly 0.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import xlogy
from torch import Tensor

from diffviz.schedules import NoiseSchedule

Values = NDArray[np.float64]


def redrawing(lost: Values | float, rate: float) -> Values:
    """[..., 2, 2] the kernel that redraws a bit from B(rate) with probability lost [...]."""
    lost = np.asarray(lost, np.float64)
    zero, one = [1.0 - rate * lost, rate * lost], [(1.0 - rate) * lost, 1.0 - (1.0 - rate) * lost]
    return np.stack([np.stack(zero, -1), np.stack(one, -1)], -2)


def marginal_kernels(schedule: NoiseSchedule, times: NDArray[np.int64], rate: float) -> Values:
    """[K+1, 2, 2] q(x_t|x_0) at times [K+1]."""
    return redrawing(schedule.signal_lost[times], rate)


def step_kernels(schedule: NoiseSchedule, times: NDArray[np.int64], rate: float) -> Values:
    """[K, 2, 2] q(x_t|x_s) for each step of the chain times [K+1], ascending."""
    return redrawing(schedule.lost_between(times), rate)


def reverse_kernels(schedule: NoiseSchedule, times: NDArray[np.int64], rate: float) -> Values:
    """[K, 2, 2] the probability q(x_s = 1|x_t = v, x_0 = b) at [step, v, b], for each step of the chain times [K+1]."""
    step, marginal = step_kernels(schedule, times, rate), marginal_kernels(schedule, times, rate)
    return step[:, 1, :, None] * marginal[:-1, None, :, 1] / marginal[1:].swapaxes(-1, -2)


def one_before(kernel: Values, x_t: Tensor, x0_hat: Tensor) -> Tensor:
    """[N, D] p(x_s = 1|x_t) for bits x_t [N, D] whose data are 1 with probability x0_hat [N, D].

    kernel: [2, 2] one of reverse_kernels. With the exact x0_hat this is the exact probability of each bit, q(x_s^i = 1|x_t).
    """
    (zero_0, zero_1), (one_0, one_1) = kernel.tolist()
    from_zero, from_one = (torch.add(x0_hat * (b - a), a) for a, b in ((zero_0, zero_1), (one_0, one_1)))
    return torch.where(x_t > 0.5, from_one, from_zero)


def bits(probability: Tensor | float, z: Tensor) -> Tensor:
    """Bits that are 1 with the given probability, from standard normal numbers z of the same shape: 1 where Phi(z) < probability.

    Two runs with the same numbers and other probabilities differ in as few bits as can be."""
    return (torch.special.ndtr(z) < probability).to(z.dtype)


def entropy_nats(probability: Values) -> Values:
    """[...] of a bit that is 1 with the given probability [...]."""
    return -(xlogy(probability, probability) + xlogy(1.0 - probability, 1.0 - probability))
