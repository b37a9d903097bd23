"""log Z of an energy in the plane by quadrature, and what follows from it: the density itself, and its distances from the data.

The trapezoid rule on a square that holds the mass of the model, and of the data that it is compared with. For functions as smooth
as these it converges exponentially in the number of nodes (Trefethen & Weideman 2014), so that the sum over every second node,
far less accurate, tells the error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from diffviz.caching import bounded, of_mixture
from diffviz.energies.network import EnergyMLP
from diffviz.estimates import Estimate
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.levels import level_of

REACH, SIDE = 3.6, 97  # of the first square, in u; data have unit variance
WIDER = 1.5  # by which it grows while more than BORDER of the mass is on its border
BORDER, MOST_TRIES = 1e-6, 6
WELL = 1e-5  # nats: an error of log Z with which a fine grid is fine enough
FINEST = 769
OUTSIDE = 1e-3  # share of the mass that may be outside a square over which a training integrates
TAILS = 6.0  # standard deviations of the data's outermost components that a square holds: less than 1e-8 is outside


class NotNormalised(ArithmeticError):
    """The mass of exp(-U) is in no square of reasonable size."""


@dataclass(frozen=True, eq=False)
class Density:
    """exp(-U)/Z on a square grid.

    nodes: [S, S, 2] row by row from the lower left; log_p: [S, S] float64 nats; cell: area that belongs to a node
    log_z: with the error of the rule
    """

    nodes: Tensor
    log_p: Tensor
    cell: float
    log_z: Estimate

    @property
    def side(self) -> int:
        return len(self.log_p)

    def expect(self, values: Tensor) -> Estimate:
        """The integral of values [S, S] (densities times something), and the error of the rule: what every second node misses."""
        fine, coarse = float(values.sum()) * self.cell, float(values[::2, ::2].sum()) * 4.0 * self.cell
        return Estimate(fine, _error(fine, coarse), drawn=False)


def _error(fine: float, coarse: float) -> float:
    """Of the sum over all nodes, from that over every second one: halving the spacing squares the error of the trapezoid rule."""
    apart = abs(fine - coarse)
    return min(apart, apart**2) + 1e-9


@bounded(16 * 2**20)
def grid(reach: float, side: int) -> tuple[Tensor, float]:
    """Nodes [S, S, 2] float64 of the square [-reach, reach]^2, and the area of a cell."""
    axis = torch.linspace(-reach, reach, side, dtype=torch.float64)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x, y], -1), (2.0 * reach / (side - 1)) ** 2


def density(energy: Callable[[Tensor], Tensor], reach: float = REACH, side: int = SIDE, precise: bool = False) -> Density:
    """Of exp(-energy), energy being a function of points [M, 2] float64.

    The square [-reach, reach]^2 grows until it holds the mass; precise: nodes are added until log Z is known to WELL. side: odd.
    Raises NotNormalised where no square does.
    """
    lost = NotNormalised("The mass of exp(−U) lies in no square that could be integrated over.")
    for _ in range(MOST_TRIES):
        found = _once(energy, reach, side)
        if not math.isfinite(found.log_z.value):
            raise lost
        p = found.log_p.exp() * found.cell
        border = float(p[0].sum() + p[-1].sum() + p[:, 0].sum() + p[:, -1].sum())
        if border > BORDER:
            reach, side = WIDER * reach, min(FINEST, 2 * round(WIDER * side / 2) + 1)
        elif precise and found.log_z.stderr > WELL and side < FINEST:
            side = min(FINEST, 2 * side - 1)
        else:
            return found
    if border <= BORDER:
        return found
    raise lost


def _once(energy: Callable[[Tensor], Tensor], reach: float, side: int) -> Density:
    nodes, cell = grid(reach, side)
    values = energy(nodes.reshape(-1, 2)).double().view(side, side)
    fine = float((-values).flatten().logsumexp(0)) + math.log(cell)
    coarse = float((-values[::2, ::2]).flatten().logsumexp(0)) + math.log(4.0 * cell)
    return Density(nodes, -values - fine, cell, Estimate(fine, _error(fine, coarse), drawn=False))


def square_of(mixture: GaussianMixture, log_snr: float) -> tuple[float, int]:
    """Reach and side for density() of a square that holds the data behind noise, with nodes as close as in the first one."""
    alpha, sigma = level_of(log_snr)
    tau = math.hypot(alpha * mixture.std, sigma)
    reach = max(REACH, alpha * float(mixture.means.abs().max()) + TAILS * tau)
    return reach, min(FINEST, 2 * math.ceil(SIDE * reach / REACH / 2) - 1)


def model_density(network: EnergyMLP, log_snr: float, precise: bool = False, mixture: GaussianMixture | None = None) -> Density:
    """Of the energy of u at one noise level, on a square that holds these data as well."""
    kind = network.time_frequencies

    @torch.no_grad()
    def energy(u: Tensor) -> Tensor:
        return network.energy(u.to(kind), kind.new_tensor([log_snr]))

    return density(energy, *((REACH, SIDE) if mixture is None else square_of(mixture, log_snr)), precise)


@torch.no_grad()
def least_reach(network: EnergyMLP, log_snr: float, reaches: Sequence[float]) -> float:
    """The first of some rising reaches whose square holds the mass of the energy of u but for OUTSIDE; inf where none does.

    The mass is that on the next wider square, with nodes twice as far apart as those of a density.
    """
    kind, widest = network.time_frequencies, WIDER * reaches[-1]
    nodes, _ = grid(widest, 2 * round(SIDE * widest / REACH / 4) + 1)
    u = nodes.reshape(-1, 2).to(kind)
    mass = (-network.energy(u, kind.new_tensor([log_snr]))).double().softmax(0)
    far = u.abs().amax(1)
    return next((reach for reach in reaches if float(mass[far > reach].sum()) < OUTSIDE), math.inf)


@bounded(64 * 2**20, of_mixture)
def _data_log_density(mixture: GaussianMixture, log_snr: float, reach: float, side: int) -> Tensor:
    """[S, S] log q(x_t) on a grid."""
    nodes, _ = grid(reach, side)
    return mixture.log_density(nodes.reshape(-1, 2), *level_of(log_snr)).view(side, side)


def _outside(mixture: GaussianMixture, log_snr: float, reach: float) -> float:
    """A bound on the mass of the data behind noise outside [-reach, reach]^2."""
    alpha, sigma = level_of(log_snr)
    edges = torch.stack([reach - alpha * mixture.means, reach + alpha * mixture.means])
    return float(mixture.weights @ torch.special.ndtr(-edges / math.hypot(alpha * mixture.std, sigma)).sum((0, 2)))


def divergences(model: Density, mixture: GaussianMixture, log_snr: float) -> tuple[Estimate, Estimate]:
    """KL(data || model) and KL(model || data) in nats, the data behind noise at log_snr.

    Raises ValueError where the model's square does not hold the data (square_of does).
    """
    reach = float(model.nodes[-1, -1, 0])
    if _outside(mixture, log_snr, reach) > BORDER:
        raise ValueError("The square of the model's density does not hold the data.")
    log_q = _data_log_density(mixture, log_snr, reach, model.side)
    apart = log_q - model.log_p
    return model.expect(log_q.exp() * apart), model.expect(-model.log_p.exp() * apart)


def found_weights(model: Density, mixture: GaussianMixture, log_snr: float) -> Tensor:
    """[K] the mass that the model gives to each component of the mixture, shared out by the components' responsibilities."""
    shares = mixture.shares(model.nodes.reshape(-1, 2), *level_of(log_snr))
    return (model.log_p.exp().reshape(-1) * model.cell) @ shares
