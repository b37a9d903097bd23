"""Gaussian mixtures: the data whose diffusion is known in closed form.

    x_0 ~ sum_k w_k N(mu_k, s^2 I),        x_t = alpha x_0 + sigma eps
    x_t ~ sum_k w_k N(alpha mu_k, tau^2 I),   tau^2 = alpha^2 s^2 + sigma^2
    r_k(x) = softmax_k( log w_k + (alpha/tau^2) x.mu_k - alpha^2 |mu_k|^2 / (2 tau^2) )

    E[x_0|x_t=x]    = (sigma^2/tau^2) sum_k r_k mu_k + (alpha s^2/tau^2) x
    Cov[x_0|x_t=x]  = (s^2 sigma^2/tau^2) I + (sigma^2/tau^2)^2 Cov_r[mu]

Written as matrix products (exp(addmm) @ [1, means]) instead of differences of every point to every mean:
an order of magnitude faster, and the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, TypeVar

import torch
from torch import Tensor

Level = TypeVar("Level", float, Tensor)  # of noise: one for all x, or a column [N, 1], one for each

CHUNK_ELEMENTS = 1 << 20  # responsibilities held at once (particles x components): bounds memory
# Weights far from every mode would be denormal numbers, up to 8 times slower than others. A floor far above them and far below
# all that matters costs nothing; flushing denormals instead would change floating point for the whole process.
LOG_FLOOR = -70.0


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """sum_k w_k N(mu_k, s^2 I).

    means: [K, D] float64; weights: [K] float64, summing to 1; std: s > 0, one for all components.
    """

    means: Tensor
    weights: Tensor
    std: float

    # What follows is made when first asked for: of a training set of pictures each is as large as the set, or twice that. It is
    # kept, so it must not be made in inference mode: no gradient could pass through it later.

    @cached_property
    @torch.inference_mode(False)
    def _log_weights(self) -> Tensor:
        """[K]."""
        return self.weights.log()

    @cached_property
    @torch.inference_mode(False)
    def _half_square(self) -> Tensor:
        """[K] |mu_k|^2 / 2."""
        return self.means.square().sum(1) / 2

    @cached_property
    @torch.inference_mode(False)
    def _first(self) -> Tensor:
        """[K, 1+D] 1 and mu_k."""
        return torch.cat([torch.ones_like(self.means[:, :1]), self.means], 1)

    @cached_property
    @torch.inference_mode(False)
    def _second(self) -> Tensor:
        """[K, 1+2D] 1, mu_k and mu_k^2."""
        return torch.cat([torch.ones_like(self.means[:, :1]), self.means, self.means.square()], 1)

    @cached_property
    def fingerprint(self) -> bytes:
        """The same for equal mixtures: what caches know a mixture by, so that they do not keep it in memory."""
        parts = (x.detach().cpu().double().contiguous().numpy() for x in (self.means, self.weights))
        digest = blake2b(repr((self.means.dtype, self.means.shape, self.std)).encode(), digest_size=16)
        for part in parts:
            digest.update(part)
        return digest.digest()

    @property
    def dim(self) -> int:
        """D."""
        return self.means.shape[1]

    @property
    def has_quadrature(self) -> bool:
        """Are expectations under q(x_t) to be had by quadrature (quadrature.py)? They are in the plane."""
        return self.dim == 2

    @property
    def mean_square(self) -> float:
        """E |x_0|^2 = sum_k w_k |mu_k|^2 + D s^2."""
        return float(2 * self.weights @ self._half_square) + self.dim * self.std**2

    def to(self, device: torch.device | str, dtype: torch.dtype) -> GaussianMixture:
        """The same mixture on another device or in another precision."""
        return GaussianMixture(self.means.to(device, dtype), self.weights.to(device, dtype), self.std)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"means": self.means.tolist(), "weights": self.weights.tolist(), "std": self.std}

    def sample(self, uniform: Tensor, normal: Tensor) -> Tensor:
        """Draw x_0 [N, D] from the given randomness: uniform [N] picks the component, normal [N, D] the place."""
        edges = self.weights.cumsum(0)
        component = torch.searchsorted(edges, uniform * edges[-1]).clamp_(max=len(edges) - 1)
        return self.means[component] + self.std * normal

    def _tau2(self, alpha: Level, sigma: Level) -> Level:
        return alpha**2 * self.std**2 + sigma**2

    def _logits(self, x: Tensor, alpha: Level, tau2: Level) -> Tensor:
        """[N, K] log of w_k N(x; alpha mu_k, tau^2 I), up to terms that do not depend on k."""
        bias = self._log_weights - (alpha**2 / tau2) * self._half_square
        return torch.addmm(bias, x * (alpha / tau2), self.means.T)

    def _chunks(self, count: int) -> Iterator[slice]:
        """Parts of count particles. Results are written into one array made before: kept one by one between the large
        temporaries they would scatter the heap and let it grow as if nothing were done in parts."""
        size = max(1, CHUNK_ELEMENTS // len(self.means))
        return (slice(start, start + size) for start in range(0, count, size))

    def _expect(self, values: Tensor, x: Tensor, alpha: float, tau2: float) -> Tensor:
        """[N, V] sum_k r_k(x) values_k, for [1, values] [K, 1+V]: the same product gives the softmax's denominator."""
        total = x.new_empty(len(x), values.shape[1])
        for part in self._chunks(len(x)):
            logits = self._logits(x[part], alpha, tau2)
            logits = logits.sub_(logits.detach().amax(1, keepdim=True))  # cancels in the quotient: no gradient is lost
            # in place where nothing is differentiated: a quarter less time and half of the memory
            floored = logits.clamp(min=LOG_FLOOR) if logits.requires_grad else logits.clamp_(min=LOG_FLOOR)
            total[part] = floored.exp_() @ values
        return total[:, 1:] / total[:, :1]

    def posterior(self, x: Tensor, alpha: float, sigma: float, variance: bool = True) -> tuple[Tensor, Tensor | None]:
        """Mean and variance of x_0 given x_t = x.

        x: [N, D] -> mean [N, D], marginal variance of each coordinate [N, D] (None if not asked for).
        Works in chunks, so memory stays bounded whatever N and K.
        """
        if sigma == 0.0:  # nothing was hidden
            return x / alpha, torch.zeros_like(x) if variance else None
        tau2 = self._tau2(alpha, sigma)
        shrink, keep = sigma**2 / tau2, alpha * self.std**2 / tau2
        moments = self._expect(self._second if variance else self._first, x, alpha, tau2)
        mean_mu = moments[:, : self.dim]
        mean = torch.add(keep * x, mean_mu, alpha=shrink)
        if not variance:
            return mean, None
        spread = (moments[:, self.dim :] - mean_mu.square()).clamp_(min=0.0)
        return mean, spread * shrink**2 + self.std**2 * shrink

    def log_density(self, x: Tensor, alpha: float = 1.0, sigma: float = 0.0) -> Tensor:
        """[N] log q(x_t = x) in nats; the defaults give the density of the data itself."""
        tau2 = self._tau2(alpha, sigma)
        log_sum = x.new_empty(len(x))
        for part in self._chunks(len(x)):
            log_sum[part] = _log_sum_exp(self._logits(x[part], alpha, tau2))
        return log_sum - x.square().sum(1) / (2 * tau2) - self.dim / 2 * math.log(2 * math.pi * tau2)

    def shares(self, x: Tensor, alpha: Level, sigma: Level) -> Tensor:
        """[N, K] r_k(x), the probability that x_t = x [N, D] came from component k; sums to 1 over k. alpha, sigma: numbers, or
        columns [N, 1] for a noise level of each x."""
        return self._logits(x, alpha, self._tau2(alpha, sigma)).softmax(1)

    def score(self, x: Tensor, alpha: float = 1.0, sigma: float = 0.0) -> Tensor:
        """[N, D] gradient of log q(x_t = x)."""
        tau2 = self._tau2(alpha, sigma)
        mean_mu = self._expect(self._first, x, alpha, tau2)
        return (alpha * mean_mu - x) / tau2


def _log_sum_exp(logits: Tensor) -> Tensor:
    """[N] of logits [N, K], which are used up: in place, where nothing is differentiated, of many in a fifth of the time."""
    if logits.requires_grad:
        return torch.logsumexp(logits, 1)
    largest = logits.amax(1, keepdim=True)
    return logits.sub_(largest).clamp_(min=LOG_FLOOR).exp_().sum(1).log_().add_(largest[:, 0])
