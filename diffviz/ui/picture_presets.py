"""One-click questions of the Images tab."""

from __future__ import annotations

from dataclasses import replace

from diffviz.experiment import Experiment
from diffviz.ui.presets import Preset

_DIGITS = Experiment(dataset="digits", denoiser="learned", particles=64)
UPPER_HALF = "8x8.rAIYI"  # known of a digit; masks.py

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
    Preset(
        "What was behind the hole?",
        "Only the upper half of an unseen 3 is known. Each sample is one way to go on. Paint another mask, and Run.",
        replace(_DIGITS, particles=36, steps=50, measurement="inpaint", mask=UPPER_HALF, condition="replace", picture=4),
    ),
    Preset(
        "What do four numbers tell?",
        "Only the means of four blocks are known. Many digits agree with them, and the spread shows where they differ.",
        replace(_DIGITS, particles=36, steps=50, measurement="super_resolve", factor=4, picture=4),
    ),
    Preset(
        "How far back must it turn?",
        "A 3, noised for half of the time and taken back. Some are another digit now; turn back later, and more will be.",
        replace(_DIGITS, start="picture", start_time=0.5, picture=4),
    ),
    Preset(
        "Is there a way from 1 to 4?",
        "The ODE takes both into noise and back. Between the two noises lies an arc, and from most of it digits come back.",
        replace(_DIGITS, particles=36, steps=50, start="between", sampler="heun", picture=0, picture_b=2),
    ),
)
