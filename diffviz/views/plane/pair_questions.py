"""One-click questions that need two runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from diffviz.experiment import Experiment


@dataclass(frozen=True)
class PairPreset:
    """question: on the button; look: what to watch for; overlays: of the player."""

    question: str
    look: str
    a: Experiment
    b: Experiment
    overlays: tuple[str, ...] = ("density",)


_BASE = Experiment(particles=1000)


def _pair(question: str, look: str, a: dict, b: dict, *overlays: str, **both: object) -> PairPreset:
    base = replace(_BASE, **both)
    return PairPreset(question, look, replace(base, **a), replace(base, **b), overlays or ("density",))


PAIR_PRESETS: tuple[PairPreset, ...] = (
    _pair(
        "Why cosine?",
        "At t/T = 0.66 less than 1 % of the variance is data with the linear schedule, 26 % with cosine. Linear leaves an ELBO "
        "gap of 0.39 nats, cosine 0.20.",
        {"schedule": "linear"},
        {"schedule": "cosine"},
        dataset="swiss_roll",
        steps=50,
    ),
    _pair(
        "10 steps or 1000?",
        "Both denoisers are exact. With ten steps the ELBO gap is 0.61 nats, and about 26 % of the particles lie where the "
        "density is lower than at 99 % of the data: a long reverse step is not Gaussian. With 1000 steps the gap is 0.008 nats.",
        {"steps": 10},
        {"steps": 1000},
        dataset="rings",
    ),
    _pair(
        "DDPM or DDIM at 20 steps?",
        "20 function evaluations each. Without new noise, in B, the particles follow smooth curves. Neither distribution is "
        "that of the data: the negative log-likelihood is about 0.27 nats above the data's in A, and about 0.15 nats below it "
        "in B.",
        {"sampler": "ancestral"},
        {"sampler": "ddim"},
        "density",
        "trails",
        dataset="two_moons",
        sampler_steps=20,
    ),
    _pair(
        "Posterior or optimal variance?",
        "A's variance is right if x₀ is known; B's adds the variance of x₀ given x_t. The discretisation gap is 1.88 nats in "
        "A, 0.52 in B.",
        {"variance": "posterior"},
        {"variance": "optimal"},
        dataset="grid_25",
        steps=20,
    ),
    _pair(
        "Exact or learned?",
        "The errors of the network in B add 0.016 nats to the ELBO gap, more than four fifths of it in the steps below t = 25. "
        "On the log axis the lines part near T, where the exact denoiser's discretisation gap is nearly 0.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
        dataset="spiral",
    ),
    _pair(
        "What if the end is not noise?",
        "In A 74 % of the variance of x_T is still data. Its discretisation gap is smaller, 0.06 nats instead of 0.36; but its "
        "reverse process starts from the wrong distribution (mismatch at T, 0.17 nats) and ends farther from the data: sliced "
        "W₂ is about 0.15 instead of 0.05.",
        {"scale_betas": False},
        {"scale_betas": True},
        dataset="two_moons",
        schedule="linear",
        steps=30,
        particles=4000,
    ),
    _pair(
        "Even in t or in log SNR?",
        "Ten of 1000 steps, even in t in A, even in log SNR in B. The discretisation gap is 0.55 nats in A, 0.77 in B; its chart "
        "shows at which noise levels.",
        {"spacing": "trailing"},
        {"spacing": "log_snr"},
        dataset="pinwheel",
        steps=1000,
        sampler_steps=10,
        particles=500,
    ),
    _pair(
        "Rectified flow or cosine?",
        "Ten steps of DDIM each, without noise. The forward process mixes data and noise along a straight line in A, with "
        "α + σ = 1, and along a quarter of a circle in B, with α² + σ² = 1.",
        {"schedule": "rectified_flow"},
        {"schedule": "cosine"},
        "density",
        "trails",
        dataset="checkerboard",
        sampler="ddim",
        steps=10,
    ),
    _pair(
        "Is there a best schedule?",
        "A's steps have equal thermodynamic length, which is best as T grows; B's leave the smallest ELBO gap that ten steps "
        "can. B ends before pure noise: the mismatch at T adds less than a first noise level nearer to the data saves.",
        {"schedule": "least_dissipation"},
        {"schedule": "optimal"},
        dataset="eight_gaussians",
        steps=10,
    ),
    _pair(
        "Is second order worth it?",
        "Ten function evaluations each; DPM-Solver++, in B, also uses the x̂₀ before. B ends nearer to the data, with a sliced "
        "W₂ of about 0.14 instead of 0.27, but its particles are less likely: their negative log-likelihood is about 2.3 nats "
        "above the data's, A's 1.0.",
        {"sampler": "ddim"},
        {"sampler": "dpm_solver_2m"},
        "density",
        "trails",
        dataset="smiley",
        steps=1000,
        sampler_steps=10,
        spacing="log_snr",
        particles=500,
    ),
)
