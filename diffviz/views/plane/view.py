"""What is told of particles in the plane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.domains.plane.information import Information
from diffviz.engine import Setup
from diffviz.player import protocol
from diffviz.player.protocol import PlaneInit
from diffviz.trajectory import Frame, Trajectory
from diffviz.views.common import common
from diffviz.views.plane import words


def shown_times(setup: Setup) -> NDArray[np.int64]:
    """[m] the displayed times, ascending."""
    return protocol.shown_times(setup.times, setup.experiment.particles)


class PlaneTelling:
    """times: [m] the displayed ones, ascending."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.times = shown_times(setup)
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

    def data(self, measured: Measured[Information]) -> dict[str, Any]:
        """Nothing more than init tells."""
        return {}

    def kept(self, measured: Measured[Information], trajectory: Trajectory) -> Measured[Information]:
        """Nothing more than is measured."""
        return measured
