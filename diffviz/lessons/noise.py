"""What is noise: the forward process, of points, an image and bits."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from diffviz.domains.pictures.images import make_images
from diffviz.engine import Setup
from diffviz.estimates import Estimate, mean_of
from diffviz.experiment import Experiment
from diffviz.lessons.base import Choice, Lesson, Place, Runs, Step, metric, of_schedule
from diffviz.lessons.numbers import OfPair, constant, first_below, forward_pair, near, of_forward, weights
from diffviz.telling.glossary.entry import cite

HALF = 50  # the middle of the runs with T = 100


def _variance(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
    """[N] of a coordinate; the mean is 0."""
    return x_t.square().mean(1)


def _inside(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
    """[N] whether a point is nearer to the origin than 1."""
    return (x_t.norm(dim=1) < 1.0).double()


def _left(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
    """[N] the squared distance to α_50 x_0, of a coordinate."""
    return (x_t - float(setup.schedule.alpha[HALF]) * x_0).square().mean(1)


def _without_root(setup: Setup) -> float:
    """The variance of x_T of data of variance 1, if a step multiplies by 1 − β_t."""
    variance = 1.0
    for beta in setup.schedule.beta:
        variance = (1.0 - beta) ** 2 * variance + beta
    return float(variance)


def _right_mode(setup: Setup) -> Tensor:
    """[2] the mean that is farthest to the right."""
    means = setup.distribution.means
    return means[means[:, 0].argmax()]


def _moved(setup: Setup) -> tuple[float, float]:
    x, y = (float(setup.schedule.alpha[HALF]) * _right_mode(setup)).tolist()
    return x, y


def _of_right_mode(axis: int) -> OfPair:
    """A coordinate of x_t for the particles that began in that mode."""

    def quantity(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
        means = setup.distribution.means
        return x_t[torch.cdist(x_0, means).argmin(1) == means[:, 0].argmax(), axis]

    return quantity


def _apart_at_T(runs: Runs) -> Estimate:
    """The mean distance between particle i of both runs at T."""
    a, b = (forward_pair(run.setup, run.setup.schedule.steps)[1] for run in runs)
    return mean_of((a - b).double().norm(dim=1).numpy()).estimate


def _read(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
    """[N] whether the class of largest posterior probability is that of the image."""
    means, labels = setup.distribution.means, make_images(setup.experiment.dataset).train_labels
    classes = weights(setup, x_t, 25) @ torch.nn.functional.one_hot(labels).double()
    return (classes.argmax(1) == labels[torch.cdist(x_0.flatten(1), means).argmin(1)]).double()


STEPS = (
    Step(
        name="shape",
        title="Data become noise",
        text="The [forward process](forward) starts at data, here points on two moons, and adds a little Gaussian noise in each "
        "of T = 100 steps. Predict first; the answer shows the steps.",
        a=Experiment(dataset="two_moons"),
        layers=("trails",),
        charts=("schedule",),
        direction="forward",
        predict=Choice(
            "What will be seen at t = T?",
            (
                "One round cloud that shows nothing of the moons",
                "Two moons, blurred and thicker",
                "A square that is filled evenly",
                "All points at the origin",
            ),
            0,
        ),
        reveal="One round cloud. The variance of a coordinate is {variance}, and {inside} % of the points lie within a distance "
        "of 1 from the origin. For N(0, I), the standard normal distribution, they are 1 and {expected} %.",
        numbers={
            "variance": of_forward(100, _variance),
            "inside": of_forward(100, _inside, factor=100.0),
            "expected": constant(100.0 * (1.0 - math.exp(-0.5))),
        },
        holds=lambda n: near(n["inside"], n["expected"]) and abs(n["variance"].value - 1.0) < 4.0 * n["variance"].stderr,
        why="Each step shrinks x_{t−1} a little and adds a little independent noise. What is left of x_0 is multiplied by all "
        "these factors and tends to 0, while the sum of many small noises is Gaussian.",
        formula="q(x_t|x_{t−1}) = N(√(1 − β_t) x_{t−1}, β_t I)",
        sources=cite(("2015", "sec. 2.1"), ("ddpm", "eq. 2")),
    ),
    Step(
        name="jump",
        title="One jump instead of many steps",
        text="The clock stands at t = 50. A network is trained on pairs of x_0 and x_t at random times t, millions of them.",
        a=Experiment(dataset="two_moons"),
        layers=("trails",),
        charts=("schedule",),
        at=HALF,
        direction="forward",
        playing=False,
        predict=Choice(
            "How many steps of the forward process must be computed to draw x_50 for one x_0?",
            (
                "None: one draw of noise is enough",
                "50, since every step adds noise of its own",
                "100, since the noise is only known at T",
            ),
            0,
        ),
        reveal="One draw is enough. In this run x_50 was reached by 50 steps, and it lies around α_50 x_0 with variance {left} a "
        "coordinate. The formula below gives σ_50^2 = {variance} in one jump.",
        numbers={
            "left": of_forward(HALF, _left),
            "variance": of_schedule(lambda setup: float(setup.schedule.sigma[HALF] ** 2)),
        },
        holds=lambda n: near(n["left"], n["variance"]),
        why="A sum of independent Gaussians is a Gaussian whose variance is the sum of theirs. So all steps up to t together "
        "are one step. This way of writing x_t, with one noise ε, is called reparameterisation.",
        formula="x_t = α_t x_0 + σ_t ε, &nbsp; ε ~ N(0, I), &nbsp; α_t^2 = Π (1 − β_s), &nbsp; σ_t^2 = 1 − α_t^2",
        sources=cite(("ddpm", "eq. 4"), ("vae", "sec. 2.4")),
    ),
    Step(
        name="root",
        title="Why the square root?",
        text="Data have variance 1 here. A step multiplies by √(1 − β_t) and adds noise of variance β_t, which the chart shows. "
        "Some articles print the factor 1 − β_t, without the root.",
        a=Experiment(dataset="two_moons", schedule="linear", steps=200),
        layers=("density",),
        charts=("schedule",),
        at=200,
        direction="forward",
        playing=False,
        predict=Choice(
            "What would the variance of x_T be without the root?",
            ("Still 1", "About a half", "0: all points end at the origin", "Far above 1"),
            1,
        ),
        reveal="It would be {without}: the noise would be too small for a reverse process that starts from N(0, I). With the "
        "root it is {measured} in this run, and {kept} in theory.",
        numbers={
            "without": of_schedule(_without_root),
            "measured": of_forward(200, _variance),
            "kept": of_schedule(lambda setup: float(setup.schedule.alpha[-1] ** 2 + setup.schedule.sigma[-1] ** 2)),
        },
        holds=lambda n: 0.45 < n["without"].value < 0.55 and near(n["measured"], n["kept"]),
        why="A factor c multiplies a variance by c^2. With c = √(1 − β_t) a variance of 1 becomes (1 − β_t) + β_t = 1. With "
        "c = 1 − β_t a variance v becomes (1 − β_t)^2 v + β_t, which no longer changes at v = 1/(2 − β_t), just above a half.",
        formula="Var x_t = (1 − β_t) Var x_{t−1} + β_t",
        sources=cite(("2015", "sec. 2.1"), ("ddpm", "sec. 2 and eq. 2")),
    ),
    Step(
        name="snr",
        title="Signal and noise",
        text="The [signal-to-noise ratio](snr) compares the two parts of x_t. Above 1 most of x_t is data, below 1 most of it is "
        "noise. The chart shows ᾱ_t, the share of the variance that is data, for the linear schedule.",
        a=Experiment(dataset="two_moons", schedule="linear"),
        layers=("density",),
        charts=("schedule",),
        direction="forward",
        at=0,
        playing=False,
        predict=Choice(
            "When does the SNR fall below 1?",
            ("After about a quarter of the steps", "Half-way", "After three quarters", "At T"),
            0,
        ),
        then={"charts": ("snr", "schedule"), "at": 27},
        reveal="At t = {first} of {steps}. From t = {faint} on less than 1 % of the variance is data: the last {rest} steps "
        "change next to nothing that one could see.",
        numbers={
            "first": of_schedule(first_below(1.0)),
            "steps": of_schedule(lambda setup: setup.schedule.steps),
            "faint": of_schedule(first_below(1.0 / 99.0)),
            "rest": of_schedule(lambda setup: setup.schedule.steps - first_below(1.0 / 99.0)(setup)),
        },
        holds=lambda n: n["first"].value == 27 and n["rest"].value > 30,
        why="The factors √(1 − β_t) multiply, so ᾱ_t = α_t^2 falls much faster than in a straight line. All that distinguishes "
        "one schedule from another is the SNR at each time.",
        formula="SNR_t = α_t^2 / σ_t^2 = ᾱ_t / (1 − ᾱ_t)",
        sources=cite(("vdm", "sec. 3"), ("improved", "sec. 3.2")),
    ),
    Step(
        name="modes",
        title="How data are forgotten",
        text="The data are eight Gaussians on a circle. The clock stands at t = 0; the shading is the exact density.",
        a=Experiment(dataset="eight_gaussians"),
        layers=("density",),
        charts=("schedule",),
        at=0,
        direction="forward",
        playing=False,
        predict=Place(
            "Mark where the Gaussian at the very right will have its centre at t = 50.",
            "forward",
            "the centre",
            _moved,
        ),
        then={"at": HALF},
        reveal="At ({x}, {y}): the mean μ is multiplied by α_50 = {alpha}. The points of this run that began there now have the "
        "mean ({mean_x}, {mean_y}).",
        numbers={
            "x": of_schedule(lambda setup: _moved(setup)[0]),
            "y": of_schedule(lambda setup: round(_moved(setup)[1], 9) + 0.0),
            "alpha": of_schedule(lambda setup: float(setup.schedule.alpha[HALF])),
            "mean_x": of_forward(HALF, _of_right_mode(0)),
            "mean_y": of_forward(HALF, _of_right_mode(1)),
        },
        holds=lambda n: near(n["x"], n["mean_x"]) and near(n["y"], n["mean_y"]),
        why="A mixture of Gaussians stays one: the means move towards the origin, and each Gaussian becomes wider. Once they are "
        "wider than their means are apart, no one can tell from which a point came. That is how the data are forgotten.",
        formula="q(x_t) = Σ w_k N(α_t μ_k, (α_t^2 s^2 + σ_t^2) I)",
        sources=cite(("ddpm", "eq. 4")),
    ),
    Step(
        name="end",
        title="All data end alike",
        text="Two moons in A, a grid of 25 Gaussians in B, with the same noise ε for particle i in both. The clock stands at T.",
        a=Experiment(dataset="two_moons", particles=500),
        b=Experiment(dataset="grid_25", particles=500),
        charts=("schedule", "snr"),
        at=100,
        direction="forward",
        playing=False,
        predict=Choice(
            "Can one tell from x_T which data a cloud came from?",
            (
                "Yes: the grid's cloud is squarer",
                "Yes, because each particle still remembers its x_0",
                "No: both distributions are the same",
            ),
            2,
        ),
        reveal="No. The distribution of x_T differs from N(0, I) by {a} nats of [KL divergence](kl) in A and by {b} in B. "
        "Particle i of A and particle i of B, which began at different data, are now {apart} apart: x_T is the noise.",
        numbers={"a": metric("mismatch_nats", 0), "b": metric("mismatch_nats", 1), "apart": _apart_at_T},
        holds=lambda n: n["a"].value < 1e-6 and n["b"].value < 1e-6 and n["apart"].value < 0.01,
        why="α_T is nearly 0 and σ_T nearly 1, so that x_T = α_T x_0 + σ_T ε is nearly ε. This is what makes generation "
        "possible: the [reverse process](reverse) can start from N(0, I) without having seen any data.",
        formula="q(x_T) ≈ N(0, I)",
        sources=cite(("2015", "sec. 2.1"), ("ddpm", "sec. 2")),
    ),
    Step(
        name="image",
        title="An image is a point, too",
        text="An image of 8 × 8 pixels is a point with 64 coordinates, and every pixel gets noise of its own. The clock stands "
        "at t = 25 of 50, where the SNR is just below 1: noise has as large a factor as the image.",
        a=Experiment(dataset="digits", steps=50, particles=144),
        layers=("x_t",),
        charts=("snr",),
        at=25,
        direction="forward",
        playing=False,
        predict=Choice(
            "In how many of these images can the digit still be read, by the best method there is?",
            ("In one of ten, as by chance", "In about half of them", "In at least three of four"),
            2,
        ),
        reveal="In {read} %, at an SNR of {snr}. The method is Bayes' rule: it takes the class of largest posterior "
        "probability given x_t, with all 1500 training images known. To the eye much less seems to be left.",
        numbers={
            "read": of_forward(25, _read, factor=100.0),
            "snr": of_schedule(lambda setup: float(setup.schedule.snr[25])),
        },
        holds=lambda n: n["read"].value > 75.0 and 0.95 < n["snr"].value < 1.0,
        why="The noise of different pixels is independent, while the pixels of a digit belong together. Sixty-four bad "
        "measurements of one digit together make a good one. Larger images survive still more noise, which is why they need "
        "schedules with more of it.",
        formula="P(class|x_t) ∝ Σ exp(−|x_t − α_t x_k|^2 / 2σ_t^2), over the images x_k of the class",
        sources=cite(("ddpm", "eq. 4"), ("improved", "sec. 3.2")),
    ),
    Step(
        name="bits",
        title="Noise for bits",
        text="Data need not be numbers. A heartbeat has 20 bits, with a 1 in every fifth place. A step redraws some bits at "
        "random, each new one being 1 with probability 1/5.",
        a=Experiment(dataset="heartbeat", steps=50, particles=256),
        layers=("sorted",),
        charts=("schedule",),
        at=0,
        direction="forward",
        predict=Choice(
            "How many of the 20 bits are 1 at T, on average?",
            (
                "10: in pure noise a bit is 0 or 1 with equal probability",
                "4, as many as in the data",
                "0: the ones are erased one by one",
            ),
            1,
        ),
        reveal="{ones} in this run, while every heartbeat has 4. But of the sequences only {whole} % are heartbeats at T: what "
        "noise destroys is how the bits depend on one another.",
        numbers={
            "ones": of_forward(50, lambda setup, x_0, x_t: x_t.sum(1)),
            "whole": of_forward(
                50,
                lambda setup, x_0, x_t: (torch.cdist(x_t, setup.distribution.states) < 0.5).any(1).double(),
                factor=100.0,
            ),
        },
        holds=lambda n: abs(n["ones"].value - 4.0) < 4.0 * n["ones"].stderr and n["whole"].value < 2.0,
        why="Noise must be a distribution that the reverse process can start from, and it need not be Gaussian. Here it is "
        "independent bits with the same share of ones as the data, so that each single bit has the same distribution at all "
        "times.",
        formula="q(x_t = 1|x_{t−1}) = (1 − β_t) x_{t−1} + β_t / 5",
        sources=cite(("2015", "sec. 2.1 and app. B")),
    ),
)

NOISE = Lesson(
    title="What is noise?",
    minutes=16,
    able="Say what a step of the forward process does, draw x_t in one jump, and explain why all data end as the same noise.",
    picture="two_moons",
    steps=STEPS,
)
