"""What is told of pictures."""

from __future__ import annotations

import math
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
from diffviz.views.common import common
from diffviz.views.pictures import sent, words
from diffviz.views.pictures.measure import PictureDetails
from diffviz.views.pictures.memorised import Paths
from diffviz.views.pictures.packed import MAX_PICTURES, MAX_PIXELS


def shown_times(setup: Setup) -> NDArray[np.int64]:
    """[m] the displayed times, ascending."""
    return protocol.shown_times(setup.times, 4 * sent.drawn(setup) * math.prod(setup.shape), MAX_PIXELS)  # four arrays


class PictureTelling:
    """times: [m] the displayed ones, ascending."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._data = sent.data(setup)
        self.times = shown_times(setup)

    def init(self) -> Init:
        """Before the first frame."""
        setup = self._setup
        return Init(
            view="pictures",
            arrays=sent.arrays(setup),
            data=self._data,
            particles=sent.drawn(setup),
            **common(setup, self.times, words.warning(setup)),
        )

    def arrays(self, frame: Frame) -> Iterator[tuple[str, NDArray]]:
        """What is sent of a displayed frame, by name."""
        return sent.frame_arrays(self._setup, frame)

    def data(self, measured: Measured[PictureDetails]) -> dict[str, Any]:
        """costs: [N][m] what the step that leaves each displayed time costs each picture, in nats; none without a bound."""
        if measured.costs is None:
            return {}
        left = np.maximum(np.searchsorted(measured.times, self.times) - 1, 0)
        return {"costs": [[float(f"{value:.3g}") for value in row] for row in measured.costs.each[left].T]}

    def kept(self, measured: Measured[PictureDetails], trajectory: Trajectory) -> Measured[PictureDetails]:
        """With the displayed part of the pictures' paths, for those who look at one of them."""
        frames = np.searchsorted(-trajectory.t, -self.times)
        forward, reverse = trajectory.forward[self.times, :MAX_PICTURES], trajectory.reverse[frames, :MAX_PICTURES]
        return replace(measured, kept=Paths(self.times, forward.astype(np.float16), reverse.astype(np.float16)))
