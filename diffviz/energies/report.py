"""What is told of an energy while it is trained and after it, at one noise level."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from diffviz.energies.annealing import annealed_work, log_z_of
from diffviz.energies.learning import chain, places
from diffviz.energies.network import EnergyMLP
from diffviz.energies.partition import divergences, found_weights, grid, model_density
from diffviz.estimates import Estimate
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.levels import level_of

MOST_WEIGHTS = 32  # components whose weights are told one by one
AIS_CHAINS, AIS_STEPS = 256, 200


@dataclass(frozen=True, eq=False)
class EnergyReport:
    """Of an energy at log_snr, beside the data behind the same noise. In nats.

    log_z: by quadrature; ais: the same by annealed importance sampling; None where it was not asked for
    kl_data_model, kl_model_data: KL(data || model) and KL(model || data)
    exact, found: [K] weights of the mixture's components, and what the model gives them; None of too many
    in_chains: [K] what the chains give them; chains: [C, M, 2] the positions of C chains; None where none were asked for
    energy: [S, S] U + log Z on the square [-reach, reach]^2, row by row from the lower left
    """

    log_snr: float
    log_z: Estimate
    kl_data_model: Estimate
    kl_model_data: Estimate
    energy: Tensor
    reach: float
    exact: Tensor | None = None
    found: Tensor | None = None
    ais: Estimate | None = None
    in_chains: Tensor | None = None
    chains: Tensor | None = None


def report(
    network: EnergyMLP,
    mixture: GaussianMixture,
    log_snr: float,
    reach: float = 3.4,
    side: int = 49,
    chains: int = 0,
    moves: int = 20,
    ais: bool = False,
    precise: bool = False,
    seed: int = 0,
) -> EnergyReport:
    """reach, side: of the grid on which the energy is told; chains: how many, each with so many MALA moves from N(0, I); ais:
    log Z by annealing, too, which takes longest; precise: log Z to 1e-5 nats. Raises NotNormalised."""
    model, generator = model_density(network, log_snr, precise, mixture), torch.Generator().manual_seed(seed)
    kl_data_model, kl_model_data = divergences(model, mixture, log_snr)
    kind = network.time_frequencies
    level = kind.new_tensor([log_snr])
    with torch.no_grad():
        shown = network.energy(grid(reach, side)[0].reshape(-1, 2).to(kind), level).double().view(side, side)
    few = len(mixture.means) <= MOST_WEIGHTS
    paths, in_chains = None, None
    if chains:
        paths = _paths(network, level, chains, moves, mixture.std**2 + level_of(log_snr)[1] ** 2, generator)
        if few:
            in_chains = mixture.shares(paths[:, -1].double(), *level_of(log_snr)).mean(0)
    return EnergyReport(
        log_snr=log_snr,
        log_z=model.log_z,
        kl_data_model=kl_data_model,
        kl_model_data=kl_model_data,
        energy=shown + model.log_z.value,
        reach=reach,
        exact=mixture.weights if few else None,
        found=found_weights(model, mixture, log_snr) if few else None,
        ais=log_z_of(annealed_work(network, log_snr, AIS_CHAINS, AIS_STEPS, generator)) if ais else None,
        in_chains=in_chains,
        chains=paths,
    )


def _paths(network: EnergyMLP, level: Tensor, count: int, moves: int, variance: float, generator: torch.Generator) -> Tensor:
    """[C, M, 2] of MALA chains with steps of half the variance of a component."""
    kind = network.time_frequencies
    told, at = places(network, level), torch.randn(count, 2, generator=generator, dtype=kind.dtype)
    found = []
    for _ in range(moves):
        z, uniform = torch.randn(1, count, 2, generator=generator), torch.rand(1, count, generator=generator)
        at = chain(told, at, 0.5 * variance, z.to(kind), uniform.to(kind))
        found.append(at)
    return torch.stack(found, 1)
