"""One-click questions of the Images tab."""

from __future__ import annotations

from dataclasses import replace

from diffviz.experiment import Experiment
from diffviz.ui.presets import Preset

_DIGITS = Experiment(dataset="digits", denoiser="learned", particles=64)

PICTURE_PRESETS: tuple[Preset, ...] = (
    Preset(
        "How does a digit come out of noise?",
        "First the guess is the mean of all digits, a blur. Watch it make up its mind on the way back.",
        _DIGITS,
    ),
    Preset(
        "Memory or invention?",
        "The exact denoiser knows the 1500 scans by heart and returns one of them, each time. The network cannot, and invents.",
        replace(_DIGITS, denoiser="exact"),
    ),
    Preset(
        "Can I ask for a 7?",
        "The class goes into every look, and guidance goes a little further in its direction.",
        replace(_DIGITS, label=7, guidance=1.5),
    ),
    Preset(
        "What does too much guidance do?",
        "Every 7 the same 7: sure of its class, and no longer like the data.",
        replace(_DIGITS, label=7, guidance=6.0),
    ),
    Preset(
        "How few steps will do?",
        "Ten looks instead of a hundred. DPM-Solver++ remembers its last one.",
        replace(_DIGITS, steps=1000, sampler="dpm_solver_2m", sampler_steps=10, spacing="log_snr"),
    ),
    Preset(
        "How sure must a step be?",
        "The network also says, pixel by pixel, how unsure it is: at the rim, nothing; at the strokes, a lot. The bound falls.",
        replace(_DIGITS, steps=50, variance="learned"),
    ),
    Preset(
        "Texture instead of objects?",
        "Dead leaves: discs over discs at every scale, the 2015 paper's own pictures.",
        replace(_DIGITS, dataset="dead_leaves", particles=16, steps=50),
    ),
    Preset(
        "What if all data were one picture?",
        "Every noise leads back to it, and the guess knows it at once. Upload one of your own.",
        Experiment(dataset="own", particles=4, steps=40),
    ),
)
