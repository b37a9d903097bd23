"""One-click questions that need two runs of pictures."""

from __future__ import annotations

from dataclasses import replace

from diffviz.experiment import Experiment
from diffviz.views.pictures.questions import UPPER_HALF
from diffviz.views.plane.pair_questions import PairPreset

_DIGITS = Experiment(dataset="digits", denoiser="learned", particles=64, steps=50)


def _pair(question: str, look: str, a: dict, b: dict, **both: object) -> PairPreset:
    base = replace(_DIGITS, **both)
    return PairPreset(question, look, replace(base, **a), replace(base, **b), ())


PICTURE_PAIR_PRESETS: tuple[PairPreset, ...] = (
    _pair(
        "Which noise should a network train on?",
        "Two networks trained alike but for how often they saw each noise level: A as the linear schedule visits them, B as "
        "cosine does. B's negative ELBO is about 0.1 bits/dim lower; about three quarters of the samples are read as the same "
        "digit.",
        {"denoiser": "digits_linear"},
        {"denoiser": "digits_cosine"},
        variance="learned",
    ),
    _pair(
        "How sure must a step be?",
        "Nearly the same digits are sampled, and yet B's negative ELBO is about 0.35 bits/dim lower: the variance of its steps "
        "is what the network predicts, pixel by pixel.",
        {"variance": "posterior"},
        {"variance": "learned"},
    ),
    _pair(
        "What does guidance do to a 7?",
        "From the same noise. In B the strokes are whiter and the sevens more alike: two of them are about 0.49 apart (root "
        "mean square), two of A's about 0.53.",
        {"guidance": 1.0},
        {"guidance": 3.0},
        label=7,
    ),
    _pair(
        "DDIM with 10 steps or DDPM with 100?",
        "Both start from the same noise and end at different digits, because DDPM adds noise in every step. A takes 10 function "
        "evaluations, B 100.",
        {"sampler": "ddim", "sampler_steps": 10},
        {"sampler": "ancestral"},
        steps=100,
    ),
    _pair(
        "Memorisation or generalisation?",
        "A is the exact denoiser of the 1500 training images and ends about 0.05 from one of them; B, the network, ends about "
        "0.34 from the nearest. See the metrics.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
    ),
    _pair(
        "Is second order worth it?",
        "Ten function evaluations each, along one ODE from one noise. A also uses the x̂₀ of the step before, and ends nearer to "
        "where 200 steps end.",
        {"sampler": "dpm_solver_2m"},
        {"sampler": "ddim"},
        steps=1000,
        sampler_steps=10,
        spacing="log_snr",
    ),
    _pair(
        "RePaint or guidance?",
        "Only the upper half of a 3 is known. A resamples every step five times, 246 function evaluations; B follows the "
        "gradient of the measurement's likelihood, 50 evaluations with a gradient each. Both spread wider than the exact "
        "posterior.",
        {"condition": "replace"},
        {"condition": "guided"},
        measurement="inpaint",
        mask=UPPER_HALF,
        test_image=5,
        particles=36,
    ),
    _pair(
        "Is resampling worth it?",
        "Both use the exact denoiser. Without resampling, in A, the halves do not fit; with U = 10, in B, the samples' mean "
        "is nearer to that of the exact posterior, and their spread is still too wide.",
        {"resamples": 1},
        {"resamples": 10},
        denoiser="exact",
        measurement="inpaint",
        condition="replace",
        mask=UPPER_HALF,
        measure_noise=0.05,
        test_image=5,
    ),
    _pair(
        "How much noise changes the digit?",
        "A is noised to t₀/T = 0.3, and about nine in ten samples are still read as a 3; B to 0.7, and fewer than half.",
        {"start_time": 0.3},
        {"start_time": 0.7},
        start="picture",
        test_image=5,
    ),
)
