"""Expectations under q(x_t) without sampling: the trapezoid rule on a plane.

A mixture of isotropic Gaussians factorises on a rectangular grid: with A[i,k] = N(x_i; alpha mu_k1, tau^2) and
B[j,k] = N(y_j; alpha mu_k2, tau^2), the density at every node is the matrix product (A w) B^T, and so are the
moments of the posterior over components. For functions as smooth as these the trapezoid rule converges
exponentially (Trefethen & Weideman 2014); a quarter of tau as spacing leaves errors near 1e-8 nats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from diffviz.caching import bounded, of_mixture
from diffviz.deadline import check_time
from diffviz.gaussian.mixtures import GaussianMixture

NODES_PER_TAU = 4  # grid spacing tau/4
REACH = 7.0  # the grid ends this many tau beyond the outermost mean
ERROR_NATS = 1e-6  # what the rule is good to, with a wide margin; a test halves the spacing and looks


@dataclass(frozen=True)
class Marginal:
    """What is known of q(x_t).

    entropy_nats: differential entropy of x_t
    mmse: E tr Cov(x_0|x_t), the least mean squared error of any denoiser, summed over coordinates
    """

    entropy_nats: float
    mmse: float


def _nodes(means: torch.Tensor, tau: float, per_tau: int) -> torch.Tensor:
    low, high = means.min().item() - REACH * tau, means.max().item() + REACH * tau
    return low + (tau / per_tau) * torch.arange(math.ceil((high - low) * per_tau / tau) + 1, dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class _Grid:
    """a [X, K], b [K, Y]: what each component is, but for its weight and a factor that all have, at the nodes of either axis;
    scale: that factor times the area of a cell; cell: that area."""

    a: torch.Tensor
    b: torch.Tensor
    scale: float
    cell: float


def _grid(centres: torch.Tensor, tau: float, nodes_per_tau: int) -> _Grid:
    """Of Gaussians with these centres [K, 2] and standard deviation tau. Raises ValueError if they are not in the plane."""
    if centres.shape[1] != 2:
        raise ValueError(f"mixture must have 2 dimensions for quadrature, not {centres.shape[1]}")
    x, y = _nodes(centres[:, 0], tau, nodes_per_tau), _nodes(centres[:, 1], tau, nodes_per_tau)
    cell = (tau / nodes_per_tau) ** 2
    a = torch.exp((x[:, None] - centres[:, 0]).square_().div_(-2 * tau**2))
    b = torch.exp((y[:, None] - centres[:, 1]).square_().div_(-2 * tau**2)).T.contiguous()
    return _Grid(a, b, cell / (2 * math.pi * tau**2), cell)


def _entropy_nats(mass: torch.Tensor, cell: float) -> float:
    """Of the probability of every cell [X, Y]."""
    return -torch.xlogy(mass, mass / cell).sum().item()


def entropy_nats(mixture: GaussianMixture, nodes_per_tau: int = NODES_PER_TAU) -> float:
    """Differential entropy of a mixture in the plane. Raises ValueError if it does not live in two dimensions."""
    grid = _grid(mixture.means, mixture.std, nodes_per_tau)
    return _entropy_nats((grid.a * (mixture.weights * grid.scale)) @ grid.b, grid.cell)


@bounded(8 * 2**20, of_mixture)  # some 25 000: a run asks for its noise levels several times, the next run often again
def marginal(mixture: GaussianMixture, alpha: float, sigma: float, nodes_per_tau: int = NODES_PER_TAU) -> Marginal:
    """Entropy of x_t = alpha x_0 + sigma eps and the exact denoiser's error, for a mixture in the plane.

    Raises ValueError if the mixture does not live in two dimensions.
    """
    check_time()
    tau2 = alpha**2 * mixture.std**2 + sigma**2
    grid = _grid(alpha * mixture.means, math.sqrt(tau2), nodes_per_tau)
    a, b, weights = grid.a, grid.b, mixture.weights * grid.scale
    mass = (a * weights) @ b  # [X, Y] q(x_t) times the cell's area
    entropy = _entropy_nats(mass, grid.cell)
    if sigma == 0.0:
        return Marginal(entropy, 0.0)
    mu_x, mu_y = mixture.means.T
    first = ((a * (weights * mu_x)) @ b).square_() + ((a * (weights * mu_y)) @ b).square_()
    second = (a * (weights * (mu_x**2 + mu_y**2))) @ b
    spread = (second - first / mass.clamp(min=1e-300)).clamp_(min=0.0).sum().item()  # E tr Cov_r[mu]
    shrink = sigma**2 / tau2
    return Marginal(entropy, 2 * mixture.std**2 * shrink + shrink**2 * spread)


def marginals(mixture: GaussianMixture, alpha: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entropies [n] in nats and MMSEs [n] at n noise levels (alpha [n], sigma [n])."""
    rows = [marginal(mixture, float(a), float(s)) for a, s in zip(alpha, sigma, strict=True)]
    return np.array([r.entropy_nats for r in rows]), np.array([r.mmse for r in rows])
