"""One-click questions that need two runs of pictures."""

from __future__ import annotations

from dataclasses import replace

from diffviz.experiment import Experiment
from diffviz.ui.pair_presets import PairPreset
from diffviz.ui.picture_presets import UPPER_HALF

_DIGITS = Experiment(dataset="digits", denoiser="learned", particles=64, steps=50)


def _pair(question: str, look: str, a: dict, b: dict, **both: object) -> PairPreset:
    base = replace(_DIGITS, **both)
    return PairPreset(question, look, replace(base, **a), replace(base, **b), ())


PICTURE_PAIR_PRESETS: tuple[PairPreset, ...] = (
    _pair(
        "Which noise should a network train on?",
        "Two networks, one recipe: A saw noise as often as the linear schedule does, B as cosine does. B pays 0.1 bits less; "
        "three of four digits come back the same.",
        {"denoiser": "digits_linear"},
        {"denoiser": "digits_cosine"},
        variance="learned",
    ),
    _pair(
        "How sure must a step be?",
        "Nearly the same digits come back, and yet B pays 0.3 bits less: its steps say pixel by pixel how unsure they are.",
        {"variance": "posterior"},
        {"variance": "learned"},
    ),
    _pair(
        "What does guidance do to a 7?",
        "From the same noise. B exaggerates: ink is blacker, and its sevens are more alike than A's.",
        {"guidance": 1.0},
        {"guidance": 3.0},
        label=7,
    ),
    _pair(
        "DDIM with 10 looks or DDPM with 100?",
        "Both start from one noise and end at different digits: DDPM adds fresh noise on the way. A takes a tenth of the looks.",
        {"sampler": "ddim", "sampler_steps": 10},
        {"sampler": "ancestral"},
        steps=100,
    ),
    _pair(
        "Memory or invention?",
        "A is exact for the 1500 training scans and ends within 0.06 of one of them; B, the network, 0.34 away. See Figures.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
    ),
    _pair(
        "Is second order worth it?",
        "Ten looks each, along one ODE from one noise. A remembers its last look, and ends nearer to where 200 looks end.",
        {"sampler": "dpm_solver_2m"},
        {"sampler": "ddim"},
        steps=1000,
        sampler_steps=10,
        spacing="log_snr",
    ),
    _pair(
        "RePaint or guidance?",
        "Only the upper half of a 3 is known. A walks each stretch five times, B follows the denoiser's gradient: a fifth of "
        "the looks, each two to three times as dear, and no clear difference.",
        {"condition": "replace"},
        {"condition": "guided"},
        measurement="inpaint",
        mask=UPPER_HALF,
        picture=4,
        particles=36,
    ),
    _pair(
        "Is walking again worth it?",
        "Both know the training scans by heart. Walked once, in A, halves do not fit; ten times, in B, is nearer to the exact "
        "posterior, and still too unsure.",
        {"resamples": 1},
        {"resamples": 10},
        denoiser="exact",
        measurement="inpaint",
        condition="replace",
        mask=UPPER_HALF,
        measure_noise=0.05,
        picture=4,
    ),
    _pair(
        "How far back must it turn?",
        "A turns back at 0.3 T, and nearly every 3 stays one; B at 0.7 T, and most have become another digit.",
        {"start_time": 0.3},
        {"start_time": 0.7},
        start="picture",
        picture=4,
    ),
)
