"""What is told of particles in the plane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.player import protocol
from diffviz.player.protocol import Init
from diffviz.trajectory import Frame, Trajectory
from diffviz.views.base import Teller
from diffviz.views.coloured import Paths
from diffviz.views.common import common
from diffviz.views.plane import sent, words


def shown_times(setup: Setup) -> NDArray[np.int64]:
    """[m] the displayed times, ascending."""
    return protocol.shown_times(setup.times, sent.points_a_frame(setup), protocol.MAX_POINTS)


class PlaneTelling(Teller):
    """times: [m] the displayed ones, ascending."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.times = shown_times(setup)

    def init(self) -> Init:
        """Before the first frame."""
        setup = self._setup
        return Init(
            view="plane",
            arrays=sent.arrays(setup),
            data={**sent.data(setup), "drift": sent.drifts(setup, self.times)},
            particles=sent.drawn(setup),
            **common(setup, self.times, words.warning(setup)),
        )

    def arrays(self, frame: Frame) -> Iterator[tuple[str, NDArray]]:
        """What is sent of a displayed frame, by name."""
        return sent.frame_arrays(self._setup, frame)

    def kept(self, measured: Measured[Any], trajectory: Trajectory) -> Measured[Any]:
        """With the displayed part of the particles' paths, for those who look at one of them."""
        count, frames = sent.drawn(self._setup), np.searchsorted(-trajectory.t, -self.times)
        paths = Paths(self.times, trajectory.forward[self.times, :count].copy(), trajectory.reverse[frames, :count].copy())
        return replace(measured, kept=paths)
