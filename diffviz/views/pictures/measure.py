"""What is measured of a run of pictures: the bound by Monte Carlo on its own forward path, or, where pictures are given, which
leaves no bound, how near it comes to them.

What two runs cost is compared picture by picture: both saw the same ones with the same noise, so that the error of the difference
is much less than either side's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch

from diffviz.diagnostics.comparison import require_alike
from diffviz.diagnostics.measured import EFFORT, Costs, Measured, Metric, per_dim
from diffviz.domains.pictures.costs import PictureCosts, picture_costs
from diffviz.domains.pictures.domain import PICTURES
from diffviz.domains.pictures.images import IMAGES
from diffviz.engine import Setup
from diffviz.estimates import Sampled, mean_of
from diffviz.experiment import Experiment, ExperimentError, differing
from diffviz.fields import option
from diffviz.trajectory import Curve, Trajectory
from diffviz.views.pictures.given_metrics import TASKS, given_metrics
from diffviz.views.pictures.posterior import PosteriorSummary, posterior_summary


def require_same_data(a: Experiment, b: Experiment) -> None:
    """Raises ExperimentError for a b whose pictures have no counterpart in a, or are given in another way."""
    if a.dataset != b.dataset:
        theirs, given = option("dataset", a.dataset), option("dataset", b.dataset)
        raise ExperimentError("dataset", f"must be {theirs} as in A, not {given}: images are compared pixel by pixel.")
    if "own" in differing(a, b):
        raise ExperimentError("own", "must be the image of A: images are compared pixel by pixel.")
    require_alike(TASKS, a, b)


def same_pictures(a: Experiment, b: Experiment) -> bool:
    """Did both take the same pictures forward? Then picture i of A and picture i of B are one, with one noise."""
    return not {"dataset", "own", "label", "seed"} & set(differing(a, b))


def analyse_pictures(setup: Setup, trajectory: Trajectory, most: int | None = None) -> PictureCosts:
    """The bound on the run's own forward path, of at most so many pictures. The chain is the ancestral one: no other sampler has
    a bound."""
    chain = Setup(replace(setup.experiment, sampler="ancestral"))
    forward = (torch.from_numpy(trajectory.forward[t, :most]).to(setup.device) for t in setup.times)
    row = IMAGES[setup.experiment.dataset]
    return picture_costs(chain.denoiser, chain.schedule, chain.process.variances, chain.times, row, forward)


@dataclass(frozen=True, eq=False)
class PictureDetails:
    """What else a run of pictures leaves.

    summary: of a run that measures a picture, else None
    """

    summary: PosteriorSummary | None = None


def nearest_training(m: Measured[PictureDetails]) -> Sampled:
    """Mean distance of the pictures at t = 0 to the nearest training picture, of whatever class: root mean square over pixels, in
    [-1, 1]'s unit."""
    means = PICTURES.training_set(m.setup.experiment).means
    end = torch.from_numpy(m.end.astype(np.float64)).flatten(1)
    return mean_of((torch.cdist(end, means).amin(1) / math.sqrt(end.shape[1])).numpy())


def _bits(m: Measured[PictureDetails], part: slice) -> Sampled:
    """Those terms of the bound in bits per dimension."""
    return per_dim(m.costs, m.end[0].size, part)


COSTS: dict[str, Metric] = {
    "bound_bits_per_dim": Metric(
        "Negative ELBO",
        "bits/dim",
        "low",
        "The cost of all steps together, of a pixel and colour.",
        lambda m: _bits(m, slice(None)),
        of_cloud=True,
    ),
    "rate_bits_per_dim": Metric(
        "Rate",
        "bits/dim",
        "low",
        "The cost of all steps but the last, into the data.",
        lambda m: _bits(m, slice(1, None)),
        of_cloud=True,
    ),
    "distortion_bits_per_dim": Metric(
        "Distortion",
        "bits/dim",
        "low",
        "The cost of the last step, L_0: the code length of the grey levels given x_1.",
        lambda m: _bits(m, slice(0, 1)),
        of_cloud=True,
    ),
}
OUTCOMES: dict[str, Metric] = {
    "nearest_training": Metric(
        "Distance to training data",
        "rms",
        "",
        "How far samples are from the nearest image of the training set: near 0 they are copies, which is called memorisation.",
        nearest_training,
        of_cloud=True,
    ),
    **EFFORT,
}


def metrics_of(e: Experiment) -> dict[str, Metric]:
    """The table of a run: its costs, or, where pictures are given, how near it comes to them."""
    return {**(COSTS if e.plain else given_metrics(e)), **OUTCOMES}


def measure(setup: Setup, trajectory: Trajectory, most: int | None = None) -> Measured[PictureDetails]:
    """Of a finished run. most: pictures on which the costs are measured; by default all."""
    e = setup.experiment
    spread = trajectory.reverse[::-1].std(1).mean((1, 2, 3)).astype(np.float64)
    costs = Costs.of_samples(analyse_pictures(setup, trajectory, most).nats) if e.plain else None
    return Measured.of_run(
        setup,
        trajectory,
        metrics_of(e),
        costs=costs,
        curves={} if e.plain else {"spread_over_time": Curve("standard deviation of the samples", setup.times, spread, "")},
        details=PictureDetails(posterior_summary(setup, trajectory.reverse[-1]) if e.conditional else None),
    )
