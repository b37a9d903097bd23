"""What is told of particles in the plane."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.domains.plane.information import Information
from diffviz.engine import Setup
from diffviz.figures import charts
from diffviz.player import protocol
from diffviz.player.protocol import Chart, Final, PlaneInit
from diffviz.telling import captions
from diffviz.telling.words import number
from diffviz.trajectory import Frame, Trajectory
from diffviz.views.common import common
from diffviz.views.plane import words
from diffviz.views.plane.measure import analyse, measure


class PlaneTelling:
    """times: [m] the displayed ones, ascending."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.times = protocol.shown_times(setup.times, setup.experiment.particles)
        self._field = None
        if setup.experiment.denoiser != "exact":
            self._field = torch.from_numpy(protocol.field_points()).to(setup.device)

    def init(self, overlays: tuple[str, ...]) -> PlaneInit:
        """Before the first frame."""
        e, mixture = self._setup.experiment, self._setup.distribution
        return PlaneInit(
            **common(self._setup, self.times, overlays, words.warning(self._setup)),
            particles=min(e.particles, protocol.MAX_DRAWN),
            mixture={
                "means": np.round(mixture.means.numpy(), 5).tolist(),
                "weights": np.round(mixture.weights.numpy(), 7).tolist(),
                "std": mixture.std,
            },
            exact=e.denoiser == "exact",
        )

    def arrays(self, frame: Frame) -> Iterator[tuple[str, NDArray]]:
        """What is sent of a displayed frame, by name."""
        yield frame.direction, frame.x[: protocol.MAX_DRAWN].cpu().numpy()
        if frame.x0_hat is None:
            return
        yield "x0_hat", frame.x0_hat[: protocol.TRACED].cpu().numpy()
        if self._field is not None and frame.t > 0:
            schedule = self._setup.schedule
            with torch.inference_mode():
                prediction = self._setup.denoiser(self._field, float(schedule.alpha[frame.t]), float(schedule.sigma[frame.t]))
            yield "field", prediction.x0_hat.cpu().numpy()

    def final(self, trajectory: Trajectory) -> tuple[Final, Measured[Information]]:
        """When all is computed."""
        setup, times = self._setup, self.times
        measured = measure(setup, trajectory)
        chain = measured.details
        skips = len(setup.times) != setup.schedule.steps + 1
        full = analyse(setup) if skips else chain
        visited = chain.curves("steps taken")["used"] if skips else None
        figure = charts.kl_figure(**full.curves(setup.experiment.denoiser), visited=visited, steps=setup.schedule.steps)
        first, last = (number(float(chain.kl_nats[end]), 2) for end in (0, -1))
        note = f"L<sub>0</sub> {first} &nbsp; L<sub>{captions.last_time(setup)}</sub> {last}"
        final = Final(
            captions=captions.full_captions(measured, times, words.cost),
            charts={"kl": Chart("KL of each step <i>L</i><sub>t−1</sub>", figure, words.kl_readout(times, chain), note)},
            summary=words.summary(measured),
        )
        return final, measured
