"""log Z without a grid: annealed importance sampling (Neal 2001), from N(0, I), whose log Z is known, to the energy.

    U_b(u) = |u|^2/2 + b exp(l/2) f(u),   b = 0 .. 1,      W = sum_j (b_{j+1} - b_j) exp(l/2) f(u_j)

Between two steps of b the chains make MALA moves, for which exp(-U_b) is stationary. Then <exp(-W)> = Z_1/Z_0, the equality of
Jarzynski (1997), whatever the number of steps: the more there are, the less do the weights vary.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

from diffviz.energies.network import EnergyMLP, scale
from diffviz.estimates import Estimate
from diffviz.gaussian.samplers.chains import Place, metropolis

LEAST_EFFECTIVE = 10.0  # chains: where fewer have the weight, those that were not drawn may have all of it
NARROWEST = 0.018  # shorter steps would take the chains nowhere


@torch.no_grad()
def annealed_work(
    network: EnergyMLP, log_snr: float, chains: int, steps: int, generator: torch.Generator, size: float = 0.3, moves: int = 1
) -> Tensor:
    """[chains] W in nats, of so many steps of b. size: e of a MALA move, in units of a variance that falls from 1 at b = 0 to
    sigma^2, or to NARROWEST where that is less, at b = 1; moves: in each step."""
    kind = network.time_frequencies
    level = kind.new_tensor([log_snr])
    embedded, factor = network.embed(level), scale(level)
    narrow = max(NARROWEST, 1.0 / (1.0 + math.exp(log_snr)))
    u = torch.randn(chains, 2, generator=generator, dtype=kind.dtype).to(kind.device)
    work = torch.zeros(chains, dtype=torch.float64, device=kind.device)
    schedule = torch.linspace(0.0, 1.0, steps + 1).tolist()
    for before, now in itertools.pairwise(schedule):
        work += (now - before) * (factor * network.potential(u, embedded)).double()

        def evaluate(y: Tensor, share: float = now) -> Place:
            f, v = network.with_gradient(y, embedded)
            return Place(y, y.square().sum(1) / 2 + share * factor * f, -(y + share * factor * v))

        at = evaluate(u)
        for _ in range(moves):
            z = torch.randn(u.shape, generator=generator, dtype=kind.dtype).to(kind.device)
            uniform = torch.rand(chains, generator=generator, dtype=kind.dtype).to(kind.device)
            at, _ = metropolis(evaluate, at, size * narrow**now, 1.0, z, uniform.log())
        u = at.x
    return work


def log_z_of(work: Tensor, dim: int = 2) -> Estimate:
    """log Z in nats from the works [N] of annealed chains, on average too low (Jensen). Its error is that of the logarithm of a
    mean, to first order; infinite, which is to say unknown, where the effective number of chains, (sum w)^2/sum w^2, is less
    than LEAST_EFFECTIVE: the scatter of a few weights says nothing of those that are missing."""
    weights = (work.min() - work).exp()
    mean, count = float(weights.mean()), len(work)
    effective = float(weights.sum()) ** 2 / float(weights.square().sum())
    stderr = float(weights.std()) / (mean * math.sqrt(count)) if effective >= LEAST_EFFECTIVE else math.inf
    return Estimate(dim / 2 * math.log(2.0 * math.pi) - float(work.min()) + math.log(mean), stderr)
