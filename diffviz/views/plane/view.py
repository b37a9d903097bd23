"""What is told of particles in the plane."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz import exports
from diffviz.diagnostics.report import analyse, sample_quality
from diffviz.engine import Setup
from diffviz.figures import charts
from diffviz.player import protocol
from diffviz.player.protocol import Chart, Final, PlaneInit
from diffviz.schedules import NoiseSchedule
from diffviz.telling import captions, words
from diffviz.trajectory import Curve, Frame, Trajectory
from diffviz.views.plane.metrics import Outcome


def finite_levels(schedule: NoiseSchedule) -> tuple[float, float]:
    """The highest and the lowest log SNR that are finite."""
    finite = schedule.log_snr[np.isfinite(schedule.log_snr)]
    return float(finite.max()), float(finite.min())


def common(setup: Setup, times: NDArray[np.int64], overlays: tuple[str, ...]) -> dict[str, object]:
    """The fields that every Init has, but for the number of particles."""
    e, schedule, steps = setup.experiment, setup.schedule, setup.schedule.steps
    every = np.arange(steps + 1)
    beta, alpha_bar = Curve("β", every[1:], schedule.beta, ""), Curve("ᾱ", every, schedule.alpha_bar, "")
    log10_snr = Curve("log10 SNR", every, schedule.log_snr / np.log(10), "")
    return {
        "steps": steps,
        "times": times.tolist(),
        "alpha": schedule.alpha[times].tolist(),
        "sigma": schedule.sigma[times].tolist(),
        "levels": finite_levels(schedule),
        "total": e.particles,
        "captions": captions.captions(setup, times),
        "charts": {
            "schedule": Chart(
                "Noise schedule <i>β</i><sub>t</sub>, <i>ᾱ</i><sub>t</sub>",
                charts.schedule_figure(beta, alpha_bar, steps),
                captions.schedule_readout(setup, times),
            ),
            "snr": Chart(
                "Signal to noise SNR<sub>t</sub>", charts.snr_figure(log10_snr, steps), captions.snr_readout(setup, times)
            ),
        },
        "title": exports.title(e),
        "snippet": exports.python_snippet(e),
        "command": exports.command_line(e),
        "warning": captions.prior_warning(setup),
        "overlays": list(overlays),
    }


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
        e, mixture = self._setup.experiment, self._setup.mixture
        return PlaneInit(
            **common(self._setup, self.times, overlays),
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

    def final(self, trajectory: Trajectory) -> tuple[Final, Outcome]:
        """When all is computed."""
        setup, times = self._setup, self.times
        outcome = Outcome.of(setup, trajectory)
        chain = outcome.chain
        skips = len(setup.times) != setup.schedule.steps + 1
        full = analyse(setup) if skips else chain
        visited = chain.curves("steps taken")["used"] if skips else None
        figure = charts.kl_figure(**full.curves(setup.experiment.denoiser), visited=visited, steps=setup.schedule.steps)
        first, last = (words.number(float(chain.kl_nats[end]), 2) for end in (0, -1))
        note = f"L<sub>0</sub> {first} &nbsp; L<sub>{captions.last_time(setup)}</sub> {last}"
        quality = sample_quality(setup, trajectory)
        final = Final(
            captions=captions.full_captions(setup, times, trajectory, chain),
            charts={"kl": Chart("KL of each step <i>L</i><sub>t−1</sub>", figure, captions.kl_readout(times, chain), note)},
            summary=captions.summary(setup, chain, quality),
        )
        return final, outcome
