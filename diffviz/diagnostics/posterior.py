"""What a run that starts from pictures or measures one came to, beside the truth.

Samples given y are judged by what they are for: their mean as a guess of the picture, their spread as a statement of how sure it
is. p(x_0|y) of the training pictures has both in closed form. It is the truth about those pictures, not about all there are: an
unseen one a network may well guess better.

All are means over pixels, with grey values from -1 to 1. Squared distances of a mean of N samples hold 1/N of their variance;
the jackknife takes that out and gives the standard errors (Efron & Stein 1981).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.diagnostics.estimates import Estimate
from diffviz.engine import Setup

Picture = NDArray[np.float64]  # [C, H, W]
Pictures = NDArray[np.float32]  # [N, C, H, W]


@dataclass(frozen=True, eq=False)
class PosteriorSummary:
    """mean, std: [C, H, W] of the samples; exact_mean, exact_std: of p(x_0|y).

    to_truth, exact_to_truth: mean squared distance of either mean from the measured picture; to_exact: of one mean from the other
    spread, exact_spread: mean over pixels of the standard deviation
    """

    mean: Picture
    std: Picture
    exact_mean: Picture
    exact_std: Picture
    to_truth: Estimate
    exact_to_truth: float
    to_exact: Estimate
    spread: Estimate
    exact_spread: float


def _jackknife(whole: float, left_out: NDArray[np.float64]) -> Estimate:
    """Of a figure of all samples, and the same without each of them [N]: with its bias of order 1/N removed."""
    count = len(left_out)
    stderr = math.sqrt((count - 1) / count * float(np.square(left_out - left_out.mean()).sum()))
    return Estimate(count * whole - (count - 1) * float(left_out.mean()), stderr)


def _square_distance(x: NDArray[np.float64], place: NDArray[np.float64]) -> Estimate:
    """Of the mean of x [N, D] from place [D]."""
    count, whole = len(x), float(np.square(x.mean(0) - place).mean())
    if count == 1:
        return Estimate(whole, math.inf)
    return _jackknife(whole, np.square((x.sum(0) - x) / (count - 1) - place).mean(1))


def _spread(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], Estimate]:
    """Standard deviation [D] of x [N, D], and its mean."""
    count, squares = len(x), np.square(x - x.mean(0))
    std = np.sqrt(squares.sum(0) / max(1, count - 1))
    if count < 3:
        return std, Estimate(float(std.mean()), math.inf)
    without = np.maximum(squares.sum(0) - squares * (count / (count - 1)), 0.0) / (count - 2)
    return std, Estimate(float(std.mean()), _jackknife(float(std.mean()), np.sqrt(without).mean(1)).stderr)


def exact_moments(setup: Setup) -> tuple[Picture, Picture]:
    """Mean and standard deviation [C, H, W] of p(x_0|y) of the training pictures."""
    anywhere = torch.zeros(1, *setup.shape, dtype=torch.float64)
    mean, variance = setup.posterior.posterior(anywhere, 0.0, 1.0)  # at alpha = 0 nothing is known but y
    return mean[0].numpy(), variance[0].sqrt().numpy()


def posterior_summary(setup: Setup, end: Pictures) -> PosteriorSummary:
    """Of a run that measures a picture and ended with these [N, C, H, W]."""
    ends, truth = end.astype(np.float64), setup.target[0].double().numpy()
    exact_mean, exact_std = exact_moments(setup)
    flat = ends.reshape(len(ends), -1)
    std, spread = _spread(flat)
    return PosteriorSummary(
        mean=ends.mean(0),
        std=std.reshape(truth.shape),
        exact_mean=exact_mean,
        exact_std=exact_std,
        to_truth=_square_distance(flat, truth.ravel()),
        exact_to_truth=float(np.square(exact_mean - truth).mean()),
        to_exact=_square_distance(flat, exact_mean.ravel()),
        spread=spread,
        exact_spread=float(exact_std.mean()),
    )


def distance_to_picture(setup: Setup, end: Pictures) -> Estimate:
    """Mean squared distance of what came back from the picture that was noised, over particles."""
    squares = np.square(end - setup.target.numpy()).astype(np.float64).mean((1, 2, 3))
    stderr = float(squares.std(ddof=1)) / math.sqrt(len(squares)) if len(squares) > 1 else math.inf
    return Estimate(float(squares.mean()), stderr)


def round_trip(setup: Setup, end: Pictures) -> tuple[float, float]:
    """Root mean square of what the two ends of the way between two pictures lost, into noise and back."""
    returned = end[[0, -1]].astype(np.float64)
    first, last = np.sqrt(np.square(returned - setup.target.numpy()).mean((1, 2, 3)))
    return float(first), float(last)
