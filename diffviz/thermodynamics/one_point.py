"""The density that the model gives to one x_0, from paths of the forward process (Sohl-Dickstein et al. 2015, eq. 7 to 12).

    p(x_0) = < p(x_0, ..., x_K)/q(x_1, ..., x_K|x_0) >  over  q(x_1, ..., x_K|x_0)          equality (eq. 9: Jarzynski, annealed
                                                                                            importance sampling)
    log p(x_0) >= < log of the same >                                                       inequality (eq. 12: Jensen)

p(x_0) is the model's density, of the chain of the bound. It is that of the data only if the chain is their exact reverse: with
the exact denoiser the two come together as steps grow short.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.experiment import ExperimentError
from diffviz.noise import ParticleNoise, Stream
from diffviz.thermodynamics.fluctuations import path_numbers, running_mean
from diffviz.thermodynamics.work import Values, check_paths, log_weights, path_law, predictor


@dataclass(frozen=True, eq=False)
class OnePoint:
    """Of one x_0, in nats; of a density, its logarithm.

    paths: [P] numbers n of paths, ascending
    equality, equality_stderr: [P] log p(x_0) from the first n of them, and its standard error to first order
    bound, bound_stderr: [P] the mean logarithm of the first n
    log_q: log q(x_0) of the data, exactly; -inf where no data are
    log_weights: [N] log p(x_0, ..., x_K)/q(x_1, ..., x_K|x_0) of each path
    """

    paths: NDArray[np.int64]
    equality: Values
    equality_stderr: Values
    bound: Values
    bound_stderr: Values
    log_q: float
    log_weights: Values

    @property
    def effective(self) -> float:
        """How many equal weights these are worth (Kish)."""
        weights = np.exp(self.log_weights - self.log_weights.max())
        return float(weights.sum() ** 2 / np.square(weights).sum())

    @property
    def log_p(self) -> Estimate:
        """From all paths."""
        return Estimate(float(self.equality[-1]), float(self.equality_stderr[-1]))

    @property
    def lower(self) -> Estimate:
        """Jensen's bound, from all paths."""
        return Estimate(float(self.bound[-1]), float(self.bound_stderr[-1]))


def one_point(setup: Setup, x_0: NDArray[np.floating], paths: int, seed: int | None = None) -> OnePoint:
    """For x_0 [*D] of a run's data and so many paths; path i is the same for any number of them. seed: the run's by default.

    Raises ExperimentError as path_law and check_paths do, and for an x_0 of another shape.
    """
    law, seed = path_law(setup), setup.experiment.seed if seed is None else seed
    check_paths(law, paths)
    point = np.asarray(x_0, np.float64)
    if point.shape != setup.shape or not np.isfinite(point).all():
        raise ExperimentError("x_0", f"must be {math.prod(setup.shape)} finite numbers for these data.")
    x_0, steps = torch.from_numpy(point), range(1, len(law.times))
    noise = ParticleNoise(seed, Stream.ONE_POINT, paths, setup.shape, dtype=torch.float64, times=steps)
    found = log_weights(law, predictor(setup, law), x_0, paths, noise)
    numbers, top = path_numbers(paths), float(found.max())
    mean, stderr = running_mean(np.exp(found - top), numbers)
    with np.errstate(divide="ignore", invalid="ignore"):
        equality, relative = np.log(mean) + top, stderr / mean
    log_q = float(law.log_marginal(x_0[None], 0))
    return OnePoint(numbers, equality, relative, *running_mean(found, numbers), log_q, found)
