"""How the numbers of the lesson on symmetry breaking are measured: most by quadrature, from the data and the schedule alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import attrgetter

import torch
from torch import Tensor

from diffviz.domains.plane.speed import SpeedAccuracy, speed_accuracy
from diffviz.engine import Setup
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.speed import NeuralEntropy, neural_entropy, squared_speeds
from diffviz.gaussian.symmetry import Moment, commit_times
from diffviz.lessons.base import Number, of_schedule
from diffviz.lessons.numbers import OfPair, weights

DENSITY, DRIFT, SPECIATION = "density_split", "drift_split", "speciation_with_noise"


def _at(moment: str, quantity: Callable[[Moment], float]) -> Number:
    """A quantity of one of the moments at which samples commit, of the first run."""
    return of_schedule(lambda setup: quantity(getattr(commit_times(setup.distribution, setup.schedule), moment)))


def alpha_at(moment: str) -> Number:
    """alpha there."""
    return _at(moment, lambda found: found.alpha)


def time_at(moment: str) -> Number:
    """The nearest t."""
    return _at(moment, lambda found: float(round(found.t)))


def snr_at(moment: str) -> Number:
    """The signal-to-noise ratio there."""
    return _at(moment, lambda found: math.exp(found.log_snr))


def clones_at(moment: str) -> Number:
    """How probable two draws of x_0 given one x_t are of the same Gaussian, in percent."""
    return _at(moment, lambda found: 100.0 * found.clones)


def same_side(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
    """[N] whether x_t is on the side of its x_0."""
    return (x_0[:, 0] * x_t[:, 0] > 0.0).double()


def largest(t: int) -> OfPair:
    """[N] the largest posterior weight of a training image."""
    return lambda setup, x_0, x_t: weights(setup, x_t, t).amax(1)


def known_nats(t: int) -> OfPair:
    """[N] log n less the entropy of the posterior weights: what x_t tells of which training image it comes from."""

    def quantity(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
        shares = weights(setup, x_t, t)
        return math.log(shares.shape[1]) - torch.special.entr(shares).sum(1)

    return quantity


def _on_a_line(setup: Setup) -> SpeedAccuracy:
    """Of the first coordinate, which is independent of the others: there all is known by quadrature."""
    data = setup.distribution
    return speed_accuracy(GaussianMixture(data.means[:, :1], data.weights, data.std), setup.schedule)


def _floor(setup: Setup) -> float:
    """W_2^2 of data and noise, the sum over both coordinates; of the second one, two Gaussians around 0."""
    data, noise = setup.distribution, float(setup.schedule.sigma[-1])
    across = math.hypot(float(setup.schedule.alpha[-1]) * data.std, noise) - data.std
    return _on_a_line(setup).floor.value + across**2


def _integral(setup: Setup) -> float:
    return float(squared_speeds(setup.distribution, setup.schedule).mean())


def integral(side: int) -> Number:
    """Of the squared velocity of a run's probability flow over t/T."""
    return of_schedule(_integral, side)


FLOOR = of_schedule(_floor)
LOOSE = of_schedule(lambda setup: _integral(setup) / _on_a_line(setup).shifted[-1].left.value)
LEFT, RIGHT = attrgetter("left"), attrgetter("right")  # of the identity of neural entropy


def entropy(quantity: Callable[[NeuralEntropy], float], side: int = 0) -> Number:
    """One of its sides, in nats, of one run."""
    return of_schedule(lambda setup: quantity(neural_entropy(setup.distribution, setup.schedule)), side)
