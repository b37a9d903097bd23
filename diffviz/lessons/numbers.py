"""How the numbers of lessons are measured: on the run's own forward path, which is computed again, or from its parts alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz import checkpoints
from diffviz.diagnostics.measured import exactly
from diffviz.domains.pictures.domain import PICTURES
from diffviz.engine import Setup
from diffviz.estimates import Estimate, mean_of
from diffviz.lessons.base import Number, Runs
from diffviz.noise import Stream
from diffviz.process import forward_process

OfPair = Callable[[Setup, Tensor, Tensor], Tensor]


def forward_pair(setup: Setup, t: int) -> tuple[Tensor, Tensor]:
    """x_0 and x_t [N, *D] of the run's forward path, on which every particle takes t steps."""
    x_0 = setup.data()
    path = forward_process(setup.process, x_0, setup.noise(Stream.FORWARD))
    return x_0, next(islice(path, t, None)).x


def weights(setup: Setup, x_t: Tensor, t: int) -> Tensor:
    """[N, K] the posterior probability of each component of a mixture, given x_t [N, *D]."""
    mixture, alpha, sigma = setup.distribution, float(setup.schedule.alpha[t]), float(setup.schedule.sigma[t])
    squares = torch.cdist(x_t.double().flatten(1), alpha * mixture.means).square()
    return (mixture.weights.log() - squares / (2.0 * ((alpha * mixture.std) ** 2 + sigma**2))).softmax(1)


def of_forward(t: int, quantity: OfPair, side: int = 0, factor: float = 1.0) -> Number:
    """The mean over particles of a quantity [N] of (setup, x_0, x_t), with its standard error, times a factor."""

    def measure(runs: Runs) -> Estimate:
        setup = runs[side].setup
        x_0, x_t = (x.double().cpu() for x in forward_pair(setup, t))
        return _mean(quantity(setup, x_0, x_t).double().numpy(), factor)

    return measure


def of_end(quantity: Callable[[Setup, NDArray[np.float64]], NDArray[np.float64]], side: int = 0, factor: float = 1.0) -> Number:
    """The same of the samples [N, *D] at t = 0."""
    return lambda runs: _mean(quantity(runs[side].setup, runs[side].end.astype(np.float64)), factor)


def _mean(values: NDArray[np.float64], factor: float) -> Estimate:
    """A share that all particles agree in is known to one part in N at best."""
    shares = np.isin(values, (0.0, 1.0)).all()
    return mean_of(factor * values.astype(np.float64), tolerance=factor / len(values) if shares else 0.0).estimate


def constant(value: float) -> Number:
    """What is the same for every run."""
    return lambda runs: exactly(value)


def near(a: Estimate, b: Estimate, errors: float = 4.0) -> bool:
    """Whether two numbers differ by no more than so many standard errors of their difference."""
    return abs(a.value - b.value) <= errors * math.hypot(a.stderr, b.stderr)


def read(images: NDArray[np.floating]) -> NDArray[np.int64]:
    """[N] the class that a classifier reads in each of the digits [N, 1, 8, 8]."""
    reader = checkpoints.load("digits", PICTURES.training["classifier"].root).network.eval()
    with torch.inference_mode():
        return reader(torch.as_tensor(images, dtype=torch.float32)).argmax(1).numpy()


def read_as(digit: int, side: int = 0) -> Number:
    """In how many of a hundred samples the classifier reads that digit."""
    return of_end(lambda setup, end: (read(end) == digit).astype(np.float64), side, 100.0)


def apart(runs: Runs) -> Estimate:
    """Between the same particle's end in A and in B: the mean over particles of the root of the squared distance, which in images
    is the mean over pixels and in the plane the sum over coordinates."""
    ends = [each.end.astype(np.float64).reshape(len(each.end), -1) for each in runs]
    squares = np.square(ends[0] - ends[1])
    return mean_of(np.sqrt(squares.mean(1) if runs[0].experiment.shows_pictures else squares.sum(1))).estimate
