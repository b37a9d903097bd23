"""Two runs of pictures side by side. What they cost is compared picture by picture: both saw the same ones with the same noise,
so that the error of the difference is much less than either side's own."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.diagnostics.report import picture_analysis
from diffviz.domains.pictures.costs import PictureCosts
from diffviz.domains.pictures.images import IMAGES
from diffviz.engine import Setup
from diffviz.estimates import Estimate, Sampled, difference, mean_of
from diffviz.experiment import Experiment, ExperimentError
from diffviz.relevant import differing
from diffviz.trajectory import Trajectory
from diffviz.views.pictures.given_metrics import GIVEN_FIGURES, OF_MEMORY, kind, require_same_task
from diffviz.views.pictures.posterior import PosteriorSummary, posterior_summary
from diffviz.views.plane.metrics import Figure, Row, better_side, figures_json, row_of


def require_pictures(experiment: Experiment) -> None:
    """Raises ExperimentError for points in the plane."""
    if not experiment.shows_pictures:
        raise ExperimentError("dataset", f"must be pictures here, one of {', '.join(IMAGES)}, not {experiment.dataset}.")


def require_same_data(a: Experiment, b: Experiment) -> None:
    """Raises ExperimentError for a b whose pictures have no counterpart in a, or are given in another way."""
    if a.dataset != b.dataset:
        raise ExperimentError("dataset", f"must be {a.dataset} as in A, not {b.dataset}: pictures are compared pixel by pixel.")
    if "own" in differing(a, b):
        raise ExperimentError("own", "must be the picture of A: pictures are compared pixel by pixel.")
    require_same_task(a, b)


@dataclass(frozen=True)
class PictureOutcome:
    """What a run of pictures leaves to be judged by: its experiment and arrays of its own, so that it can be kept.

    end: [N, C, H, W] the pictures at t = 0
    costs: of the steps taken, on the pictures that went forward; None where pictures are given, for there is no bound then
    summary: of a run that measures a picture, else None
    path: [m, n, C, H, W] of some of them, what the denoiser saw in the reverse process at the times shown [m], if its inside can
        be seen
    """

    experiment: Experiment
    end: NDArray[np.float32]
    evaluations: int
    seconds: float
    costs: PictureCosts | None
    summary: PosteriorSummary | None = None
    shown: NDArray[np.int64] | None = None
    path: NDArray[np.float16] | None = None

    @property
    def setup(self) -> Setup:
        """The experiment's parts, made again each time: the data's mixture and the denoiser are larger than the outcome."""
        return Setup(self.experiment)

    @classmethod
    def of(cls, setup: Setup, trajectory: Trajectory, costs: PictureCosts | None = None) -> PictureOutcome:
        """Of a finished run; its costs, on all of its pictures, are counted unless they are known or there are none."""
        if setup.experiment.plain and costs is None:
            costs = picture_analysis(setup, trajectory)
        end = trajectory.reverse[-1].copy()  # a view would keep the whole trajectory in memory
        summary = posterior_summary(setup, end) if setup.experiment.conditional else None
        return cls(setup.experiment, end, trajectory.evaluations, trajectory.seconds, costs, summary)


def same_pictures(a: Experiment, b: Experiment) -> bool:
    """Did both take the same pictures forward? Then picture i of A and picture i of B are one, with one noise."""
    return not {"dataset", "own", "label", "seed"} & set(differing(a, b))


def nearest_training(outcome: PictureOutcome) -> NDArray[np.float64]:
    """[N] distance of each picture at t = 0 to the nearest training picture, of whatever class: root mean square over pixels, in
    [-1, 1]'s unit."""
    means = outcome.setup.training_set.means
    end = torch.from_numpy(outcome.end.astype(np.float64)).flatten(1)
    return (torch.cdist(end, means).amin(1) / math.sqrt(end.shape[1])).numpy()


def _bits(outcome: PictureOutcome, part: slice) -> NDArray[np.float64]:
    """[N] bits per dimension of those terms of the bound."""
    costs = outcome.costs
    return costs.nats[part].sum(0) / (costs.dim * math.log(2.0))


COSTS: dict[str, Figure] = {
    "bound_bits_per_dim": Figure(
        "Bound", "bits/dim", "low", "What a pixel costs if the picture is sent step by step.", lambda o: _bits(o, slice(None))
    ),
    "rate_bits_per_dim": Figure(
        "Rate", "bits/dim", "low", "Of that, all that is sent before the last step.", lambda o: _bits(o, slice(1, None))
    ),
    "distortion_bits_per_dim": Figure(
        "Distortion", "bits/dim", "low", "Of that, L0: what names the grey levels at the end.", lambda o: _bits(o, slice(0, 1))
    ),
}
OUTCOMES: dict[str, Figure] = {
    "nearest_training": Figure(
        "To training data",
        "rms",
        "",
        "How far what comes back is from the nearest picture of the training set: memory is near 0, which is no merit.",
        nearest_training,
    ),
    "evaluations": Figure(
        "Evaluations", "", "low", "How often the denoiser was asked about all pictures.", lambda o: o.evaluations
    ),
    "seconds": Figure("Time", "s", "", "Of this run on this machine, with all else that it did.", lambda o: o.seconds),
}
PICTURE_FIGURES = {kind: {**own, **OUTCOMES} for kind, own in ({"plain": COSTS} | GIVEN_FIGURES).items()}
# each measure gives one number, one for each picture [N], or a Sampled of all of them together


def compare_pictures(a: PictureOutcome, b: PictureOutcome) -> list[Row]:
    """Every figure of runs of their kind, with A less B: picture by picture where both have the same ones."""
    experiment = a.experiment
    paired = same_pictures(experiment, b.experiment)
    rows = []
    for name, figure in PICTURE_FIGURES[kind(experiment)].items():
        if name in OF_MEMORY and not all(o.experiment.denoiser == "exact" for o in (a, b)):
            figure = replace(figure, better="")  # a network knows more pictures than those, and need not agree with them
        one, other = (figure.measure(outcome) for outcome in (a, b))
        if isinstance(one, np.ndarray):
            rows.append(_row_of_pictures(name, figure, one, other, paired))
            continue
        one, other = (e if isinstance(e, (Sampled, Estimate)) else Estimate(e, 0.0) for e in (one, other))
        rows.append(row_of(name, figure, one, other, experiment.seed == b.experiment.seed))
    return rows


def _row_of_pictures(name: str, figure: Figure, one: NDArray[np.float64], other: NDArray[np.float64], paired: bool) -> Row:
    """Of the means of [N] pictures of A and [M] of B. paired: the i-th of both is one picture, and A less B is theirs."""
    a, b, count = mean_of(one), mean_of(other), min(len(one), len(other))
    apart = mean_of(one[:count] - other[:count]).estimate if paired else difference(a, b, paired)
    return Row(name, figure, a.estimate, b.estimate, better_side(figure, a.estimate, b.estimate, apart), apart)


def compare_pictures_json(a: PictureOutcome, b: PictureOutcome) -> dict[str, Any]:
    """For the command line: both experiments and figures, each [value, standard error], the difference and the better side."""
    return {
        "a": a.experiment.to_dict(),
        "b": b.experiment.to_dict(),
        "figures": figures_json(compare_pictures(a, b)),
    }
