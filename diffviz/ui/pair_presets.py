"""One-click questions that need two runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from diffviz.experiment import Experiment


@dataclass(frozen=True)
class PairPreset:
    """question: on the button; look: what to watch for; clock: "time" or "log_snr"; overlays: of the player."""

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
        "Linear is noise after a third of the time, then idles. With the clock on “same noise level” the paths are alike.",
        {"schedule": "linear"},
        {"schedule": "cosine"},
        dataset="swiss_roll",
        steps=50,
    ),
    _pair(
        "10 steps or 1000?",
        "Both know the truth; ten steps still miss it, because a long step back is not Gaussian.",
        {"steps": 10},
        {"steps": 1000},
        dataset="eight_gaussians",
        particles=500,
    ),
    _pair(
        "DDPM or DDIM at 20 steps?",
        "The same network calls; without fresh noise the particles run along smooth curves.",
        {"sampler": "ancestral"},
        {"sampler": "ddim"},
        "density",
        "trails",
        dataset="two_moons",
        sampler_steps=20,
    ),
    _pair(
        "Posterior or optimal variance?",
        "The posterior's is right for data at a point; the optimal adds what x̂₀ does not know. Look at the dissipation.",
        {"variance": "posterior"},
        {"variance": "optimal"},
        dataset="grid_25",
        steps=20,
    ),
    _pair(
        "Exact or learned?",
        "What the network gets wrong is dissipated: compare the charts at small t.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
        dataset="spiral",
    ),
    _pair(
        "What if the end is not noise?",
        "Unscaled, 50 steps of linear leave 60 % of the data's variance at T; the way back starts from the wrong place.",
        {"scale_betas": False},
        {"scale_betas": True},
        dataset="two_moons",
        schedule="linear",
        steps=50,
    ),
    _pair(
        "Even in t or in log SNR?",
        "Ten of 1000 steps, chosen two ways: where the data is decided, steps must be short.",
        {"spacing": "uniform"},
        {"spacing": "log_snr"},
        dataset="pinwheel",
        steps=1000,
        sampler_steps=10,
        particles=500,
    ),
    _pair(
        "Rectified flow or cosine?",
        "Ten steps each without noise, along a straight mixture of data and noise or along an arc.",
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
        "B is made for this data: every step is as irreversible as the next. Look at the dissipation.",
        {"schedule": "cosine"},
        {"schedule": "least_dissipation"},
        dataset="rings",
        steps=20,
    ),
    _pair(
        "Is second order worth it?",
        "The same ten looks at the data; DPM-Solver++ remembers the last one.",
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
