"""stream() and run(): carry out an Experiment.

stream yields Frames as they are computed, the forward path first, and stops when nobody asks for more; run collects them
into a Trajectory. Nothing here knows of pages or files.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.deadline import check_time
from diffviz.devices import choose_device
from diffviz.domains.pictures.denoiser import ImageDenoiser
from diffviz.domains.pictures.hub_pictures import DataError
from diffviz.domains.pictures.images import IMAGES, OWN, image_mixture
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.optimal_schedule import optimal_log_snr
from diffviz.domains.plane.thermodynamics import thermodynamic_metric
from diffviz.experiment import Experiment, ExperimentError
from diffviz.gaussian.denoisers.base import Denoiser
from diffviz.gaussian.denoisers.classifier_free import Guided
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from diffviz.gaussian.kernels import ReverseVariances, forward_kernel, reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.samplers import SAMPLERS, Options
from diffviz.gaussian.samplers.base import Sampler, reverse_process, visited_times
from diffviz.inverse import apply
from diffviz.inverse.edit import encode, slerp
from diffviz.inverse.masks import Mask
from diffviz.inverse.operators import Measurement
from diffviz.inverse.pigdm import ExactPosterior
from diffviz.inverse.posterior import DataPosterior, condition
from diffviz.inverse.tasks import known_pixels, make_measurement
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.pretrained.names import is_other, on_device
from diffviz.recording import Recorder
from diffviz.schedules import EVEN, SCHEDULES, NoiseSchedule
from diffviz.trajectory import Frame, Trajectory
from diffviz.weights import load_foreign, load_own


@dataclass(frozen=True)
class Setup:
    """The parts an Experiment stands for, each made when first asked for."""

    experiment: Experiment

    @cached_property
    def device(self) -> torch.device:
        return choose_device(self.experiment.device)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a particle: (2,) in the plane, (C, H, W) of a picture."""
        return self.experiment.picture_shape if self.experiment.shows_pictures else (2,)

    @property
    def label(self) -> int | None:
        """The class asked for; None where the data have none."""
        e = self.experiment
        return e.label if e.shows_pictures and IMAGES[e.dataset].labels else None

    @cached_property
    def mixture(self) -> GaussianMixture:
        """The data, float64 on the CPU; of pictures, the training set or its class."""
        if self.experiment.shows_pictures:
            return self._training_pictures(self.label)
        return make_dataset(self.experiment.dataset, self.experiment.data_std)

    @property
    def training_set(self) -> GaussianMixture:
        """Of a run of pictures: all of the training set, whatever the class that is asked for; float64 on the CPU."""
        return self._training_pictures(None)

    def _training_pictures(self, label: int | None) -> GaussianMixture:
        e = self.experiment
        try:
            return image_mixture(e.dataset, label, e.own if e.dataset == OWN else "")
        except DataError as error:
            raise ExperimentError("dataset", f"{e.dataset} cannot be had: {error}") from error

    @cached_property
    def schedule(self) -> NoiseSchedule:
        e = self.experiment
        uses = SCHEDULES[e.schedule].uses
        metric = thermodynamic_metric(self.mixture) if "metric" in uses else EVEN
        return e.noise_schedule(metric, optimal_log_snr(self.mixture, e.steps) if "levels" in uses else None)

    @cached_property
    def visited(self) -> NDArray[np.int64]:
        """[K+1] the chain's times, ascending from 0 to T or, of leading ones, to below it."""
        return visited_times(self.schedule, self.experiment.steps_taken, self.experiment.spacing)

    @cached_property
    def times(self) -> NDArray[np.int64]:
        """The visited times that are gone back over: all, but from a noised picture only those up to where it turns back."""
        return self.visited[: self.experiment.reverse_steps + 1]

    @cached_property
    def variances(self) -> ReverseVariances:
        """Along the visited times."""
        mixture = None if self.experiment.shows_pictures else self.mixture
        return reverse_variances(self.experiment.variance, self.schedule, self.visited, mixture)

    @cached_property
    def target(self) -> Tensor | None:
        """[1, C, H, W] float32 the unseen picture that is measured or noised, [2, C, H, W] the two that start "between" goes
        between; None in a plain run. Raises ExperimentError for a picture that is not there."""
        return apply.targets(self.experiment)

    @cached_property
    def measurement(self) -> Measurement | None:
        return make_measurement(self.experiment, self.shape) if self.experiment.conditional else None

    @cached_property
    def y(self) -> Tensor | None:
        """[*y_shape] float32, what was measured of the target."""
        if self.measurement is None:
            return None
        return apply.observed(self.experiment, self.measurement, self.target)

    @property
    def measured_picture(self) -> Tensor | None:
        """[1, C, H, W] y as a picture: zeros where nothing is known, blocks of one value, a blur as blurred as it is."""
        if self.measurement is None:
            return None
        shown = self.y[None]
        return shown if shown.shape[1:] == self.shape else self.measurement.pseudo_inverse(shown)

    @property
    def known(self) -> Mask | None:
        """[H, W] True where the picture is known, if it is pixels that are."""
        e = self.experiment
        return known_pixels(e, self.shape) if e.conditional and e.measurement == "inpaint" else None

    @cached_property
    def posterior(self) -> DataPosterior | None:
        """p(x_0|y) of the training pictures (or of the class asked for), float64 on the CPU."""
        return None if self.measurement is None else condition(self._law, self.measurement, self.y)

    @property
    def _law(self) -> GaussianMixture:
        """What samples are drawn from: of pictures, all data if the class is forgotten."""
        e = self.experiment
        return self.training_set if e.shows_pictures and e.guidance == 0.0 else self.mixture

    @cached_property
    def sampler(self) -> Sampler:
        e = self.experiment
        row = SAMPLERS[e.sampler]
        variances = self.variances if "variance" in row.uses else None
        options = Options(self.visited, e.eta, e.corrector_steps, variances)
        sampler = row.make(options)
        if self.measurement is None:
            return sampler
        return apply.conditioned(e, sampler, options, self.measurement, self.y)

    @cached_property
    def denoiser(self) -> Denoiser:
        """The denoiser in use, float32 on the device; it is conditioned on the measurement if the sampler is not. Raises
        ExperimentError if its checkpoint cannot be read."""
        e = self.experiment
        if self.measurement is None:
            return self.free_denoiser
        if e.condition == "exact":
            return ExactPosterior(self._law, self.measurement, self.y, self.device, variance=self._variance_asked)
        return apply.guided(e, self.free_denoiser, self.measurement, self.y, self._law)

    @cached_property
    def free_denoiser(self) -> Denoiser:
        """The same, knowing nothing of any measurement."""
        e = self.experiment
        if e.denoiser == "exact":
            return self._exact()
        if is_other(e.denoiser):
            return on_device(load_foreign(e, self.shape), self.device)
        loaded = load_own(e, self.shape)
        # the loaded one is shared by all runs and stays where it is
        network = loaded.network if self.device.type == "cpu" else copy.deepcopy(loaded.network).to(self.device)
        if e.shows_pictures:
            return ImageDenoiser(network, loaded.recipe.prediction, self.label, e.guidance)
        visited = self.visited[1:]
        return NetworkDenoiser(
            network, zip(self.schedule.alpha[visited].tolist(), self.schedule.sigma[visited].tolist(), strict=True)
        )

    @property
    def _variance_asked(self) -> bool:
        """Does the sampler read Var[x_0|x_t] of pictures?"""
        e = self.experiment
        return e.shows_pictures and SAMPLERS[e.sampler].uses == ("variance",) and self.variances.added != "nothing"

    def _exact(self) -> Denoiser:
        """Of the data; with a class and guidance, of the class and of all data, taken together."""
        e = self.experiment
        asked = self._variance_asked
        if self.label is None or e.guidance == 1.0:
            return ExactDenoiser(self.mixture, self.device, variance=asked)
        everything = ExactDenoiser(self.training_set, self.device, variance=asked and e.guidance == 0.0)
        if e.guidance == 0.0:
            return everything
        return Guided(everything, ExactDenoiser(self.mixture, self.device, variance=asked), e.guidance)

    def prepare(self) -> None:
        """Make what may fail. Raises ExperimentError if the device, the checkpoint or a picture cannot be used."""
        self.denoiser, self.target  # noqa: B018  made when first asked for

    def data(self) -> Tensor:
        """[N, *D] the particles at t = 0, float32 on the device; of pictures, training pictures as they are, without the kernel's
        noise.

        Where pictures are given it is these: all particles are the one that is measured or noised; between two, the first half
        is the one and the rest the other."""
        e = self.experiment
        if self.target is not None:
            return self.target[(apply.shares(e) * (len(self.target) - 1)).round().long()].to(self.device)
        uniform = particle_uniform(e.seed, Stream.DATA, e.particles)
        if e.shows_pictures:
            x0 = self.mixture.sample(uniform, torch.zeros((), dtype=torch.float64)).view(-1, *self.shape)
        else:
            x0 = self.mixture.sample(uniform, ParticleNoise(e.seed, Stream.DATA, e.particles)(0).double())
        return x0.float().to(self.device)

    def between(self) -> Tensor:
        """[N, C, H, W] x_T on the way between the two pictures: the great circle between their ends on the ODE into noise.

        With Heun's method held-out pictures come back nearer than with DDIM's, by a factor of 1.5 to 30 on all schedules: with
        the networks, cosine and T = 100, to a root mean square of 0.003 (digits) and 0.004 (dead leaves) where DPM-Solver++ (2M)
        goes back. The exact denoiser's ODE leads to training pictures alone, and does not bring others back."""
        *_, ends = encode(self.denoiser, self.schedule, self.times, self.target.to(self.device), second_order=True)
        return slerp(ends.x[:1], ends.x[1:], apply.shares(self.experiment).to(self.device, torch.float32))

    def noise(self, stream: Stream) -> ParticleNoise:
        """FORWARD or REVERSE, drawn ahead along that path."""
        e = self.experiment
        times = range(1, e.steps + 1) if stream is Stream.FORWARD else self.times[:0:-1].tolist()
        return ParticleNoise(e.seed, stream, e.particles, self.shape, self.device, times=times)

    def recorder(self) -> Recorder:
        """For the frames of one stream."""
        return Recorder(self.schedule.steps + 1, len(self.times))


