"""How the numbers of lessons are measured: on the run's own forward path, which is computed again, or from its parts alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.diagnostics.measured import exactly
from diffviz.engine import Setup
from diffviz.estimates import Estimate, mean_of
from diffviz.lessons.base import Number, Runs, metric
from diffviz.noise import Stream
from diffviz.process import forward_process
from diffviz.views.plane.measure import analyse

ROUNDING = 1e-12  # of cosines and shares in double precision
OfPair = Callable[[Setup, Tensor, Tensor], Tensor]


def forward_pair(setup: Setup, t: int) -> tuple[Tensor, Tensor]:
    """x_0 and x_t [N, *D] of the run's forward path, on which every particle takes t steps."""
    x_0 = setup.data()
    path = forward_process(setup.process, x_0, setup.noise(Stream.FORWARD))
    return x_0, next(islice(path, t, None)).x


def weights(setup: Setup, x_t: Tensor, t: int) -> Tensor:
    """[N, K] the posterior probability of each component of a mixture, given x_t [N, *D]."""
    return setup.distribution.shares(x_t.double().flatten(1), float(setup.schedule.alpha[t]), float(setup.schedule.sigma[t]))


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
    """A share that all particles agree in is known to one part in N at best; all else that they agree in is not drawn."""
    shares = np.isin(values, (0.0, 1.0)).all()
    if not shares and np.ptp(values) < ROUNDING:
        return exactly(factor * float(values[0]))
    return mean_of(factor * values.astype(np.float64), tolerance=factor / len(values) if shares else 0.0).estimate


def constant(value: float) -> Number:
    """What is the same for every run."""
    return lambda runs: exactly(value)


def gap_with(side: int = 0, **fields: Any) -> Number:
    """The ELBO gap of a run with other fields."""

    def measure(runs: Runs) -> Estimate:
        setup = Setup(replace(runs[side].experiment, **fields))
        return analyse(setup, setup.times).gap

    return measure


def near(a: Estimate, b: Estimate, errors: float = 4.0) -> bool:
    """Whether two numbers differ by no more than so many standard errors of their difference."""
    return abs(a.value - b.value) <= errors * math.hypot(a.stderr, b.stderr)


def apart(runs: Runs) -> Estimate:
    """The mean distance in the plane between the same particle's end in A and in B."""
    a, b = (each.end.astype(np.float64) for each in runs)
    distances = np.linalg.norm(a - b, axis=1)
    return mean_of(distances).estimate if distances.any() else exactly(0.0)


def first_estimate(center: Callable[[Setup], Tensor], distance: Callable[[Tensor], Tensor]) -> Number:
    """How far x0_hat of the noise that the first run starts from is from a center [*D] of its setup, on average.

    distance: [N] of differences [N, *D]
    """

    def measure(runs: Runs) -> Estimate:
        setup = runs[0].setup
        x_T, T = setup.process.prior(setup.noise(Stream.REVERSE)(0)), setup.schedule.steps
        with torch.inference_mode():
            x0_hat = setup.denoiser(x_T, float(setup.schedule.alpha[T]), float(setup.schedule.sigma[T])).x0_hat
        return mean_of(distance(x0_hat.cpu().double() - center(setup)).numpy()).estimate

    return measure


def first_below(snr: float) -> Callable[[Setup], float]:
    """The first time at which the SNR is below a value."""
    return lambda setup: float(np.argmax(setup.schedule.snr < snr))


def alike(a: float, b: float, within: float) -> bool:
    """Whether two numbers differ by no more than that share of the larger one."""
    return abs(a - b) <= within * max(abs(a), abs(b))


def in_percent(name: str, side: int) -> Number:
    """A metric that is a share, of one run."""

    def measure(runs: Runs) -> Estimate:
        share = metric(name, side)(runs)
        return replace(share, value=100.0 * share.value, stderr=100.0 * share.stderr)

    return measure
