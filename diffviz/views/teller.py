"""What the player is told of a run: before its first frame, of each frame, and once all is measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.player.protocol import Init
from diffviz.trajectory import Frame, Trajectory
from diffviz.views.base import DomainView
from diffviz.views.common import common


@dataclass(frozen=True, eq=False)
class Paths:
    """times: [m] the displayed ones, ascending; forward, reverse: [m, N, *D] where the samples that are sent are then."""

    times: NDArray[np.int64]
    forward: NDArray[Any]
    reverse: NDArray[Any]


class Teller:
    """Of one run. times: [m] the displayed ones, ascending."""

    def __init__(self, view: DomainView, setup: Setup) -> None:
        self._view, self._sent, self._setup = view, view.sent, setup
        self.times = view.sent.times(setup)

    def init(self) -> Init:
        """Before the first frame."""
        sent, setup = self._sent, self._setup
        return Init(
            view=sent.view,
            arrays=sent.arrays(setup),
            data=sent.data(setup, self.times),
            particles=sent.drawn(setup),
            **common(setup, self.times, self._view.warning(setup)),
        )

    def arrays(self, frame: Frame) -> Iterator[tuple[str, NDArray[Any]]]:
        """Of a displayed frame, by name."""
        return self._sent.frame(self._setup, frame)

    def data(self, measured: Measured[Any]) -> dict[str, Any]:
        """What else the browser's view reads of the run once it is measured."""
        return self._sent.measured(self._setup, self.times, measured)

    def kept(self, measured: Measured[Any], trajectory: Trajectory) -> Measured[Any]:
        """With the displayed part of the paths that are sent, for what is asked about one of them."""
        count, frames = self._sent.drawn(self._setup), np.searchsorted(-trajectory.t, -self.times)
        forward, reverse = trajectory.forward[self.times, :count], trajectory.reverse[frames, :count]
        return replace(measured, kept=Paths(self.times, self._sent.kept(forward), self._sent.kept(reverse)))
