"""Networks: what they get wrong and where, what they know of their own error, and what guidance makes of them."""

from __future__ import annotations

import math
from dataclasses import replace

from diffviz.estimates import Estimate, less
from diffviz.experiment import Experiment
from diffviz.lessons.base import Choice, Lesson, Number, Runs, Step, difference, metric, of_both
from diffviz.lessons.digits import DIGITS, images_apart, read_as
from diffviz.reproduce import EXPERIMENTS
from diffviz.reproduce.results import recorded
from diffviz.telling.glossary.entry import cite

_SPIRAL = Experiment(dataset="spiral", denoiser="learned")
_GRID = Experiment(dataset="grid_25", steps=20)
_SEVEN = replace(DIGITS, label=7)
_ROLL, _ = EXPERIMENTS["swiss_roll"].opened(recorded()["swiss_roll"])
QUARTER = 25  # of the T = 100 times


def _added(side: int = 0) -> Number:
    """What the errors of a network add to the ELBO gap."""

    def measure(runs: Runs) -> Estimate:
        gap, exact = (runs[side].estimate(name) for name in ("gap_nats", "exact_gap_nats"))
        return less(gap, exact)

    return measure


def _early_share(side: int = 0) -> Number:
    """How much of it is added by the steps from times up to QUARTER, in percent."""

    def measure(runs: Runs) -> Estimate:
        own, exact = (runs[side].curves[name] for name in ("dissipation_nats", "exact_dissipation_nats"))
        added, early = own.values - exact.values, own.x <= QUARTER
        part, rest = added[early].sum(), added[~early].sum()
        part_error, rest_error = (math.sqrt((own.stderr[which] ** 2).sum()) for which in (early, ~early))
        whole = part + rest
        return Estimate(100.0 * part / whole, 100.0 * math.hypot(rest * part_error, part * rest_error) / whole**2)

    return measure


def _part(side: int) -> Number:
    """Which part of a run's ELBO gap a network's errors are, in percent: 100 (1 - exact / gap), to first order in its error."""

    def measure(runs: Runs) -> Estimate:
        gap, exact = (runs[side].estimate(name) for name in ("gap_nats", "exact_gap_nats"))
        part = 100.0 * (1.0 - exact.value / gap.value)
        return Estimate(part, 100.0 * exact.value / gap.value**2 * gap.stderr, gap.drawn)

    return measure


