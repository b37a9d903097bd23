"""What a run that starts from pictures or measures one came to, beside the truth.

Samples given y are judged by what they are for: their mean as an estimate of the picture, their spread as a statement of how sure
it is. p(x_0|y) of the training pictures has both in closed form. It is the truth about those pictures, not about all there are:
an unseen one a network may well estimate better.

All are means over pixels, with grey values from -1 to 1. The squared distance of a mean of N samples holds 1/N of their variance;
the mean over pairs of different samples does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.engine import Setup
from diffviz.estimates import Sampled, jackknife, mean_of, mean_over_pairs

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
    to_truth: Sampled
    exact_to_truth: float
    to_exact: Sampled
    spread: Sampled
    exact_spread: float


def _square_distance(x: NDArray[np.float64], place: NDArray[np.float64]) -> Sampled:
    """Of the mean of x [N, D] from place [D], mean over D: the mean of (x_i - place)(x_j - place) over pairs i != j."""
    apart = x - place
    if len(x) == 1:
        return mean_of(np.square(apart).mean(1))
    return mean_over_pairs(apart @ apart.T / x.shape[1])


def _spread(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], Sampled]:
    """Standard deviation [D] of x [N, D], and its mean, whose error is unknown for fewer than three."""
    count, squares = len(x), np.square(x - x.mean(0))
    std = np.sqrt(squares.sum(0) / max(1, count - 1))
    if count < 3:
        return std, Sampled(float(std.mean()), np.zeros(1))
    without = np.maximum(squares.sum(0) - squares * (count / (count - 1)), 0.0) / (count - 2)
    return std, jackknife(float(std.mean()), np.sqrt(without).mean(1))


def exact_moments(setup: Setup) -> tuple[Picture, Picture]:
    """Mean and standard deviation [C, H, W] of p(x_0|y) of the training pictures."""
    anywhere = torch.zeros(1, *setup.shape, dtype=torch.float64)
    mean, variance = setup.task.posterior.posterior(anywhere, 0.0, 1.0)  # at alpha = 0 nothing is known but y
    return mean[0].numpy(), variance[0].sqrt().numpy()


@dataclass(frozen=True, eq=False)
class GivenPicture:
    """A picture x [C, H, W] that stands beside a run; known: [H, W] where it is, None if all of it. A name that ends in std is of
    a spread: standard deviations, in the unit of the pixels."""

    name: str
    title: str
    x: Picture
    known: NDArray[np.bool_] | None = None


def given_pictures(setup: Setup) -> list[GivenPicture]:
    """What is given to a run and what is known of its end, the moments being those of the training set's posterior; nothing of a
    plain run."""
    e = setup.experiment
    if e.plain:
        return []
    target = setup.task.target.numpy()
    if e.conditional:
        mean, std = exact_moments(setup)
        return [
            GivenPicture("truth", "test image", target[0]),
            GivenPicture("measured", "measurement", setup.task.measured_image[0].numpy(), setup.task.known),
            GivenPicture("exact_mean", "exact posterior mean*", mean),
            GivenPicture("exact_std", "exact std*", std),
        ]
    if e.start == "picture":
        return [GivenPicture("truth", "test image", target[0])]
    return [GivenPicture("first", "first image", target[0]), GivenPicture("last", "second image", target[1])]


def returned_pictures(setup: Setup, end: Pictures) -> list[GivenPicture]:
    """What came back beside it: mean and spread of the particles at t = 0, between two pictures the two; of a plain run none."""
    if setup.experiment.plain:
        return []
    if setup.experiment.start == "between":
        return [GivenPicture("first_back", "first, decoded", end[0]), GivenPicture("last_back", "second, decoded", end[-1])]
    spread = end.std(0, ddof=1) if len(end) > 1 else np.zeros_like(end[0])
    return [GivenPicture("mean", "mean of samples", end.mean(0)), GivenPicture("std", "std of samples", spread)]


def posterior_summary(setup: Setup, end: Pictures) -> PosteriorSummary:
    """Of a run that measures a picture and ended with these [N, C, H, W]."""
    ends, truth = end.astype(np.float64), setup.task.target[0].double().numpy()
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


def distance_to_picture(setup: Setup, end: Pictures) -> Sampled:
    """Mean squared distance of what came back from the picture that was noised, over particles."""
    return mean_of(np.square(end - setup.task.target.numpy()).astype(np.float64).mean((1, 2, 3)))


def round_trip(setup: Setup, end: Pictures) -> tuple[float, float]:
    """Root mean square of what the two ends of the way between two pictures lost, into noise and back."""
    returned = end[[0, -1]].astype(np.float64)
    first, last = np.sqrt(np.square(returned - setup.task.target.numpy()).mean((1, 2, 3)))
    return float(first), float(last)
