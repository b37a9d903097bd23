"""What is told of pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.figures import charts
from diffviz.player import protocol
from diffviz.player.protocol import MAX_PICTURES, Chart, Final, Init
from diffviz.telling import captions
from diffviz.trajectory import Curve, Frame, Trajectory
from diffviz.views.common import common
from diffviz.views.pictures import sent, words
from diffviz.views.pictures.measure import PictureDetails, measure


class PictureTelling:
    """times: [m] the displayed ones, ascending."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._data = sent.data(setup)
        self.times = protocol.shown_picture_times(setup.times, setup.experiment.particles, math.prod(setup.shape))

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

    def final(self, trajectory: Trajectory) -> tuple[Final, Measured[PictureDetails]]:
        """When all is computed."""
        setup, times = self._setup, self.times
        measured = self._with_path(measure(setup, trajectory, MAX_PICTURES), trajectory)
        told, costs = captions.full_captions(measured, times, words.cost), measured.costs
        if costs is None:
            return Final(told, {}, words.summary(measured)), measured
        left = np.maximum(np.searchsorted(measured.times, times) - 1, 0)  # the step that leaves a displayed time
        curve = Curve("mean", measured.times[1:], costs.kl_nats[:-1], "nats", costs.stderr[:-1])
        chart = Chart(
            "KL of each step <i>L</i><sub>t−1</sub>",
            charts.picture_kl_figure(curve, setup.schedule.steps),
            words.kl_readout(times, measured),
        )
        final = Final(
            captions=told,
            charts={"kl": chart},
            summary=words.summary(measured),
            data={"costs": [[float(f"{value:.3g}") for value in row] for row in costs.each[left].T]},
        )
        return final, measured

    def _with_path(self, measured: Measured[PictureDetails], trajectory: Trajectory) -> Measured[PictureDetails]:
        """With what a network saw, for those who look at its feature maps."""
        if not self._data["inside"]:
            return measured
        frames = np.searchsorted(-trajectory.t, -self.times)
        path = trajectory.reverse[frames, :MAX_PICTURES].astype(np.float16)
        return replace(measured, details=replace(measured.details, shown=self.times, path=path))