STEPS = (
    Step(
        name="arrows",
        title="Where is the network wrong?",
        text="The denoiser is a small network that was trained on the spiral. Black arrows are the exact [score](score), "
        "coloured ones the network's. Let the reverse process run and compare them.",
        a=_SPIRAL,
        layers=("score",),
        direction="reverse",
        predict=Choice(
            "At which times do the network's errors cost most?",
            (
                "At large t, where x_t hardly says anything of x_0",
                "At all times alike: it is one network",
                "At small t, where the density has fine detail",
            ),
            2,
        ),
        then={"charts": ("kl", "dissipation")},
        reveal="Its errors add {added} nats to the [ELBO gap](gap), and {early} % of that in the steps from the first quarter of "
        "the times. At large t the best estimate is nearly the mean of the data, which is easily learned.",
        numbers={"added": _added(), "early": _early_share()},
        holds=lambda n: n["early"].value > 70.0 and n["added"].value > 4.0 * n["added"].stderr,
        why="With the variance β̃ an error of x̂_0 costs half its square times the fall of the SNR in the step; with a larger "
        "variance it costs less. Near the data the SNR falls by large amounts, and the arms of the spiral lie close together: "
        "small errors cost much there.",
        formula="L_{t−1} − exact = ½ (SNR_{t−1} − SNR_t) E|E[x_0|x_t] − x̂_0|^2 &nbsp; (variance β̃)",
        sources=cite(("vdm", "eq. 13"), ("ddpm", "sec. 3.4"), ("improved", "sec. 3.3")),
    ),
    Step(
        name="price",
        title="How much of the gap is the network's?",
        text="A has the exact denoiser, B the network, both T = 100 steps and the same noise.",
        a=replace(_SPIRAL, denoiser="exact"),
        b=_SPIRAL,
        layers=("density",),
        direction="reverse",
        predict=Choice(
            "Which part of B's ELBO gap comes from the errors of the network?",
            ("All of it: the exact denoiser leaves no gap", "About half", "Less than a quarter"),
            2,
        ),
        then={"charts": ("dissipation", "bound")},
        reveal="The gap is {gap_a} nats in A and {gap_b} in B: {part} % of B's is the network's. The rest is what steps of "
        "finite length cost any denoiser.",
        numbers=of_both(gap="gap_nats") | {"part": _part(1)},
        holds=lambda n: 5.0 < n["part"].value < 25.0 and n["gap_b"].value > n["gap_a"].value + 4.0 * n["gap_b"].stderr,
        why="The ELBO gap has three parts: what the length of the steps costs, what the errors of the denoiser cost, and the "
        "mismatch at T. For images only their sum is known; here the exact denoiser separates them.",
        formula="gap = discretisation + errors of the network + mismatch",
        sources=cite(("ddpm", "eq. 5"), ("analytic", "theorem 1")),
    ),
    Step(
        name="more-steps",
        title="Do more steps help a network?",
        text="The same network, with T = 25 steps in A and T = 200 in B. With the exact denoiser the gap falls like 1/T.",
        a=replace(_SPIRAL, steps=25, particles=500),
        b=replace(_SPIRAL, steps=200, particles=500),
        layers=("density",),
        direction="reverse",
        predict=Choice(
            "What do eight times as many steps do to the part that is the network's?",
            (
                "It falls to about an eighth, like the rest",
                "It stays about as it is",
                "It grows about eightfold, because errors add up over the steps",
            ),
            1,
        ),
        then={"charts": ("dissipation", "bound")},
        reveal="The exact denoiser's gap falls from {exact_a} to {exact_b} nats. What the network adds is {added_a} nats in A "
        "and {added_b} in B: no number of steps takes that away.",
        numbers=of_both(exact="exact_gap_nats") | {"added_a": _added(0), "added_b": _added(1)},
        holds=lambda n: n["exact_b"].value < 0.2 * n["exact_a"].value and 0.7 < n["added_b"].value / n["added_a"].value < 2.0,
        why="The errors are summed with the fall of the SNR of each step as weight. Shorter steps have smaller weights, so that "
        "the sum tends to an integral, which depends on the network and not on T.",
        formula="Σ_t ½ (SNR_{t−1} − SNR_t) error_t → ½ ∫ error(SNR) d SNR",
        sources=cite(("vdm", "eq. 13 and 18"), ("mmse", "theorem 1")),
    ),
    Step(
        name="first-network",
        title="What did the first network cost?",
        text="Figure 1 of the paper by Sohl-Dickstein et al., made again: a Swiss roll, 40 steps, and a network of 16 radial "
        "basis functions. It gives the mean of each reverse step and its [variance](variance), and was trained together with "
        "the schedule. Arrows are the drift, from x_t to the mean of the step: black the exact one, coloured the network's.",
        a=_ROLL,
        layers=EXPERIMENTS["swiss_roll"].layers,
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "How much of its ELBO gap is due to the network, and not to the few steps?",
            ("About a tenth", "About half", "More than three quarters"),
            2,
        ),
        then={"charts": ("dissipation", "kl")},
        reveal="{part} % of it. The gap is {gap} nats; with the exact denoiser, at the same steps, it would be {exact}.",
        numbers={"part": _part(0), "gap": metric("gap_nats"), "exact": metric("exact_gap_nats")},
        holds=lambda n: n["part"].value > 75.0 + 4.0 * n["part"].stderr and n["exact"].value < 0.25 * n["gap"].value,
        why="At each step the network adds to a multiple of x_t a weighted mean of 16 values, one for each of its functions. The "
        "exact x̂_0 is made of 120, one for each Gaussian of the roll. Few steps cost little here, since the schedule was "
        "learned for them and each x_t has a variance of its own.",
        formula="f_μ(x, t) = Σ_k w_k(x) r_{kt}, &nbsp; Σ_k w_k(x) = 1",
        sources=cite(("2015", "fig. 1 and app. D.1.1")),
    ),
    Step(
        name="variance",
        title="How much noise should a step add?",
        text="Both have the exact denoiser and few steps. The [reverse variance](variance) of A is β̃, which would be right if "
        "x_0 were known; that of B adds the variance of x_0 given x_t, averaged over x_t.",
        a=replace(_GRID, variance="posterior"),
        b=replace(_GRID, variance="optimal"),
        layers=("density",),
        direction="reverse",
        predict=Choice(
            "How do the discretisation gaps compare?",
            (
                "Alike: the means of the steps are the same",
                "A's is several times as large",
                "B's is larger, because it adds more noise",
            ),
            1,
        ),
        then={"charts": ("dissipation", "kl")},
        reveal="It is {gap_a} nats in A and {gap_b} in B. The excess NLL of the samples is {excess_a} nats in A and {excess_b} "
        "in B. The ELBO is bad if the model gives any of the data too little density; with less noise, samples stay closer to "
        "where data are dense.",
        numbers=of_both(gap="discretisation_gap_nats", excess="excess_nll_nats"),
        holds=lambda n: (
            n["gap_a"].value > 3.0 * n["gap_b"].value and n["excess_b"].value - n["excess_a"].value > 4.0 * n["excess_b"].stderr
        ),
        why="A KL divergence from data to model punishes a variance that is too small much more than one that is too large. β̃ "
        "is too small wherever x_t leaves x_0 open.",
        formula="Σ_t = β̃ + c_0^2 E Var[x_0|x_t]",
        sources=cite(("analytic", "theorem 1"), ("improved", "sec. 3.1"), ("ddpm", "sec. 3.2")),
    ),
    Step(
        name="learned-variance",
        title="Can the network know its own error?",
        text="Digits. The U-Net has a second output: the variance of x_0 given x_t, pixel by pixel. A does not use it and takes "
        "β̃, B takes what the network says. Both have the same noise.",
        a=replace(DIGITS, variance="posterior"),
        b=replace(DIGITS, variance="learned"),
        direction="reverse",
        predict=Choice(
            "What does it change?",
            (
                "The samples, which become much better",
                "The ELBO, and hardly the samples",
                "Nothing that is larger than its error",
            ),
            1,
        ),
        then={"charts": ("bits", "kl")},
        reveal="B's negative ELBO is {better} bits/dim lower. The same sample is {apart} apart in A and in B (root mean square "
        "over pixels, with grey values from −1 to 1).",
        numbers={"better": difference("bound_bits_per_dim"), "apart": images_apart},
        holds=lambda n: n["better"].value > 4.0 * n["better"].stderr and n["apart"].value < 0.15,
        why="A pixel at the edge is always black and needs no noise, one in the middle may be part of a stroke or not. A "
        "variance for each pixel and each x_t says so, and the code length falls.",
        formula="Σ_t between β̃ and β, &nbsp; pixel by pixel",
        sources=cite(("improved", "sec. 3.1 and eq. 15")),
    ),
    Step(
        name="training",
        title="On which noise should a network be trained?",
        text="Two networks that were trained alike, but for how often they saw each noise level: A as the linear schedule visits "
        "them, B as cosine does. Both sample with cosine.",
        a=replace(DIGITS, denoiser="digits_linear", variance="learned"),
        b=replace(DIGITS, denoiser="digits_cosine", variance="learned"),
        direction="reverse",
        predict=Choice(
            "Which has the lower negative ELBO?",
            (
                "A: it saw more noise, which is harder",
                "B: it saw more of the levels at which digits take shape",
                "Neither: both were trained equally long",
            ),
            1,
        ),
        then={"charts": ("bits", "kl")},
        reveal="B, by {better} bits/dim.",
        numbers={"better": difference("bound_bits_per_dim")},
        holds=lambda n: n["better"].value > 3.0 * n["better"].stderr,
        why="In the limit the ELBO does not depend on the schedule, but a network of finite size, trained for a finite time, "
        "does depend on where it was trained most.",
        formula="loss = E_t [weight(t) |x_0 − x̂_0|^2]",
        sources=cite(("improved", "sec. 3.2 and 3.3"), ("vdm", "sec. 5.1")),
    ),
    Step(
        name="class",
        title="One network for every class?",
        text="The network can be told a class, or none. A has [guidance](guidance) w = 0, which does not tell it, B has w = 1 "
        "and asks for a 7. Both start from the same noise.",
        a=replace(_SEVEN, guidance=0.0),
        b=replace(_SEVEN, guidance=1.0),
        direction="reverse",
        predict=Choice(
            "In how many samples is a 7 read?",
            ("Nearly all in both", "About one in ten in A, nearly all in B", "About one in ten in A, about half in B"),
            1,
        ),
        then={"charts": ("bits", "kl")},
        reveal="A classifier reads a 7 in {sevens_a} % of A's samples and in {sevens_b} % of B's. To know the class saves "
        "{better} bits/dim of coding the sevens of the data.",
        numbers={"sevens_a": read_as(7, 0), "sevens_b": read_as(7, 1), "better": difference("bound_bits_per_dim")},
        holds=lambda n: n["sevens_a"].value < 40.0 < 90.0 < n["sevens_b"].value and n["better"].value > 3.0 * n["better"].stderr,
        why="In training the class is left out now and then, so that one network learns both estimates. Whoever knows the class "
        "knows more of x_0 from the first step on.",
        formula="x̂_0 = x̂_0(∅) + w (x̂_0(class) − x̂_0(∅))",
        sources=cite(("guidance", "sec. 3.2 and eq. 6")),
    ),
    Step(
        name="guidance",
        title="What does too much guidance do?",
        text="Sevens again. A has w = 1, the conditional model, B has w = 6, which goes on in the direction from no class to the "
        "class. Compare the strokes.",
        a=replace(_SEVEN, particles=10, guidance=1.0),
        b=replace(_SEVEN, particles=10, guidance=6.0),
        direction="reverse",
        predict=Choice(
            "Which is the better model of the sevens of the data?",
            ("B: its sevens are the clearest", "A: B's distribution is no longer that of the data", "Both are equally good"),
            1,
        ),
        then={"charts": ("bits", "kl")},
        reveal="A classifier reads a 7 in {sevens_a} % of A's samples and in {sevens_b} % of B's. But to code the sevens of the "
        "data costs {bound_a} bits/dim with A and {bound_b} with B.",
        numbers={"sevens_a": read_as(7, 0), "sevens_b": read_as(7, 1)} | of_both(bound="bound_bits_per_dim"),
        holds=lambda n: (
            min(n["sevens_a"].value, n["sevens_b"].value) > 80.0
            and n["bound_b"].value - n["bound_a"].value > 4.0 * n["bound_b"].stderr
        ),
        why="With w &gt; 1 the score is that of q(x_t) q(class|x_t)^w, which raises what is typical of the class and suppresses "
        "the rest. In general no data have these distributions at all t, and the reverse process is that of no forward process.",
        formula="∇ log q(x_t) + w ∇ log q(class|x_t)",
        sources=cite(("guidance", "sec. 3.2 and eq. 6")),
    ),
)

NETWORKS = Lesson(
    title="Networks",
    minutes=20,
    able="Say what a network's errors cost and where, set the reverse variance, and read a guidance scale.",
    picture="spiral",
    steps=STEPS,
)
