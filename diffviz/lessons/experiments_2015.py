"""The last steps of the lesson on symmetry breaking: experiments of Sohl-Dickstein et al. 2015, made again."""

from __future__ import annotations

import math
from dataclasses import replace

from diffviz.experiment import Experiment
from diffviz.lessons.base import Choice, Step, metric, of_both, of_schedule
from diffviz.lessons.numbers import gap_with
from diffviz.reproduce import EXPERIMENTS
from diffviz.reproduce.results import recorded
from diffviz.telling.glossary.entry import cite

_HEART = Experiment(dataset="heartbeat", schedule="sohl_dickstein", steps=20, particles=256)
LEARNED, BEST = EXPERIMENTS["schedule"].opened(recorded()["schedule"])

EXPERIMENTS_2015 = (
    Step(
        name="heartbeat",
        title="Why does an exact denoiser lose bits?",
        text="The binary heartbeat of the paper that began all this, with its schedule and the exact denoiser: 20 steps in A, "
        "100 in B. A reverse step draws every bit of x_{t−1} with its exact probability given x_t.",
        a=_HEART,
        b=replace(_HEART, steps=100),
        layers=("sorted",),
        charts=("schedule",),
        direction="reverse",
        predict=Choice(
            "Where does A lose bits, though each probability is exact?",
            (
                "Nowhere: its bound equals the entropy of the data",
                "In each step, because bits are drawn independently of one another",
                "At T, because x_T is not quite noise",
            ),
            1,
        ),
        then={"charts": ("kl", "dissipation")},
        reveal="The bound on the log-likelihood is {few} bits in A and {many} in B; the truth is {truth}. What is missing was "
        "lost in the steps: {lost} nats in A.",
        numbers={
            "few": metric("log_likelihood_bits", 0),
            "many": metric("log_likelihood_bits", 1),
            "truth": of_schedule(lambda setup: -setup.distribution.entropy_nats / math.log(2.0)),
            "lost": metric("discretisation_gap_nats", 0),
        },
        holds=lambda n: n["few"].value < n["many"].value - 0.1 < n["truth"].value - 0.1 and n["lost"].value > 0.15,
        why="Given x_t the bits of x_{t−1} depend on one another: who knows the phase knows all of them. What they tell of one "
        "another is their total correlation, and it is the dissipation of the step. In a short step hardly more than one bit "
        "changes, and little is lost.",
        formula="dissipation = Σ_i H(x_{t−1}^i|x_t) − H(x_{t−1}|x_t)",
        sources=cite(("2015", "sec. 3.1.2 and app. B.2")),
    ),
    Step(
        name="learned",
        title="Can the schedule be learned?",
        text="Sohl-Dickstein et al. also learned how fast to add noise, by gradient ascent on the same bound, with frozen noise. "
        "A has the schedule that this finds on the Swiss roll with 40 steps; B the best one, found by Newton's method.",
        a=LEARNED,
        b=BEST,
        layers=("density",),
        charts=("schedule",),
        predict=Choice(
            "How far is the learned schedule from the best?",
            ("Its ELBO gap is several times as large", "Its ELBO gap is larger by a few per cent", "It is the same schedule"),
            1,
        ),
        then={"charts": ("staircase", "dissipation")},
        reveal="Its ELBO gap is {gap_a} nats, that of the best schedule {gap_b}. Cosine, which nobody fitted to this roll, "
        "leaves {cosine} nats, and the fixed schedule of that paper {fixed}.",
        numbers=of_both(gap="gap_nats") | {"cosine": gap_with(schedule="cosine"), "fixed": gap_with(schedule="sohl_dickstein")},
        holds=lambda n: (
            n["gap_b"].value < n["gap_a"].value < 1.05 * n["gap_b"].value
            and n["fixed"].value > n["cosine"].value > 2.0 * n["gap_a"].value
        ),
        why="The bound is smooth in the noise levels, so that ascent works, and at its top it is flat, so that the last steps "
        "gain little. The paper's other schedules, for bits, remove equal shares of the signal in all steps.",
        formula="maximise K over β_2, …, β_T",
        sources=cite(("2015", "sec. 2.4.1 and app. B"), ("analytic", "theorem 1")),
    ),
)
