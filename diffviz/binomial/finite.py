"""Finite distributions of bit sequences: data whose binomial diffusion is known exactly.

    x_0 = state m with probability pi_m;  every bit then passes, alone, through a channel k[a, b] = q(x_t^i = b|x_0^i = a)

    log q(x_t|m) = sum_i log k[s_mi, x_t^i],   w_m(x_t) = softmax_m(log pi_m + log q(x_t|m))
    q(x_t) = sum_m pi_m q(x_t|m),              P(x_0^i = 1|x_t) = sum_m w_m s_mi

For bits log q(x_t|m) is linear in x_t, so that the posterior is two matrix products around a softmax. All of it is computed in
logarithms: no sequence is so improbable that its weights underflow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.categorical.finite import IMPOSSIBLE, FiniteDistribution

Channel = NDArray[np.float64]  # [2, 2], k[a, b] = q(b|a)


@dataclass(frozen=True, eq=False)
class BitDistribution(FiniteDistribution):
    """States [M, D] float64 of bits 0 and 1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not ((self.states == 0.0) | (self.states == 1.0)).all():
            raise ValueError("states must be sequences of 0 and 1")

    @property
    def mean(self) -> Tensor:
        """[D] the probability that each bit is 1."""
        return self.probabilities @ self.states

    def to(self, device: torch.device | str, dtype: torch.dtype) -> BitDistribution:
        """The same distribution on another device or in another precision."""
        return BitDistribution(self.states.to(device, dtype), self.probabilities.to(device, dtype))

    def log_joint(self, x: Tensor, channel: Channel) -> Tensor:
        """[N, M] log pi_m q(x_t = x|m) in nats of bits x [N, D] behind the channel."""
        table = torch.as_tensor(channel, dtype=self.states.dtype, device=self.states.device).log().clamp_(min=IMPOSSIBLE)
        zero, one = table[self.states.long()].unbind(2)  # [M, D] log q(x_t^i = 0|m), log q(x_t^i = 1|m)
        return torch.addmm(self.probabilities.log() + zero.sum(1), x, (one - zero).T)

    def posterior(self, x: Tensor, channel: Channel) -> Tensor:
        """[N, D] P(x_0^i = 1|x_t = x), the probability that each bit of the data was 1."""
        return self.log_joint(x, channel).softmax(1) @ self.states
