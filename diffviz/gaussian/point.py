"""One point x_t of the diffusion of a mixture: what its data may be, and where the exact reverse step may take it.

    p(x_0|x_t) = sum_k r_k N(m_k, v I),   m_k = (sigma^2/tau^2) mu_k + (alpha s^2/tau^2) x_t,   v = s^2 sigma^2/tau^2
    q(x_s|x_t) = sum_k r_k N(c_t x_t + c_0 m_k, (beta_tilde + c_0^2 v) I)

with r_k, tau of mixtures.py and c_t, c_0, beta_tilde of kernels.py: q(x_s|x_t, x_0) averaged over p(x_0|x_t).
"""

from __future__ import annotations

import math

from torch import Tensor

from diffviz.gaussian.kernels import ReverseKernel
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import entropy_nats

NEGLIGIBLE = 1e-13  # a share of the probability that no figure shows


def posterior_mixture(mixture: GaussianMixture, x_t: Tensor, alpha: float, sigma: float) -> GaussianMixture:
    """p(x_0|x_t) of a point x_t [D], for sigma > 0. Components of a negligible share are left out."""
    tau2 = alpha**2 * mixture.std**2 + sigma**2
    (shares,) = mixture.shares(x_t[None], alpha, sigma)
    counts = shares > NEGLIGIBLE
    means = (sigma**2 / tau2) * mixture.means[counts] + (alpha * mixture.std**2 / tau2) * x_t
    return GaussianMixture(means, shares[counts], mixture.std * sigma / math.sqrt(tau2))


def one_before(posterior: GaussianMixture, x_t: Tensor, kernel: ReverseKernel) -> GaussianMixture:
    """q(x_s|x_t) of a point x_t [D], from its posterior_mixture and the reverse_kernel of the step."""
    std = math.sqrt(kernel.variance + kernel.c_0**2 * posterior.std**2)
    return GaussianMixture(kernel.c_t * x_t + kernel.c_0 * posterior.means, posterior.weights, std)


def kl_to_gaussian_nats(q: GaussianMixture, mean: Tensor, variance: Tensor) -> float:
    """KL(q || N(mean, diag variance)) in nats, for mean and variance [2]: the entropy of q by quadrature, the rest in closed
    form."""
    square = q.weights @ (q.means - mean).square() + q.std**2  # [2] E_q (x - mean)^2
    return 0.5 * float(((2 * math.pi * variance).log() + square / variance).sum()) - entropy_nats(q)
