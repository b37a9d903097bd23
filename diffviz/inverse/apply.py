"""The parts of a run that starts from pictures or measures one: the pictures, what is measured, and the denoiser and the sampler
that are conditioned on it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from diffviz.caching import bounded, of_mixture
from diffviz.domains.pictures.images import make_images
from diffviz.experiment import Experiment, ExperimentError
from diffviz.gaussian.denoisers.base import Denoiser
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.samplers import Options
from diffviz.inverse.multiplied import Multiplied
from diffviz.inverse.operators import Measurement
from diffviz.inverse.pigdm import Covariance, GradientGuided
from diffviz.inverse.projected import Projected
from diffviz.inverse.repaint import RePaint
from diffviz.inverse.tasks import known_pixels
from diffviz.noise import ParticleNoise, Stream
from diffviz.process import Sampler


def targets(e: Experiment) -> Tensor | None:
    """[1, C, H, W] float32 the unseen picture that is measured or noised; [2, C, H, W] the ends of the way between two; None in a
    plain run. Raises ExperimentError for a picture that is not there."""
    if e.plain:
        return None
    held_out = make_images(e.dataset).held_out
    names = ("test_image", "test_image_b") if e.start == "between" else ("test_image",)
    for name in names:
        if getattr(e, name) > len(held_out):
            raise ExperimentError(name, f"must be from 1 to {len(held_out)} for {e.dataset}, not {getattr(e, name)}.")
    return held_out[[getattr(e, name) - 1 for name in names]]


def shares(e: Experiment) -> Tensor:
    """[N] float64 how far from test_image to test_image_b each particle is: from 0 to 1, evenly."""
    return torch.linspace(0.0, 1.0, e.particles, dtype=torch.float64)


def observed(e: Experiment, measurement: Measurement, target: Tensor) -> Tensor:
    """y [*y_shape] of the target, with noise of its own: the same whatever is done with it."""
    z = ParticleNoise(e.seed, Stream.MEASUREMENT, 1, measurement.map.y_shape)(0)
    return measurement.observe(target, z)[0]


def pixel_std(mixture: GaussianMixture) -> float:
    """Of one pixel: the root of the mean over pixels of their variances."""
    mean = mixture.weights @ mixture.means
    between = mixture.weights @ (mixture.means - mean).square()
    return math.sqrt(float(between.mean()) + mixture.std**2)


@bounded(128 * 2**20, of_mixture)
def _covariance(mixture: GaussianMixture) -> Covariance:
    """Of a training set, which is one and the same for all runs: a second of work for pictures of 32 x 32."""
    return Covariance(mixture)


def guided(e: Experiment, denoiser: Denoiser, measurement: Measurement, y: Tensor, mixture: GaussianMixture) -> Denoiser:
    """The denoiser, pulled towards the measurement if that is how the Experiment uses it."""
    if e.condition != "guided":
        return denoiser
    return GradientGuided(denoiser, measurement, y, pixel_std(mixture), e.strength, _covariance(mixture))


def conditioned(e: Experiment, inner: Sampler, options: Options, measurement: Measurement, y: Tensor) -> Sampler:
    """The sampler, conditioned on the measurement as the Experiment says; without noise it ends exactly on it."""
    if e.condition == "replace":
        known = torch.from_numpy(known_pixels(e, measurement.map.shape))
        return RePaint(inner, measurement.adjoint(y[None]), known, options.times, e.resamples, e.jump)
    if e.condition in ("multiplied", "multiplied_ramp"):
        inner = Multiplied(options.variances, options.times, measurement, y, ramp=e.condition == "multiplied_ramp")
    return Projected(inner, measurement, y) if measurement.std == 0.0 else inner
