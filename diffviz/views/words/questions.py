"""The questions of words, of one run and of two."""

from __future__ import annotations

from diffviz.experiment import Experiment
from diffviz.telling.questions import Question, pairs_of

_BASE = Experiment(dataset="names", schedule="sohl_dickstein", steps=16, particles=200)
_LAYERS = ("confidence",)
_pair = pairs_of(_BASE, *_LAYERS)

QUESTIONS: tuple[Question, ...] = (
    Question(
        "Diffusion",
        "How does masked diffusion write words?",
        "The forward process masks letters, one in sixteen more at each step; the reverse process unmasks them "
        "from the exact posterior of the list. A name costs 10.34 bits this way, its entropy is 9.594 bits: letters that are "
        "drawn together do not know of one another, and a sixth of the samples are no names.",
        _BASE,
        layers=_LAYERS,
        charts=("dissipation", "kl", "schedule"),
    ),
    _pair(
        "Steps and samplers",
        "What does it cost to unmask letters together?",
        "In 4 steps, A, the total correlation of the letters drawn together adds up to a gap of 3.101 bits a name, and about "
        "half of the samples are on the list. In 64 steps, B, mostly one letter is drawn at a time: the gap is 0.185 bits.",
        {"steps": 4},
        {"steps": 64},
        charts=("dissipation", "bound", "kl"),
    ),
    _pair(
        "Steps and samplers",
        "One letter at a time: in random order, or the most certain first?",
        "Both unmask one letter a step, so all samples are names. In random order, A, they are distributed as the data are, with "
        "a gap of 0 bits: 159 of 200 are different, where the list itself has 156 on average. The most certain first, B, "
        "prefers probable names: 75 are different.",
        {"sampler": "random_order"},
        {"sampler": "confidence"},
        steps=8,
        charts=("schedule", "snr"),  # the order of B is of no known cost
    ),
    _pair(
        "Noise schedules",
        "Which schedule suits masks?",
        "With 16 steps the gap is 0.944 bits with the cosine schedule, A, and 0.703 bits with the one that is made for this "
        "list and T, B. It unmasks few letters at a time where they say most of one another.",
        {"schedule": "cosine"},
        {"schedule": "optimal"},
        charts=("dissipation", "schedule", "bound"),
    ),
    _pair(
        "Networks",
        "Does a small network know the names?",
        "With the exact posterior, A, the gap in 16 steps is 0.748 bits a name, and 84 % of the samples are on the list. The "
        "network in B, trained on one core on names drawn from it, adds about 0.3 bits: it has learned how names are spelled and "
        "most of those that there are, and 75 % are on the list. Choose a letter: its bars stand beside the exact posterior, "
        "dashed.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
        charts=("dissipation", "kl", "bound"),
    ),
)
