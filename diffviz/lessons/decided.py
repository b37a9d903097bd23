"""When is it decided: how noise parts data, what particles do then, how fast they must move, and the experiments of 2015."""

from __future__ import annotations

import math
from dataclasses import replace

from diffviz.domains.pictures.images import make_images
from diffviz.experiment import Experiment
from diffviz.lessons.base import Choice, Lesson, Step, metric, of_both, of_schedule
from diffviz.lessons.decided_numbers import (
    DENSITY,
    DRIFT,
    FLOOR,
    LEFT,
    LOOSE,
    RIGHT,
    SPECIATION,
    alpha_at,
    clones_at,
    entropy,
    integral,
    known_nats,
    largest,
    same_side,
    snr_at,
    time_at,
)
from diffviz.lessons.experiments_2015 import EXPERIMENTS_2015
from diffviz.lessons.numbers import alike, in_percent, of_forward
from diffviz.telling.glossary.entry import cite

_TWO = Experiment(dataset="two_gaussians", particles=1000)
_EIGHT = Experiment(dataset="eight_gaussians", particles=1000)
_HALF = replace(_EIGHT, measurement="half_plane", offset=0.5, measure_noise=0.3, steps=50, particles=700)
SPLIT = 49  # the time nearest to where the density of _TWO splits
HELD = 46  # the time at which one training image has about half of the posterior

