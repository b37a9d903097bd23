"""Samplers: with new noise and without, first and second order, how many function evaluations, and what a metric sees of it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.engine import Setup, run
from diffviz.estimates import Estimate, mean_of
from diffviz.experiment import Experiment
from diffviz.lessons.base import Choice, Lesson, Number, Numbers, Runs, Step, difference, metric, of_both, of_schedule
from diffviz.lessons.numbers import apart, near
from diffviz.telling.glossary.entry import cite

FINE = 250  # steps of Heun's method, whose error is then far below that of a sampler with few steps
HARDLY_ANY_SIGNAL = 0.01  # an SNR below which hardly anything is decided
_MODES = Experiment(dataset="eight_gaussians", sampler="ddim", particles=500)
_MOONS = Experiment(dataset="two_moons", sampler_steps=20)
_CURVES = Experiment(dataset="pinwheel", steps=1000, sampler="ddim", sampler_steps=20, spacing="quadratic", particles=300)
_FEW = Experiment(dataset="smiley", steps=1000, sampler="ddim", sampler_steps=10, spacing="log_snr", particles=500)


def _share(values: NDArray[np.bool_]) -> Estimate:
    """In percent."""
    return mean_of(100.0 * values, tolerance=100.0 / len(values)).estimate


def _same_mode(runs: Runs) -> Estimate:
    """In how many of a hundred particles A and B end in the same mode."""
    means = runs[0].setup.distribution.means
    modes = [torch.cdist(torch.from_numpy(each.end).double(), means).argmin(1) for each in runs]
    return _share((modes[0] == modes[1]).numpy())


@lru_cache(maxsize=4)
def _solution(e: Experiment) -> NDArray[np.float32]:
    """[N, 2] where a fine run ends. A and B, and two steps, have one in common."""
    return run(e).reverse[-1].copy()


def _from_solution(side: int, times: int = 1) -> Number:
    """How far the particles end from where the solution of the ODE leads, on average. times: with so many times as many steps."""

    def measure(runs: Runs) -> Estimate:
        e = runs[side].experiment
        end = runs[side].end if times == 1 else run(replace(e, sampler_steps=times * e.steps_taken)).reverse[-1]
        solution = _solution(replace(e, sampler="heun", sampler_steps=FINE))
        return mean_of(np.linalg.norm(end.astype(float) - solution, axis=1)).estimate

    return measure


def _in_noise(setup: Setup) -> float:
    """How many of the visited times have nearly no signal."""
    return float((setup.schedule.snr[setup.times] < HARDLY_ANY_SIGNAL).sum())


def _order(n: Numbers, name: str) -> float:
    """By which factor the error falls with twice the steps."""
    return n[name].value / n[f"{name}_twice"].value


STEPS = (
    Step(
        name="decided",
        title="Does x_T decide the sample?",
        text="Both follow the [probability-flow ODE](probability_flow) by [DDIM](ddim), without noise, from the same x_T. A "
        "takes ten long steps, B a hundred. Follow single trails.",
        a=replace(_MODES, sampler_steps=10),
        b=_MODES,
        layers=("trails",),
        charts=("schedule", "snr"),
        direction="reverse",
        predict=Choice(
            "In how many particles do A and B end in the same mode?",
            ("One in eight, as chance has it", "About half", "Nearly all"),
            2,
        ),
        reveal="In {same} %. The ends of the same particle in A and in B are {apart} apart on average; the data have standard "
        "deviation 1.",
        numbers={"same": _same_mode, "apart": apart},
        holds=lambda n: n["same"].value > 97.0 and n["apart"].value < 0.1,
        why="Without new noise one x_T leads to one sample: DDIM solves a differential equation, and the number of steps only "
        "changes how well. DDPM adds new noise in every step, so that the same x_T leads anywhere.",
        formula="x_s = α_s x̂_0 + σ_s ε̂",
        sources=cite(("ddim", "sec. 5.2 and eq. 12"), ("sde", "sec. 4.3")),
    ),
    Step(
        name="twenty",
        title="DDPM or DDIM with twenty steps?",
        text="Each takes 20 of the T = 100 steps with the exact denoiser. A is [ancestral sampling](ancestral), as in DDPM, B is "
        "DDIM. Compare both clouds with the density of the data.",
        a=_MOONS,
        b=replace(_MOONS, sampler="ddim"),
        layers=("density", "trails"),
        charts=("schedule", "snr"),
        direction="reverse",
        predict=Choice(
            "How do the samples differ from data?",
            (
                "Not at all, since the denoiser is exact",
                "A's lie outside the moons too often, B's crowd where the density is highest",
                "Both lie outside the moons too often",
            ),
            1,
        ),
        reveal="The [excess NLL](excess_nll) of A is {excess_a} nats: too many of its samples are where data are rare. That of B "
        "is {excess_b} nats: its samples are more likely than data are, because they crowd. Only 0 would be right.",
        numbers=of_both(excess="excess_nll_nats"),
        holds=lambda n: n["excess_a"].value > 3.0 * n["excess_a"].stderr and n["excess_b"].value < -3.0 * n["excess_b"].stderr,
        why="A long reverse step is not Gaussian. A draws a Gaussian of the right variance in its place, which is wider than it "
        "should be at the edge of the data. B follows x̂_0, which is a mean of data and lies inside them.",
        formula="E_{samples}[−log q(x)] − H(data)",
        sources=cite(("ddim", "sec. 4 and table 1"), ("cover", "sec. 2.3 and 8.5")),
    ),
    Step(
        name="unseen",
        title="Are a hundred steps better than twenty?",
        text="DDIM on two moons, with 20 of the T = 100 steps in A and with all of them in B, from the same x_T. By eye they are "
        "hard to tell apart.",
        a=replace(_MOONS, sampler="ddim"),
        b=replace(_MOONS, sampler="ddim", sampler_steps=None),
        layers=("density",),
        charts=("schedule", "snr"),
        direction="reverse",
        predict=Choice(
            "Does a metric tell them apart?",
            (
                "Sliced W_2 does: A's samples have farther to go to the data",
                "No: 1000 samples are too few to tell them apart",
                "The excess NLL does: A's samples crowd more",
            ),
            2,
        ),
        reveal="[Sliced W_2](sliced) is {sliced_a} in A and {sliced_b} in B, and {floor} between two sets of true samples: "
        "chance hides the difference. The excess NLL is {excess_a} nats in A and {excess_b} in B, {apart} apart.",
        numbers=of_both(sliced="sliced_wasserstein", excess="excess_nll_nats")
        | {"floor": metric("sliced_wasserstein_floor"), "apart": difference("excess_nll_nats")},
        holds=lambda n: (
            near(n["sliced_a"], n["floor"], 2.0)
            and near(n["sliced_b"], n["floor"], 2.0)
            and n["apart"].value < -3.0 * n["apart"].stderr
        ),
        why="Samples that crowd onto a curve that is already thin are off by less than its width, and a distance measures no "
        "more than that. Their density under the data grows by a factor. The error of a difference is small, because particle i "
        "has the same x_T in both. The excess NLL in turn does not see modes that are missing.",
        formula="excess NLL = KL(samples ‖ data) + H(samples) − H(data)",
        sources=cite("sliced", ("cover", "sec. 8.5")),
    ),
    Step(
        name="eta",
        title="How much noise has DDIM with η = 1?",
        text="A is DDIM with [η](eta) = 1. B is DDPM whose [reverse variance](variance) is β̃, that of q(x_s|x_t, x_0). Both "
        "have the same noise.",
        a=replace(_MOONS, sampler="ddim", eta=1.0),
        b=replace(_MOONS, variance="posterior"),
        layers=("trails",),
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "How far apart does the same particle end?",
            (
                "As far as two independent samples",
                "Nowhere: they are the same sampler",
                "A little: η = 1 adds a little more noise",
            ),
            1,
        ),
        then={"charts": ("schedule", "kl")},
        reveal="{apart} apart: one sampler has two names. Both have an excess NLL of {excess} nats.",
        numbers={"apart": apart, "excess": metric("excess_nll_nats")},
        holds=lambda n: n["apart"].value < 1e-4 and abs(n["excess"].value) > 3.0 * n["excess"].stderr,
        why="DDIM keeps the part √(σ_s^2 − η^2 β̃) of the estimated noise and draws the rest, η√β̃, anew. With η = 1 the step is "
        "the mean and the variance of q(x_s|x_t, x_0) at x_0 = x̂_0, which is DDPM. With η = 0 nothing is drawn.",
        formula="x_s = α_s x̂_0 + √(σ_s^2 − η^2 β̃) ε̂ + η √β̃ z",
        sources=cite(("ddim", "eq. 12 and 16")),
    ),
    Step(
        name="evaluations",
        title="What does Heun's method cost?",
        text="A takes 19 steps of DDIM, B ten of Heun's method: that goes to s by DDIM, evaluates the denoiser again there, and "
        "repeats the step with the mean of both directions. The last step, into the data, has no second half.",
        a=replace(_CURVES, sampler_steps=19),
        b=replace(_CURVES, sampler="heun", sampler_steps=10),
        layers=("trails",),
        charts=("schedule", "snr"),
        direction="reverse",
        predict=Choice(
            "Which needs more function evaluations, and which ends nearer to the solution of the ODE?",
            (
                "B needs more, and ends nearer",
                "They need the same number, and B ends nearer",
                "They need the same number, and A ends nearer, because its steps are shorter",
            ),
            1,
        ),
        reveal="A takes {evaluations_a} [function evaluations](nfe), B {evaluations_b}. A's particles end {far_a} from where the "
        "solution leads, B's {far_b}.",
        numbers=of_both(evaluations="evaluations") | {"far_a": _from_solution(0), "far_b": _from_solution(1)},
        holds=lambda n: n["evaluations_a"].value == n["evaluations_b"].value and n["far_a"].value > 8.0 * n["far_b"].value,
        why="What sampling costs is how often the network is evaluated, not how many steps are taken. The mean of the directions "
        "at both ends of a step is that in its middle, to second order.",
        formula="d x_t/d t = α′_t x̂_0 + σ′_t ε̂",
        sources=cite(("edm", "algorithm 1 and sec. 3"), ("sde", "eq. 13")),
    ),
    Step(
        name="order",
        title="What do twice as many steps do?",
        text="The same ODE, A by DDIM, which is of first order, B by Heun's method, which is of second order. The answer repeats "
        "both runs with twice as many steps.",
        a=_CURVES,
        b=replace(_CURVES, sampler="heun", sampler_steps=10),
        layers=("trails",),
        charts=("schedule", "snr"),
        direction="reverse",
        predict=Choice(
            "By which factors do the errors fall with twice the steps?",
            ("By two in both", "By two in A, by four in B", "By two in A, by eight in B"),
            1,
        ),
        reveal="A's error falls from {ddim} to {ddim_twice}, about half; B's from {heun} to {heun_twice}, about a quarter.",
        numbers={
            "ddim": _from_solution(0),
            "ddim_twice": _from_solution(0, 2),
            "heun": _from_solution(1),
            "heun_twice": _from_solution(1, 2),
        },
        holds=lambda n: 1.6 < _order(n, "ddim") < 2.6 and 3.0 < _order(n, "heun") < 5.2,
        why="A method of order p makes an error like h^p over the whole way, h being the length of a step. Second order is "
        "better once steps are short enough for that to hold; with very few it may be the worse one.",
        formula="error ∝ h^p",
        sources=cite(("edm", "sec. 3"), ("dpm", "sec. 4")),
    ),
    Step(
        name="second",
        title="Is second order worth it with ten evaluations?",
        text="Ten function evaluations each, along the same ODE. A is DDIM. B is DPM-Solver++ (2M), of second order, which uses "
        "the x̂_0 of the step before and needs no second evaluation.",
        a=_FEW,
        b=replace(_FEW, sampler="dpm_solver_2m"),
        layers=("density", "trails"),
        charts=("snr", "schedule"),
        direction="reverse",
        predict=Choice(
            "Whose samples are better?",
            ("B's, by every metric", "A's, by every metric", "That depends on the metric"),
            2,
        ),
        reveal="Sliced W_2 is {sliced_a} in A and {sliced_b} in B: B's are where they belong. The excess NLL is {excess_a} nats "
        "in A and {excess_b} in B: B's lie beside the thin features more often, where data hardly ever are.",
        numbers=of_both(sliced="sliced_wasserstein", excess="excess_nll_nats"),
        holds=lambda n: n["sliced_b"].value < n["sliced_a"].value - 0.05 and n["excess_b"].value > n["excess_a"].value + 0.5,
        why="The x̂_0 of t and of t′, the time before, are extrapolated along a straight line in log(α/σ), in which this step "
        "has length h and the last one h′. That is right while x̂_0 is smooth over both steps. At small t each step is longer "
        "than the features that are left, and the extrapolation overshoots them.",
        formula="x̂_0 → x̂_0(t) + h/(2h′) · (x̂_0(t) − x̂_0(t′))",
        sources=cite(("dpm", "sec. 4.2 and algorithm 2")),
    ),
    Step(
        name="spacing",
        title="At which times should ten steps be?",
        text="Ten of T = 1000 steps of DDIM, with the cosine schedule. A's [times](spacing) are even in t, B's are even in log "
        "SNR, so that every step changes σ/α by the same factor.",
        a=replace(_FEW, dataset="pinwheel", spacing="trailing"),
        b=replace(_FEW, dataset="pinwheel"),
        layers=("density", "trails"),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "Which ends nearer to the data?",
            (
                "B: equal factors of the noise are a fair share of the work",
                "A: B spends steps where x_t is nothing but noise",
                "Neither: the times do not matter with the exact denoiser",
            ),
            1,
        ),
        then={"charts": ("snr", "dissipation")},
        reveal="Of the visited times {noise_a} in A and {noise_b} in B have an SNR below 0.01, where hardly anything is decided. "
        "Sliced W_2 is {sliced_a} in A and {sliced_b} in B, a difference of {apart}.",
        numbers={"noise_a": of_schedule(_in_noise, 0), "noise_b": of_schedule(_in_noise, 1)}
        | of_both(sliced="sliced_wasserstein")
        | {"apart": difference("sliced_wasserstein")},
        holds=lambda n: n["noise_b"].value >= n["noise_a"].value + 2 and n["apart"].value < -4.0 * n["apart"].stderr,
        why="The log SNR of cosine falls much farther below 0 at the end of a long chain than it is above 0 at its beginning. "
        "Steps that are even in it are few where the data take shape, and many where x_t is noise.",
        formula="λ_t = log SNR_t",
        sources=cite(("dpm_first", "sec. 3"), ("ddim", "app. D.2"), ("zero_snr", "sec. 3.3")),
    ),
)

SAMPLERS = Lesson(
    title="Samplers",
    minutes=18,
    able="Choose a sampler and its steps, count what it costs, and judge samples by more than one metric.",
    picture="two_moons",
    steps=STEPS,
)
