"""How the numbers of the lesson on going back are measured."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.diagnostics.measured import exactly
from diffviz.engine import Setup, run
from diffviz.estimates import Estimate, mean_of
from diffviz.lessons.base import Number, Runs
from diffviz.lessons.numbers import OfPair, weights

ROUNDING_PERCENT = 1e-4  # of the lengths of paths in float32


def mean_of_data(setup: Setup) -> Tensor:
    """[2] of the data."""
    return setup.distribution.weights @ setup.distribution.means


def at_mean(setup: Setup) -> tuple[float, float]:
    """Its coordinates."""
    x, y = (round(value, 9) + 0.0 for value in mean_of_data(setup).tolist())
    return x, y


def most(t: int, sure: float | None = None) -> OfPair:
    """[N] the largest posterior probability of a component at t, or whether it is above sure."""

    def quantity(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
        largest = weights(setup, x_t, t).amax(1)
        return largest if sure is None else (largest > sure).double()

    return quantity


def density_at_mean(setup: Setup) -> float:
    """Of the data, as a share of that at a component's mean."""
    mixture = setup.distribution
    middle, mode = mixture.log_density(torch.stack([mean_of_data(setup), mixture.means[0]])).tolist()
    return float(np.exp(middle - mode))


def along_score(towards: str, t: int) -> OfPair:
    """[N] the cosine between the score at x_t and the direction to alpha x0_hat, to the nearest of the
    data, to the origin, or to alpha x_0."""

    def quantity(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
        mixture, alpha, sigma = setup.distribution, float(setup.schedule.alpha[t]), float(setup.schedule.sigma[t])
        ends = {
            "estimate": lambda: alpha * mixture.posterior(x_t, alpha, sigma, variance=False)[0],
            "nearest": lambda: alpha * mixture.means[torch.cdist(x_t, alpha * mixture.means).argmin(1)],
            "origin": lambda: torch.zeros_like(x_t),
            "begin": lambda: alpha * x_0,
        }
        return torch.cosine_similarity(mixture.score(x_t, alpha, sigma), ends[towards]() - x_t)

    return quantity


def from_mean(setup: Setup, end: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N] the distance of the samples from the mean of the data."""
    return np.linalg.norm(end - mean_of_data(setup).numpy(), axis=1)


def variance(setup: Setup, end: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N] of a coordinate, about the mean of the data."""
    return from_mean(setup, end) ** 2 / 2.0


def bend(side: int) -> Number:
    """By how many per cent the paths of the reverse process are longer than the straight lines between their ends."""

    def measure(runs: Runs) -> Estimate:
        path = run(runs[side].experiment).reverse.astype(np.float64)
        long = np.linalg.norm(np.diff(path, axis=0), axis=2).sum(0)
        straight = np.linalg.norm(path[-1] - path[0], axis=1)
        ratio = float(long.mean() / straight.mean())
        first_order = ratio - 1.0 + (long - ratio * straight) / straight.mean()  # of a quotient of two means
        found = mean_of(100.0 * first_order).estimate
        return found if found.value > ROUNDING_PERCENT else exactly(0.0)

    return measure
