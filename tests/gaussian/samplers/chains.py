"""Whole chains through diffviz and through diffusers' schedulers, fed by the same noise and the same denoiser.

Everything is in double precision, diffusers' table too, which it would round to float32: a chain amplifies roundings (by
1/alpha_T at the first step), and with them out of the way only a difference in the formulas can be seen.
"""

import torch

from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.denoisers.base import eps_hat
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.noise import ParticleNoise, Stream
from diffviz.process import reverse_process

PARTICLES = 64
MIXTURE = make_dataset("eight_gaussians")
DENOISER = ExactDenoiser(MIXTURE, dtype=torch.float64)


def noise(t, draw=0):
    return ParticleNoise(0, Stream.REVERSE, PARTICLES, dtype=torch.float64)(t, draw)


def ours(sampler, schedule, times):
    """[K+1, N, 2]."""
    frames = reverse_process(DENOISER, sampler, schedule, times, noise(0), noise)
    return torch.stack([frame.x for frame in frames])


def in_double(scheduler, betas):
    """The scheduler with the table that follows from betas, unrounded."""
    scheduler.betas = torch.from_numpy(betas)
    scheduler.alphas = 1 - scheduler.betas
    scheduler.alphas_cumprod = scheduler.alphas.cumprod(0)
    return scheduler


def theirs(scheduler, schedule, times, step):
    """[K+1, N, 2] with step(output, t, sample) of a diffusers scheduler, whose t = 0 is our t = 1."""
    path = [noise(0)]
    for t in times[:0:-1].tolist():
        alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
        x0_hat = DENOISER(path[-1], alpha, sigma).x0_hat
        as_noise = scheduler.config.prediction_type == "epsilon"
        output = eps_hat(path[-1], x0_hat, alpha, sigma) if as_noise else x0_hat
        path.append(step(output, t - 1, path[-1]).prev_sample)
    return torch.stack(path)


def largest_difference(a, b):
    return float((a - b).abs().max())