def forward_process(schedule: NoiseSchedule, x0: Tensor, noise: ParticleNoise) -> Iterator[Frame]:
    """The Markov path x_0 -> x_1 -> ... -> x_T, one step's kernel at a time: yields T+1 Frames."""
    x = x0
    yield Frame("forward", 0, 0, x)
    for t in range(1, schedule.steps + 1):
        check_time()
        scale, variance = forward_kernel(schedule, t - 1, t)
        x = torch.add(scale * x, noise(t), alpha=variance**0.5)
        yield Frame("forward", t, t, x)


def stream(experiment: Experiment, setup: Setup | None = None) -> Iterator[Frame]:
    """Frames as they are computed: T+1 forward (t = 0..T), then K+1 in reverse (from the last visited time to 0; of a noised
    picture, from where it turns back).

    Raises ExperimentError, before the first frame, if the device, the checkpoint or the picture cannot be used.
    """
    setup = setup or Setup(experiment)
    setup.prepare()
    denoiser, sampler, turn = setup.denoiser, setup.sampler, int(setup.times[-1])
    x_turn = None
    for frame in forward_process(setup.schedule, setup.data(), setup.noise(Stream.FORWARD)):
        x_turn = frame.x if frame.t == turn else x_turn
        yield frame
    noise = setup.noise(Stream.REVERSE)
    if experiment.start == "noise":
        x_turn = noise(0)  # no step leaves t = 0, so its draw is free
    elif experiment.start == "between":
        x_turn = setup.between()
    yield from reverse_process(denoiser, sampler, setup.schedule, setup.times, x_turn, noise)


def collect(setup: Setup, frames: Iterable[Frame], started: float) -> Trajectory:
    """Gather the frames of one stream; started is time.perf_counter() of its beginning."""
    recorder = setup.recorder()
    for frame in frames:
        recorder.add(frame)
    return recorder.trajectory(setup.schedule, str(setup.device), time.perf_counter() - started)


def run(experiment: Experiment, setup: Setup | None = None) -> Trajectory:
    """The whole of an Experiment, as arrays. Raises ExperimentError as stream does."""
    started = time.perf_counter()
    setup = setup or Setup(experiment)
    return collect(setup, stream(experiment, setup), started)