STEPS = (
    Step(
        name="valley",
        title="One valley or two?",
        text="Data are two Gaussians, at −1 and 1. Shown is the [energy](energy) of x_t, −log q(x_t), in kT: the score is the "
        "force of this landscape. At T it is one valley. Time runs back.",
        a=_TWO,
        layers=("energy",),
        charts=("schedule",),
        direction="reverse",
        playing=False,
        predict=Choice(
            "When does the bottom of the valley become a hill between two?",
            (
                "At once: the data have two Gaussians at all times",
                "About halfway, where the signal is as strong as the noise",
                "At the very end, when the noise is gone",
            ),
            1,
        ),
        then={"playing": True, "charts": ("curvature", "snr")},
        reveal="At t = {t}, where α = {alpha} and the SNR is {snr}. At more noise there is one valley, with its bottom in the "
        "middle.",
        numbers={"t": time_at(DENSITY), "alpha": alpha_at(DENSITY), "snr": snr_at(DENSITY)},
        holds=lambda n: 40.0 < n["t"].value < 60.0 and 0.9 < n["snr"].value < 1.2,
        why="Noise of variance σ^2 blurs both Gaussians. A sum of two equal Gaussians has one maximum as long as their distance "
        "is less than twice their standard deviation, and here that changes at α^2 (μ^2 − s^2 + 1) = 1.",
        formula="U_t(x) = −log q(x_t = x), &nbsp; force = −∇U_t = score",
        sources=cite(("raya", "sec. 4"), ("biroli", "sec. 2")),
    ),
    Step(
        name="moments",
        title="Which moment is it?",
        text="Papers call three moments symmetry breaking. The density splits, as just seen. The drift of the reverse SDE "
        "splits: half of x plus the score pulls away from the middle. Speciation: the data, shrunk by α, vary as much as the "
        "noise.",
        a=_TWO,
        layers=("density",),
        charts=("schedule",),
        direction="reverse",
        playing=False,
        predict=Choice(
            "Which comes first as time runs back?",
            ("The density splits", "The drift splits", "All three are the same moment"),
            1,
        ),
        then={"playing": True, "charts": ("curvature", "clones")},
        reveal="The drift splits at t = {drift}, where α = {alpha_drift}, the density at t = {density}, where α = "
        "{alpha_density}. Speciation is between them, at t = {speciation}, if the noise is counted; as the paper writes it for "
        "many dimensions, α^2 Λ = 1, it is at t = {without}.",
        numbers={
            "drift": time_at(DRIFT),
            "alpha_drift": alpha_at(DRIFT),
            "speciation": time_at(SPECIATION),
            "without": time_at("speciation"),
            "density": time_at(DENSITY),
            "alpha_density": alpha_at(DENSITY),
        },
        holds=lambda n: n["drift"].value > n["speciation"].value > n["density"].value > 2.0 * n["without"].value,
        why="The reverse SDE grows x as it goes, to undo the shrinking of the forward process, and so leaves the middle while "
        "the density still has its maximum there. The three depend on the SNR alone and not on the schedule.",
        formula="drift: v^2/2 − v + α^2 μ^2 = 0, &nbsp; v = α^2 s^2 + σ^2; &nbsp; speciation: α^2 Λ = σ^2",
        sources=cite(("raya", "eq. 9"), "biroli"),
    ),
    Step(
        name="clones",
        title="What do particles do?",
        text="Take one x_t and run the reverse process from it twice, with other noise. The probability that both end in the "
        "same Gaussian is the clone probability φ; with two Gaussians it rises from 1/2, at T, to 1.",
        a=_TWO,
        layers=("trails", "density"),
        charts=("snr",),
        direction="reverse",
        playing=False,
        predict=Choice(
            "How large is φ where the density splits?",
            ("Still 1/2: nothing is decided before", "About three quarters", "Nearly 1: that is the decision"),
            1,
        ),
        then={"playing": True, "charts": ("clones", "curvature")},
        reveal="{density} %, and where the drift splits {drift} %. At t = 49 {side} % of the particles of the forward process "
        "are still on the side of their x_0.",
        numbers={
            "density": clones_at(DENSITY),
            "drift": clones_at(DRIFT),
            "side": of_forward(SPLIT, same_side, factor=100.0),
        },
        holds=lambda n: 70.0 < n["drift"].value < n["density"].value < 80.0 < n["side"].value < 92.0,
        why="Nothing happens at one moment: φ rises smoothly over all of them. Noise that is added later can still carry a "
        "particle over, and one that is far from the middle was decided earlier.",
        formula="φ(t) = E Σ_k p(k|x_t)^2",
        sources=cite("biroli", ("raya", "sec. 4")),
    ),
    Step(
        name="late",
        title="Why begin with noise?",
        text="A starts at T, from noise. B starts late, at t = 55, where the drift splits: from one Gaussian that has the mean "
        "and the covariance of x there.",
        a=_EIGHT,
        b=replace(_EIGHT, start="late", start_time=0.55),
        layers=("density",),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "What is lost by the late start?",
            (
                "Nearly half of the groups of the data are never found",
                "Hardly anything, and nearly half of the function evaluations are saved",
                "Nothing at all: x_t is a Gaussian until it splits",
            ),
            1,
        ),
        then={"charts": ("late_start", "dissipation")},
        reveal="The start of B is {mismatch} nats away from the true distribution of x there. The ELBO gap is {gap_a} nats in A "
        "and {gap_b} in B, with {evaluations_a} and {evaluations_b} function evaluations.",
        numbers={"mismatch": metric("mismatch_nats", 1)} | of_both(gap="gap_nats", evaluations="evaluations"),
        holds=lambda n: (
            0.0 < n["mismatch"].value < 0.01
            and n["gap_b"].value < 1.15 * n["gap_a"].value
            and n["evaluations_b"].value < 0.6 * n["evaluations_a"].value
        ),
        why="Before the modes part, x_t is nearly a Gaussian, and whoever knows its mean and covariance can draw it in one step. "
        "What is decided is decided later.",
        formula="KL(q(x_{t₀}) ‖ N(mean, covariance)) is all that is lost",
        sources=cite(("raya", "sec. 5")),
    ),
    Step(
        name="memory",
        title="When does one image take over?",
        text="The exact denoiser of 1500 digits. To single out one of n takes log n nats, and x_t tells some of that: log n less "
        "the entropy of the posterior weights.",
        a=Experiment(dataset="digits", particles=64),
        layers=("x_t",),
        charts=("schedule",),
        direction="reverse",
        playing=False,
        predict=Choice(
            "How much of log n is told when one image has about half of the weight?",
            ("About a tenth", "About half", "About three quarters"),
            2,
        ),
        then={"playing": True, "layers": ("x0_hat",), "charts": ("largest_weight", "known_of_points")},
        reveal="At t = 46 the largest weight is {largest} % on average, and x_t tells {known} of {all} nats. Soon after the "
        "exact denoiser has a single image left, and what it makes is a copy.",
        numbers={
            "largest": of_forward(HELD, largest(HELD), factor=100.0),
            "known": of_forward(HELD, known_nats(HELD)),
            "all": of_schedule(lambda setup: math.log(len(make_images("digits").train))),
        },
        holds=lambda n: 40.0 < n["largest"].value < 62.0 and 0.65 < n["known"].value / n["all"].value < 0.85,
        why="With infinitely many digits to train on, x_t would tell I(x_0; x_t) nats, more and more as noise falls. Where that "
        "would be more than log n, the training set has run out: this is the collapse, or memorisation.",
        formula="I(x_0; x_t) = log n &nbsp; at the collapse",
        sources=cite("biroli", ("mmse", "theorem 1")),
    ),
    Step(
        name="speed",
        title="How far must particles move?",
        text="The probability flow carries data to noise without any randomness. Its squared velocity, summed over time, cannot "
        "be less than the squared Wasserstein distance W_2^2 of data and noise. A is cosine, B rectified flow.",
        a=replace(_TWO, sampler="ddim"),
        b=replace(_TWO, sampler="ddim", schedule="rectified_flow"),
        layers=("trails",),
        charts=("schedule",),
        direction="forward",
        predict=Choice(
            "Which comes nearer to the least that is possible?",
            ("Rectified flow, whose paths are straight", "Cosine", "Both reach it"),
            1,
        ),
        then={"charts": ("squared_speed", "shifted_error")},
        reveal="The integral is {cosine} with cosine and {flow} with rectified flow; the floor is {floor}. The bound on the "
        "error of a shifted start, which the integral gives, is loose: by {loose} times for cosine and a shift of 0.3.",
        numbers={"cosine": integral(0), "flow": integral(1), "floor": FLOOR, "loose": LOOSE},
        holds=lambda n: n["flow"].value > 1.1 * n["cosine"].value > 1.2 * n["floor"].value and n["loose"].value > 50.0,
        why="The paths of single pairs (x_0, ε) are straight, but the flow averages them, and where they cross it must bend and "
        "slow down. A fast flow carries an error of the start farther: the bound says by how much at most.",
        formula="∫ E|u_t|^2 dt ≥ W_2^2, &nbsp; (ΔW_1)^2 / χ^2 ≤ ∫ E|u_t|^2 dt",
        sources=cite("ikeda", ("flow", "sec. 2")),
    ),
    Step(
        name="entropy",
        title="What does noise cost in all?",
        text="Noise pulls the data towards N(0, I), and the score pulls against it. Premkumar sums the square of what is left of "
        "both, |∇ log q(x_t) + x_t|^2, over the whole process and calls it the neural entropy. A is cosine, B linear.",
        a=_TWO,
        b=replace(_TWO, schedule="linear"),
        layers=("density",),
        charts=("schedule",),
        direction="forward",
        predict=Choice(
            "Which schedule has the larger sum?",
            ("Linear, which adds its noise sooner", "Cosine, which takes longer near the data", "Neither"),
            2,
        ),
        then={"charts": ("entropy_of_noise", "schedule")},
        reveal="Neither: it is {left_a} nats with cosine and {left_b} with linear. That is how far the data are from noise, "
        "KL(q(x_0) ‖ N(0, I)) = {right} nats: what a denoiser must know in all.",
        numbers={"left_a": entropy(LEFT, 0), "left_b": entropy(LEFT, 1), "right": entropy(RIGHT)},
        holds=lambda n: (
            alike(n["left_a"].value, n["right"].value, 1e-3)
            and alike(n["left_b"].value, n["right"].value, 1e-3)
            and n["right"].value > 2.0
        ),
        why="The divergence from noise falls at exactly this rate, so that its integral is the difference of both ends, however "
        "the noise is spread over time. It is stored in the network, to be given back by the reverse process.",
        formula="∫ β/2 E|∇ log q(x_t) + x_t|^2 dt = KL(q(x_0) ‖ N) − KL(q(x_T) ‖ N)",
        sources=cite("premkumar"),
    ),
    Step(
        name="posterior",
        title="What if something is known of x_0?",
        text="Data are multiplied by a factor r(x), here a half-plane with a soft edge. A samples the product exactly. B does "
        "what Sohl-Dickstein et al. propose: every reverse step is multiplied by r as well, and since r is smooth, that only "
        "shifts its mean by the variance times ∇ log r.",
        a=replace(_HALF, condition="exact"),
        b=replace(_HALF, condition="shifted_ramp"),
        layers=("density",),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "What is most wrong with B's paths?",
            (
                "The shift: a soft edge is no small perturbation",
                "That r(x_t) stands where r should be averaged over all x_0 that x_t may become",
                "Nothing: multiplying densities is Bayes' rule",
            ),
            1,
        ),
        then={"charts": ("path_kl", "snr")},
        reveal="B's paths are {off} nats away from those of the exact reverse process; to shift the mean, in place of "
        "multiplying, costs {shift} of that. A's are {exact} away, because its steps are of finite length. {inside} % of the "
        "exact product lies in the half-plane, {inside_b} % of B's samples do.",
        numbers={
            "off": metric("path_kl_nats", 1),
            "shift": metric("small_perturbation_nats", 1),
            "exact": metric("path_kl_nats", 0),
            "inside": in_percent("exact_in_half_plane", 0),
            "inside_b": in_percent("in_half_plane", 1),
        },
        holds=lambda n: (
            n["off"].value > 4.0 * n["shift"].value
            and n["shift"].value > 4.0 * n["shift"].stderr
            and n["exact"].value < 0.1 * n["off"].value
            and n["inside"].value > 90.0
        ),
        why="A reverse step must know where x_0 will be, not where x_t is: r(x_0) averaged over the posterior, h(x_t). The paper "
        "weakens r at large t to make up for it. For a small perturbation its formula is right; the place at which r is read is "
        "what costs.",
        formula="p̃(x_{t−1}|x_t) ∝ p(x_{t−1}|x_t) r(x_{t−1}), &nbsp; exact: h(x_{t−1}) = E[r(x_0)|x_{t−1}]",
        sources=cite(("2015", "sec. 2.5 and app. C")),
    ),
)

DECIDED = Lesson(
    title="When is it decided?",
    minutes=20,
    able="Say at which noise level samples commit, what a late start costs, and what the first experiments on diffusion models "
    "measured.",
    picture="two_gaussians",
    steps=STEPS + EXPERIMENTS_2015,
)
