"""What the browser colours particles or sequences by: the work along their paths so far, at all displayed times, as bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup, run
from diffviz.player.protocol import pack
from diffviz.thermodynamics.work import increments_of
from diffviz.views.teller import Paths

Values = NDArray[np.float64]
STEPS = 127  # bytes from no work to the most that is told apart
SHARE = 0.9  # of the particles' whole work that is told apart; the rest has the last colour


def work_so_far(
    setup: Setup, forward: NDArray[np.floating], reverse: NDArray[np.floating], into_data: bool
) -> tuple[Values, Values]:
    """[K+1, N] kT each, of paths [K+1, N, *D] at the visited times, t = 0 first.

    Along the forward path the sum of d_1, ..., d_j at t_j; along the reverse path that of d_{K+1}, d_K, ..., d_{j+1}. into_data:
    does the sampler draw the step into data as the chain does? If not, the last value is the one before it. Raises
    ExperimentError where paths have no probabilities.
    """
    up, down = increments_of(setup, forward), increments_of(setup, reverse)
    above = np.cumsum(down[::-1], 0)[::-1]
    end = above[:1] if into_data else above[1:2]
    return np.concatenate([np.zeros_like(up[:1]), np.cumsum(up[:-1], 0)]), np.concatenate([end, above[1:]])


@dataclass(frozen=True, eq=False)
class Coloured:
    """The work so far of a run's particles. times: [K+1] visited; forward, reverse: [K+1, N] kT, reverse None where its paths are
    not drawn from the chain; most: kT of the last colour, either way."""

    times: NDArray[np.int64]
    forward: Values
    reverse: Values | None
    most: float

    @classmethod
    def of(
        cls, setup: Setup, forward: NDArray[np.floating], reverse: NDArray[np.floating], chain: bool, into_data: bool
    ) -> Coloured:
        """Of paths [K+1, N, *D] at the visited times, t = 0 first. chain: are the reverse ones drawn from the chain of the bound,
        from its prior on? into_data: in the step into data, too? Raises ExperimentError as work_so_far does."""
        up, down = work_so_far(setup, forward, reverse, into_data)
        ends = np.abs(np.concatenate([up[-1], down[0]]) if chain else up[-1])
        ends = ends[np.isfinite(ends)]
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


def _paths(m: Measured[Any], setup: Setup) -> tuple[NDArray[Any], NDArray[Any]]:
    """[K+1, N, *D] of the particles that are sent, at all visited times: as they were kept, or computed again."""
    kept: Paths = m.kept
    if len(kept.times) == len(m.times):
        return kept.forward, kept.reverse
    trajectory, count = run(setup.experiment, setup), kept.forward.shape[1]
    return trajectory.forward[m.times, :count], trajectory.reverse[np.searchsorted(-trajectory.t, -m.times), :count]


def coloured_answer(m: Measured[Any], chain: bool, into_data: bool) -> dict[str, Any]:
    """range: kT of the last colour, either way; forward, reverse: base64 of a byte for each displayed time and particle, STEPS
    for none and 2 STEPS for the range; reverse is "" where these paths are not drawn from the chain. mean: [m] kT of the forward
    paths, without the cut. chain, into_data: as Coloured.of has them."""
    setup, times = Setup(m.experiment), m.kept.times
    work = Coloured.of(setup, *_paths(m, setup), chain, into_data)

    def packed(name: str) -> str:
        shares = [work.shares(name, int(t)) for t in times]
        return "" if shares[0] is None else pack((STEPS + np.rint(STEPS * np.stack(shares))).astype(np.uint8))

    return {
        "range": work.most,
        "forward": packed("forward"),
        "reverse": packed("reverse"),
        "mean": [float(f"{value:.4g}") for value in work.forward[np.searchsorted(m.times, times)].mean(1)],
    }
