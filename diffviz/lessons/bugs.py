"""What real bugs cost: mistakes that shipped in public libraries, each beside the right way, with the exact denoiser.

What is wrong and where it was reported are told by gaussian.bugs.BUGS, which runs show it by views.plane.bugs.
"""

from __future__ import annotations

import html
import re
from typing import Any

from diffviz.gaussian.bugs import BUGS
from diffviz.lessons.base import Choice, Lesson, Number, Numbers, Sources, Step, difference, metric, of_both, of_schedule
from diffviz.views.plane.bugs import bug_pairs

_PAIRS = bug_pairs()
_THREAD = re.compile(r"([\w.-]+/\s?[\w.-]+)#(\d+)")
_CHAIN = {"charts": ("dissipation", "bound")}  # with the answer, of two runs that both have an ELBO
_NO_CHAIN = ("schedule", "snr")
_EXCESS = of_both(excess="excess_nll_nats")
_SLICED = of_both(sliced="sliced_wasserstein")
_GAP = of_both(gap="gap_nats")


def _threads(text: str) -> Sources:
    """The threads that a text names as owner/repository#number, each with its address."""
    return tuple(
        (f"{repository}#{number}", f"https://github.com/{repository}/issues/{number}")
        for repository, number in _THREAD.findall(text)
    )


def _marked(text: str) -> str:
    """A plain text with words as indices, S_churn, as telling.typeset reads it."""
    return re.sub(r"_([a-z]{2,})", r"_{\1}", html.escape(text, quote=False))


def _more(name: str) -> Number:
    """How much more of a metric B has than A, with the error of the difference."""

    return lambda runs: -difference(name)(runs)


def _above(n: Numbers, name: str = "more", errors: float = 3.0) -> bool:
    return n[name].value > errors * n[name].stderr


def _same_sliced(n: Numbers) -> bool:
    """By the sliced distance, to within its errors."""
    a, b = n["sliced_a"], n["sliced_b"]
    return abs(a.value - b.value) <= 2.0 * max(a.stderr, b.stderr)


def _step(name: str, text: str, question: str, answers: tuple[str, ...], right: int, **others: Any) -> Step:
    """A step on the bug of that name."""
    row, (a, b) = BUGS[name], _PAIRS[name]
    return Step(
        name=name.replace("_", "-"),
        title=row.title,
        text=f"{text} A is right, B is wrong.",
        a=a,
        b=b,
        layers=("density",),
        direction="reverse",
        predict=Choice(question, answers, right),
        why=_marked(row.why),
        sources=_threads(row.source),
        **others,
    )


