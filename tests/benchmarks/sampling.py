"""1000 DDPM steps of 1000 particles with the shipped network, every frame kept, beside the bare network's forward passes.

A bare pass calls the network with the points and log SNR, which it embeds in every pass; a run embeds all its noise levels at
once. So the passes with embedded levels are a second baseline, in which that is not counted.

python -m tests.benchmarks.sampling [--device cuda] [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import tracemalloc
from collections.abc import Callable

import torch
from diffusers import DDPMScheduler

from diffviz import checkpoints
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from diffviz.noise import ParticleNoise, Stream
from diffviz.process import reverse_process
from tests.benchmarks.timing import interleave, ratios, table

STEPS, PARTICLES = 1000, 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--rounds", type=int, default=7)
    arguments = options.parse_args()
    device = torch.device(arguments.device)
    network = checkpoints.load("eight_gaussians").network.to(device)
    shape = {"schedule": "linear", "steps": STEPS, "particles": PARTICLES, "variance": "posterior"}
    setup = Setup(Experiment(**shape, device=arguments.device))
    schedule, sampler, times = setup.schedule, setup.sampler, setup.times
    levels = list(zip(schedule.alpha[1:].tolist(), schedule.sigma[1:].tolist(), strict=True))
    log_snr = torch.from_numpy(schedule.log_snr).float().to(device)[:, None]
    x_T = torch.randn(PARTICLES, 2, device=device)
    ddpm = DDPMScheduler(STEPS, beta_schedule="linear", prediction_type="v_prediction", clip_sample=False)
    ddpm.set_timesteps(STEPS)
    with torch.inference_mode():
        embedded = network.embed(log_snr[:, 0]).split(1)
    synchronise = torch.cuda.synchronize if device.type == "cuda" else lambda: None

    @torch.inference_mode()
    def bare() -> None:
        for t in range(STEPS, 0, -1):
            network(x_T, log_snr[t])
        synchronise()

    @torch.inference_mode()
    def bare_embedded() -> None:
        for t in range(STEPS, 0, -1):
            network.at(x_T, embedded[t])
        synchronise()

    def ours() -> None:
        denoiser = NetworkDenoiser(network, levels)
        frames = torch.empty(STEPS + 1, *x_T.shape, device=device)
        for frame in reverse_process(denoiser, sampler, schedule, times, x_T, setup.noise(Stream.REVERSE)):
            frames[frame.index] = frame.x
        frames.cpu()

    @torch.inference_mode()
    def by_hand() -> None:
        x, frames = x_T, [x_T]
        alpha, sigma = schedule.alpha, schedule.sigma
        for t in range(STEPS, 0, -1):
            v = network(x, log_snr[t])
            x0_hat = alpha[t] * x - sigma[t] * v
            a = alpha[t] / alpha[t - 1]
            beta = sigma[t] ** 2 - (a * sigma[t - 1]) ** 2
            mean = (a * sigma[t - 1] ** 2 / sigma[t] ** 2) * x + (alpha[t - 1] * beta / sigma[t] ** 2) * x0_hat
            x = mean + (beta**0.5 * sigma[t - 1] / sigma[t]) * torch.randn_like(x)
            frames.append(x)
        torch.stack(frames).cpu()

    @torch.inference_mode()
    def diffusers() -> None:
        x, frames = x_T, [x_T]
        for t in ddpm.timesteps:
            x = ddpm.step(network(x, log_snr[int(t) + 1]), t, x).prev_sample
            frames.append(x)
        torch.stack(frames).cpu()

    contenders = {
        "bare forward passes": bare,
        "the same, levels embedded before": bare_embedded,
        "diffviz": ours,
        "plain loop by hand": by_hand,
        "diffusers DDPMScheduler": diffusers,
    }
    seconds = interleave(contenders, arguments.rounds)
    table(
        f"{STEPS} DDPM steps of {PARTICLES} particles, {device}, {torch.get_num_threads()} threads",
        seconds,
        "bare forward passes",
    )
    faster = statistics.median(ratios(seconds, "diffusers DDPMScheduler", "diffviz"))
    print(f"diffviz is {faster:.2f} x faster than diffusers")
    draw_noise(arguments.rounds)


def draw_noise(rounds: int) -> None:
    """The noise of whole paths, without what uses it, and what it holds at once."""

    def path(particles: int, shape: tuple[int, ...], steps: int) -> Callable[[], None]:
        def draw() -> None:
            noise = ParticleNoise(0, Stream.FORWARD, particles, shape, times=range(steps))
            for t in range(steps):
                noise(t)

        return draw

    paths = {
        f"{PARTICLES} points, {STEPS} times": path(PARTICLES, (2,), STEPS),
        "4 pictures of 3 x 64 x 64, 50 times": path(4, (3, 64, 64), 50),
    }
    print()
    for (name, seconds), draw in zip(interleave(paths, rounds).items(), paths.values(), strict=True):
        tracemalloc.start()
        draw()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"noise of {name:<36}{1000 * statistics.median(seconds):>8.1f} ms, at most {peak / 1e6:.1f} MB at once")


if __name__ == "__main__":
    main()
