"""Pictures: memorisation and what a network makes instead, and samples that agree with a measurement or with a given image."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.domains.pictures.images import make_images
from diffviz.engine import Setup
from diffviz.estimates import Estimate, mean_of
from diffviz.experiment import Experiment
from diffviz.lessons.base import Choice, Lesson, Number, Runs, Step, metric, of_both
from diffviz.lessons.digits import DIGITS, read, read_as, root_mean_square
from diffviz.lessons.numbers import first_estimate, of_end, of_forward, weights
from diffviz.telling.glossary.entry import cite

UPPER_HALF = "8x8.rAIYI"  # known of a digit; masks.py
EARLY, MIDDLE, LATE = 80, 50, 20  # of the T = 100 times
_EXACT = Experiment(dataset="digits", particles=64, steps=50, measurement="inpaint", mask=UPPER_HALF, test_image=5)
_EDITED = replace(DIGITS, particles=32, start="picture", test_image=5)


def _mean_image(*_: Setup) -> Tensor:
    return make_images("digits").train.mean(0)


def _of_images(values: NDArray[np.float64]) -> Estimate:
    """The mean over images of the data set, which are the same for every run; its error is that of images like these."""
    return replace(mean_of(values).estimate, drawn=False)


def _from_mean(runs: Runs) -> Estimate:
    """How far the training images are from their mean."""
    return _of_images(root_mean_square(make_images("digits").train - _mean_image()).numpy())


def _held_out(runs: Runs) -> Estimate:
    """How far the test images are from the nearest training image."""
    digits = make_images("digits")
    nearest = torch.cdist(digits.held_out.flatten(1).double(), digits.train.flatten(1).double()).amin(1)
    return _of_images((nearest / math.sqrt(digits.train[0].numel())).numpy())


def _largest(t: int) -> Number:
    """The posterior probability of the likeliest training image at t, in percent."""

    def quantity(setup: Setup, x_0: Tensor, x_t: Tensor) -> Tensor:
        return weights(setup, x_t, t).amax(1)

    return of_forward(t, quantity, factor=100.0)


def _off(setup: Setup, end: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N] the mean squared distance to the image that was measured."""
    return np.square(end - setup.task.target.numpy()).mean((1, 2, 3))


def _kinds(runs: Runs) -> Estimate:
    """How many different digits are read in the samples."""
    return Estimate(float(len(np.unique(read(runs[0].end)))), math.inf)  # of a draw, with an error that nobody knows


