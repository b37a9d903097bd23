"""The questions of graphs, of one run and of two."""

from __future__ import annotations

from diffviz.experiment import Experiment
from diffviz.telling.questions import Question, pairs_of

_BASE = Experiment(dataset="trees", schedule="sohl_dickstein", steps=15, particles=200)
_LAYERS = ("probability",)
_MODEL = Experiment(dataset="block_model", schedule="sohl_dickstein", steps=15, particles=200)
_pair, _pair_of_model = pairs_of(_BASE, *_LAYERS), pairs_of(_MODEL, *_LAYERS, "force")

QUESTIONS: tuple[Question, ...] = (
    Question(
        "Diffusion",
        "Can a graph diffuse?",
        "The forward process masks pairs of nodes, one in fifteen more at each step; the reverse process decides of each alone "
        "whether it is joined, from its exact probability. There are 1296 trees on 6 nodes, 10.34 bits; drawn so a tree costs "
        "10.78 bits, and about a quarter of the samples are no trees.",
        _BASE,
        layers=_LAYERS,
        charts=("dissipation", "validity", "edges"),
    ),
    Question(
        "Diffusion",
        "When are communities decided?",
        "Two hidden communities of six nodes. No list holds all 2⁶⁶ graphs, yet every posterior is exact, a sum over the 462 "
        "ways to part the nodes. A graph that tells its communities has a ✓.",
        _MODEL,
        layers=(*_LAYERS, "force"),
        charts=("told", "edges", "triangles"),
    ),
    _pair(
        "Steps and samplers",
        "What does it cost to draw edges together?",
        "Whether there is an edge depends on all others. In 4 steps, A, what pairs drawn together know of one another adds up to "
        "a gap of 1.454 bits, and about half of the samples are trees. In 60 steps, B, the gap is 0.114 bits.",
        {"steps": 4},
        {"steps": 60},
        charts=("dissipation", "validity", "edges"),
    ),
    _pair(
        "Noise schedules",
        "Masked or random edges?",
        "A masked pair is known to be unknown. Uniform noise, B, puts edges where there were none, and does not say where: the "
        "gap is 1.072 bits, under masks, A, 0.440 bits.",
        {"process": "absorbing"},
        {"process": "uniform"},
        charts=("dissipation", "validity", "edges"),
    ),
    _pair(
        "Networks",
        "Exact or learned, for graphs?",
        "The network, B, has seen trees and was never told what a tree is. It answers alike however the nodes are numbered, and "
        "its errors add 0.002 bits to the gap of 0.440 bits that the exact denoiser has.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
        charts=("dissipation", "validity", "kl"),
    ),
    _pair_of_model(
        "Networks",
        "Can a network find communities?",
        "The network, B, was never told who is in which community; its errors add 0.55 bits to the gap of 0.81 bits.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
        charts=("dissipation", "told", "kl"),
    ),
)
