"""The probabilities of paths under binomial diffusion of a finite distribution (process.PathLaw), exactly.

    q(x_t|x_s) = prod_i k[x_s^i, x_t^i],      q(x_t) = sum_m pi_m q(x_t|m)
    p(x_s|x_t) = prod_i p(x_s^i|x_t),         p(x_K) = prod_i B(rate)

p draws the bits of x_s independently of one another, so a path of p may end in a sequence that the data never are: there
log q(x_0) is -inf.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.binomial.costs import exact_costs
from diffviz.binomial.denoisers import Categorical
from diffviz.binomial.finite import BitDistribution
from diffviz.binomial.kernels import Values, bits, entropy_nats, marginal_kernels, one_before, reverse_kernels, step_kernels
from diffviz.categorical.costs import CERTAIN
from diffviz.categorical.finite import IMPOSSIBLE
from diffviz.process import Entropies, Prediction
from diffviz.schedules import NoiseSchedule


def _log_bits(x: Tensor, one: Tensor | float) -> Tensor:
    """[N] log probability of bits x [N, D] that are 1 with the given probability, each alone."""
    one = torch.as_tensor(one, dtype=x.dtype)
    return torch.where(x > 0.5, one.log(), (-one).log1p()).sum(1)


@dataclass(frozen=True, eq=False)
class BinomialLaw:
    """Of the chain times [K+1] of a schedule, whose noise is B(rate). distribution: the data, float64 on the CPU."""

    distribution: BitDistribution
    schedule: NoiseSchedule
    times: NDArray[np.int64]
    rate: float

    @cached_property
    def _channels(self) -> Values:
        """[K+1, 2, 2] q(x_t|x_0)."""
        return marginal_kernels(self.schedule, self.times, self.rate)

    @cached_property
    def _to_one(self) -> list[list[float]]:
        """K pairs: the probabilities that a 0 and a 1 of x_s are 1 in x_t."""
        return step_kernels(self.schedule, self.times, self.rate)[:, :, 1].tolist()

    @cached_property
    def _reverse(self) -> Values:
        """[K, 2, 2] reverse_kernels."""
        return reverse_kernels(self.schedule, self.times, self.rate)

    def exact(self, x_t: Tensor, j: int) -> Categorical:
        return Categorical(self.distribution.posterior(x_t, self._channels[j]))

    def log_marginal(self, x: Tensor, j: int) -> Tensor:
        found = self.distribution.log_joint(x, self._channels[j]).logsumexp(1)
        return found.masked_fill(found < IMPOSSIBLE / 2, -torch.inf)

    def _one_after(self, x_s: Tensor, j: int) -> Tensor:
        """[N, D] q(x_t = 1|x_s)."""
        from_zero, from_one = self._to_one[j - 1]
        return from_zero + (from_one - from_zero) * x_s

    def log_forward(self, x_s: Tensor, x_t: Tensor, j: int) -> Tensor:
        return _log_bits(x_t, self._one_after(x_s, j))

    def _one_before(self, x_t: Tensor, prediction: Prediction, j: int) -> Tensor:
        """[N, D] p(x_s = 1|x_t); what was rounded to 0 or 1 is the number next to it, as drawn and as priced."""
        return one_before(self._reverse[j - 1], x_t, prediction.x0_hat).clamp(CERTAIN, 1.0 - CERTAIN)

    def log_reverse(self, x_s: Tensor, x_t: Tensor, prediction: Prediction, j: int) -> Tensor:
        return _log_bits(x_s, self._one_before(x_t, prediction, j))

    def log_prior(self, x: Tensor) -> Tensor:
        return _log_bits(x, self.rate)

    def entropies(self) -> Entropies:
        mean = self.distribution.mean.numpy()
        ones = np.array([len(mean) - mean.sum(), mean.sum()])  # expected bits of the data that are 0 and 1
        step = step_kernels(self.schedule, self.times, self.rate)
        expected = np.einsum("a,kab->kb", ones, self._channels)  # [K+1, 2] of x_t
        return Entropies(
            exact_costs(self.distribution, self.schedule, self.times, self.rate).entropy,
            np.einsum("kb,kb->k", expected[:-1], entropy_nats(step[:, :, 1])),
            entropy_nats(self._channels[:, :, 1]) @ ones,
        )

    def reverse_entropy(self, x_t: Tensor, prediction: Prediction, j: int) -> Tensor:
        one = self._one_before(x_t, prediction, j)
        return (torch.special.entr(one) + torch.special.entr(1.0 - one)).sum(1)

    def draw_data(self, uniform: Tensor, z: Tensor) -> Tensor:
        return self.distribution.sample(uniform)

    def draw_forward(self, x_s: Tensor, j: int, z: Tensor) -> Tensor:
        return bits(self._one_after(x_s, j), z)

    def draw_reverse(self, x_t: Tensor, prediction: Prediction, j: int, z: Tensor) -> Tensor:
        return bits(self._one_before(x_t, prediction, j), z)

    def draw_prior(self, z: Tensor) -> Tensor:
        return bits(self.rate, z)
