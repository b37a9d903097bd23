"""One-click questions. Each is an Experiment, what to look at, and the overlays that show it."""

from __future__ import annotations

from dataclasses import dataclass

from diffviz.experiment import Experiment


@dataclass(frozen=True)
class Preset:
    """question: on the button; look: what to watch for, in a sentence or two, whose numbers tests/ui measures again; overlays: of
    the player."""

    question: str
    look: str
    experiment: Experiment
    overlays: tuple[str, ...] = ("density",)


PRESETS: tuple[Preset, ...] = (
    Preset(
        "How does noise become data?",
        "The reverse process undoes the forward process step by step. With 100 steps the ELBO gap, which KL(data ‖ samples) "
        "cannot exceed, is 0.06 nats.",
        Experiment(),
    ),
    Preset(
        "Why cosine?",
        "With the linear schedule there is more noise than data from t = 27 of 100 on, and less than 1 % of the variance is "
        "data in the last third. Choose the cosine schedule to see the difference.",
        Experiment(dataset="swiss_roll", schedule="linear"),
    ),
    Preset(
        "What if steps are too few?",
        "Ten steps are too few even for the exact denoiser, because the true reverse step is not Gaussian: the ELBO gap is 1.1 "
        "nats, and about 30 % of the particles lie where the density is lower than at 99 % of the data.",
        Experiment(dataset="grid_25", steps=10),
        ("density", "trails"),
    ),
    Preset(
        "What does the network get wrong?",
        "Black arrows are the exact score, coloured ones the network's. Its errors add 0.016 nats to the ELBO gap, most of them "
        "at small t: see the dotted lines of the chart.",
        Experiment(dataset="spiral", denoiser="learned"),
        ("score",),
    ),
    Preset(
        "Must the reverse process be random?",
        "DDIM without noise takes 20 of 100 steps along smooth curves. Its samples are near the data, but not distributed as "
        "they are: they crowd where the density is high, and their negative log-likelihood is about 0.15 nats below that of "
        "data.",
        Experiment(dataset="two_moons", sampler="ddim", sampler_steps=20),
        ("density", "trails"),
    ),
    Preset(
        "When is a particle's place decided?",
        "Rings mark each particle's x̂₀, the posterior mean given x_t. At T all of them are at the mean of the data; nearly all "
        "end at one of the modes.",
        Experiment(dataset="eight_gaussians", sampler="ddim"),
        ("x0_hat", "trails"),
    ),
    Preset(
        "What if the end is not noise?",
        "Linear betas left unscaled at T = 50: 60 % of the variance of x_T is still data, but the reverse process starts from "
        "pure noise. The mismatch at T is 0.10 nats.",
        Experiment(dataset="two_moons", schedule="linear", steps=50, scale_betas=False),
    ),
)
