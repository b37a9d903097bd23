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
        "At t/T = 0.66 linear has less than 1 % of the signal left, and idles. On the clock “same noise level” paths are alike.",
        {"schedule": "linear"},
        {"schedule": "cosine"},
        dataset="swiss_roll",
        steps=50,
    ),
    _pair(
        "10 steps or 1000?",
        "Both know the truth; ten steps still leave points between the rings: a long step back is not Gaussian.",
        {"steps": 10},
        {"steps": 1000},
        dataset="rings",
    ),
    _pair(
        "DDPM or DDIM at 20 steps?",
        "Twenty looks each; without fresh noise, in B, the particles run along smooth curves.",
        {"sampler": "ancestral"},
        {"sampler": "ddim"},
        "density",
        "trails",
        dataset="two_moons",
        sampler_steps=20,
    ),
    _pair(
        "Posterior or optimal variance?",
        "A's is right for data at a point; B's adds what x̂₀ does not know. Look at what is dissipated.",
        {"variance": "posterior"},
        {"variance": "optimal"},
        dataset="grid_25",
        steps=20,
    ),
    _pair(
        "Exact or learned?",
        "What the network in B gets wrong is dissipated, four fifths of it below t = 25; on a log axis the lines part near T.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
        dataset="spiral",
    ),
    _pair(
        "What if the end is not noise?",
        "A stops with 74 % data in the variance. Crossing less noise, it wastes less; but its reverse process starts from the "
        "wrong law (mismatch at T) and ends farther from the data: see Figures.",
        {"scale_betas": False},
        {"scale_betas": True},
        dataset="two_moons",
        schedule="linear",
        steps=30,
        particles=4000,
    ),
    _pair(
        "Even in t or in log SNR?",
        "Ten of 1000 steps, even in t in A, in log SNR in B: which wastes less, and at which noise? See what is dissipated.",
        {"spacing": "uniform"},
        {"spacing": "log_snr"},
        dataset="pinwheel",
        steps=1000,
        sampler_steps=10,
        particles=500,
    ),
    _pair(
        "Rectified flow or cosine?",
        "Ten steps each without noise: in A along a straight mixture of data and noise, in B along an arc.",
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
        "A's steps have equal thermodynamic length, best as T grows; B's leave the smallest gap of ten. B ends before noise: "
        "the mismatch at T costs less than a first level nearer to the data saves.",
        {"schedule": "least_dissipation"},
        {"schedule": "optimal"},
        dataset="eight_gaussians",
        steps=10,
    ),
    _pair(
        "Is second order worth it?",
        "Ten looks at the data each; DPM-Solver++, in B, remembers the last one.",
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
