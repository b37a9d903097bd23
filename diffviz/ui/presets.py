"""One-click questions. Each is an Experiment, what to look at, and the overlays that show it."""

from __future__ import annotations

from dataclasses import dataclass

from diffviz.experiment import Experiment


@dataclass(frozen=True)
class Preset:
    """question: on the button; look: what to watch for, in a sentence or two; overlays: of the player."""

    question: str
    look: str
    experiment: Experiment
    overlays: tuple[str, ...] = ("density",)


PRESETS: tuple[Preset, ...] = (
    Preset(
        "How does noise become data?",
        "Both panels follow the same law, one forward, one back. Each step back is a small guess.",
        Experiment(),
    ),
    Preset(
        "Why cosine?",
        "Linear, here: more noise than data after a quarter of the time, and an idle end. Now choose Cosine and Run.",
        Experiment(dataset="swiss_roll", schedule="linear"),
    ),
    Preset(
        "What if steps are too few?",
        "Ten steps: even the exact denoiser misses, because a long step back is not Gaussian. The gap says by how much.",
        Experiment(dataset="grid_25", steps=10),
        ("density", "trails"),
    ),
    Preset(
        "What does the network get wrong?",
        "Ink arrows are the true score, coloured ones the network's: look at small t, and at the dotted lines of the chart.",
        Experiment(dataset="spiral", denoiser="learned"),
        ("score",),
    ),
    Preset(
        "Must going back be random?",
        "DDIM without noise takes 20 of 100 steps along smooth curves to the same law.",
        Experiment(dataset="two_moons", sampler="ddim", sampler_steps=20),
        ("density", "trails"),
    ),
    Preset(
        "When is a particle's place decided?",
        "Rings show where each particle seems to come from: one blur at first, then it splits among the modes.",
        Experiment(dataset="eight_gaussians", sampler="ddim"),
        ("x0_hat", "trails"),
    ),
    Preset(
        "What if the end is not noise?",
        "Linear betas left unscaled at T = 50: 60 % of the variance is still data, but the way back starts from pure noise.",
        Experiment(dataset="two_moons", schedule="linear", steps=50, scale_betas=False),
    ),
)
