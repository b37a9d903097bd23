"""Energies and chains: Langevin dynamics at one noise level, what is wrong with it, and what all noise levels do instead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from diffviz.experiment import Experiment
from diffviz.lessons.base import Choice, Lesson, Step, metric, of_both, of_schedule
from diffviz.lessons.energies_numbers import (
    at_start,
    by_chance,
    divergence,
    found_share,
    learned_weight,
    longer,
    mode_variance,
    moves_until,
    slope_apart,
    spread,
    without_draw,
)
from diffviz.lessons.numbers import in_percent
from diffviz.telling.glossary.entry import cite

_EIGHT = Experiment(dataset="eight_gaussians", particles=1000)
_SHORT = replace(_EIGHT, sampler="ula", langevin_step=0.002, steps=200)
_LONG = replace(_EIGHT, sampler="ula", langevin_step=0.02)
_LEARNED = replace(_EIGHT, denoiser="eight_gaussians_energy", sampler="mala", langevin_step=0.005)
_GRID = Experiment(dataset="grid_25", particles=1000)
_MOONS = Experiment(dataset="two_moons", denoiser="two_moons_energy", particles=500)

STEPS = (
    Step(
        name="landscape",
        title="Energy and score",
        text="A network has learned a single number at every place, the [energy](energy) U(x), drawn in kT. The density that it "
        "means is exp(−U), divided by whatever makes its integral 1. Chains walk on it at one noise level.",
        a=replace(_LEARNED, particles=500, langevin_level=4.0),
        layers=("energy",),
        charts=("accepted",),
        direction="reverse",
        predict=Choice(
            "A constant is added to U everywhere. What becomes of the score?",
            ("It grows by as much", "Nothing: it is the slope of U, downhill", "It is divided by the constant"),
            1,
        ),
        reveal="Nothing. The [score](score) is −∇U: what the network tells as its score differs from the slope of its energy, "
        "taken from two near places, by {apart} % of its length. The integral of exp(−U), the [partition function](partition), "
        "is not needed for it.",
        numbers={"apart": slope_apart},
        holds=lambda n: n["apart"].value < 2.0,
        why="log p = −U − log Z, and log Z is the same everywhere, so that its gradient is 0. That is why energies can be "
        "sampled without knowing Z. Likelihoods need it.",
        formula="p(x) = e^{−U(x)}/Z, &nbsp; ∇ log p(x) = −∇U(x)",
        sources=cite(("jem", "sec. 2"), ("vincent", "sec. 4")),
    ),
    Step(
        name="walk",
        title="Downhill, with noise",
        text="[Langevin dynamics](langevin_chain) goes a little downhill and adds noise, again and again. The chains begin at "
        "N(0, I). The energy is exact, and the noise level never changes. The chart is their [excess NLL](excess_nll): 0 once "
        "they are distributed as the data at this level. Its beginning is far above what is drawn.",
        a=_SHORT,
        layers=("energy",),
        charts=("level_excess",),
        direction="reverse",
        reveal="It begins at {start} nats. After {moves} of the 200 moves it is below 1 nat, and at the end it is {end}.",
        numbers={"start": at_start, "moves": moves_until(1.0), "end": metric("level_excess_nll_nats")},
        holds=lambda n: n["start"].value > 10.0 and n["moves"].value < 20.0 and abs(n["end"].value) < 0.25,
        why="In a mode of variance V each move takes the share e/V of the way to the middle, and noise of variance 2e keeps the "
        "chains apart. Both are in balance where their variance is V.",
        formula="x ← x − e ∇U(x) + √(2e) z, &nbsp; z ~ N(0, I)",
        sources=cite("mala"),
    ),
    Step(
        name="temperature",
        title="How much noise?",
        text="A widely copied recipe for energies of images has steps of 10 and noise of 0.005. A has as little noise for its "
        "steps, and B has √(2e).",
        a=replace(_SHORT, temperature=1.25e-6),
        b=_SHORT,
        layers=("energy",),
        charts=("modes",),
        direction="reverse",
        predict=Choice(
            "What do A’s chains sample?",
            (
                "The same as B’s, only more slowly",
                "A wider density, because steps lead over the bottoms",
                "Hardly anything but the bottoms of the valleys",
            ),
            2,
        ),
        then={"charts": ("level_excess", "modes")},
        reveal="The bottoms alone: the chains keep {narrow} of the width that a mode has, and the excess NLL is {excess_a} nats, "
        "where B has {excess_b}.",
        numbers={
            "excess_a": without_draw("level_excess_nll_nats", 0),
            "excess_b": metric("level_excess_nll_nats", 1),
            "narrow": spread(0, 0.5),
        },
        holds=lambda n: abs(n["excess_a"].value + 1.0) < 0.01 and abs(n["excess_b"].value) < 0.25 and n["narrow"].value < 0.005,
        why="Steps e with noise of standard deviation s sample exp(−U/T) at the temperature T = s^2/(2e). With a step of 10 the "
        "noise of T = 1 would be √20 = 4.47; with 0.005 the temperature is about a millionth. In d dimensions the energy of a "
        "Gaussian mode is d/2 · T on average, so that at T = 0 one nat is missing in the plane.",
        formula="e^{−U(x)/T}, &nbsp; T = s^2/(2e)",
        sources=cite("ngmcmc", "mala"),
    ),
    Step(
        name="bias",
        title="Steps that are too long",
        text="Here e = 0.02, and a mode has the variance V = 0.014 at this level. A takes every step. B takes it as a proposal "
        "and accepts or refuses it by the Metropolis–Hastings rule: [MALA](langevin_chain).",
        a=_LONG,
        b=replace(_LONG, sampler="mala"),
        layers=("energy",),
        charts=("modes",),
        direction="reverse",
        predict=Choice(
            "The score is exact in both. Which of them is right in the end?",
            ("Both: the score is exact", "B alone: A’s modes are too wide", "A alone: B throws half of its steps away"),
            1,
        ),
        then={"charts": ("level_excess", "modes")},
        reveal="B alone, with an excess NLL of {excess_b} nats, where A has {excess_a}. A’s variance within a mode is {wide} "
        "times what it should be; {predicted} is expected. B accepted {accepted} % of its proposals.",
        numbers={
            **of_both(excess="level_excess_nll_nats"),
            "wide": spread(),
            "predicted": of_schedule(lambda setup: 1.0 / (1.0 - setup.experiment.langevin_step / (2.0 * mode_variance(setup)))),
            "accepted": in_percent("accepted", 1),
        },
        holds=lambda n: (
            n["excess_a"].value > 2.0
            and abs(n["excess_b"].value) < 0.15
            and abs(n["wide"].value / n["predicted"].value - 1.0) < 0.2
            and 44.0 < n["accepted"].value < 51.0
        ),
        why="A step that is taken as it is has an error of first order in e: V becomes V/(1 − e/(2V)), and from e = 2V on the "
        "chain runs away. Accepting by the ratio of both densities and of both proposals keeps exp(−U) stationary for every e. "
        "It takes the energy itself, not only its slope.",
        formula="min(1, e^{−(U(y) − U(x))} k(x|y)/k(y|x))",
        sources=cite("mala"),
    ),
    Step(
        name="modes",
        title="Modes that chains never reach",
        text="The data are 25 narrow Gaussians of the same weight, and the energy is exact. A is MALA at a low noise level. B is "
        "a diffusion, from much noise to none, with as many [function evaluations](nfe).",
        a=replace(_GRID, sampler="mala", langevin_step=0.004, steps=51),
        b=replace(_GRID, steps=101),
        layers=("energy",),
        charts=("level_excess",),
        direction="reverse",
        predict=Choice(
            "How many of A’s chains are in each mode in the end?",
            (
                "As many as it should: the energy is exact",
                "Wrong shares, which ten times as many moves make right",
                "Wrong shares, and ten times as many moves do not help",
            ),
            2,
        ),
        then={"charts": ("modes", "level_excess")},
        reveal="Wrong shares, by {error_a} in total variation, and by {longer} after ten times as many moves. B is "
        "wrong by {error_b}, and as many true samples by {fair} on average. The excess NLL of A is {excess} nats: it does not "
        "see it.",
        numbers={
            **of_both(error="mode_error"),
            "longer": longer(10),
            "fair": of_schedule(by_chance),
            "excess": metric("level_excess_nll_nats"),
        },
        holds=lambda n: (
            n["error_a"].value > 0.12
            and n["longer"].value > 0.12
            and n["error_b"].value < 0.1
            and n["fair"].value < 0.07
            and abs(n["excess"].value) < 0.15
        ),
        why="Each chain falls into the mode that is downhill from its start, and between modes the energy is far too high to be "
        "crossed. At much noise there is a single mode, which all of them share. A diffusion parts it step by step, and in the "
        "right proportions.",
        formula="½ Σ_k |share_k − w_k|",
        sources=cite("ngmcmc", ("sde", "sec. 2.1")),
    ),
    Step(
        name="weights",
        title="Weights that score matching does not see",
        text="The energy of this chain was trained by denoising score matching. All eight modes of the data have the weight "
        "0.125. At this level of little noise they lie far apart.",
        a=_LEARNED,
        layers=("energy",),
        charts=("level_excess",),
        direction="reverse",
        predict=Choice(
            "How well does exp(−U)/Z know these weights?",
            (
                "Within a few percent: its divergence from the data is small",
                "Badly: some modes have far too much, others far too little",
                "Not at all: it has a single mode",
            ),
            1,
        ),
        then={"charts": ("modes", "level_excess")},
        reveal="Badly: by quadrature its modes have weights from {least} to {most}, at a divergence KL(data ‖ model) of only "
        "{kl} nats. At much noise, where σ = α, they are {least_noisy} to {most_noisy}. The chains do not tell: they ended in "
        "shares from {fewest} to {mostly}.",
        numbers={
            "least": learned_weight(torch.min),
            "most": learned_weight(torch.max),
            "kl": divergence,
            "least_noisy": learned_weight(torch.min, 0.0),
            "most_noisy": learned_weight(torch.max, 0.0),
            "fewest": found_share(np.argmin),
            "mostly": found_share(np.argmax),
        },
        holds=lambda n: (
            n["least"].value < 0.085
            and n["most"].value > 0.175
            and n["kl"].value < 0.06
            and n["least_noisy"].value > 0.123
            and n["most_noisy"].value < 0.127
            and n["fewest"].value > 0.09
            and n["mostly"].value < 0.17
        ),
        why="The score within a mode is the same, whatever the weight of the mode. Weights are told only by the score between "
        "modes, where at little noise there are next to no data, so that its errors cost nothing. Chains do not cross there "
        "either: they keep the shares of their start.",
        formula="∇ log Σ_k w_k q_k ≈ ∇ log q_k",
        sources=cite(("vincent", "sec. 4"), "sde"),
    ),
    Step(
        name="levels",
        title="All noise levels at equal cost",
        text="One energy, trained at all noise levels, and 99 function evaluations in both. A is MALA at one level of little "
        "noise. B goes through all levels by [ancestral sampling](ancestral).",
        a=replace(_MOONS, sampler="mala", langevin_step=0.01, steps=50),
        b=replace(_MOONS, steps=99),
        layers=("energy",),
        charts=("level_excess",),
        direction="reverse",
        predict=Choice(
            "Whose samples are nearer to the data?",
            ("A’s: it accepts and refuses", "B’s, by far", "Both alike: it is the same energy"),
            1,
        ),
        reveal="B’s: [sliced W_2](sliced) is {sliced_b}, and {sliced_a} in A. Two sets of true samples are {floor} apart.",
        numbers={**of_both(sliced="sliced_wasserstein"), "floor": metric("sliced_wasserstein_floor")},
        holds=lambda n: n["sliced_a"].value > n["sliced_b"].value + 0.03 and n["sliced_b"].value < n["floor"].value + 0.06,
        why="At much noise chains move freely and weights are known, at little noise both are decided. A diffusion uses every "
        "level for what it is good for, and needs no chain to cross from mode to mode. With enough moves A comes nearer, too, "
        "since the moons hang together.",
        formula="q(x_T) → … → q(x_t) → … → q(x_0)",
        sources=cite(("ddpm", "sec. 3.2"), ("sde", "sec. 2.1")),
    ),
)

ENERGIES = Lesson(
    title="Energies and chains",
    minutes=20,
    able="Choose step and noise of Langevin dynamics, say what its chains and score matching do not see, and what a diffusion "
    "does instead.",
    picture="eight_gaussians",
    steps=STEPS,
)
