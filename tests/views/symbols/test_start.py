"""Runs that start from the x_T of their forward paths, by enumeration of a list of three words of two letters."""

import itertools
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.telling.words import plain
from diffviz.trajectory import StepInfo
from diffviz.views import view
from tests.measured import measured

WORDS = {"ab": 0.5, "ac": 0.25, "ba": 0.25}
ONE_STEP = Experiment(
    dataset="own_words",
    own_words="ab 2 ac ba",
    schedule="linear",
    scale_betas=False,
    beta_end=0.3,
    steps=4,
    sampler_steps=1,
    start="forward",
    particles=4000,
)
VIEW = view("words")


def entropy(shares):
    return -sum(share * math.log(share) for share in shares if share)


def seen(word, places):
    return tuple(word[i] if i in places else "_" for i in range(2))


def drawn():
    """By word, how often one step from the forward process's x_T ends in it; what x_T tells of the word; and what it loses."""
    kept = float(Setup(ONE_STEP).schedule.signal_share[-1])
    ends, told, lost = Counter(), 0.0, 0.0
    for places in ((), (0,), (1,), (0, 1)):
        chance = kept ** len(places) * (1.0 - kept) ** (2 - len(places))
        states = Counter()
        for word, share in WORDS.items():
            states[seen(word, places)] += share
        told += chance * entropy(states.values())
        for state, share in states.items():
            after = {word: WORDS[word] / share for word in WORDS if seen(word, places) == state}
            letters = [Counter(), Counter()]
            for (word, p), i in itertools.product(after.items(), range(2)):
                letters[i][word[i]] += p
            lost += chance * share * (sum(entropy(each.values()) for each in letters) - entropy(after.values()))
            for first, second in itertools.product(*letters):
                ends[first + second] += chance * share * letters[0][first] * letters[1][second]
    return ends, told, lost


def test_what_a_run_from_the_forward_process_costs_is_of_the_letters_that_are_drawn():
    ends, told, lost = drawn()
    m = measured(ONE_STEP)
    found = {name: estimate.value for name, estimate in m.estimates().items()}
    whole = entropy(WORDS.values())
    assert 0.2 < told < 0.9 * whole  # some letters are masked at T, and some are not
    assert m.costs.kl_nats == pytest.approx([whole - told + lost, told])
    assert found["mismatch_nats"] == 0.0
    assert found["gap_nats"] == pytest.approx(lost)
    assert found["discretisation_gap_nats"] == pytest.approx(lost)
    assert found["bound_nats"] == pytest.approx(whole + lost)
    apart = sum(share * math.log(share / ends[word]) for word, share in WORDS.items())
    assert 0.0 < apart < found["gap_nats"]  # KL(data || samples) is at most so much
    counts = Counter(m.readable["words"])
    expected = np.array([4000 * ends[word] for word in ends])
    assert set(counts) <= set(ends)
    assert (np.square([counts[word] for word in ends] - expected) / expected).sum() < 5 + 6 * math.sqrt(2 * 5)  # of 5 numbers
    from_noise = measured(replace(ONE_STEP, start="noise")).estimates()
    assert from_noise["gap_nats"].value - from_noise["mismatch_nats"].value == pytest.approx(lost)


def test_the_words_say_what_the_bound_is_of_and_what_was_not_drawn():
    _, told, _ = drawn()
    m = measured(ONE_STEP)
    assert plain(VIEW.summary(m)).startswith("negative ELBO of the chain from the forward process's x_T")
    said = plain(VIEW.cost(m, m.setup, 1))
    assert f"that of the forward process and tells {told:.2f} nats of the word: they are not drawn." in said
    assert "prior loss" not in said
    assert "prior loss" in plain(VIEW.cost(*(lambda n: (n, n.setup, 1))(measured(replace(ONE_STEP, start="noise")))))


def test_a_sampler_that_counts_from_masks_alone_has_no_bound_where_letters_are_unmasked_at_its_start():
    """And what its step tells that it draws is what it draws."""
    some = replace(ONE_STEP, sampler="random_order")
    setup, trajectory = Setup(some), run(some)
    m = VIEW.measure(setup, trajectory)
    assert m.costs is None
    assert "no bound is known of this start" in VIEW.summary(m)
    many = (trajectory.reverse[0] != trajectory.reverse[1]).sum(1)
    assert (m.info[1].shown, m.info[1].at_most) == (many.max(), True)
    assert many.min() < many.max()
    assert plain(VIEW.step(m.info[1])).startswith(f"up to {many.max()} masked letters of each word are drawn")
    refused = VIEW.later["quasi_static"].refusal(m)
    assert refused.field == "start"
    masks = replace(some, schedule="sohl_dickstein")
    assert measured(masks).estimate("bound_nats") == measured(replace(masks, start="noise")).estimate("bound_nats")
    assert not measured(masks).info[1].at_most
    assert plain(VIEW.step(StepInfo(shown=1, at_most=True))) == "up to 1 masked letter of each word is drawn from p(x₀|xₜ)"
