"""What the browser colours particles by: the work along their paths so far, at all displayed times, packed into bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup, run
from diffviz.experiment import Experiment
from diffviz.gaussian.samplers import ALL_SAMPLERS
from diffviz.inverse.tasks import ALL_STARTS
from diffviz.player.protocol import pack
from diffviz.thermodynamics.work import increments_of
from diffviz.views.plane.particle import Paths
from diffviz.views.plane.sent import has_work

Values = NDArray[np.float64]
STEPS = 127  # bytes from no work to the most that is told apart
SHARE = 0.9  # of the particles' whole work that is told apart; the rest has the last colour


def draws_the_chain(e: Experiment) -> bool:
    """Are its reverse paths drawn from the chain of the bound, from the prior of that chain on?"""
    return ALL_SAMPLERS[e.sampler].reads_variances and ALL_STARTS[e.start].drawn


def work_so_far(setup: Setup, forward: NDArray[np.floating], reverse: NDArray[np.floating]) -> tuple[Values, Values]:
    """[K+1, N] kT each, of paths [K+1, N, 2] at the visited times, t = 0 first.

    Along the forward path the sum of d_1, ..., d_j at t_j; along the reverse path that of d_{K+1}, d_K, ..., d_{j+1}. A sampler
    draws no noise in the step into data, so that this step is none of the chain's: the last value is the one before it.
    Raises ExperimentError where paths have no probabilities.
    """
    up, down = increments_of(setup, forward), increments_of(setup, reverse)
    above = np.cumsum(down[::-1], 0)[::-1]
    return np.concatenate([np.zeros_like(up[:1]), np.cumsum(up[:-1], 0)]), np.concatenate([above[1:2], above[1:]])


@dataclass(frozen=True, eq=False)
class Coloured:
    """The work so far of a run's particles. times: [K+1] visited; forward, reverse: [K+1, N] kT, reverse None where its paths are
    not drawn from the chain; most: kT of the last colour, either way."""

    times: NDArray[np.int64]
    forward: Values
    reverse: Values | None
    most: float

    @classmethod
    def of(cls, setup: Setup, forward: NDArray[np.floating], reverse: NDArray[np.floating]) -> Coloured:
        """Of paths [K+1, N, 2] at the visited times, t = 0 first. Raises ExperimentError as work_so_far does."""
        up, down = work_so_far(setup, forward, reverse)
        chain = draws_the_chain(setup.experiment)
        ends = np.abs(np.concatenate([up[-1], down[0]]) if chain else up[-1])
        return cls(setup.times, up, down if chain else None, nice_above(float(np.quantile(ends, SHARE))))

    def shares(self, name: str, t: int) -> Values | None:
        """[N] of most, -1..1, of the paths forward or reverse at t, between visited times as at the one before; None where they
        have no work."""
        values = self.forward if name == "forward" else self.reverse
        at = np.searchsorted(self.times, t, side="right") - 1
        return None if values is None else np.clip(np.nan_to_num(values[at] / self.most, nan=0.0), -1.0, 1.0)


def nice_above(value: float) -> float:
    """The smallest of 1, 2, 5, 10, 20 ... that is at least the value, and no less than 0.001."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-3)))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value * (1 - 1e-9))


def _paths(m: Measured[Any], setup: Setup) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """[K+1, N, 2] of the particles that are sent, at all visited times: as they were kept, or computed again."""
    kept: Paths = m.kept
    if len(kept.times) == len(m.times):
        return kept.forward, kept.reverse
    trajectory, count = run(setup.experiment, setup), kept.forward.shape[1]
    return trajectory.forward[m.times, :count], trajectory.reverse[np.searchsorted(-trajectory.t, -m.times), :count]


def work_of(
    experiment: Experiment, asked: Mapping[str, Any], measured: Callable[[Experiment], Measured[Any]]
) -> dict[str, Any] | None:
    """range: kT of the last colour, either way; forward, reverse: base64 of a byte for each displayed time and particle, STEPS
    for none and 2 STEPS for the range; reverse is "" where these paths are not drawn from the chain. mean: [m] kT of the forward
    paths, without the cut. None where paths have no work.
    """
    if not has_work(experiment):
        return None
    m, setup = measured(experiment), Setup(experiment)
    work, times = Coloured.of(setup, *_paths(m, setup)), m.kept.times

    def packed(name: str) -> str:
        shares = [work.shares(name, int(t)) for t in times]
        return "" if shares[0] is None else pack((STEPS + np.rint(STEPS * np.stack(shares))).astype(np.uint8))

    return {
        "range": work.most,
        "forward": packed("forward"),
        "reverse": packed("reverse"),
        "mean": [float(f"{value:.4g}") for value in work.forward[np.searchsorted(m.times, times)].mean(1)],
    }
