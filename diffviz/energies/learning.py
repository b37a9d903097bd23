"""The losses by which an energy is trained, and the chains that they draw.

With data u ~ q and a model p = exp(-U)/Z the gradient of the negative log-likelihood is

    grad E_q[-log p] = E_q[grad U] - E_p[grad U]

Maximum likelihood takes the second mean over the model itself: here by quadrature (partition.py). Contrastive divergence (Hinton
2002) takes it over k moves of a chain that begins at the data, persistent contrastive divergence (Tieleman 2008; Du & Mordatch
2019) over chains that go on from update to update. Recovery likelihood (Gao et al. 2021) maximises p(u|y) of data u behind more
noise, y: a posterior that is narrow, so that short chains reach it. Denoising score matching (Vincent 2011) needs no chain.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from diffviz.energies.network import EnergyMLP
from diffviz.gaussian.samplers.chains import Place, metropolis


def places(network: EnergyMLP, log_snr: Tensor) -> Callable[[Tensor], Place]:
    """What a chain asks of the energy at log_snr [1] or [N]."""

    def evaluate(u: Tensor) -> Place:
        energy, force = network.energy_and_force(u, log_snr)
        return Place(u, energy, -force)

    return evaluate


def recovered(network: EnergyMLP, log_snr: Tensor, y: Tensor, a: Tensor, v: Tensor) -> Callable[[Tensor], Place]:
    """The same of the energy of u given y = a u + sqrt(v) eps, for y [N, D], a and v [N, 1]."""
    evaluate = places(network, log_snr)

    def conditional(u: Tensor) -> Place:
        free, apart = evaluate(u), a * u - y
        return Place(u, free.energy + (apart.square() / (2.0 * v)).sum(1), free.score - a * apart / v)

    return conditional


@torch.no_grad()
def chain(
    evaluate: Callable[[Tensor], Place],
    u: Tensor,
    size: float | Tensor,
    z: Tensor,
    uniform: Tensor | None,
    temperature: float = 1.0,
) -> Tensor:
    """[N, D] from u, as many Langevin moves on as there are in z [k, N, D]; accepted or refused by uniform [k, N], or all taken
    (None). size: e of a move, or one of each chain [N, 1]."""
    at = evaluate(u)
    for move, noise in enumerate(z):
        if uniform is None:
            at = evaluate(at.x + size * at.score + (2.0 * size * temperature) ** 0.5 * noise)
        else:
            at, _ = metropolis(evaluate, at, size, temperature, noise, uniform[move].log())
    return at.x


def contrast(network: EnergyMLP, log_snr: Tensor, data: Tensor, drawn: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """What contrastive divergence minimises, and the difference of the mean energies alone: of data and of what chains drew,
    [N, D]. penalty: times the mean square of all energies (Du & Mordatch 2019), which keeps them from running away."""
    of_data, of_model = network.energy(data, log_snr), network.energy(drawn, log_snr)
    difference = of_data.mean() - of_model.mean()
    if penalty == 0.0:
        return difference, difference
    return difference + penalty * (of_data.square() + of_model.square()).mean(), difference


def denoising(network: EnergyMLP, log_snr: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """The mean squared error of v, for targets v [N, D]: (sigma/alpha)^2 times that of the score."""
    return (network(u, log_snr) - v).square().mean()


def negative_log_likelihood(network: EnergyMLP, log_snr: Tensor, data: Tensor, nodes: Tensor, cell: float) -> Tensor:
    """In nats, exact: log Z by the trapezoid rule on nodes [M, D] that cover the model's mass, each for an area cell."""
    log_z = (-network.energy(nodes, log_snr)).logsumexp(0)
    return network.energy(data, log_snr).mean() + log_z + torch.tensor(cell).log()
