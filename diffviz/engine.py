"""stream() and run(): carry out an Experiment.

stream yields Frames as they are computed, the forward path first, and stops when nobody asks for more; run collects them
into a Trajectory. Nothing here knows of pages or files, nor which kind of data it has: the domain and its process are asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.devices import choose_device
from diffviz.domains import Domain, domain_of
from diffviz.experiment import Experiment, ExperimentError
from diffviz.inverse.operators import Measurement
from diffviz.inverse.task import Task
from diffviz.inverse.tasks import ALL_STARTS
from diffviz.memory_fallback import MemoryFallback
from diffviz.noise import ParticleNoise, Stream
from diffviz.process import Denoiser, Process, Sampler, forward_process, reverse_process
from diffviz.recording import Recorder
from diffviz.schedules import SCHEDULES, NoiseSchedule
from diffviz.spacings import visited_times
from diffviz.trajectory import Frame, Trajectory


@dataclass(frozen=True)
class Setup:
    """The parts an Experiment stands for, each made when first asked for."""

    experiment: Experiment

    @cached_property
    def device(self) -> torch.device:
        return choose_device(self.experiment.device)

    @cached_property
    def domain(self) -> Domain:
        """What kind of data it is."""
        return domain_of(self.experiment.dataset)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """*D of a particle."""
        return self.domain.shape(self.experiment)

    @cached_property
    def distribution(self) -> Any:
        """The data's, in closed form, on the CPU; of pictures, the training set or its class. Raises ExperimentError."""
        return self.domain.distribution(self.experiment)

    @cached_property
    def schedule(self) -> NoiseSchedule:
        e, measured = self.experiment, self.domain.measured
        return e.noise_schedule(**{name: measured[name](e) for name in SCHEDULES[e.schedule].reads if name in measured})

    @cached_property
    def visited(self) -> NDArray[np.int64]:
        """[K+1] the chain's times, ascending from 0 to T or, of leading ones, to below it."""
        return visited_times(self.schedule, self.experiment.steps_taken, self.experiment.spacing)

    @cached_property
    def times(self) -> NDArray[np.int64]:
        """The visited times of the reverse process: those up to where it starts."""
        return self.visited[: self.experiment.start_index(self.visited) + 1]

    @cached_property
    def process(self) -> Process:
        """Of this run."""
        return self.domain.process(self.experiment, self.schedule, self.visited)

    @cached_property
    def task(self) -> Task | None:
        """What the reverse process starts from or has to agree with beside the data; None of a plain run."""
        return None if self.experiment.plain else self.domain.task(self.experiment)

    @property
    def measurement(self) -> Measurement | None:
        """What samples have to agree with."""
        return None if self.task is None else self.task.measurement

    @cached_property
    def sampler(self) -> Sampler:
        """The Experiment's, conditioned on the measurement where its method works in the sampler."""
        return self.process.sampler() if self.task is None else self.task.sampler(self.process)

    @cached_property
    def denoiser(self) -> Denoiser:
        """The denoiser in use, float32 on the device, conditioned on the measurement where its method works in the denoiser.
        Raises ExperimentError if its checkpoint cannot be read."""
        found = self.free_denoiser if self.task is None else self.task.denoiser(self.free_denoiser, self.process, self.device)
        return MemoryFallback(found, self._on_cpu) if self.device.type == "cuda" else found

    def _on_cpu(self) -> Denoiser:
        return Setup(replace(self.experiment, device="cpu")).denoiser

    @property
    def where(self) -> str:
        """The device of the run, and what its memory did not allow."""
        note = self.denoiser.note if isinstance(self.denoiser, MemoryFallback) else ""
        return f"{self.device}, {note}" if note else str(self.device)

    @cached_property
    def free_denoiser(self) -> Denoiser:
        """The same, without any measurement."""
        return self.domain.denoiser(self.experiment, self.process, self.device)

    def prepare(self) -> None:
        """Make what may fail. Raises ExperimentError if the device, the checkpoint or a test image cannot be used."""
        self.denoiser  # noqa: B018  made when first asked for
        if self.task is not None:
            self.task.prepare()

    def data(self) -> Tensor:
        """[N, *D] the particles at t = 0, float32 on the device: drawn from the data, or what the task begins with."""
        given = None if self.task is None else self.task.data()
        return (self.domain.data(self.experiment) if given is None else given).to(self.device)

    def noise(self, stream: Stream) -> ParticleNoise:
        """FORWARD or REVERSE, drawn ahead along that path."""
        e = self.experiment
        times = range(1, e.steps + 1) if stream is Stream.FORWARD else self.times[:0:-1].tolist()
        return ParticleNoise(e.seed, stream, e.particles, self.shape, self.device, times=times)

    def recorder(self) -> Recorder:
        """For the frames of one stream."""
        return Recorder(self.schedule.steps + 1, len(self.times))


def stream(experiment: Experiment, setup: Setup | None = None) -> Iterator[Frame]:
    """Frames as they are computed: T+1 forward (t = 0..T), then K+1 in reverse (from where it starts to 0).

    Raises ExperimentError, before the first frame, if the device, the checkpoint or the picture cannot be used; also if the
    device has too little memory for the particles alone.
    """
    try:
        yield from _frames(setup or Setup(experiment))
    except torch.cuda.OutOfMemoryError:
        pass  # told once what the run holds is given back
    else:
        return
    raise ExperimentError("device", "has too little memory for so many particles; take fewer, or the CPU.")


def _frames(setup: Setup) -> Iterator[Frame]:
    setup.prepare()
    denoiser, sampler, start = setup.denoiser, setup.sampler, int(setup.times[-1])
    x_start = None
    for frame in forward_process(setup.process, setup.data(), setup.noise(Stream.FORWARD)):
        x_start = frame.x if frame.t == start else x_start
        yield frame
    noise = setup.noise(Stream.REVERSE)
    if ALL_STARTS[setup.experiment.start].drawn:
        x_start = setup.process.prior(noise(0))  # no step leaves t = 0, so its draw is free
    elif setup.task is not None:
        told = setup.task.start(denoiser, setup.process, setup.times, setup.device)
        x_start = x_start if told is None else told
    yield from reverse_process(denoiser, sampler, setup.schedule, setup.times, x_start, noise, setup.process.known)


def collect(setup: Setup, frames: Iterable[Frame], started: float) -> Trajectory:
    """Gather the frames of one stream; started is time.perf_counter() of its beginning."""
    recorder = setup.recorder()
    for frame in frames:
        recorder.add(frame)
    return recorder.trajectory(setup.schedule, setup.where, time.perf_counter() - started)


def run(experiment: Experiment, setup: Setup | None = None) -> Trajectory:
    """The whole of an Experiment, as arrays. Raises ExperimentError as stream does."""
    started = time.perf_counter()
    setup = setup or Setup(experiment)
    return collect(setup, stream(experiment, setup), started)
