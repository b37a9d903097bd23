"""The numbers of the lesson on energies: on the last states of chains, and of the density of an energy by quadrature."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from diffviz.diagnostics.measured import exactly
from diffviz.domains.plane.nearness import mode_error
from diffviz.energies.partition import Density, density, divergences, found_weights, square_of
from diffviz.engine import Setup, run
from diffviz.estimates import Estimate, mean_of
from diffviz.gaussian.denoisers.base import score
from diffviz.lessons.base import Number, Runs, metric
from diffviz.levels import level_of

NEARBY = 1e-2  # between two places whose energies give its gradient


def _level(setup: Setup) -> tuple[float, float]:
    return float(setup.schedule.alpha[-1]), float(setup.schedule.sigma[-1])


@torch.no_grad()
def slope_apart(runs: Runs) -> Estimate:
    """By how many percent of its length the score differs from −∇U, as differences of U between near places give it, at the
    last states of the chains."""
    setup, x = runs[0].setup, torch.from_numpy(runs[0].details.last)
    level = _level(setup)
    told = setup.denoiser(x, *level)
    step = NEARBY * torch.eye(2)
    energies = [[setup.denoiser(x + sign * each, *level).energy for sign in (-1.0, 1.0)] for each in step]
    slope = torch.stack([(below - above) / (2.0 * NEARBY) for below, above in energies], 1)
    own = score(x, told.x0_hat, *level)
    return mean_of((100.0 * (slope - own).norm(dim=1) / own.norm(dim=1).mean()).double().numpy()).estimate


def moves_until(nats: float) -> Number:
    """After how many moves the excess NLL of the first run is below so many nats."""

    def measure(runs: Runs) -> Estimate:
        curve = runs[0].curves["level_excess_nats"]
        return Estimate(float(np.argmax(curve.values[::-1] < nats)), 0.0)

    return measure


def without_draw(name: str, side: int, digits: int = 3) -> Number:
    """A metric of one run which differs from draw to draw by less than these decimals tell."""
    return lambda runs: exactly(round(metric(name, side)(runs).value, digits))


def at_start(runs: Runs) -> Estimate:
    """The excess NLL of the first run before its first move."""
    curve = runs[0].curves["level_excess_nats"]
    return Estimate(float(curve.values[-1]), float(curve.stderr[-1]))


def mode_variance(setup: Setup) -> float:
    """Of a coordinate of q(x_t) within one mode, at the level of the chains."""
    alpha, sigma = _level(setup)
    return alpha**2 * setup.distribution.std**2 + sigma**2


def spread(side: int = 0, power: float = 1.0) -> Number:
    """The mean variance of a coordinate of the chains about the nearest mode, in units of what it should be. power: ½ for its
    root."""

    def measure(runs: Runs) -> Estimate:
        setup, last = runs[side].setup, torch.from_numpy(runs[side].details.last).double()
        nearest = torch.cdist(last, _level(setup)[0] * setup.distribution.means).amin(1)
        found = mean_of((nearest.square() / (2.0 * mode_variance(setup))).numpy()).estimate
        value = found.value**power
        return Estimate(value, power * value * found.stderr / found.value)

    return measure


def longer(times: int) -> Number:
    """The error of the shares of the modes of the first run with so many times as many steps."""

    def measure(runs: Runs) -> Estimate:
        e = runs[0].experiment
        return mode_error(runs[0].setup.distribution, run(replace(e, steps=times * e.steps)).reverse[-1]).estimate

    return measure


def by_chance(setup: Setup) -> float:
    """What that error is on average of as many true samples: of each share the mean absolute deviation of a Gaussian."""
    weights = setup.distribution.weights.numpy()
    return float(0.5 * np.sqrt(2.0 * weights * (1.0 - weights) / (math.pi * setup.experiment.particles)).sum())


def _learned(setup: Setup, log_snr: float) -> Density:
    """The density of the energy in use behind noise at log_snr."""
    level = level_of(log_snr)

    @torch.no_grad()
    def energy(u: Tensor) -> Tensor:
        return setup.denoiser(u.float(), *level).energy

    return density(energy, *square_of(setup.distribution, log_snr))


def learned_weight(pick: Callable[[Tensor], Tensor], log_snr: float | None = None) -> Number:
    """One of the weights that the energy gives the modes. log_snr: None for that of the chains."""

    def measure(runs: Runs) -> Estimate:
        setup = runs[0].setup
        level = setup.experiment.langevin_level if log_snr is None else log_snr
        return exactly(round(float(pick(found_weights(_learned(setup, level), setup.distribution, level))), 4))

    return measure


def divergence(runs: Runs) -> Estimate:
    """KL(data || model) in nats at the level of the chains."""
    setup = runs[0].setup
    level = setup.experiment.langevin_level
    return divergences(_learned(setup, level), setup.distribution, level)[0]


def found_share(pick: Callable[[np.ndarray], np.intp]) -> Number:
    """The share of the chains that ended in one of the modes."""

    def measure(runs: Runs) -> Estimate:
        curve = runs[0].curves["mode_shares"]
        at = int(pick(curve.values))
        return Estimate(float(curve.values[at]), float(curve.stderr[at]))

    return measure
