"""Expectations under q(x_t) without sampling: the trapezoid rule on a plane, or on a line.

A mixture of isotropic Gaussians factorises on a rectangular grid: with A[i,k] = N(x_i; alpha mu_k1, tau^2) and
B[j,k] = N(y_j; alpha mu_k2, tau^2), the density at every node is the matrix product (A w) B^T, and so are the
moments of the posterior over components. On a line B is a single column of ones. For functions as smooth as these the
trapezoid rule converges exponentially (Trefethen & Weideman 2014); a quarter of tau as spacing leaves errors near 1e-8 nats.

Of many components that share their coordinates, such as those on a lattice, the sum is done by coordinates instead, which is the
same and less: A' W B'^T, with a column of A' and B' for each distinct coordinate and W[u,v] the weight of the component there.
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
MANY = 300  # components, from which on it is asked whether they share coordinates
REACH = 7.0  # the grid ends this many tau beyond the outermost mean
ERROR_NATS = 1e-6  # what the rule is good to, with a wide margin; a test halves the spacing and looks


@dataclass(frozen=True)
class Marginal:
    """What is known of q(x_t).

    entropy_nats: differential entropy of x_t
    mmse: E tr Cov(x_0|x_t), the least mean squared error of any denoiser, summed over coordinates
    fisher: E |grad log q(x_t)|^2, the mean squared score
    """

    entropy_nats: float
    mmse: float
    fisher: float


def _nodes(means: torch.Tensor, tau: float, per_tau: int) -> torch.Tensor:
    low, high = means.min().item() - REACH * tau, means.max().item() + REACH * tau
    return low + (tau / per_tau) * torch.arange(math.ceil((high - low) * per_tau / tau) + 1, dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class _Grid:
    """a [X, K], b [K, Y]: what each component is, but for its weight and a factor that all have, at the nodes of either axis;
    scale: that factor times the area of a cell; cell: that area. On a line Y is 1 and an area a length.

    shape: (U, V) where a [X, U] and b [V, Y] are of distinct coordinates instead; at: [K] each component's place among U x V
    """

    a: torch.Tensor
    b: torch.Tensor
    scale: float
    cell: float
    shape: tuple[int, int] | None = None
    at: torch.Tensor | None = None

    def total(self, values: torch.Tensor, power: int = 1) -> torch.Tensor:
        """[X, Y] the sum over components of values [K] times the component, or its square for power 2."""
        a, b = (self.a, self.b) if power == 1 else (self.a.square(), self.b.square())
        if self.shape is None:
            return (a * values) @ b
        table = values.new_zeros(self.shape[0] * self.shape[1]).index_add_(0, self.at, values).view(self.shape)
        return (a @ table) @ b


def _grid(centres: torch.Tensor, tau: float, nodes_per_tau: int) -> _Grid:
    """Of Gaussians with these centres [K, D] and standard deviation tau. Raises ValueError unless D is 1 or 2."""
    dim, count = centres.shape[1], len(centres)
    if dim not in (1, 2):
        raise ValueError(f"mixture must have 1 or 2 dimensions for quadrature, not {dim}")
    nodes = [_nodes(coordinate, tau, nodes_per_tau) for coordinate in centres.T]
    cell = (tau / nodes_per_tau) ** dim
    scale = cell / (2 * math.pi * tau**2) ** (dim / 2)
    coordinates, shape, at = list(centres.T), None, None
    if dim == 2 and count > MANY:
        (across, x), (up, y) = (coordinate.unique(return_inverse=True) for coordinate in centres.T)
        if (len(across) + len(nodes[1])) * len(up) < count * len(nodes[1]):  # products for each node of the first axis
            coordinates, shape, at = [across, up], (len(across), len(up)), x * len(up) + y
    axes = [
        torch.exp((at_nodes[:, None] - coordinate).square_().div_(-2 * tau**2))
        for at_nodes, coordinate in zip(nodes, coordinates, strict=True)
    ]
    b = axes[1].T.contiguous() if dim == 2 else torch.ones(count, 1, dtype=torch.float64)
    return _Grid(axes[0], b, scale, cell, shape, at)


def _entropy_nats(mass: torch.Tensor, cell: float) -> float:
    """Of the probability of every cell [X, Y]."""
    return -torch.xlogy(mass, mass / cell).sum().item()


def entropy_nats(mixture: GaussianMixture, nodes_per_tau: int = NODES_PER_TAU) -> float:
    """Differential entropy of a mixture. Raises ValueError if it has more than two dimensions."""
    grid = _grid(mixture.means, mixture.std, nodes_per_tau)
    return _entropy_nats(grid.total(mixture.weights * grid.scale), grid.cell)


@bounded(8 * 2**20, of_mixture)  # some 25 000: a run asks for its noise levels several times, the next run often again
def marginal(mixture: GaussianMixture, alpha: float, sigma: float, nodes_per_tau: int = NODES_PER_TAU) -> Marginal:
    """Entropy of x_t = alpha x_0 + sigma eps, the exact denoiser's error and the mean squared score.

    Raises ValueError if the mixture has more than two dimensions.
    """
    check_time()
    tau2 = alpha**2 * mixture.std**2 + sigma**2
    grid = _grid(alpha * mixture.means, math.sqrt(tau2), nodes_per_tau)
    weights = mixture.weights * grid.scale
    mass = grid.total(weights)  # [X, Y] q(x_t) times the cell's area
    first = sum(grid.total(weights * mu).square_() for mu in mixture.means.T)
    second = grid.total(weights * mixture.means.square().sum(1))
    spread = (second - first / mass.clamp(min=1e-300)).clamp_(min=0.0).sum().item()  # E tr Cov_r[mu]
    shrink = sigma**2 / tau2
    mmse = mixture.dim * mixture.std**2 * shrink + shrink**2 * spread
    return Marginal(_entropy_nats(mass, grid.cell), mmse, mixture.dim / tau2 - alpha**2 * spread / tau2**2)


def clone_probability(mixture: GaussianMixture, alpha: float, sigma: float, nodes_per_tau: int = NODES_PER_TAU) -> float:
    """E sum_k p(k|x_t)^2: how probable it is that two draws of x_0 given one x_t come from the same component of the mixture.

    Raises ValueError if the mixture has more than two dimensions.
    """
    check_time()
    grid = _grid(alpha * mixture.means, math.sqrt(alpha**2 * mixture.std**2 + sigma**2), nodes_per_tau)
    weights = mixture.weights * grid.scale
    return (grid.total(weights.square(), 2) / grid.total(weights).clamp(min=1e-300)).sum().item()


def marginals(mixture: GaussianMixture, alpha: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Entropies [n] in nats and MMSEs [n] at n noise levels (alpha [n], sigma [n])."""
    rows = [marginal(mixture, float(a), float(s)) for a, s in zip(alpha, sigma, strict=True)]
    return np.array([r.entropy_nats for r in rows]), np.array([r.mmse for r in rows])


@bounded(2**20, of_mixture)
def log_spread_nats(mixture: GaussianMixture, alpha: float, sigma: float, constant: float, factor: float) -> float:
    """E sum_i (1/2) log(constant + factor Var[x_0^i|x_t]) under q(x_t), sigma > 0, for a mixture in the plane: how much wider
    than 1 Gaussians are on average whose variance in each coordinate is that.

    Raises ValueError if the mixture does not live in two dimensions.
    """
    check_time()
    tau2 = alpha**2 * mixture.std**2 + sigma**2
    grid = _grid(alpha * mixture.means, math.sqrt(tau2), NODES_PER_TAU)
    weights, shrink, total = mixture.weights * grid.scale, sigma**2 / tau2, 0.0
    mass = grid.total(weights)
    for centres in mixture.means.T:
        mean, square = (grid.total(weights * centres**power) / mass.clamp(min=1e-300) for power in (1, 2))
        variance = mixture.std**2 * shrink + shrink**2 * (square - mean**2).clamp_(min=0.0)
        total += 0.5 * (mass * (constant + factor * variance).log()).sum().item()
    return total
