"""What is told of particles in the plane."""

from __future__ import annotations

from collections.abc import Iterator

from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.domains.plane.information import Information
from diffviz.engine import Setup
from diffviz.figures import charts
from diffviz.player import protocol
from diffviz.player.protocol import Chart, Final, Init
from diffviz.telling import captions
from diffviz.telling.words import number
from diffviz.trajectory import Frame, Trajectory
from diffviz.views.common import common
from diffviz.views.plane import sent, words
from diffviz.views.plane.measure import analyse, measure


class PlaneTelling:
    """times: [m] the displayed ones, ascending."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.times = protocol.shown_times(setup.times, setup.experiment.particles)

    def init(self) -> Init:
        """Before the first frame."""
        setup = self._setup
        return Init(
            view="plane",
            arrays=sent.arrays(setup),
            data=sent.data(setup),
            particles=sent.drawn(setup),
            **common(setup, self.times, words.warning(setup)),
        )

    def arrays(self, frame: Frame) -> Iterator[tuple[str, NDArray]]:
        """What is sent of a displayed frame, by name."""
        return sent.frame_arrays(self._setup, frame)

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
