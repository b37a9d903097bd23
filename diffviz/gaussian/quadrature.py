"""Expectations under q(x_t) without sampling: the trapezoid rule on a plane, or on a line.

A mixture of isotropic Gaussians factorises on a rectangular grid: with A[i,k] = N(x_i; alpha mu_k1, tau^2) and
B[j,k] = N(y_j; alpha mu_k2, tau^2), the density at every node is the matrix product (A w) B^T, and so are the
moments of the posterior over components. On a line B is a single column of ones. For functions as smooth as these the
trapezoid rule converges exponentially (Trefethen & Weideman 2014); a quarter of tau as spacing leaves errors near 1e-8 nats.

Of many components that share their coordinates, such as those on a lattice, the sum is done by coordinates instead, which is the
same and less: A' W B'^T, with a column of A' and B' for each distinct coordinate and W[u,v] the weight of the component there. Of
others, in the order of their first coordinate, only those enter a block of rows that reach it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from diffviz.caching import bounded, of_mixture
from diffviz.deadline import check_time
from diffviz.gaussian.mixtures import LOG_FLOOR, GaussianMixture

NODES_PER_TAU = 4  # grid spacing tau/4
MANY = 300  # components, from which on it is asked whether they share coordinates
FEW = 32  # components, up to which all of them enter every row
ROWS = 32  # in a block
SEEN = 8.0  # tau: farther from its mean a component is below 1e-14 of its peak, and is left out of a block of rows
REACH = 7.0  # the grid ends this many tau beyond the outermost mean
LEAST_MASS = 1e-300  # of a cell, that it can be divided by
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
    bands: blocks of rows, with the components that reach them, where order: [K] puts these in the order of a and b
    """

    a: torch.Tensor
    b: torch.Tensor
    scale: float
    cell: float
    shape: tuple[int, int] | None = None
    at: torch.Tensor | None = None
    order: torch.Tensor | None = None
    bands: tuple[tuple[slice, slice], ...] = ()

    def total(self, values: torch.Tensor, power: int = 1) -> torch.Tensor:
        """[X, Y] the sum over components of values [K] times the component, or its square for power 2."""
        a, b = (self.a, self.b) if power == 1 else (self.a.square(), self.b.square())
        if self.order is not None:
            a, sums = a * values[self.order], values.new_empty(len(a), b.shape[1])
            for rows, seen in self.bands:
                torch.mm(a[rows, seen], b[seen], out=sums[rows])
            return sums
        if self.shape is None:
            return (a * values) @ b
        table = values.new_zeros(self.shape[0] * self.shape[1]).index_add_(0, self.at, values).view(self.shape)
        return (a @ table) @ b

    def sums(self) -> torch.Tensor:
        """[K] of every component over all nodes, which is next to 1 divided by the scale."""
        across, up = self.a.sum(0), self.b.sum(1)
        if self.shape is not None:
            return torch.outer(across, up).flatten()[self.at]
        return across * up if self.order is None else torch.empty_like(up).index_copy_(0, self.order, across * up)


def _bands(nodes: torch.Tensor, centres: torch.Tensor, reach: float) -> tuple[tuple[slice, slice], ...]:
    """Blocks of ascending nodes, and for each those of the ascending centres that are within reach of one of its nodes."""
    rows = [slice(start, min(start + ROWS, len(nodes))) for start in range(0, len(nodes), ROWS)]
    first = torch.searchsorted(centres, nodes[[each.start for each in rows]] - reach)
    last = torch.searchsorted(centres, nodes[[each.stop - 1 for each in rows]] + reach)
    return tuple((each, slice(a, b)) for each, a, b in zip(rows, first.tolist(), last.tolist(), strict=True))


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
    order, bands = None, ()
    if dim == 2 and count > FEW and shape is None:
        order = coordinates[0].argsort()
        coordinates = [coordinate[order] for coordinate in coordinates]
        bands = _bands(nodes[0], coordinates[0], SEEN * tau)
    apart = [nodes[0][:, None] - coordinates[0]] + ([coordinates[1][:, None] - nodes[1]] if dim == 2 else [])
    a, *b = (each.square_().mul_(-0.5 / tau**2).clamp_(min=LOG_FLOOR).exp_() for each in apart)
    b = b[0] if b else torch.ones(count, 1, dtype=torch.float64)
    return _Grid(a, b, scale, cell, shape, at, order, bands)


def _entropy_nats(mass: torch.Tensor, cell: float) -> float:
    """Of the probability of every cell [X, Y]."""
    logs = mass.clamp(min=LEAST_MASS).log_()  # xlogy takes four times as long
    return math.log(cell) * mass.sum().item() - logs.mul_(mass).sum().item()


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
    second = (grid.sums() * weights) @ mixture.means.square().sum(1)
    spread = max((second - first.div_(mass.clamp(min=LEAST_MASS)).sum()).item(), 0.0)  # E tr Cov_r[mu]
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
    return (grid.total(weights.square(), 2) / grid.total(weights).clamp(min=LEAST_MASS)).sum().item()


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
        mean, square = (grid.total(weights * centres**power) / mass.clamp(min=LEAST_MASS) for power in (1, 2))
        variance = mixture.std**2 * shrink + shrink**2 * (square - mean**2).clamp_(min=0.0)
        total += 0.5 * (mass * (constant + factor * variance).log()).sum().item()
    return total
