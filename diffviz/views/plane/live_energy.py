"""What is seen of an energy that is trained at one noise level alone, where there is no diffusion: its Langevin chains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from diffviz.domains.plane.energies import EnergyRecipe
from diffviz.domains.plane.training import Recipe
from diffviz.energies.learning import chain, places
from diffviz.energies.network import EnergyMLP
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.levels import level_of

MOVES, STEP = 40, 0.5  # of a chain; in variances of a component
APART = 100.0  # nats: no likelihood explains a larger difference of mean energies
MANY = 1e5  # from here on a power of ten is written
STEPS = 50  # of chains in Explore
NEGATIVES = {"cd": "after k moves from data", "pcd": "replay buffer"}  # by loss, what negative samples are


def one_level(recipe: Recipe | EnergyRecipe) -> float | None:
    """Log SNR of the only noise level that its network knows; None where it knows all."""
    return recipe.one_level if isinstance(recipe, EnergyRecipe) else None


def negatives_of(recipe: Recipe | EnergyRecipe) -> str | None:
    """What the samples are whose energy a training raises, all at one noise level; None where there are none."""
    return NEGATIVES.get(recipe.loss) if isinstance(recipe, EnergyRecipe) else None


def _variance(mixture: GaussianMixture, log_snr: float) -> float:
    """Of a component of the data behind noise."""
    alpha, sigma = level_of(log_snr)
    return (alpha * mixture.std) ** 2 + sigma**2


def explored(mixture: GaussianMixture, levels: Sequence[float | None], side: int) -> dict[str, Any]:
    """Settings with which Explore samples one of some networks: chains where it knows one noise level; a diffusion model beside
    such an energy with as many function evaluations, of which MALA takes two a step but for the last."""
    log_snr, plain = levels[side], {"start": "noise", "measurement": "none", "sampler_steps": None}
    if log_snr is None:
        return {} if set(levels) == {None} else {**plain, "sampler": "ancestral", "steps": 2 * STEPS - 1}
    step = float(f"{STEP * _variance(mixture, log_snr):.2g}")
    return {**plain, "sampler": "mala", "langevin_level": log_snr, "langevin_step": step, "steps": STEPS}


def chain_samples(network: EnergyMLP, mixture: GaussianMixture, log_snr: float, noise: Tensor) -> Tensor:
    """[N, 2] where MALA chains from the noise [N, 2] come to, with the same random numbers every time."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(MOVES, *noise.shape, generator=generator)
    uniform = torch.rand(MOVES, len(noise), generator=generator)
    return chain(places(network, torch.tensor([log_snr])), noise, STEP * _variance(mixture, log_snr), z, uniform)


@torch.no_grad()
def running_away(network: EnergyMLP, mixture: GaussianMixture, log_snr: float, negatives: Tensor) -> str | None:
    """A sentence, as HTML, where the mean energies of data and of negative samples [N, 2] are too far apart; else None.
    network: as it is trained, for the chains run on it, not on its average."""
    alpha, sigma = level_of(log_snr)
    generator = torch.Generator().manual_seed(0)
    place, normal = (torch.arange(len(negatives)) + 0.5) / len(negatives), torch.randn(2, len(negatives), 2, generator=generator)
    data = alpha * mixture.to("cpu", torch.float32).sample(place, normal[0]) + sigma * normal[1]
    of_data, of_negatives = (float(network.energy(x, torch.tensor([log_snr])).mean()) for x in (data, negatives))
    apart = of_data - of_negatives
    if not APART <= abs(apart) < math.inf:
        return None
    way = "lower" if apart < 0.0 else "higher"
    return (
        f"The energies run away: on average U is {_two_digits(abs(apart))} nats {way} at data than at the negative samples, so "
        "that chains no longer mix. A penalty on the energy or a smaller learning rate holds it."
    )


def _two_digits(value: float) -> str:
    """Of a number of at least 100, as HTML: 12 000, 1.2·10<sup>12</sup>."""
    if value < MANY:
        return f"{float(f'{value:.2g}'):,.0f}".replace(",", "\u202f")
    digits, power = f"{value:.1e}".split("e+")
    return f"{digits}·10<sup>{int(power)}</sup>"
