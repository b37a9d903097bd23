"""Entropy, work and the arrow of time: what a step produces, the work of a path, and the theorems that it obeys."""

from __future__ import annotations

from dataclasses import replace

from diffviz.experiment import Experiment
from diffviz.lessons.base import Choice, Lesson, Step, metric, of_both
from diffviz.lessons.numbers import alike
from diffviz.lessons.work_numbers import (
    BACKWARDS,
    CROSSING,
    DATA,
    EQUALITY,
    JENSEN,
    MEAN,
    MISSED,
    NEGATIVE,
    SLOPE,
    bracket,
    dissipated_below,
    effective,
    exponential,
    times_as_frequent,
    told_apart,
)
from diffviz.telling.glossary.entry import cite

_EIGHT = Experiment(dataset="eight_gaussians", steps=20, particles=500)
WORTH = 800  # equal weights, of 4000 that are not
_MOONS = Experiment(dataset="two_moons", steps=25, particles=500)

STEPS = (
    Step(
        name="production",
        title="Where is entropy produced?",
        text="The exact denoiser, with few steps. A forward step mixes what was apart. The reverse step, a single Gaussian, does "
        "not undo that exactly: the true reverse step is a mixture. The KL divergence between the two is the entropy that the "
        "step produces, its [dissipation](dissipation).",
        a=_EIGHT,
        layers=("density",),
        charts=("snr",),
        predict=Choice(
            "In which steps is most of the entropy produced?",
            (
                "In those near T, where everything is mixed",
                "In the quarter of the steps that is nearest to the data",
                "In all steps alike",
            ),
            1,
        ),
        then={"charts": ("dissipation", "snr")},
        reveal="The steps from the first quarter of the times produce {early} % of it. All of them together produce {whole} "
        "nats, or as many kT, and x_T, which is not quite noise, adds {mismatch}: that is the [ELBO gap](gap).",
        numbers={
            "early": dissipated_below(0.25),
            "whole": metric("discretisation_gap_nats"),
            "mismatch": metric("mismatch_nats"),
        },
        holds=lambda n: n["early"].value > 70.0 and n["whole"].value > 0.2 and n["mismatch"].value < 1e-4,
        why="Near T the true reverse step is nearly a Gaussian whatever the data are. Near the data x_t may have come from one "
        "of two groups, and the true step is a mixture of both, which one Gaussian cannot be.",
        formula="Σ_t E KL(q(x_{t−1}|x_t) ‖ p(x_{t−1}|x_t)) + KL(q(x_T) ‖ p(x_T)) = −ELBO − H(data)",
        sources=cite(("2015", "sec. 2.4 and app. A"), ("ddpm", "eq. 5")),
    ),
    Step(
        name="slow",
        title="What if the process is slower?",
        text="The same data and the same schedule, with 20 steps in A and 200 in B. Thermodynamics calls a process quasi-static "
        "if it is so slow that it is at equilibrium all the time.",
        a=_EIGHT,
        b=replace(_EIGHT, steps=200),
        layers=("density",),
        charts=("snr",),
        predict=Choice(
            "Ten times as many steps: what becomes of the entropy that is produced in all?",
            ("It stays: the data become the same noise", "It falls to about a tenth", "It falls to about a hundredth"),
            1,
        ),
        then={"charts": ("gap_over_steps", "dissipation")},
        reveal="It falls from {few} to {many} nats. A step of a tenth of the length produces about a hundredth, and there are "
        "ten times as many of them.",
        numbers={"few": metric("gap_nats", 0), "many": metric("gap_nats", 1)},
        holds=lambda n: alike(10.0 * n["many"].value, n["few"].value, 0.15),
        why="The cost of a short step is the square of a length, as for all processes near equilibrium. In the limit of many "
        "steps nothing is produced: then the reverse process is the forward process seen backwards.",
        formula="entropy produced ∝ 1/T, at the least (length)^2/T",
        sources=cite(("2015", "sec. 2.2"), "salamon", "crooks"),
    ),
    Step(
        name="path",
        title="What is the work of one path?",
        text="A path x_0, …, x_T has a probability under the forward process, q, and one under the reverse process, p, that "
        "would run through it the other way. W = log q(path) − log p(path) is its [work](work), in units of kT.",
        a=replace(_EIGHT, steps=10),
        layers=("trails",),
        charts=("snr",),
        direction="forward",
        predict=Choice(
            "Is there any forward path of negative work?",
            (
                "No: that would break the second law of thermodynamics",
                "Yes, but the mean over all of them is positive",
                "Yes, and so is the mean",
            ),
            1,
        ),
        then={"charts": ("work", "jarzynski")},
        reveal="{negative} % of 4000 paths have negative work. Their mean is {mean} kT, an estimate of the ELBO gap, which is "
        "{gap} nats.",
        numbers={"negative": NEGATIVE, "mean": MEAN, "gap": metric("gap_nats")},
        holds=lambda n: (
            15.0 < n["negative"].value < 40.0
            and n["mean"].value > 4.0 * n["mean"].stderr
            and abs(n["mean"].value - n["gap"].value) < 4.0 * n["mean"].stderr
        ),
        why="The mean of W under q is a KL divergence, of all paths under q from those under p, and that is never negative: this "
        "is the second law. A single path may well be likelier under p.",
        formula="W = Σ_t log [q(x_{t−1}|x_t) / p(x_{t−1}|x_t)] + log [q(x_T) / p(x_T)], &nbsp; E_q[W] = gap",
        sources=cite(("2015", "sec. 2.4"), "crooks_1999"),
    ),
    Step(
        name="crooks",
        title="Where do the histograms cross?",
        text="Now 4000 paths are drawn from q, and 4000 from p, and W is computed of all of them. The same 10 steps as before.",
        a=replace(_EIGHT, steps=10),
        layers=("trails",),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "At which work are the histograms of both equally high?",
            ("At the mean work of the forward paths", "At W = 0", "Halfway between both means"),
            1,
        ),
        then={"charts": ("crooks", "work")},
        reveal="At 0. Works from 0 to 1 kT are {above} times as frequent under q as under p, works from −1 to 0 {below} times. "
        "The mean work of forward paths is {mean} kT, that of paths of the reverse process {backwards}. The logarithm of the "
        "ratio of both histograms is a straight line of slope {slope}, which is 0 at {crossing} kT.",
        numbers={
            "above": times_as_frequent(0.0, 1.0),
            "below": times_as_frequent(-1.0, 0.0),
            "mean": MEAN,
            "backwards": BACKWARDS,
            "slope": SLOPE,
            "crossing": CROSSING,
        },
        holds=lambda n: (
            abs(n["slope"].value - 1.0) < 4.0 * n["slope"].stderr < 0.4
            and n["above"].value - 4.0 * n["above"].stderr > 1.0 > n["below"].value + 4.0 * n["below"].stderr
            and abs(n["crossing"].value) < 4.0 * n["crossing"].stderr < 0.06
            and n["mean"].value > 0.06  # neither at the mean work
            and n["mean"].value + n["backwards"].value < -0.12  # nor halfway between both means
        ),
        why="Of all paths with the work w each is e^w times as probable under q as under p, by the definition of work. So is all "
        "of them together. This is Crooks' theorem, and it holds for any denoiser and any number of steps.",
        formula="P_q(W = w) / P_p(W = w) = e^w",
        sources=cite("crooks_1999", ("2015", "sec. 2")),
    ),
    Step(
        name="jarzynski",
        title="What is the mean of the exponential?",
        text="The second law is an inequality, E[W] ≥ 0. There is an equality behind it. A has the exact denoiser, B a network, "
        "which has errors; both have 25 steps.",
        a=_MOONS,
        b=replace(_MOONS, denoiser="learned"),
        layers=("density",),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "How large is the mean of e^{−W} over forward paths?",
            ("Less than 1 in both, as the mean of W is positive", "1 in A, less in B", "1 in both"),
            2,
        ),
        then={"charts": ("jarzynski", "work")},
        reveal="It is {one_a} in A and {one_b} in B, from 4000 paths each, though the entropy produced is {gap_a} nats in A and "
        "{gap_b} in B.",
        numbers={"one_a": exponential(0), "one_b": exponential(1)} | of_both(gap="gap_nats"),
        holds=lambda n: (
            all(abs(n[f"one_{side}"].value - 1.0) < 4.0 * n[f"one_{side}"].stderr for side in "ab")
            and n["gap_b"].value > n["gap_a"].value + 4.0 * n["gap_b"].stderr
        ),
        why="The mean under q of p(path)/q(path) is the sum of p over all paths, and probabilities sum to 1, right or wrong. "
        "Jensen's inequality makes the second law of it: e^{−E[W]} ≤ E[e^{−W}] = 1.",
        formula="E_q[e^{−W}] = 1",
        sources=cite("jarzynski", ("2015", "sec. 2")),
    ),
    Step(
        name="trust",
        title="When can such a mean be trusted?",
        text="The mean of e^{−W} is made by paths of small work, which are rare. A takes 5 steps, B 40. Each has 4000 paths.",
        a=replace(_EIGHT, steps=5),
        b=replace(_EIGHT, steps=40),
        layers=("trails",),
        charts=("snr",),
        direction="forward",
        predict=Choice(
            "How many equally weighted paths are the 4000 of A worth?",
            ("All 4000: the theorem is exact", "About 2000", f"Less than {WORTH}"),
            2,
        ),
        then={"charts": ("jarzynski", "work")},
        reveal="They are worth {effective_a} in A, and {effective_b} in B, where the mean is {one}. In A {missed} % of the paths "
        "of the reverse process have less work than any of these 4000 forward paths.",
        numbers={"effective_a": effective(0), "effective_b": effective(1), "one": exponential(1), "missed": MISSED},
        holds=lambda n: (
            n["effective_a"].value < WORTH
            and n["effective_b"].value > 1500.0
            and abs(n["one"].value - 1.0) < 4.0 * n["one"].stderr < 0.2
            and n["missed"].value > 4.0 * n["missed"].stderr
        ),
        why="The paths that matter are those that the reverse process takes, by Crooks' theorem. If the process is fast, forward "
        "paths hardly ever are such paths, and what they have not seen is missing from their mean. The equality is of little use "
        "then, and the mean of W, which is a bound, is of much.",
        formula="effective number = (Σ e^{−W})^2 / Σ e^{−2W}",
        sources=cite("rare", "jarzynski"),
    ),
    Step(
        name="one-point",
        title="An equality and an inequality",
        text="Now of one x_0 alone, the centre of one of the Gaussians. 4000 paths start there, with 20 steps. Each has a "
        "weight, p(path) over q(path|x_0). How dense does the model think x_0 is?",
        a=_EIGHT,
        layers=("trails",),
        charts=("snr",),
        direction="forward",
        predict=Choice(
            "What is the mean of the weights, and what the mean of their logarithms?",
            (
                "p(x_0), and log p(x_0): they say the same",
                "p(x_0), and a number below log p(x_0)",
                "A number below p(x_0), and log p(x_0)",
            ),
            1,
        ),
        then={"charts": ("one_point", "one_point_weights")},
        reveal="The logarithm of the mean is {equality}, the model's log p(x_0). The mean of the logarithms is {bound}: it is "
        "what the [ELBO](elbo) computes for this x_0, and is lower. The density of the data has log q(x_0) = {data}, which the "
        "model reaches with many steps. Choose a particle: the chart shows the same of its x_0.",
        numbers={"equality": EQUALITY, "bound": JENSEN, "data": DATA},
        holds=lambda n: (
            n["bound"].value < n["equality"].value - 4.0 * n["equality"].stderr
            and n["bound"].value < n["data"].value
            and n["equality"].stderr < 0.1
        ),
        why="The first is importance sampling, and an equality for any number of steps; Sohl-Dickstein et al. have it from "
        "annealed importance sampling and Jarzynski's equality. The second follows from it by Jensen's inequality, and can be "
        "summed step by step and differentiated: it is what is trained.",
        formula="p(x_0) = E_q[p(x_{0:T}) / q(x_{1:T}|x_0)], &nbsp; log p(x_0) ≥ E_q[log of the same]",
        sources=cite(("2015", "eq. 9 and eq. 12"), "jarzynski"),
    ),
    Step(
        name="brackets",
        title="How random must a reverse step be?",
        text="The entropy of the true reverse step, H(x_{t−1}|x_t), depends on the data. Sohl-Dickstein et al. give two bounds "
        "on it that do not. A takes β̃ as the variance of a reverse step, B the [optimal one](variance).",
        a=replace(_EIGHT, steps=50, variance="posterior"),
        b=replace(_EIGHT, steps=50, variance="optimal"),
        layers=("density",),
        charts=("snr",),
        direction="reverse",
        predict=Choice(
            "Which bound is the entropy of A's reverse step?",
            (
                "The upper one: β̃ is a large variance",
                "The lower one, which knows x_0",
                "Neither: the bounds hold for the true step only",
            ),
            1,
        ),
        then={"charts": ("brackets", "variance_brackets")},
        reveal="At t = 10 the bounds are {lower} and {upper} nats, the true entropy is {exact}. A's step has {model_a} nats, B's "
        "{model_b}.",
        numbers={
            "lower": bracket("lower"),
            "upper": bracket("upper"),
            "exact": bracket("exact"),
            "model_a": bracket("model"),
            "model_b": bracket("model", 1),
        },
        holds=lambda n: (
            n["lower"].value < n["exact"].value < n["model_b"].value < n["upper"].value
            and alike(n["model_a"].value, n["lower"].value, 1e-9)
        ),
        why="Who knows x_0 as well is less uncertain: that is the lower bound, and a Gaussian of variance β̃ has this entropy. "
        "Noise adds entropy, so that undoing a step cannot take more of it than the step gave: the upper bound, of variance β. "
        "The best variance lies between.",
        formula="H(x_t|x_{t−1}) + H(x_{t−1}|x_0) − H(x_t|x_0) ≤ H(x_{t−1}|x_t) ≤ H(x_t|x_{t−1})",
        sources=cite(("2015", "eq. 24"), ("ddpm", "sec. 3.2"), ("analytic", "theorem 1")),
    ),
    Step(
        name="arrow",
        title="Can you tell the direction of time?",
        text="A path is played from data to noise. It is one of the forward process, or one of the reverse process played "
        "backwards. A takes 5 steps, B 200. Play both: time's arrow opens with the key a.",
        a=replace(_EIGHT, steps=5),
        b=replace(_EIGHT, steps=200),
        layers=("trails",),
        charts=("snr",),
        arrow=True,
        predict=Choice(
            "How often can anybody be right about single paths, at best?",
            (
                "In A and in B nearly always: noise grows or shrinks",
                "In A in four of five cases, in B hardly more often than by chance",
                "In both in half of the cases",
            ),
            1,
        ),
        then={"charts": ("work", "dissipation")},
        reveal="In {told_a} % of the cases in A, in {told_b} % in B. Whoever says “forward” where W is positive is right most "
        "often.",
        numbers={"told_a": told_apart(0), "told_b": told_apart(1)},
        holds=lambda n: 75.0 < n["told_a"].value < 88.0 and 50.0 < n["told_b"].value < 58.0,
        why="All that a path tells of its direction is its work: by Bayes' rule it is forward with probability 1/(1 + e^{−W}). A "
        "slow process cannot be told from its reverse, and only such a process can be run backwards by small Gaussian steps.",
        formula="P(forward|path) = 1 / (1 + e^{−W})",
        sources=cite("arrow", ("2015", "sec. 2.2")),
    ),
)

WORK = Lesson(
    title="Entropy, work and the arrow of time",
    minutes=20,
    able="Say what entropy a diffusion process produces and where, and tell a bound from an equality of work.",
    picture="eight_gaussians",
    steps=STEPS,
)
