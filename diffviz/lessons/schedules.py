"""Schedules: how fast to add noise, where the forward process must end, and what the best schedule is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from diffviz.domains.plane.thermodynamics import leading_order_gap_nats
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.gaussian.quadrature import marginal
from diffviz.lessons.base import Choice, Lesson, Number, Step, metric, of_both, of_schedule
from diffviz.lessons.numbers import alike, constant, first_below, gap_with
from diffviz.telling.glossary.entry import cite

FEW = 50  # steps, beside a chain that is longer
_ROLL = Experiment(dataset="swiss_roll", steps=FEW)
_MODES = Experiment(dataset="eight_gaussians", steps=10)
_UNSCALED = Experiment(dataset="two_moons", schedule="linear", steps=FEW, scale_betas=False)


def _steps(setup: Setup) -> float:
    return setup.schedule.steps


def _at_snr_1(setup: Setup) -> int:
    """The t whose SNR is nearest to 1."""
    return int(np.abs(setup.schedule.log_snr).argmin())


def _mmse_at_snr_1(setup: Setup) -> float:
    t = _at_snr_1(setup)
    return marginal(setup.distribution, float(setup.schedule.alpha[t]), float(setup.schedule.sigma[t])).mmse


def _percent_left(share: float, side: int = 0) -> Number:
    """Of the variance of x_t, what comes from the data at that share of the time, in percent."""
    return of_schedule(lambda setup: 100.0 * float(setup.schedule.signal_share[round(share * setup.schedule.steps)]), side)


def _size_midway(setup: Setup) -> float:
    """Standard deviation of x_t at T/2, if data and noise have 1."""
    t = setup.schedule.steps // 2
    return math.hypot(setup.schedule.alpha[t], setup.schedule.sigma[t])


def _smallest_order(setup: Setup) -> float:
    """The leading order, for many steps, of the smallest gap there can be."""
    return leading_order_gap_nats(setup.distribution, setup.schedule.steps)


STEPS = (
    Step(
        name="linear",
        title="How long does the linear schedule keep the data?",
        text="This is the [forward process](forward) with the linear schedule of DDPM: β_t grows in a straight line.",
        a=replace(_ROLL, schedule="linear", steps=100),
        layers=("density",),
        direction="forward",
        then={"charts": ("schedule", "snr")},
        predict=Choice(
            "When does x_t first hold more noise than data, that is SNR_t &lt; 1?",
            ("After half of the steps", "After about three quarters of the steps", "After about a quarter of the steps"),
            2,
        ),
        reveal="SNR_t first falls below 1 at t = {first} of {steps}. After two thirds of the steps only {left} % of the variance "
        "of x_t comes from the data: the last third of the steps turns noise into noise.",
        numbers={"first": of_schedule(first_below(1.0)), "steps": of_schedule(_steps), "left": _percent_left(2 / 3)},
        holds=lambda n: abs(n["first"].value / n["steps"].value - 0.25) < 0.05 and n["left"].value < 2.0,
        why="The logarithm of ᾱ_t is the sum of all log(1 − β_s) up to t. Where β grows linearly, that sum falls with the square "
        "of t, and ᾱ_t is nearly 0 long before T.",
        formula="log ᾱ_t ≈ −β_1 t − (β_T − β_1) t^2 / (2T)",
        sources=cite(("ddpm", "sec. 4"), ("improved", "sec. 3.2")),
    ),
    Step(
        name="cosine",
        title="Linear or cosine?",
        text="A has the linear schedule, B cosine; both take the same number of steps with the exact denoiser, and both end in "
        "noise. The chart shows how ᾱ_t falls in both.",
        a=replace(_ROLL, schedule="linear"),
        b=replace(_ROLL, schedule="cosine"),
        layers=("density",),
        charts=("schedule",),
        predict=Choice(
            "Which leaves the smaller [ELBO gap](gap)?",
            ("Neither: the denoiser is exact", "Linear: it adds noise evenly", "Cosine: fewer of its steps are nearly all noise"),
            2,
        ),
        then={"charts": ("schedule", "dissipation")},
        reveal="Linear leaves an ELBO gap of {gap_a} nats, cosine {gap_b} nats. After two thirds of the steps {left_a} % of the "
        "variance is data with linear, {left_b} % with cosine.",
        numbers=of_both(gap="gap_nats") | {"left_a": _percent_left(2 / 3, 0), "left_b": _percent_left(2 / 3, 1)},
        holds=lambda n: n["gap_b"].value < 0.6 * n["gap_a"].value and n["left_a"].value < 2 < 20 < n["left_b"].value,
        why="A step of finite length costs something even with the exact denoiser, because the true reverse step is not "
        "Gaussian. Cosine lets ᾱ_t fall nearly linearly in the middle, so that its steps are spread over the noise levels at "
        "which the roll forms.",
        formula="ᾱ_t = f(t)/f(0), &nbsp; f(t) = cos^2(π/2 · (t/T + s)/(1 + s))",
        sources=cite(("improved", "eq. 17"), ("vdm", "sec. 3")),
    ),
    Step(
        name="snr-clock",
        title="What is left of a schedule at equal SNR?",
        text="The same two schedules, linear in A and cosine in B. The clock now runs over the [SNR](snr): at every moment both "
        "sides are shown at the t where they have the same SNR. Compare the forward panels.",
        a=replace(_ROLL, schedule="linear", steps=200),
        b=replace(_ROLL, schedule="cosine", steps=200),
        layers=("density",),
        charts=("snr",),
        direction="forward",
        clock="log_snr",
        predict=Choice(
            "How do the forward panels of A and B differ?",
            (
                "A is noisier, because linear adds noise sooner",
                "Not at all, but for chance: at one SNR both have one distribution",
                "B is noisier, because cosine adds more noise at the end",
            ),
            1,
        ),
        then={"charts": ("snr", "dissipation")},
        reveal="SNR is nearest to 1 at t = {t_a} in A and at t = {t_b} in B. There the best denoiser has a [mean squared "
        "error](mmse) of {mmse_a} in A and {mmse_b} in B: what x_t tells of the data is the same. A schedule only decides when "
        "each noise level comes, and how finely.",
        numbers={
            "t_a": of_schedule(_at_snr_1, 0),
            "t_b": of_schedule(_at_snr_1, 1),
            "mmse_a": of_schedule(_mmse_at_snr_1, 0),
            "mmse_b": of_schedule(_mmse_at_snr_1, 1),
        },
        holds=lambda n: n["t_b"].value > 1.5 * n["t_a"].value and alike(n["mmse_a"].value, n["mmse_b"].value, 0.03),
        why="x_t/α_t = x_0 + (σ_t/α_t) ε depends on the data, the noise and the SNR alone. A factor of x_t changes nothing of "
        "what it tells about x_0.",
        formula="SNR_t = α_t^2 / σ_t^2",
        sources=cite(("vdm", "sec. 3 and 5.1")),
    ),
    Step(
        name="many-steps",
        title="Does the schedule matter with many steps?",
        text="Linear in A and cosine in B again, now with many more steps.",
        a=replace(_ROLL, schedule="linear", steps=400),
        b=replace(_ROLL, schedule="cosine", steps=400),
        layers=("density",),
        predict=Choice(
            "What do more steps do to the two ELBO gaps?",
            (
                "Both fall like 1/T, and their ratio stays",
                "Both stay as they are: the gap is a property of the schedule",
                "They soon become equal, and large T makes no further difference",
            ),
            0,
        ),
        then={"charts": ("dissipation", "bound")},
        reveal="From T = {few} to T = {many} linear's gap falls from {few_a} to {many_a} nats, cosine's from {few_b} to {many_b} "
        "nats. In the limit both have the same ELBO; at any finite T cosine needs about half as many steps for the same gap.",
        numbers={"few": constant(FEW), "many": of_schedule(_steps)}
        | {f"few_{letter}": gap_with(side, steps=FEW) for side, letter in enumerate("ab")}
        | of_both(many="gap_nats"),
        holds=lambda n: (
            all(alike(n[f"few_{x}"].value * FEW, n[f"many_{x}"].value * n["many"].value, 0.2) for x in "ab")
            and n["many_b"].value < 0.6 * n["many_a"].value
        ),
        why="The cost of one step falls with the square of its length, and there are T of them, so that the sum falls like 1/T. "
        "With a continuous time the ELBO depends on the SNR at the two ends alone, and not on the way between them.",
        formula="−ELBO − H(data) ≈ C/T, &nbsp; C depends on the schedule",
        sources=cite(("vdm", "sec. 5.1"), "salamon"),
    ),
    Step(
        name="unscaled",
        title="What are DDPM's β with few steps?",
        text="The β of DDPM go from 0.0001 to 0.02 and were made for T = 1000. Here T is much smaller: A takes them as they are, "
        "B multiplies them by 1000/T.",
        a=_UNSCALED,
        b=replace(_UNSCALED, scale_betas=True),
        layers=("density",),
        direction="forward",
        predict=Choice(
            "How much of the variance of x_T comes from the data in A?",
            ("Nearly nothing: every schedule ends in noise", "About a tenth", "More than half"),
            2,
        ),
        then={"charts": ("schedule", "snr")},
        reveal="{left_a} % in A and {left_b} % in B. A's forward process stops before there is noise, and nothing warns of it: "
        "the reverse process starts from N(0, I) all the same.",
        numbers={"left_a": _percent_left(1.0, 0), "left_b": _percent_left(1.0, 1)},
        holds=lambda n: n["left_a"].value > 50.0 and n["left_b"].value < 0.1,
        why="ᾱ_T is the product of all 1 − β_t, which depends nearly on the sum of the β_t alone. Scaled by 1000/T, the sum is "
        "the same for every T.",
        formula="ᾱ_T = Π (1 − β_t) ≈ exp(−T (β_1 + β_T)/2)",
        sources=cite(("ddpm", "sec. 4"), ("improved", "sec. 3.2")),
    ),
    Step(
        name="zero-snr",
        title="What does zero terminal SNR change?",
        text="Both have the unscaled linear schedule. B has [zero terminal SNR](zero_snr), α_T = 0: nothing of the data is left "
        "in x_T. Watch the last steps in the chart.",
        a=_UNSCALED,
        b=replace(_UNSCALED, zero_snr=True),
        layers=("density",),
        charts=("schedule",),
        predict=Choice(
            "What happens to the two parts of the [ELBO gap](gap)?",
            (
                "The mismatch at T vanishes, and the discretisation gap grows",
                "The mismatch at T vanishes, and the discretisation gap stays",
                "Both vanish",
            ),
            0,
        ),
        then={"charts": ("schedule", "dissipation")},
        reveal="The mismatch goes from {mismatch_a} to {mismatch_b} nats. The same number of steps now spans more noise levels: "
        "the discretisation gap grows from {steps_a} to {steps_b} nats. Together the gap falls from {gap_a} to {gap_b} nats.",
        numbers=of_both(mismatch="mismatch_nats", steps="discretisation_gap_nats", gap="gap_nats"),
        holds=lambda n: (
            n["mismatch_b"].value == 0.0 < 0.05 < n["mismatch_a"].value
            and n["steps_b"].value > 1.5 * n["steps_a"].value
            and n["gap_b"].value < 0.9 * n["gap_a"].value
        ),
        why="At α_T = 0 x_T says nothing of x_0, and the best estimate is the mean of the data. A network that predicts the "
        "noise cannot give it, because x̂_0 = (x_T − σ_T ε̂)/α_T divides by 0; one that predicts x_0 or v can.",
        formula="α_T = 0, &nbsp; x_T = ε",
        sources=cite(("zero_snr", "sec. 3.1, 3.2 and algorithm 1")),
    ),
    Step(
        name="straight",
        title="Is a straight line a better schedule?",
        text="A is rectified flow, x_t = (1 − t/T) x_0 + (t/T) ε, with α + σ = 1. B is cosine, which preserves the variance: α^2 "
        "+ σ^2 = 1. Both sample by [DDIM](ddim) with the same few steps.",
        a=replace(_MODES, dataset="checkerboard", schedule="rectified_flow", sampler="ddim"),
        b=replace(_MODES, dataset="checkerboard", schedule="cosine", sampler="ddim"),
        layers=("trails", "density"),
        charts=("schedule", "snr"),
        predict=Choice(
            "Data and noise have standard deviation 1. What is that of x_t at T/2 for rectified flow?",
            ("1, as everywhere", "1/√2", "1/2"),
            1,
        ),
        reveal="It is {size_a} in A, since there α = σ = 1/2; in B it is {size_b}. The samples are about equally good: sliced "
        "W_2 is {distance_a} in A and {distance_b} in B. A factor of x_t changes nothing; what differs is the noise levels of "
        "the steps.",
        numbers={
            "size_a": of_schedule(_size_midway, 0),
            "size_b": of_schedule(_size_midway, 1),
        }
        | of_both(distance="sliced_wasserstein"),
        holds=lambda n: (
            alike(n["size_a"].value, math.sqrt(0.5), 1e-9)
            and alike(n["size_b"].value, 1.0, 1e-9)
            and alike(n["distance_a"].value, n["distance_b"].value, 0.25)
        ),
        why="For one x_0 and one ε the path is a straight line in A. The sampler follows the mean over all x_0 that x_t may have "
        "come from, and that path bends. Euler's method along it is DDIM, whose steps depend on nothing but the SNR.",
        formula="d x_t/d t = E[ε − x_0|x_t]/T",
        sources=cite(("flow", "eq. 1"), ("ddim", "eq. 12"), ("improved", "eq. 17")),
    ),
    Step(
        name="least",
        title="Where should a few steps be?",
        text="Both take ten steps. A is cosine; the schedule of B was computed from the data. The dashed curve of the chart is ½ "
        "SNR·MMSE; each step is a stair above it, and the area between them is the discretisation gap of these steps.",
        a=replace(_MODES, schedule="cosine"),
        b=replace(_MODES, schedule="least_dissipation"),
        layers=("density",),
        charts=("staircase",),
        predict=Choice(
            "By how much can the ELBO gap fall, if ten steps are put where they do most?",
            ("Hardly at all: ten steps are ten steps", "By about half", "To nothing, because the denoiser is exact"),
            1,
        ),
        then={"charts": ("staircase", "dissipation")},
        reveal="Cosine leaves {gap_a} nats, the schedule of least dissipation {gap_b} nats. For many steps the smallest gap "
        "there can be tends to (length)^2/T, here {order} nats.",
        numbers=of_both(gap="gap_nats") | {"order": of_schedule(_smallest_order, 1)},
        holds=lambda n: alike(n["gap_b"].value, 0.5 * n["gap_a"].value, 0.3) and alike(n["gap_b"].value, n["order"].value, 0.25),
        why="A short step of length d log SNR costs a factor times the square of its length, and the factor depends on the "
        "noise level. The root of the cost is a distance; from data to noise these add up to the thermodynamic length. A sum of "
        "squares of numbers with a given sum is smallest if all are equal, so the steps of B are equally long by this distance.",
        formula="discretisation gap → (length)^2 / T",
        sources=cite("salamon", "crooks", ("mmse", "theorem 1")),
    ),
    Step(
        name="optimal",
        title="Where does the best schedule end?",
        text="A is the schedule of least dissipation, best for many steps. B has the smallest ELBO gap that ten steps can have "
        "with these data.",
        a=replace(_MODES, schedule="least_dissipation"),
        b=replace(_MODES, schedule="optimal"),
        layers=("density",),
        predict=Choice(
            "Is x_T pure noise with the schedule of the smallest gap?",
            (
                "Yes: if it were not, the reverse process would start wrongly",
                "No: a small mismatch at T can cost less than the steps it saves",
            ),
            1,
        ),
        then={"charts": ("staircase", "schedule")},
        reveal="At T {left} % of the variance in B is still data. That costs a mismatch of {mismatch} nats, and the steps cost "
        "{steps_b} nats instead of {steps_a}: the gap falls from {gap_a} to {gap_b} nats.",
        numbers={"left": _percent_left(1.0, 1), "mismatch": metric("mismatch_nats", 1)}
        | of_both(steps="discretisation_gap_nats", gap="gap_nats"),
        holds=lambda n: n["left"].value > 40.0 and n["mismatch"].value > 0.01 and n["gap_b"].value < 0.85 * n["gap_a"].value,
        why="With the exact denoiser and the optimal reverse variance the ELBO depends on the MMSE at the T noise levels alone. "
        "Newton's method finds the levels that make it largest. With ten steps, one near the data is worth more than one in the "
        "noise.",
        formula="minimise −ELBO over SNR_1 &gt; … &gt; SNR_T",
        sources=cite(("analytic", "theorem 1"), ("mmse", "theorem 1"), ("vdm", "sec. 5.1")),
    ),
)

SCHEDULES = Lesson(
    title="Schedules",
    minutes=20,
    able="Choose a noise schedule, say where it must end, and tell what a bad one costs in nats.",
    picture="swiss_roll",
    steps=STEPS,
)
