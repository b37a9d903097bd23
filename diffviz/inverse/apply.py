"""The task (task.py) of a run of images: what is measured of a test image, or the test images that it starts from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.caching import bounded, of_mixture
from diffviz.fields import ExperimentError
from diffviz.gaussian.denoisers.base import Denoiser
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.process import Gaussian
from diffviz.inverse.edit import encode, slerp
from diffviz.inverse.exact_posterior import ExactPosterior
from diffviz.inverse.masks import Mask
from diffviz.inverse.multiplied import Multiplied
from diffviz.inverse.operators import Measurement
from diffviz.inverse.pigdm import Covariance, PiGDM
from diffviz.inverse.posterior import DataPosterior, condition
from diffviz.inverse.projected import Projected
from diffviz.inverse.repaint import RePaint
from diffviz.inverse.tasks import known_pixels, make_measurement
from diffviz.noise import ParticleNoise, Stream
from diffviz.process import Sampler


def pixel_std(mixture: GaussianMixture) -> float:
    """Of one pixel: the root of the mean over pixels of their variances."""
    mean = mixture.weights @ mixture.means
    between = mixture.weights @ (mixture.means - mean).square()
    return math.sqrt(float(between.mean()) + mixture.std**2)


@bounded(128 * 2**20, of_mixture)
def _covariance(mixture: GaussianMixture) -> Covariance:
    """Of a training set, which is one and the same for all runs: a second of work for pictures of 32 x 32."""
    return Covariance(mixture)


@dataclass(frozen=True, eq=False)
class ImageTask:
    """Of a run that measures a test image, or starts from one or two. Each part is made when first asked for.

    e: the Experiment; shape: (C, H, W) of its images
    held_out: gives the test images [M, C, H, W] float32
    prior: gives the distribution that an exact reverse process without the task draws from
    """

    e: Any
    shape: tuple[int, int, int]
    held_out: Callable[[], Tensor]
    prior: Callable[[], GaussianMixture]

    @cached_property
    def target(self) -> Tensor:
        """[1, C, H, W] float32 the test image that is measured or noised; [2, C, H, W] the ends of an interpolation. Raises
        ExperimentError for an image that is not there."""
        held_out = self.held_out()
        names = ("test_image", "test_image_b") if self.e.start == "between" else ("test_image",)
        for name in names:
            number = getattr(self.e, name)
            if number > len(held_out):
                raise ExperimentError(name, f"must be from 1 to {len(held_out)} for {self.e.dataset}, not {number}.")
        return held_out[[getattr(self.e, name) - 1 for name in names]]

    def prepare(self) -> None:
        """Raises ExperimentError for an image that is not there."""
        self.target  # noqa: B018  made when first asked for

    @cached_property
    def measurement(self) -> Measurement | None:
        """None where the reverse process only starts from test images."""
        return make_measurement(self.e, self.shape) if self.e.conditional else None

    @cached_property
    def y(self) -> Tensor:
        """[*y_shape] float32 what is measured of the target, with noise of its own: the same whatever is done with it."""
        z = ParticleNoise(self.e.seed, Stream.MEASUREMENT, 1, self.measurement.map.y_shape)(0)
        return self.measurement.observe(self.target, z)[0]

    @property
    def measured_image(self) -> Tensor:
        """[1, C, H, W] y as an image: zeros where nothing is known, blocks of one value, a blur as blurred as it is."""
        shown = self.y[None]
        return shown if shown.shape[1:] == self.shape else self.measurement.pseudo_inverse(shown)

    @property
    def known(self) -> Mask | None:
        """[H, W] True where the image is known, if it is pixels that are."""
        return known_pixels(self.e, self.shape) if self.e.measurement == "inpaint" else None

    @cached_property
    def posterior(self) -> DataPosterior:
        """p(x_0|y) of the prior, float64 on the CPU."""
        return condition(self.prior(), self.measurement, self.y)

    def _shares(self) -> Tensor:
        """[N] float64 how far from test_image to test_image_b each particle is: from 0 to 1, evenly."""
        return torch.linspace(0.0, 1.0, self.e.particles, dtype=torch.float64)

    def data(self) -> Tensor:
        """[N, C, H, W] x_0 of the forward process: all particles are the target; of an interpolation, the first half is its
        first end and the rest its second."""
        return self.target[(self._shares() * (len(self.target) - 1)).round().long()]

    def denoiser(self, free: Denoiser, process: Gaussian, device: torch.device) -> Denoiser:
        """The denoiser, conditioned on the measurement if that is how the Experiment uses it. free: without the task."""
        if self.measurement is None:
            return free
        if self.e.condition == "exact":
            return ExactPosterior(self.prior(), self.measurement, self.y, device, variance=process.reads_variance)
        if self.e.condition == "guided":
            prior = self.prior()
            return PiGDM(free, self.measurement, self.y, pixel_std(prior), self.e.strength, _covariance(prior))
        return free

    def sampler(self, process: Gaussian) -> Sampler:
        """The process's, conditioned on the measurement if that is how the Experiment uses it; without noise it ends on it."""
        inner, e, measurement = process.sampler(), self.e, self.measurement
        if measurement is None:
            return inner
        if e.condition == "replace":
            known = torch.from_numpy(known_pixels(e, measurement.map.shape))
            return RePaint(inner, measurement.adjoint(self.y[None]), known, process.visited, e.resamples, e.jump)
        if e.condition in ("multiplied", "multiplied_ramp"):
            ramp = e.condition == "multiplied_ramp"
            inner = Multiplied(process.variances, process.visited, measurement, self.y, ramp=ramp)
        return Projected(inner, measurement, self.y) if measurement.std == 0.0 else inner

    def start(self, denoiser: Denoiser, process: Gaussian, times: NDArray[np.int64], device: torch.device) -> Tensor | None:
        """[N, C, H, W] where the reverse process starts, if the task says so; times: [K+1] those that it goes over.

        Between two images it is the great circle between their ends on the ODE into noise. With Heun's method held-out images
        come back nearer than with DDIM's, by a factor of 1.5 to 30 on all schedules: with the networks, cosine and T = 100, to a
        root mean square of 0.003 (digits) and 0.004 (dead leaves) where DPM-Solver++ (2M) goes back. The exact denoiser's ODE
        leads to training images alone, and does not bring others back."""
        if self.e.start != "between":
            return None
        *_, ends = encode(denoiser, process.schedule, times, self.target.to(device), second_order=True)
        return slerp(ends.x[:1], ends.x[1:], self._shares().to(device, torch.float32))
