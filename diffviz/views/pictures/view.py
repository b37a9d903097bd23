"""What is told of pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.report import picture_analysis
from diffviz.domains.pictures.costs import PictureCosts
from diffviz.domains.pictures.feature_maps import levels
from diffviz.engine import Setup
from diffviz.figures import charts
from diffviz.gaussian.denoisers.base import eps_hat
from diffviz.player import protocol
from diffviz.player.protocol import MAX_PICTURES, Chart, Final, PictureInit
from diffviz.telling import captions
from diffviz.trajectory import Curve, Frame, Trajectory
from diffviz.views.pictures import words
from diffviz.views.pictures.given import given
from diffviz.views.pictures.metrics import PictureOutcome
from diffviz.views.plane.view import common


class PictureTelling:
    """times: [m] the displayed ones, ascending."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.times = protocol.shown_picture_times(setup.times, setup.experiment.particles, math.prod(setup.shape))
        self._inside = levels(setup.free_denoiser, setup.shape, setup.device)

    def init(self, overlays: tuple[str, ...]) -> PictureInit:
        """Before the first frame."""
        setup = self._setup
        shown = min(setup.experiment.particles, MAX_PICTURES)
        return PictureInit(
            **common(setup, self.times, overlays), **given(setup), particles=shown, shape=setup.shape, inside=self._inside
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

    def final(self, trajectory: Trajectory) -> tuple[Final, PictureOutcome]:
        """When all is computed."""
        setup, times = self._setup, self.times
        if not setup.experiment.plain:  # no bound, and so no costs
            told, outcome = captions.picture_captions(setup, times, trajectory, None), self._outcome(trajectory, None)
            return Final(told, {}, words.given_summary(outcome)), outcome
        costs = picture_analysis(setup, trajectory, MAX_PICTURES)
        left = np.maximum(np.searchsorted(costs.times, times) - 1, 0)  # the step that leaves a displayed time
        mean, stderr = costs.mean(), costs.stderr()
        curve = Curve("mean", costs.times[1:], mean[:-1], "nats", stderr[:-1])
        chart = Chart(
            "KL of each step <i>L</i><sub>t−1</sub>",
            charts.picture_kl_figure(curve, setup.schedule.steps),
            captions.picture_kl_readout(times, costs),
        )
        final = Final(
            captions=captions.picture_captions(setup, times, trajectory, costs),
            charts={"kl": chart},
            summary=captions.picture_summary(setup, costs),
            costs=[[float(f"{value:.3g}") for value in row] for row in costs.nats[left].T],
        )
        return final, self._outcome(trajectory, costs)

    def _outcome(self, trajectory: Trajectory, costs: PictureCosts | None) -> PictureOutcome:
        """With what a network saw, for those who look inside."""
        outcome = PictureOutcome.of(self._setup, trajectory, costs)
        if not self._inside:
            return outcome
        frames = np.searchsorted(-trajectory.t, -self.times)
        path = trajectory.reverse[frames, :MAX_PICTURES].astype(np.float16)
        return replace(outcome, shown=self.times, path=path)
