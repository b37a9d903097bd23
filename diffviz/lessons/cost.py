"""What it costs: the KL divergence of each step, the negative ELBO beside the entropy of the data, and the units of both."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from diffviz.diagnostics.measured import Measured, exactly
from diffviz.domains.heartbeat.information import NULL_NATS
from diffviz.domains.pictures.images import IMAGES
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment
from diffviz.lessons.base import Choice, Lesson, Number, Runs, Step, difference, metric, of_schedule
from diffviz.lessons.digits import DIGITS
from diffviz.lessons.numbers import constant
from diffviz.telling.glossary.entry import cite

BITS = 1.0 / math.log(2.0)  # in a nat
MOONS = Experiment(dataset="two_moons", particles=500)
EIGHT = Experiment(dataset="eight_gaussians", particles=300)
UNSCALED = Experiment(dataset="two_moons", schedule="linear", steps=30, scale_betas=False)
WIDE = Experiment(dataset="gaussian", steps=50, particles=300)


def _steps_below(time: int) -> Number:
    """The per cent of the nats of L_1 to L_{T−1} that the steps from t <= time take."""

    def measure(runs: Runs) -> Estimate:
        kl = runs[0].costs.kl_nats
        return exactly(100.0 * float(kl[1:time].sum() / kl[1:-1].sum()))

    return measure


def _cost(index: int, side: int = 0) -> Number:
    """L_index in nats, the last one L_T."""
    return lambda runs: exactly(runs[side].costs.kl_nats[index])


def _in_bits(quantity: Callable[[Measured[Any]], Estimate]) -> Number:
    """A number of nats of the first run."""

    def measure(runs: Runs) -> Estimate:
        nats = quantity(runs[0])
        return replace(nats, value=BITS * nats.value, stderr=BITS * nats.stderr)

    return measure


def _quotient(name: str) -> Number:
    """A metric of B over that of A, both without an error that counts."""
    return lambda runs: exactly(runs[1].estimate(name).value / runs[0].estimate(name).value)


def _levels(setup: Setup) -> int:
    return IMAGES[setup.experiment.dataset].levels


def _shift(data: str) -> float:
    """In bits a dimension, what a code for grey levels takes more than −log_2 of a density over −1 to 1."""
    return -math.log2(IMAGES[data].bin_width)


STEPS = (
    Step(
        name="step",
        title="What a step costs",
        text="Suppose x_t is known and x_{t−1} is to be told to somebody who has the model. That costs, in nats, the [KL "
        "divergence](kl) of the true step, which knows x_0, from the model's. The denoiser is exact.",
        a=MOONS,
        layers=("density",),
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "Which steps cost the most?",
            ("Those near T, where there is most noise", "Those near the data", "All cost the same"),
            1,
        ),
        then={"charts": ("kl", "schedule")},
        reveal="Those near the data: the steps from t = 25 or less take {near} % of all the nats, those from t = 50 or less "
        "{half} %. The first step of the reverse process, from T, costs {first} nats.",
        numbers={"near": _steps_below(25), "half": _steps_below(50), "first": _cost(-2)},
        holds=lambda n: n["near"].value > 60.0 and n["half"].value > 85.0 and n["first"].value < 0.001,
        why="Near T everything is noise, which the model knows how to draw. Near the data each step tells how x_0 differs from "
        "what was expected, to ever more digits.",
        formula="L_{t−1} = E KL(q(x_{t−1}|x_t, x_0) ‖ p(x_{t−1}|x_t))",
        sources=cite(("2015", "eq. 14"), ("ddpm", "eq. 5")),
    ),
    Step(
        name="elbo",
        title="The sum of all steps",
        text="The costs of all steps together, with those of x_T and of the data at the end, are the negative [ELBO](elbo): what "
        "it costs to tell one sample of the data. No code is shorter on average than the [entropy](entropy) of the data.",
        a=MOONS,
        layers=("density",),
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "The denoiser is exact. How does the negative ELBO compare with the entropy?",
            ("It is equal to it", "It is a little above", "It is below, because the exact denoiser knows the data"),
            1,
        ),
        then={"charts": ("bound", "kl")},
        reveal="It is a little above: {bound} nats, and the entropy is {entropy}. The [ELBO gap](gap) of {gap} nats is the price "
        "of taking a finite number of steps.",
        numbers={"bound": metric("bound_nats"), "entropy": metric("entropy_nats"), "gap": metric("gap_nats")},
        holds=lambda n: 0.0 < n["gap"].value < 0.1 and abs(n["bound"].value - n["entropy"].value - n["gap"].value) < 1e-6,
        why="The negative ELBO bounds −log p(x_0), and the mean of that is the entropy of the data plus KL(data ‖ samples). So a "
        "gap of 0 would mean perfect samples. A network has errors and can only add to the gap.",
        formula="−ELBO = L_T + L_{T−1} + … + L_0 ≥ E[−log p(x_0)] ≥ H(data)",
        sources=cite(("2015", "eq. 9-14"), ("ddpm", "eq. 3-5"), ("cover", "sec. 5.3")),
    ),
    Step(
        name="information",
        title="How much is there to tell?",
        text="A heartbeat is a sequence of 20 bits with a 1 in every fifth place. Where the first 1 stands is drawn at random.",
        a=Experiment(dataset="heartbeat", steps=50, particles=256),
        layers=("probability", "sorted"),
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "How many bits does it take, on average, to tell which heartbeat it is?",
            ("20, one for each", "About 14: each bit is a 1 with probability 1/5", "About 2.3: there are five of them"),
            2,
        ),
        then={"charts": ("bound", "kl")},
        reveal="log_2 5 = {entropy} bits: that is the entropy. This run's negative ELBO is {bound} bits. As 20 independent bits, "
        "a heartbeat would take {null} bits.",
        numbers={
            "entropy": _in_bits(lambda run: run.estimate("entropy_nats")),
            "bound": _in_bits(lambda run: run.estimate("bound_nats")),
            "null": constant(BITS * NULL_NATS),
        },
        holds=lambda n: n["entropy"].value < n["bound"].value < 2.6 and 14.0 < n["null"].value < 14.9,
        why="Entropy counts what is uncertain about a whole sample. A model that knows how the bits depend on one another need "
        "only tell where the first 1 stands. For discrete data all costs are code lengths, and none can be negative.",
        formula="H = −Σ q(x) log_2 q(x) = log_2 5",
        sources=cite(("2015", "sec. 3.1 and app. B"), ("shannon", "sec. 6")),
    ),
    Step(
        name="halves",
        title="Twice as many steps",
        text="A has T = 50 steps, B has 100, with the same schedule and the exact denoiser. The chart will show the "
        "[discretisation gap](dissipation) of each step, its share of the ELBO gap.",
        a=replace(EIGHT, steps=50),
        b=EIGHT,
        layers=("density",),
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "How large is the ELBO gap of B, beside that of A?",
            ("The same: the denoiser is exact", "About a half", "About a quarter"),
            1,
        ),
        then={"charts": ("dissipation", "bound")},
        reveal="It is {quotient} times that of A: {b} nats instead of {a}.",
        numbers={"quotient": _quotient("gap_nats"), "a": metric("gap_nats", 0), "b": metric("gap_nats", 1)},
        holds=lambda n: abs(n["quotient"].value - 0.5) < 0.03,
        why="A step of half the length has a quarter of the gap, and there are twice as many of them. So the gap falls like 1/T. "
        "In thermodynamics this is the entropy that a process of finite speed produces.",
        formula="−ELBO − H(data) = Σ E KL(q(x_s|x_t) ‖ p(x_s|x_t)) + KL(q(x_T) ‖ N(0, I)) ∝ 1/T",
        sources=cite(("2015", "sec. 2.6"), "salamon", "crooks"),
    ),
    Step(
        name="mismatch",
        title="A wrong start",
        text="A takes betas that were made for 1000 steps in only 30, so that much of the data is left in x_T. B has them scaled "
        "to 30 steps. Both reverse processes start from N(0, I), with the exact denoiser.",
        a=UNSCALED,
        b=replace(UNSCALED, scale_betas=True),
        layers=("density",),
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "The ELBO gap of A is the smaller one. Whose samples are nearer to the data?",
            ("Those of A, as its gap is smaller", "Those of B", "Both are equally near, with exact denoisers"),
            1,
        ),
        then={"at": 0, "back": True, "charts": ("schedule", "bound")},
        reveal="Those of B: its [sliced Wasserstein distance](sliced) to new data is {b}, that of A {a}, which is {further} "
        "more. The gap is {gap_a} nats in A and {gap_b} in B. Of the gap of A {mismatch} nats are the [mismatch at "
        "T](prior_loss): {share} % of the variance of x_T is still data.",
        numbers={
            "a": metric("sliced_wasserstein", 0),
            "b": metric("sliced_wasserstein", 1),
            "further": difference("sliced_wasserstein"),
            "gap_a": metric("gap_nats", 0),
            "gap_b": metric("gap_nats", 1),
            "mismatch": metric("mismatch_nats", 0),
            "share": of_schedule(lambda setup: 100.0 * float(setup.schedule.alpha_bar[-1])),
        },
        holds=lambda n: n["further"].value > 2.0 * n["further"].stderr and n["gap_a"].value < n["gap_b"].value,
        why="The mismatch is how far the distribution of x_T is from N(0, I), and no denoiser can repair it. The ELBO gap bounds "
        "KL(data ‖ samples) from above; a smaller bound does not prove a smaller distance.",
        formula="KL(q(x_T) ‖ N(0, I))",
        sources=cite(("zero_snr", "sec. 3.1"), "surgery"),
    ),
    Step(
        name="excess",
        title="Why a distance is not enough",
        text="DDIM with 20 of 100 steps. The [sliced Wasserstein distance](sliced) of these 1000 samples to new data is no "
        "larger than that of two true samples, within its error. Let it run to the end and compare the points with the density.",
        a=Experiment(dataset="two_moons", sampler="ddim", sampler_steps=20),
        layers=("density",),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "Do the samples have the distribution of the data?",
            (
                "Yes, as the distance shows",
                "No: too many of them are where the density is high",
                "No: too many of them are where no data are",
            ),
            1,
        ),
        then={"at": 0, "back": True},
        reveal="No. Their [excess NLL](excess_nll) is {excess} nats; true samples have 0. The distance is {sliced}, and {floor} "
        "for two true samples.",
        numbers={
            "excess": metric("excess_nll_nats"),
            "sliced": metric("sliced_wasserstein"),
            "floor": metric("sliced_wasserstein_floor"),
        },
        holds=lambda n: (
            n["excess"].value < -4.0 * n["excess"].stderr and n["sliced"].value - n["floor"].value < 2.0 * n["sliced"].stderr
        ),
        why="The excess NLL is the mean −log q(x) of the samples less the entropy of the data. Samples that crowd onto the ridge "
        "of the density are too likely, and it is negative. They need to move only a little to become data, so that distances "
        "hardly notice. Neither number sees everything: the excess NLL is blind to missing modes.",
        formula="E_{samples}[−log q(x)] − H(data) = KL(samples ‖ data) + H(samples) − H(data)",
        sources=cite(("cover", "sec. 2.3 and 8.5"), "sliced"),
    ),
    Step(
        name="negative",
        title="Can a cost be negative?",
        text="Both data are a single Gaussian, of standard deviation 1 in A and 0.05 in B. The denoiser is exact.",
        a=WIDE,
        b=replace(WIDE, data_std=0.05),
        layers=("density",),
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "Can the negative ELBO of B be less than 0?",
            (
                "No: it is a sum of KL divergences, and none is negative",
                "Yes: its last term is the code length of a density",
                "Only if something is wrong with the denoiser",
            ),
            1,
        ),
        then={"charts": ("bound", "kl")},
        reveal="Yes: it is {b} nats in B, and {a} in A. [L_0](l0) is {l0} nats in B, and only that term is no KL divergence. A "
        "and B differ by {apart} nats, which is 2 ln 20 = {expected}.",
        numbers={
            "a": metric("bound_nats", 0),
            "b": metric("bound_nats", 1),
            "l0": _cost(0, 1),
            "apart": difference("bound_nats"),
            "expected": constant(2.0 * math.log(20.0)),
        },
        holds=lambda n: n["b"].value < 0.0 and abs(n["apart"].value - n["expected"].value) < 1e-3,
        why="A density is above 1 where data are narrow, and its −log is negative. In another unit of length the density has "
        "another value: data c times as wide have an entropy that is larger by ln c for each coordinate. So only differences "
        "count, such as the ELBO gap.",
        formula="L_0 = E[−log p(x_0|x_1)], &nbsp; H(c x) = H(x) + D ln c",
        sources=cite(("ddpm", "sec. 3.3"), ("cover", "sec. 8.6")),
    ),
    Step(
        name="bits",
        title="Bits per dimension",
        text="The cost of images is stated in [bits per dimension](bits): the negative ELBO in bits, divided by the number of "
        "pixels. These have 17 grey levels. A code that knows nothing about digits takes log_2 17 = 4.09 bits a pixel.",
        a=DIGITS,
        layers=("x_t",),
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "What does the network need, with 20 steps?",
            ("Nearly as much: 20 steps are few", "About half as much", "Less than a tenth as much"),
            1,
        ),
        then={"charts": ("bits", "kl")},
        reveal="{bound} bits/dim, measured on these 16 images: {rate} for all steps but the last, which is called the rate, and "
        "{distortion} for the last step, which tells the grey levels.",
        numbers={
            "bound": metric("bound_bits_per_dim"),
            "rate": metric("rate_bits_per_dim"),
            "distortion": metric("distortion_bits_per_dim"),
        },
        holds=lambda n: 0.4 < n["bound"].value / math.log2(17.0) < 0.6,
        why="Grey levels are discrete, so that L_0 is a true code length and positive. How the bits are divided depends on where "
        "the steps are: of CIFAR-10 DDPM spends more than half of its bits on details that no eye sees.",
        formula="−ELBO / (D ln 2) = rate + L_0 / (D ln 2)",
        sources=cite(("ddpm", "sec. 3.3 and 4.3, eq. 13")),
    ),
    Step(
        name="constants",
        title="Which bits per dimension?",
        text="The ODE and flows have no L_0 for grey levels: they give a density. Suppose a model has −log_2 of its density = −4 "
        "bits per dimension, for images of 256 grey levels that were scaled to the interval from −1 to 1.",
        a=DIGITS,
        layers=("x_t",),
        direction="reverse",
        playing=False,
        predict=Choice(
            "How many bits per dimension is that, counted in grey levels?",
            ("−4: bits are bits", "About 3", "4, since 256 levels are 8 bits", "It cannot be converted"),
            1,
        ),
        then={"charts": ("bits",)},
        reveal="{told}: a grey level is 2/255 wide, and log_2 (255/2) = {shift}. Had the images been scaled to the interval from "
        "0 to 1, one would add {unit}. For these digits of {levels} levels it would be {own}.",
        numbers={
            "told": constant(_shift("cifar10") - 4.0),
            "shift": constant(_shift("cifar10")),
            "unit": constant(_shift("cifar10") + 1.0),
            "levels": of_schedule(_levels),
            "own": of_schedule(lambda setup: _shift(setup.experiment.dataset)),
        },
        holds=lambda n: abs(n["told"].value - 3.0) < 0.05,
        why="The probability of a grey level is about the density times the width of its bin. Papers that spread each level "
        "evenly over 1/256 of the unit interval add log_2 256 = 8 bits. With such uniform dequantisation the density gives an "
        "upper bound of the code length. Whoever forgets the constant is 7 or 8 bits off.",
        formula="−log_2 P(level) ≈ −log_2 p(x) − log_2 Δ, &nbsp; Δ = 2/255",
        sources=cite(("sde", "sec. 4.3"), ("ddpm", "eq. 13")),
    ),
)

COST = Lesson(
    title="What it costs",
    minutes=20,
    able="Read the negative ELBO and its parts, tell what finite steps and a wrong start cost, and convert between units.",
    picture="heartbeat",
    steps=STEPS,
)
