"""What is seen of a denoiser that is trained: its score field, and where its reverse process leads the same noise."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from diffviz.domains.plane import progress
from diffviz.gaussian.denoisers.base import Denoiser, score
from diffviz.gaussian.samplers.dpm_solver import DPMSolver
from diffviz.levels import alpha_sigma
from diffviz.noise import ParticleNoise, Stream
from diffviz.player.protocol import scaled
from diffviz.process import Step
from diffviz.schedules import make_schedule

LONGEST = 4.0  # a score is cut where it is longer than so many 1/sigma
STEPS = 20  # of the sampler


def first_noise(count: int) -> Tensor:
    """[count, 2] the noise that samples begin with, the same every time."""
    return ParticleNoise(0, Stream.REVERSE, count)(STEPS)


def score_field(denoiser: Denoiser, points: Tensor, log_snr: float) -> Tensor:
    """[N, 2] the score at points [N, 2], cut to a length of LONGEST/sigma."""
    alpha, sigma = (each.item() for each in alpha_sigma(torch.tensor(log_snr, dtype=torch.float64)))
    found = score(points, denoiser(points, alpha, sigma).x0_hat, alpha, sigma)
    longest = LONGEST / sigma
    return found * (longest / found.norm(dim=1, keepdim=True).clamp(min=longest))


def diffusion_samples(denoiser: Denoiser, noise: Tensor) -> Tensor:
    """[N, 2] what DPM-Solver++ (2M) makes of noise [N, 2]."""
    schedule, sampler = make_schedule(progress.SCHEDULE, STEPS), DPMSolver()
    state = sampler.init(noise)
    for t in range(STEPS, 0, -1):
        step = Step(t, t - 1, schedule, _no_noise, denoiser)
        state, _ = sampler.step(state, denoiser(state.x, *step.levels[:2]), step)
    return state.x


def positions(x: Tensor, reach: float) -> dict[str, Any]:
    """Of points [..., 2], as they are sent. Those that are farther than twice the reach from 0 are moved there in their own
    direction: where they lie is seen at the edge."""
    far = 2 * reach
    return scaled((x * (far / x.norm(dim=-1, keepdim=True).clamp(min=far))).numpy(), "int16")


def _no_noise(draw: int) -> Tensor:
    raise AssertionError("the sampler is deterministic")
