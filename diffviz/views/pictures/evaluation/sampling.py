"""Samples for a given number of function evaluations (NFE)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from diffviz.domains.pictures.costs import Watch
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.noise import ParticleNoise, Stream
from diffviz.process import reverse_process

BATCH = 128


@dataclass(frozen=True)
class Cost:
    """nfe: function evaluations of the reverse process; seconds: of all samples."""

    nfe: int
    seconds: float


def draw(setup: Setup, count: int, watch: Watch) -> tuple[Tensor, Cost]:
    """[count, C, H, W] on the CPU, and what they cost. watch: what the steps pass through, as they are taken."""
    denoiser, started = setup.denoiser, time.perf_counter()
    noise = ParticleNoise(setup.experiment.seed, Stream.REVERSE, count, setup.shape, setup.device)

    def in_parts(x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        answers = [denoiser(part, alpha, sigma) for part in x_t.split(BATCH)]
        variance = None if answers[0].variance is None else torch.cat([answer.variance for answer in answers])
        return Prediction(torch.cat([answer.x0_hat for answer in answers]), variance)

    frames = reverse_process(in_parts, setup.sampler, setup.schedule, setup.times, noise(0), noise)
    nfe, frame = 0, next(frames)
    for _ in watch(range(len(setup.times) - 1)):
        nfe += frame.info.evaluations
        frame = next(frames)
    return frame.x.cpu(), Cost(nfe, time.perf_counter() - started)


def _nothing(x_t: Tensor, alpha: float, sigma: float) -> Prediction:
    return Prediction(torch.zeros_like(x_t), torch.zeros_like(x_t))


def steps_for(make: Callable[[str, int], Setup], sampler: str, most: int) -> int:
    """The most steps that a sampler takes with at most so many function evaluations, 1 at least: counted with a denoiser that
    knows nothing."""

    def nfe(count: int) -> int:
        blank = torch.zeros(1, 1)
        setup = make(sampler, count)
        frames = reverse_process(_nothing, setup.sampler, setup.schedule, setup.times, blank, lambda t, draw: blank)
        return sum(frame.info.evaluations for frame in frames if frame.info is not None)

    return next(count for count in range(most, 0, -1) if count == 1 or nfe(count) <= most)
