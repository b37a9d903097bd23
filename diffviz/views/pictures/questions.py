"""One-click questions of the Images tab."""

from __future__ import annotations

from dataclasses import replace

from diffviz.experiment import Experiment
from diffviz.views.plane.questions import Preset

_DIGITS = Experiment(dataset="digits", denoiser="learned", particles=64)
UPPER_HALF = "8x8.rAIYI"  # known of a digit; masks.py

PICTURE_PRESETS: tuple[Preset, ...] = (
    Preset(
        "How does a digit come out of noise?",
        "At first the denoiser's x̂₀ is close to the mean of all digits, a blur. Follow how it settles on one of them.",
        _DIGITS,
    ),
    Preset(
        "Memorisation or generalisation?",
        "The exact denoiser is that of the 1500 training scans, and every sample is one of them, to within a root mean square of "
        "0.08: memorisation. The network generalises: its samples are none of them.",
        replace(_DIGITS, denoiser="exact"),
    ),
    Preset(
        "Can I ask for a 7?",
        "The network is told the class, and guidance 1.5 goes beyond it, away from the denoiser that is told none. A classifier "
        "reads a 7 in every sample.",
        replace(_DIGITS, label=7, guidance=1.5),
    ),
    Preset(
        "What does too much guidance do?",
        "Guidance buys certainty with diversity: two of these sevens are about 0.50 apart (root mean square), two scans of a 7 "
        "0.57.",
        replace(_DIGITS, label=7, guidance=6.0),
    ),
    Preset(
        "How few steps will do?",
        "Ten function evaluations instead of a hundred. DPM-Solver++ (2M) also uses the x̂₀ of the step before.",
        replace(_DIGITS, steps=1000, sampler="dpm_solver_2m", sampler_steps=10, spacing="log_snr"),
    ),
    Preset(
        "How sure must a step be?",
        "The network also predicts the variance of x₀ given x_t, pixel by pixel: at the left and right edge, where there is no "
        "ink, less than a tenth of that in the middle. It is the reverse variance here, and lowers the bound.",
        replace(_DIGITS, steps=50, variance="learned"),
    ),
    Preset(
        "Texture instead of objects?",
        "Dead leaves, the texture of the 2015 paper: discs over discs, from small to large. There are no objects to recognise.",
        replace(_DIGITS, dataset="dead_leaves", particles=16, steps=50),
    ),
    Preset(
        "What if all data were one picture?",
        "Every noise leads back to the one picture, and x̂₀ is that picture from the first step on. Upload one of your own.",
        Experiment(dataset="own", particles=4, steps=40),
    ),
    Preset(
        "What was behind the hole?",
        "Only the upper half of a held-out 3 is known. Each sample is one way to complete it. Paint another mask and press Run.",
        replace(_DIGITS, particles=36, steps=50, measurement="inpaint", mask=UPPER_HALF, condition="replace", test_image=5),
    ),
    Preset(
        "What do four numbers tell?",
        "Only the means of four blocks of 4 × 4 pixels are known. Several digits agree with them, and the spread shows where "
        "they differ.",
        replace(_DIGITS, particles=36, steps=50, measurement="super_resolve", factor=4, test_image=5),
    ),
    Preset(
        "How much noise changes the digit?",
        "A 3, noised up to t/T = 0.5 and denoised. About three in ten samples are read as another digit; with more noise more "
        "will be.",
        replace(_DIGITS, start="picture", start_time=0.5, test_image=5),
    ),
    Preset(
        "Is there a way from 1 to 4?",
        "The probability-flow ODE takes both into noise. Particles start on the arc between the two noises, and nearly all of "
        "them end at a 1 or a 4.",
        replace(_DIGITS, particles=36, steps=50, start="between", sampler="heun", test_image=1, test_image_b=3),
    ),
)