STEPS = (
    Step(
        name="first",
        title="What does a denoiser see in noise?",
        text="A U-Net that was trained on handwritten digits. The reverse process begins with images of nothing but noise, and "
        "from each of them the network makes a [denoised estimate](x0_hat) x̂_0, which is not shown yet.",
        a=DIGITS,
        layers=("x_t",),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "What is x̂_0 at the first step?",
            ("Noise", "The digit that it will become", "A blur, nearly the same for every sample"),
            2,
        ),
        then={"layers": ("x0_hat",)},
        reveal="The first x̂_0 is {first} away from the mean of all training images (root mean square, with grey values from −1 "
        "to 1), while a digit is {digit} away from it.",
        numbers={"first": first_estimate(_mean_image, root_mean_square), "digit": _from_mean},
        holds=lambda n: n["first"].value < 0.15 * n["digit"].value,
        why="The best estimate is the mean of all images that may have become x_t, each weighted by its probability. At T these "
        "are all images, with nearly equal weights; as the noise falls, fewer are left.",
        formula="x̂_0 ≈ E[x_0|x_t] → E[x_0] for SNR_t → 0",
        sources=cite(("tweedie", "eq. 1.4"), ("ddpm", "sec. 4.3")),
    ),
    Step(
        name="decided",
        title="When is it decided which image it will be?",
        text="The exact denoiser of the 1500 training images: x̂_0 is their mean, weighted by the probability that each of them "
        "became x_t. In the reverse process x̂_0 turns from a blur into one image.",
        a=Experiment(dataset="digits", particles=64),
        layers=("x0_hat",),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "When has one image nearly all of the probability?",
            ("From the first step on", "When the SNR has risen somewhat above 1", "Only in the last step, at t = 1"),
            1,
        ),
        then={"charts": ("snr", "kl")},
        reveal="The likeliest image has {early} % of the probability at t = 80, {middle} % at t = 50, where the SNR is about 1, "
        "and {late} % at t = 20. What follows only removes noise from an image that is chosen.",
        numbers={"early": _largest(EARLY), "middle": _largest(MIDDLE), "late": _largest(LATE)},
        holds=lambda n: n["early"].value < 5.0 and 25.0 < n["middle"].value < 60.0 and n["late"].value > 95.0,
        why="To single out one of n images takes log n nats. x_t tells I(x_0; x_t) of them, half the area under the MMSE over "
        "SNR; once that is nearly log n, one image is left.",
        formula="w_k ∝ exp(−|x_t − α_t μ_k|^2 / (2(α_t^2 s^2 + σ_t^2)))",
        sources=cite(("mmse", "theorem 1"), "generalise"),
    ),
    Step(
        name="memory",
        title="Which denoiser makes new digits?",
        text="A has the exact denoiser of the training images, which no denoiser can beat on them. B has a network that was "
        "trained on the same images. Both start from the same noise.",
        a=replace(DIGITS, denoiser="exact"),
        b=DIGITS,
        direction="reverse",
        predict=Choice(
            "Whose samples are new digits?",
            ("A's: it makes no errors", "B's: it does not reach the exact denoiser", "Those of both: noise is new each time"),
            1,
        ),
        then={"charts": ("bits", "kl")},
        reveal="A's samples are {nearest_a} away from the nearest training image (root mean square): copies. B's are {nearest_b} "
        "away, about as far as test images, {held_out}, which no training has seen.",
        numbers=of_both(nearest="nearest_training") | {"held_out": _held_out},
        holds=lambda n: n["nearest_a"].value < 0.1 and 0.8 < n["nearest_b"].value / n["held_out"].value < 1.5,
        why="The least error on a training set is that of its posterior mean, and its reverse process ends at training images: "
        "[memorisation](memorisation). That a network makes anything else is because it cannot compute this mean exactly. What "
        "it computes instead is called generalisation.",
        formula="x̂_0 = Σ_k w_k(x_t) μ_k",
        sources=cite("generalise", "creativity"),
    ),
    Step(
        name="one",
        title="What if there is one training image?",
        text="The data are a single image, and the denoiser is the exact one. Each sample starts from its own noise.",
        a=Experiment(dataset="own", particles=4, steps=40),
        layers=("x_t",),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "What comes of the different noises?",
            ("Variations of the image", "Each time that image", "Sometimes the image, sometimes noise"),
            1,
        ),
        then={"layers": ("x0_hat",), "charts": ("snr", "kl")},
        reveal="Each sample ends {nearest} away from that image: it equals the image to far less than a grey level. x̂_0 is that "
        "image at every step, whatever x_t is.",
        numbers={"nearest": metric("nearest_training")},
        holds=lambda n: n["nearest"].value < 0.002,
        why="There is nothing to estimate: whatever x_t is, it came from the one image. To generate is to choose, and here the "
        "distribution offers no choice: its entropy is that of the rounding alone.",
        formula="E[x_0|x_t] = μ &nbsp; for every x_t",
        sources=cite("generalise"),
    ),
    Step(
        name="posterior",
        title="What may the hidden half be?",
        text="Of a 3, a test image, only the upper half is known, with noise. A draws the rest from the exact "
        "[posterior](posterior) of the training images. B follows the gradient of the likelihood, [ΠGDM](pigdm), with the same "
        "exact denoiser.",
        a=replace(_EXACT, condition="exact"),
        b=replace(_EXACT, condition="guided"),
        direction="reverse",
        predict=Choice(
            "The denoiser is exact in both. Are B's samples from the posterior?",
            (
                "Yes: Bayes' rule is exact as well",
                "No: they vary too much",
                "No: they vary too little",
            ),
            1,
        ),
        then={"charts": ("spread",)},
        reveal="The standard deviation of the samples, mean over pixels, is {spread_a} in A and {spread_b} in B; that of the "
        "exact posterior is {exact} (A's is a little less, because its last step adds no noise). A classifier reads a 3 in "
        "{threes_a} % of A's samples and in {threes_b} % of B's.",
        numbers=of_both(spread="spread")
        | {"exact": metric("exact_spread"), "threes_a": read_as(3, 0), "threes_b": read_as(3, 1)},
        holds=lambda n: (
            n["spread_b"].value > 2.0 * n["exact"].value > n["spread_a"].value
            and n["threes_a"].value > 90.0 > n["threes_b"].value
        ),
        why="The gradient needs p(y|x_t), an average over all x_0 that x_t may have come from. ΠGDM takes these to be Gaussian "
        "around x̂_0. At high noise they are many separate images, and what is decided wrongly there is not put right later.",
        formula="∇ log p(x_t|y) = ∇ log q(x_t) + ∇ log p(y|x_t)",
        sources=cite(("pigdm", "eq. 7-8"), ("2015", "sec. 2.5")),
    ),
    Step(
        name="repaint",
        title="RePaint or guidance?",
        text="The same half of a 3. A is [RePaint](repaint): it puts the noised known half in place at every step and goes back "
        "and forth five times. B is the gradient guidance of the step before. Both have the exact denoiser.",
        a=replace(_EXACT, condition="replace"),
        b=replace(_EXACT, condition="guided"),
        direction="reverse",
        predict=Choice(
            "How do the two compare?",
            (
                "A needs about five times as many function evaluations and varies less, but still too much",
                "A needs five times as many and draws from the posterior",
                "Both need the same number and draw from the posterior",
            ),
            0,
        ),
        then={"charts": ("spread",)},
        reveal="A takes {evaluations_a} function evaluations, B {evaluations_b}, each with a gradient. The samples' standard "
        "deviation is {spread_a} in A and {spread_b} in B, that of the exact posterior {exact}.",
        numbers=of_both(evaluations="evaluations", spread="spread") | {"exact": metric("exact_spread")},
        holds=lambda n: (
            n["evaluations_a"].value > 4.5 * n["evaluations_b"].value
            and n["spread_b"].value > n["spread_a"].value > 1.5 * n["exact"].value
        ),
        why="Without going back and forth the hidden half is drawn before it has seen what is put in place, and the halves do "
        "not fit. Resampling a step is a step of a Markov chain in whose limit they would fit better; five steps are not the "
        "limit.",
        formula="x_s = mask · (α_s y + σ_s z) + (1 − mask) · (a reverse step)",
        sources=cite(("repaint", "algorithm 1 and sec. 4.2"), ("pigdm", "eq. 7-8")),
    ),
    Step(
        name="four",
        title="What do four numbers tell?",
        text="Of a test image only the means of four blocks of pixels are known, with noise. The samples are drawn from the "
        "exact posterior of the training images.",
        a=replace(_EXACT, measurement="super_resolve", factor=4, condition="exact", mask=""),
        direction="reverse",
        predict=Choice(
            "How many different digits are among the samples?",
            ("One: the image is determined", "Two or three", "More than three"),
            2,
        ),
        then={"charts": ("spread",)},
        reveal="{kinds}, as a classifier reads them. The samples' mean is off by {mean} (mean squared error), a single sample by "
        "{single}; the standard deviation, {spread}, says how far the mean can be trusted.",
        numbers={
            "kinds": _kinds,
            "mean": metric("mean_to_truth_mse"),
            "single": of_end(_off),
            "spread": metric("spread"),
        },
        holds=lambda n: (
            n["kinds"].value > 3
            and n["single"].value > 1.5 * n["mean"].value
            and n["mean"].value > 0.05
            and n["spread"].value > 0.3
        ),
        why="The posterior says all that can be known. Its mean has the least squared error and resembles no digit. A sample "
        "resembles a digit, and has twice the error on average over images and measurements: Var[x_0|y] counts once for the "
        "image and once for the sample.",
        formula="E|x − x_0|^2 = 2 Var[x_0|y], &nbsp; E|E[x_0|y] − x_0|^2 = Var[x_0|y]",
        sources=cite(("pigdm", "sec. 2"), ("2015", "sec. 2.5")),
    ),
    Step(
        name="edit",
        title="How much noise changes an image?",
        text="[SDEdit](edited): a 3 is noised to the time t₀ and denoised from there by the network, to t₀/T = 0.3 in A and "
        "0.7 in B.",
        a=replace(_EDITED, start_time=0.3),
        b=replace(_EDITED, start_time=0.7),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "In how many samples is a 3 still read?",
            (
                "In nearly all of A's, and in far fewer of B's",
                "In nearly all of both: the noise is taken away again",
                "In few of either",
            ),
            0,
        ),
        then={"charts": ("spread", "snr")},
        reveal="In {threes_a} % of A's and {threes_b} % of B's. The mean squared distance to the image is {far_a} in A and "
        "{far_b} in B.",
        numbers={"threes_a": read_as(3, 0), "threes_b": read_as(3, 1)} | of_both(far="to_picture_mse"),
        holds=lambda n: n["threes_a"].value > 85.0 and n["threes_b"].value < 65.0 and n["far_b"].value > 2.0 * n["far_a"].value,
        why="What the noise has hidden is drawn anew, from all that may have become x_t. Fine detail is hidden first, the kind "
        "of digit last. So t₀ says how much of the image is kept.",
        formula="x_{t₀} = α_{t₀} x_0 + σ_{t₀} ε",
        sources=cite(("sdedit", "sec. 3")),
    ),
)

PICTURES = Lesson(
    title="Pictures",
    minutes=18,
    able="Tell memorisation from generalisation, and judge samples that must agree with a measurement.",
    picture="digits",
    steps=STEPS,
)
