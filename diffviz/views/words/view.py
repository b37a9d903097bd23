"""What is told of words."""

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
from diffviz.views.symbols.captions import warning
from diffviz.views.words import sent

POINTS = 4  # that take as much room on the wire as a word of a frame


def shown_times(setup: Setup) -> NDArray[np.int64]:
    """[m] the displayed times, ascending."""
    return protocol.shown_times(setup.times, POINTS * sent.drawn(setup), protocol.MAX_POINTS)


class WordTelling(Teller):
    """times: [m] the displayed ones, ascending."""

    def __init__(self, setup: Setup) -> None:
        self._setup, self._data = setup, sent.data(setup)
        self.times = shown_times(setup)

    def init(self) -> Init:
        """Before the first frame."""
        setup = self._setup
        return Init(
            view="words",
            arrays=sent.arrays(setup),
            data=self._data,
            particles=sent.drawn(setup),
            **common(setup, self.times, warning(setup)),
        )

    def data(self, measured: Measured[Any]) -> dict[str, Any]:
        """What became of given letters."""
        return sent.sampled(self._setup, measured.end)

    def kept(self, measured: Measured[Any], trajectory: Trajectory) -> Measured[Any]:
        """With the displayed part of the paths that are sent, for who asks about one of them."""
        count, frames = sent.drawn(self._setup), np.searchsorted(-trajectory.t, -self.times)
        forward, reverse = trajectory.forward[self.times, :count], trajectory.reverse[frames, :count]
        return replace(measured, kept=Paths(self.times, forward.astype(np.uint8), reverse.astype(np.uint8)))

    def arrays(self, frame: Frame) -> Iterator[tuple[str, NDArray[Any]]]:
        """What is sent of a displayed frame, by name."""
        return sent.frame_arrays(self._setup, frame)
