"""Time's arrow (Jarzynski 2011, sec. 6): was a path recorded in the forward process, or is it one of the reverse chain, played
backwards?

    P(forward | path) = 1 / (1 + e^{-W}),   W = log q(path) - log p(path), summed over the particles that are seen together

if both are equally probable before. Nobody can be right more often than whoever says "forward" where W > 0, which is for a share
E[1 / (1 + e^{-|W|})] of all paths: 1/2 for a chain whose reverse is exact, whose work is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.engine import Setup
from diffviz.estimates import Estimate, mean_of
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.process import PathLaw
from diffviz.thermodynamics.work import Predict, Values, forward_paths, increments, path_law, predictor, work_of_run


@dataclass(frozen=True, eq=False)
class Played:
    """path: [K+1, N, *D] of N particles at the visited times, t = 0 first; forward: drawn from q, else from p; work_kT: of all
    particles together, -inf where bits of p end where no data are."""

    path: NDArray[np.float64]
    forward: bool
    work_kT: float


def _reverse_path(law: PathLaw, predict: Predict, noise: Callable[[int], Tensor]) -> list[Tensor]:
    """x_0, ..., x_K drawn from p."""
    with torch.inference_mode():
        path = [law.draw_prior(noise(0))]
        for j in range(len(law.times) - 1, 0, -1):
            path.append(law.draw_reverse(path[-1], predict(path[-1], j), j, noise(j)))
    return path[::-1]


def play(setup: Setup, seed: int) -> Played:
    """The path of a run's particles under q or, with the same probability, under p. seed: of all that is drawn, 0 to 2^64 - 1; it
    need not be the run's. Raises ExperimentError where the probabilities of its paths are not known."""
    law, particles = path_law(setup), setup.experiment.particles
    predict, forward = predictor(setup, law), bool(particle_uniform(seed, Stream.ARROW, 1) < 0.5)
    noise = ParticleNoise(
        seed, Stream.WORK_FORWARD if forward else Stream.WORK_REVERSE, particles, setup.shape, dtype=torch.float64
    )
    if forward:
        path = list(forward_paths(law, particle_uniform(seed, Stream.WORK_FORWARD, particles), noise))
    else:
        path = _reverse_path(law, predict, noise)
    return Played(torch.stack(path).numpy(), forward, float(increments(law, predict, path).sum()))


def sureness(work_kT: Values) -> Values:
    """The probability that the likelihood ratio is right about paths of such work, of whatever shape."""
    return 1.0 / (1.0 + np.exp(-np.abs(work_kT)))


def accuracy(setup: Setup, paths: int, together: int = 1) -> Estimate:
    """For which share of all paths the likelihood ratio is right: E[1 / (1 + e^{-|W|})] over so many paths of q and as many of p,
    of particles that are seen together, so many at once. Raises ExperimentError as work_of_run does."""
    work, groups = work_of_run(setup, paths), paths // together
    seen = [each[: groups * together].reshape(groups, together).sum(1) for each in (work.work_forward, work.work_reverse)]
    return mean_of(sureness(np.concatenate(seen))).estimate
