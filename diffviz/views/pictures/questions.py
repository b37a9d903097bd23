"""The questions of pictures, of one run and of two."""

from __future__ import annotations

from dataclasses import replace

from diffviz.experiment import Experiment
from diffviz.telling.questions import Question, pairs_of

_DIGITS = Experiment(dataset="digits", denoiser="learned", particles=64)
UPPER_HALF = "8x8.rAIYI"  # known of a digit; masks.py
_pair = pairs_of(replace(_DIGITS, steps=50))

QUESTIONS: tuple[Question, ...] = (
    Question(
        "Diffusion",
        "How does a digit come out of noise?",
        "At first the denoiser's x̂₀ is close to the mean of all digits, a blur. Follow how it settles on one of them.",
        _DIGITS,
    ),
    Question(
        "Networks",
        "Memorisation or generalisation?",
        "The exact denoiser is that of the 1500 training images, and every sample is one of them, to within a root mean square "
        "of 0.08: memorisation. The network generalises: its samples are none of them.",
        replace(_DIGITS, denoiser="exact"),
        charts=("bits", "kl"),
    ),
    Question(
        "Guidance",
        "Can I ask for a 7?",
        "The network is conditioned on the class, with a guidance scale w = 1.5. A classifier reads a 7 in every sample.",
        replace(_DIGITS, label=7, guidance=1.5),
    ),
    Question(
        "Guidance",
        "What does too much guidance do?",
        "A large guidance scale makes samples more alike: two of these sevens are about 0.50 apart (root mean square), two "
        "training images of a 7 0.57.",
        replace(_DIGITS, label=7, guidance=6.0),
    ),
    Question(
        "Steps and samplers",
        "How few steps will do?",
        "Ten function evaluations instead of a hundred. DPM-Solver++ (2M) also uses the x̂₀ of the step before.",
        replace(_DIGITS, steps=1000, sampler="dpm_solver_2m", sampler_steps=10, spacing="log_snr"),
    ),
    Question(
        "Networks",
        "How sure must a step be?",
        "The network also predicts the variance of x₀ given x_t, pixel by pixel: at the left and right edge, which is "
        "nearly always black, less than a tenth of that in the middle. As the reverse variance it lowers the negative ELBO.",
        replace(_DIGITS, steps=50, variance="learned"),
        charts=("bits", "kl", "snr"),
    ),
    Question(
        "Diffusion",
        "Texture instead of objects?",
        "Dead leaves, the texture of the 2015 paper: discs over discs, from small to large. There are no objects to recognise.",
        replace(_DIGITS, dataset="dead_leaves", particles=16, steps=50),
    ),
    Question(
        "Networks",
        "What if all data were one image?",
        "Every x_T leads to the one image, and x̂₀ is that image from the first step on. Upload one of your own.",
        Experiment(dataset="own", particles=4, steps=40),
    ),
    Question(
        "Inverse problems and editing",
        "What may the hidden half be?",
        "Inpainting: only the upper half of a 3, a test image, is known. Each sample is one way to complete it. Paint another "
        "mask.",
        replace(_DIGITS, particles=36, steps=50, measurement="inpaint", mask=UPPER_HALF, condition="replace", test_image=5),
        charts=("spread",),
    ),
    Question(
        "Inverse problems and editing",
        "What do four numbers tell?",
        "Super-resolution: only the means of four blocks of 4 × 4 pixels are known. Several digits agree with them, and the "
        "standard deviation of the samples shows where they differ.",
        replace(_DIGITS, particles=36, steps=50, measurement="super_resolve", factor=4, test_image=5),
        charts=("spread",),
    ),
    Question(
        "Inverse problems and editing",
        "How much noise changes the digit?",
        "SDEdit: a 3 is noised to t₀/T = 0.5 and denoised. About three in ten samples are read as another digit; with more noise "
        "more will be.",
        replace(_DIGITS, start="picture", start_time=0.5, test_image=5),
        charts=("spread", "snr"),
    ),
    Question(
        "Inverse problems and editing",
        "Is there a way from 1 to 4?",
        "The probability-flow ODE encodes both as noise. Particles start on the great circle between the two noises, and nearly "
        "all of them end at a 1 or a 4.",
        replace(_DIGITS, particles=36, steps=50, start="between", sampler="heun", test_image=1, test_image_b=3),
        charts=("spread",),
    ),
    _pair(
        "Networks",
        "Which noise should a network train on?",
        "Two networks trained alike but for how often they saw each noise level: A as the linear schedule visits them, B as "
        "cosine does. B's negative ELBO is about 0.1 bits/dim lower; about three quarters of the samples are read as the same "
        "digit.",
        {"denoiser": "digits_linear"},
        {"denoiser": "digits_cosine"},
        charts=("bits", "kl", "snr"),
        variance="learned",
    ),
    _pair(
        "Networks",
        "How sure must a step be?",
        "Nearly the same digits are sampled, and yet B's negative ELBO is about 0.35 bits/dim lower: the variance of its steps "
        "is what the network predicts, pixel by pixel.",
        {"variance": "posterior"},
        {"variance": "learned"},
        charts=("bits", "kl", "snr"),
    ),
    _pair(
        "Guidance",
        "What does guidance do to a 7?",
        "From the same noise. In B the strokes are whiter and the sevens more alike: two of them are about 0.49 apart (root "
        "mean square), two of A's about 0.53.",
        {"guidance": 1.0},
        {"guidance": 3.0},
        charts=("kl", "snr"),
        label=7,
    ),
    _pair(
        "Steps and samplers",
        "DDIM with 10 steps or DDPM with 100?",
        "Both start from the same noise and end at different digits, because DDPM adds noise in every step. A takes 10 function "
        "evaluations, B 100.",
        {"sampler": "ddim", "sampler_steps": 10},
        {"sampler": "ancestral"},
        charts=("snr", "kl", "bits"),
        steps=100,
    ),
    _pair(
        "Networks",
        "Memorisation or generalisation?",
        "A is the exact denoiser of the 1500 training images and ends about 0.05 from one of them; B, the network, ends about "
        "0.34 from the nearest. See the metrics.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
        charts=("bits", "kl"),
    ),
    _pair(
        "Steps and samplers",
        "Is second order worth it?",
        "Ten function evaluations each, along one ODE from one noise. A also uses the x̂₀ of the step before, and ends nearer to "
        "where 200 steps end.",
        {"sampler": "dpm_solver_2m"},
        {"sampler": "ddim"},
        charts=("snr", "schedule"),
        steps=1000,
        sampler_steps=10,
        spacing="log_snr",
    ),
    _pair(
        "Inverse problems and editing",
        "RePaint or guidance?",
        "Only the upper half of a 3 is known. A resamples every step five times, 246 function evaluations; B follows the "
        "gradient of the measurement's likelihood, 50 evaluations with a gradient each. Both spread wider than the exact "
        "posterior.",
        {"condition": "replace"},
        {"condition": "guided"},
        charts=("spread", "snr"),
        measurement="inpaint",
        mask=UPPER_HALF,
        test_image=5,
        particles=36,
    ),
    _pair(
        "Inverse problems and editing",
        "Is resampling worth it?",
        "Both use the exact denoiser. Without resampling, in A, the halves do not fit; with U = 10, in B, the samples' mean "
        "is nearer to that of the exact posterior, and their spread is still too wide.",
        {"resamples": 1},
        {"resamples": 10},
        charts=("spread", "snr"),
        denoiser="exact",
        measurement="inpaint",
        condition="replace",
        mask=UPPER_HALF,
        measure_noise=0.05,
        test_image=5,
    ),
    _pair(
        "Inverse problems and editing",
        "How much noise changes the digit?",
        "A is noised to t₀/T = 0.3, and about nine in ten samples are still read as a 3; B to 0.7, and fewer than half.",
        {"start_time": 0.3},
        {"start_time": 0.7},
        charts=("spread", "snr"),
        start="picture",
        test_image=5,
    ),
)
