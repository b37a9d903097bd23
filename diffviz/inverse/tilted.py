"""A Gaussian mixture times a factor r(x), exactly: q(x_0) r(x_0)/Z, and what noise makes of it.

Given x_t = alpha x_0 + sigma eps and its component k, x_0 is N(m_k, v I) (mixtures.py), so that with R of factors.py

    h(x_t) = E[r(x_0)|x_t] = sum_k r_k(x_t) R(m_k; std^2 + v),   Z = sum_k w_k R(mu_k; std^2 + s^2)

This h makes Doob's transform: the forward process that begins with q(x_0) r(x_0)/Z has the marginals q(x_t) h(x_t)/Z and the
reverse kernels q(x_s|x_t) h(x_s)/h(x_t). Sohl-Dickstein et al. 2015, sec. 2.5, have r itself in place of h.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import torch
from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.mixtures import LOG_FLOOR, GaussianMixture
from diffviz.inverse.factors import Factor

CHUNK_ELEMENTS = 1 << 18  # particles x components held at once


@dataclass(frozen=True, eq=False)
class Tilted:
    """q(x_0) r(x_0)/Z of a mixture in the plane. variance: std^2 of the observation."""

    mixture: GaussianMixture
    factor: Factor
    variance: float

    def to(self, device: torch.device | str, dtype: torch.dtype) -> Tilted:
        """The same on another device or in another precision."""
        return Tilted(self.mixture.to(device, dtype), self.factor, self.variance)

    @cached_property
    def fingerprint(self) -> bytes:
        """The same for equal distributions: what caches know them by (mixtures.py)."""
        own = repr((self.mixture.fingerprint, type(self.factor), self.factor, self.variance))
        return blake2b(own.encode(), digest_size=16).digest()

    @cached_property
    def _log_shares(self) -> Tensor:
        """[K] log of w_k R(mu_k; std^2 + s^2)."""
        return self.mixture.weights.log() + self.factor.log_value(self.mixture.means, self.variance + self.mixture.std**2)

    @property
    def log_z(self) -> float:
        """log Z = log E r(x_0), in nats: of a half-plane a probability, else a density of what is observed."""
        return float(self._log_shares.logsumexp(0))

    @cached_property
    def mean(self) -> Tensor:
        """[2] E x_0."""
        s2 = self.mixture.std**2
        means = self.mixture.means + s2 * self.factor.with_gradient(self.mixture.means, self.variance + s2)[1]
        return self._log_shares.softmax(0) @ means

    def sample(self, uniform: Tensor, normal: Tensor) -> Tensor:
        """x_0 [N, 2], from uniform [N] and normal [N, 2] float64: the uniform number picks the component, and what of it is left
        within the component's share, which is uniform again, the place of y."""
        shares = self._log_shares.softmax(0)
        edges = shares.cumsum(0)
        target = uniform * edges[-1]
        k = torch.searchsorted(edges, target).clamp(max=len(edges) - 1)
        left = ((target - edges[k] + shares[k]) / shares[k]).clamp(1e-12, 1.0 - 1e-12)
        return self.factor.draw(self.mixture.means[k], self.mixture.std**2, self.variance, left, normal)

    def _parts(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor, float, float]:
        """Of x_t = x [N, 2]: logits [N, K] of w_k N(x; alpha mu_k, tau^2 I) up to what all components share, m_k [N, K, 2], v and
        tau^2."""
        means, s2 = self.mixture.means, self.mixture.std**2
        tau2 = alpha**2 * s2 + sigma**2
        bias = self.mixture.weights.log() - alpha**2 / (2 * tau2) * means.square().sum(1)
        m = sigma**2 / tau2 * means + alpha * s2 / tau2 * x[:, None]
        return torch.addmm(bias, x, means.T, alpha=alpha / tau2), m, s2 * sigma**2 / tau2, tau2

    def log_density(self, x: Tensor, alpha: float = 1.0, sigma: float = 0.0) -> Tensor:
        """[N] log of q(x_t) h(x_t)/Z at x [N, 2]; the defaults give q(x_0) r(x_0)/Z."""
        found = []
        for part in x.split(self._chunk):
            logits, m, v, tau2 = self._parts(part, alpha, sigma)
            joint = torch.logsumexp(logits + self.factor.log_value(m, self.variance + v), 1)
            found.append(joint - part.square().sum(1) / (2 * tau2) - math.log(2 * math.pi * tau2))
        return torch.cat(found) - self.log_z

    def posterior_mean(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """[N, 2] E[x_0|x_t = x, r], for sigma > 0."""
        found = []
        for part in x.split(self._chunk):
            logits, m, v, _ = self._parts(part, alpha, sigma)
            log_value, gradient = self.factor.with_gradient(m, self.variance + v)
            logits = logits.add_(log_value)
            shares = logits.sub_(logits.amax(1, keepdim=True)).clamp_(min=LOG_FLOOR).softmax(1)
            found.append((shares[:, None] @ torch.add(m, gradient, alpha=v))[:, 0])
        return torch.cat(found)

    @property
    def _chunk(self) -> int:
        return max(1, CHUNK_ELEMENTS // len(self.mixture.means))


class TiltedDenoiser:
    """E[x_0|x_t, r], the mean of Doob's transform: whatever the sampler, it then draws from q(x_0) r(x_0)/Z."""

    def __init__(self, tilted: Tilted, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        self._tilted = tilted.to(device, dtype)

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        return Prediction(self._tilted.posterior_mean(x_t, alpha, sigma))