STEPS = (
    _step(
        "leading",
        "Three of T = 1000 steps for data that are one Gaussian, where the exact denoiser leaves no gap. The times of A end at "
        "T, those of B begin at 1 and go up in strides of T/K.",
        "What does B cost?",
        ("Nothing: it takes three steps as well", "A wrong start: it begins below T as if that were noise", "Longer steps"),
        1,
        then={"charts": ("snr", "bound")},  # no step has a gap: the mismatch at the start is all
        reveal="B starts at t = {start} from N(0, I). Its ELBO gap is {gap_b} nats, of which {mismatch} are the mismatch there; "
        "A's gap is {gap_a}. The samples hardly show it.",
        numbers=_GAP | {"start": of_schedule(lambda setup: setup.times[-1], 1), "mismatch": metric("mismatch_nats", 1)},
        holds=lambda n: (
            n["gap_a"].value < 1e-6 and n["mismatch"].value > 0.01 and abs(n["gap_b"].value - n["mismatch"].value) < 1e-5
        ),
    ),
    _step(
        "stride",
        "Ten of T = 1000 steps of DDIM. B's denoiser is told the times of a list, evenly from 1000 to 1, while each step goes "
        "down by T // K.",
        "What is wrong with x when the denoiser is asked?",
        (
            "It has more noise than the denoiser is told, and the samples keep some",
            "It has less noise than the denoiser is told, and the samples crowd",
            "Nothing, because the differences cancel",
        ),
        0,
        charts=_NO_CHAIN,
        reveal="The excess NLL is {excess_a} nats in A and {excess_b} in B, {more} more. Sliced W_2 does not notice: {sliced_a} "
        "and {sliced_b}.",
        numbers=_EXCESS | _SLICED | {"more": _more("excess_nll_nats")},
        holds=lambda n: _above(n) and _same_sliced(n),
    ),
    _step(
        "betas_skipped",
        "DDPM with 50 of T = 1000 steps. The step from t to s should have the variance β of all the times between; B takes β_t, "
        "that of a single one.",
        "What does a variance that is much too small do?",
        (
            "Little: there is noise enough in x_T",
            "The samples scatter, and the ELBO gets a little worse",
            "The samples crowd, and the ELBO gets worse by hundreds of nats",
        ),
        2,
        then=_CHAIN,
        reveal="The gap is {gap_a} nats in A and {gap_b} in B. The excess NLL falls from {excess_a} to {excess_b} nats: the "
        "samples crowd where the density is highest.",
        numbers=_GAP | _EXCESS,
        holds=lambda n: (
            n["gap_b"].value > n["gap_a"].value + 200.0
            and n["excess_b"].value < -5.0 * n["excess_b"].stderr < n["excess_a"].value
        ),
    ),
    _step(
        "previous_step",
        "DDPM with 50 of T = 1000 steps and the variance β̃. B takes mean and variance of the step from t to t − 1, although the "
        "next time is s.",
        "What comes of B's particles?",
        (
            "They end too early on the data",
            "They keep most of their noise, because each step removes too little of it",
            "They end right, only a little later",
        ),
        1,
        then=_CHAIN,
        reveal="They keep it: the excess NLL is {excess_a} nats in A and {excess_b} in B, sliced W_2 {sliced_a} and {sliced_b}, "
        "the ELBO gap {gap_a} and {gap_b} nats.",
        numbers=_EXCESS | _SLICED | _GAP,
        holds=lambda n: (
            n["excess_b"].value > 5.0
            and n["gap_b"].value > 2.0 * n["gap_a"].value
            and n["sliced_b"].value > n["sliced_a"].value + 3.0 * n["sliced_a"].stderr
        ),
    ),
    _step(
        "last_noise",
        "DDPM with 20 of T = 1000 steps and the variance β. In the last step, into the data, B adds noise as in every other.",
        "Which figure tells A from B?",
        ("The ELBO gap", "Sliced W_2", "The excess NLL", "None: it is one step in twenty"),
        2,
        then=_CHAIN,
        reveal="The excess NLL: {excess_a} nats in A, {excess_b} in B. The gap is {gap_a} and {gap_b} nats, sliced W_2 "
        "{sliced_a} and {sliced_b}. The noise is small for a distance, and large for a density as narrow as this one.",
        numbers=_EXCESS | _GAP | _SLICED,
        holds=lambda n: (
            n["excess_b"].value - n["excess_a"].value > 4.0 * n["excess_b"].stderr
            and n["gap_a"].value == n["gap_b"].value
            and _same_sliced(n)
        ),
    ),
    _step(
        "eta",
        "DDIM with η between 0 and 1. B forgets a square in the formula, and every step loses a little variance.",
        "What comes of that?",
        ("The cloud shrinks and the samples are too likely", "The cloud grows", "Nothing: x̂_0 corrects it in the next step"),
        0,
        charts=_NO_CHAIN,
        reveal="The excess NLL is {excess_a} nats in A and {excess_b} in B; sliced W_2 is {sliced_a} and {sliced_b}, {more} "
        "more.",
        numbers=_EXCESS | _SLICED | {"more": _more("sliced_wasserstein")},
        holds=lambda n: _above(n) and n["excess_b"].value < n["excess_a"].value - 3.0 * n["excess_a"].stderr,
    ),
    _step(
        "final_sigma",
        "The probability-flow ODE, solved finely. B's last step ends at the noise level of t = 1 and takes that for data.",
        "Who notices?",
        ("Sliced W_2 and the excess NLL", "The excess NLL alone", "Nobody: the noise at t = 1 is tiny"),
        1,
        charts=_NO_CHAIN,
        reveal="The excess NLL is {excess_a} nats in A and {excess_b} in B, {more} more. Sliced W_2 is {sliced_a} and "
        "{sliced_b}.",
        numbers=_EXCESS | _SLICED | {"more": _more("excess_nll_nats")},
        holds=lambda n: _above(n) and _same_sliced(n),
    ),
    _step(
        "alpha_bar",
        "DDIM with T = 50 steps. B reads ᾱ at the wrong index: it puts x at the noise level of s − 1 and tells the denoiser s.",
        "What does a denoiser do that is told of more noise than there is?",
        ("It removes too little: noise is left", "It removes too much: the samples crowd", "It finds out the true level from x"),
        1,
        charts=_NO_CHAIN,
        reveal="The excess NLL falls from {excess_a} to {excess_b} nats, and sliced W_2 grows by {more}, from {sliced_a} to "
        "{sliced_b}.",
        numbers=_EXCESS | _SLICED | {"more": _more("sliced_wasserstein")},
        holds=lambda n: _above(n) and n["excess_b"].value < n["excess_a"].value - 5.0 * n["excess_a"].stderr,
    ),
    _step(
        "eps_at_zero_snr",
        "Ten of T = 1000 steps with zero terminal SNR. B's denoiser predicts ε and its x̂_0 is clipped to the range of the data.",
        "Where does dividing by α_T = 0 show?",
        ("In samples that are off the data", "In the ELBO: later steps repair the samples", "Nowhere: clipping repairs it"),
        1,
        then=_CHAIN,
        reveal="The ELBO gap is {gap_a} nats in A and {gap_b} in B. Sliced W_2 is {sliced_a} and {sliced_b}: the first step is "
        "wrong, and nine right ones follow.",
        numbers=_GAP | _SLICED,
        holds=lambda n: n["gap_b"].value > n["gap_a"].value + 0.05 and _same_sliced(n),
    ),
    _step(
        "max_churn",
        "DDIM, which is Euler's method in σ/α. B takes max for min in the churn, so that each step first adds noise that nobody "
        "asked for, and then removes more.",
        "What is lost?",
        (
            "Nothing: what is added is removed again",
            "The right distribution: steps are longer, and samples crowd more",
            "Half of the speed, and nothing else",
        ),
        1,
        charts=_NO_CHAIN,
        reveal="The excess NLL is {excess_a} nats in A and {excess_b} in B, a change of {change}.",
        numbers=_EXCESS | {"change": _more("excess_nll_nats")},
        holds=lambda n: n["change"].value < -3.0 * n["change"].stderr and n["excess_b"].value < n["excess_a"].value < 0.0,
    ),
)

REAL_BUGS = Lesson(
    title="What real bugs cost",
    minutes=20,
    able="Recognise ten mistakes that shipped in public libraries by what they do to samples and to the ELBO.",
    picture="eight_gaussians",
    steps=STEPS,
)
