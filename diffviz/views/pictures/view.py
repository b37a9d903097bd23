"""What is told of pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.domains.pictures.feature_maps import levels
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.base import eps_hat
from diffviz.player import protocol
from diffviz.player.protocol import MAX_PICTURES, PictureInit
from diffviz.trajectory import Frame, Trajectory
from diffviz.views.common import common
from diffviz.views.pictures import words
from diffviz.views.pictures.given import given
from diffviz.views.pictures.measure import PictureDetails


def shown_times(setup: Setup) -> NDArray[np.int64]:
    """[m] the displayed times, ascending."""
    return protocol.shown_picture_times(setup.times, setup.experiment.particles, math.prod(setup.shape))


class PictureTelling:
    """times: [m] the displayed ones, ascending."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.times = shown_times(setup)
        self._inside = levels(setup.free_denoiser, setup.shape, setup.device)

    def init(self, overlays: tuple[str, ...]) -> PictureInit:
        """Before the first frame."""
        setup = self._setup
        shown = min(setup.experiment.particles, MAX_PICTURES)
        return PictureInit(
            **common(setup, self.times, overlays, words.warning(setup)),
            **given(setup),
            particles=shown,
            shape=setup.shape,
            inside=self._inside,
        )

    def arrays(self, frame: Frame) -> Iterator[tuple[str, NDArray]]:
        """What is sent of a displayed frame, by name."""
        x = frame.x[:MAX_PICTURES]
        yield frame.direction, protocol.pixels(x.cpu().numpy())
        if frame.x0_hat is None:
            return
        x0_hat = frame.x0_hat[:MAX_PICTURES]
        yield "x0_hat", protocol.pixels(x0_hat.cpu().numpy())
        if frame.t > 0:
            alpha, sigma = float(self._setup.schedule.alpha[frame.t]), float(self._setup.schedule.sigma[frame.t])
            yield "eps_hat", protocol.pixels(eps_hat(x, x0_hat, alpha, sigma).cpu().numpy())

    def data(self, measured: Measured[PictureDetails]) -> dict[str, Any]:
        """costs: [N][m] what the step that leaves each displayed time costs each picture, in nats; none without a bound."""
        if measured.costs is None:
            return {}
        left = np.maximum(np.searchsorted(measured.times, self.times) - 1, 0)
        return {"costs": [[float(f"{value:.3g}") for value in row] for row in measured.costs.each[left].T]}

    def kept(self, measured: Measured[PictureDetails], trajectory: Trajectory) -> Measured[PictureDetails]:
        """With what a network saw, for those who look at its feature maps."""
        if not self._inside:
            return measured
        frames = np.searchsorted(-trajectory.t, -self.times)
        path = trajectory.reverse[frames, :MAX_PICTURES].astype(np.float16)
        return replace(measured, details=replace(measured.details, shown=self.times, path=path))
