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
        "The exact denoiser is that of the 1500 training images, and every sample is one of them, to within a root mean square "
        "of 0.08: memorisation. The network generalises: its samples are none of them.",
        replace(_DIGITS, denoiser="exact"),
    ),
    Preset(
        "Can I ask for a 7?",
        "The network is conditioned on the class, with a guidance scale w = 1.5. A classifier reads a 7 in every sample.",
        replace(_DIGITS, label=7, guidance=1.5),
    ),
    Preset(
        "What does too much guidance do?",
        "A large guidance scale makes samples more alike: two of these sevens are about 0.50 apart (root mean square), two "
        "training images of a 7 0.57.",
        replace(_DIGITS, label=7, guidance=6.0),
    ),
    Preset(
        "How few steps will do?",
        "Ten function evaluations instead of a hundred. DPM-Solver++ (2M) also uses the x̂₀ of the step before.",
        replace(_DIGITS, steps=1000, sampler="dpm_solver_2m", sampler_steps=10, spacing="log_snr"),
    ),
    Preset(
        "How sure must a step be?",
        "The network also predicts the variance of x₀ given x_t, pixel by pixel: at the left and right edge, which is "
        "nearly always black, less than a tenth of that in the middle. As the reverse variance it lowers the negative ELBO.",
        replace(_DIGITS, steps=50, variance="learned"),
    ),
    Preset(
        "Texture instead of objects?",
        "Dead leaves, the texture of the 2015 paper: discs over discs, from small to large. There are no objects to recognise.",
        replace(_DIGITS, dataset="dead_leaves", particles=16, steps=50),
    ),
    Preset(
        "What if all data were one image?",
        "Every x_T leads to the one image, and x̂₀ is that image from the first step on. Upload one of your own.",
        Experiment(dataset="own", particles=4, steps=40),
    ),
    Preset(
        "What may the hidden half be?",
        "Inpainting: only the upper half of a 3, a test image, is known. Each sample is one way to complete it. Paint another "
        "mask.",
        replace(_DIGITS, particles=36, steps=50, measurement="inpaint", mask=UPPER_HALF, condition="replace", test_image=5),
    ),
    Preset(
        "What do four numbers tell?",
        "Super-resolution: only the means of four blocks of 4 × 4 pixels are known. Several digits agree with them, and the "
        "standard deviation of the samples shows where they differ.",
        replace(_DIGITS, particles=36, steps=50, measurement="super_resolve", factor=4, test_image=5),
    ),
    Preset(
        "How much noise changes the digit?",
        "SDEdit: a 3 is noised to t₀/T = 0.5 and denoised. About three in ten samples are read as another digit; with more noise "
        "more will be.",
        replace(_DIGITS, start="picture", start_time=0.5, test_image=5),
    ),
    Preset(
        "Is there a way from 1 to 4?",
        "The probability-flow ODE encodes both as noise. Particles start on the great circle between the two noises, and nearly "
        "all of them end at a 1 or a 4.",
        replace(_DIGITS, particles=36, steps=50, start="between", sampler="heun", test_image=1, test_image_b=3),
    ),
)
