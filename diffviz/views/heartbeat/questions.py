"""The questions of bit sequences, of one run and of two."""

from __future__ import annotations

from diffviz.experiment import Experiment
from diffviz.telling.questions import Question, pairs_of

_BASE = Experiment(dataset="heartbeat")
_LAYERS = ("probability", "sorted")
_pair = pairs_of(_BASE, *_LAYERS)

QUESTIONS: tuple[Question, ...] = (
    Question(
        "Diffusion",
        "Can discrete data diffuse?",
        "Each step redraws some bits, with a 1 in five of them, until nothing but independent bits is left; the reverse process "
        "brings heartbeats back. The bound K is −2.372 bits per sequence, the truth −2.322.",
        Experiment(dataset="heartbeat", schedule="sohl_dickstein"),
        layers=_LAYERS,
        charts=("kl", "dissipation", "schedule"),
    ),
    _pair(
        "Noise schedules",
        "Linear or cosine for bits?",
        "The discretisation gap is 0.085 nats with the linear schedule, 0.050 with cosine. A step of a given length in log SNR "
        "loses most near SNR = 1, where cosine takes the shorter steps.",
        {"schedule": "linear"},
        {"schedule": "cosine"},
        charts=("dissipation", "schedule", "snr"),
    ),
    _pair(
        "Steps and samplers",
        "What does it cost to draw bits independently?",
        "A step draws all bits of x_s at once, each with its exact probability. In five steps, A, they miss one another: about "
        "11 % of the samples are no heartbeat, and the ELBO gap is 1.24 nats. In 100 steps, B, it is 0.050 nats.",
        {"steps": 5},
        {"steps": 100},
        charts=("dissipation", "bound", "kl"),
    ),
    _pair(
        "Networks",
        "Exact or learned, for bits?",
        "The errors of the network in B add 0.007 nats to the ELBO gap; both bring back heartbeats.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
        charts=("dissipation", "kl", "bound"),
    ),
)
