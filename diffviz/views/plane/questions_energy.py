"""The questions of points in the plane about energies and the chains that sample them, each of two runs."""

from __future__ import annotations

from diffviz.experiment import Experiment
from diffviz.telling.questions import Question, pairs_of

_pair = pairs_of(Experiment(particles=1000), "energy")
_CHARTS = ("level_excess", "modes")

ENERGY_QUESTIONS: tuple[Question, ...] = (
    _pair(
        "Energy models",
        "How much noise does Langevin need?",
        "Steps of 10 with noise of 0.005, as a widely copied tutorial has them, are at the temperature 0.005²/(2 · 10) = 1.25 · "
        "10⁻⁶, as A's are: all chains descend to the mode, and the excess NLL at the chains’ noise level is −1.00 nats. With "
        "noise √(2e), in B, the temperature is 1, and the excess is about 0.06.",
        {"temperature": 1.25e-6},
        {"temperature": 1.0},
        charts=_CHARTS,
        dataset="eight_gaussians",
        sampler="ula",
        langevin_step=0.002,
        steps=200,
    ),
    _pair(
        "Energy models",
        "Must steps be accepted or refused?",
        "Steps of e = 0.02 are longer than the variance of a mode, 0.014. A takes them all: the excess NLL at the chains’ noise "
        "level is about 2.7 nats. B accepts about 47 % of them, and is right whatever e is.",
        {"sampler": "ula", "langevin_step": 0.02},
        {"sampler": "mala", "langevin_step": 0.02},
        charts=_CHARTS,
        dataset="eight_gaussians",
    ),
    _pair(
        "Energy models",
        "Do chains reach every mode?",
        "The energy is exact in both. Chains at little noise, in A, stay where they fall from the start: the shares of the modes "
        "are wrong by about 0.16, and ten times as many moves do not help. Diffusion, in B, begins at much noise, where there is "
        "one mode, and is wrong by about 0.07 with as many function evaluations.",
        {"sampler": "mala", "langevin_step": 0.004, "steps": 51},
        {"sampler": "ancestral", "steps": 101},
        charts=_CHARTS,
        dataset="grid_25",
    ),
    _pair(
        "Energy models",
        "Energy or diffusion?",
        "99 function evaluations each: MALA at one noise level of a learned energy in A, ancestral sampling with a network in B. "
        "Sliced W₂ is about 0.19 in A, 0.07 in B. With ten times as many, A comes to about 0.09.",
        {"denoiser": "two_moons_energy", "sampler": "mala", "langevin_step": 0.01, "steps": 50},
        {"denoiser": "learned", "sampler": "ancestral", "steps": 99},
        charts=("level_excess",),
        dataset="two_moons",
    ),
)
