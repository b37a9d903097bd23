"""A run of bit sequences, and two, in words; every number told is measured again."""

import re
from dataclasses import replace

import numpy as np
import pytest

from diffviz.diagnostics.comparison import compare
from diffviz.engine import Setup, run
from diffviz.experiment import Experiment
from diffviz.telling.words import number, plain
from diffviz.views import view_of
from diffviz.views.heartbeat import words
from diffviz.views.heartbeat.measure import measure

BASE = Experiment(dataset="heartbeat", schedule="cosine", steps=40, particles=200)


def measured(experiment):
    setup = Setup(experiment)
    return measure(setup, run(experiment, setup))


@pytest.fixture(scope="module")
def done():
    return measured(BASE)


def test_a_step_is_told_as_it_is_drawn(done):
    told = view_of(BASE).captions(done, done.times)
    end_0, end_1 = done.info[20].transition[0]  # of a bit that is 0
    expected = f"{number(end_0, 2)} + {number(end_1 - end_0, 2)} <i>x̂</i><sub>0</sub> where"
    assert expected in told[20]
    assert "Each bit is drawn alone, a 1 with probability <i>x̂</i><sub>0</sub>." in told[1]  # into data
    assert "of the bits were never redrawn" in told[20]
    assert "variance" not in told[20]


def test_what_a_step_costs_is_told_with_its_discretisation_gap(done):
    told = words.cost(done, done.setup, 20)
    dissipated = done.curves["dissipation_nats"].values[19]
    kl = done.costs.kl_nats[19]
    assert plain(told) == f"KL of this step: {number(kl, 3)} nats, of which {number(dissipated, 3)} are discretisation gap."
    assert "prior loss" in words.cost(done, done.setup, 40)
    assert words.cost(done, done.setup, 1).startswith("Coding the bits")


def test_the_summary_has_k_beside_the_truth(done):
    told = words.summary(done)
    bound = number(done.estimate("log_likelihood_bits").value, 4)
    assert f"bound <i>K</i> on the log-likelihood {bound} bits per sequence (truth −2.322)" in told
    assert told.count("negative ELBO") == 1
    assert f"= <b>gap {number(done.estimate('gap_nats').value, 3)} nats</b>" in told


def test_a_chain_that_ends_far_from_noise_is_warned_of():
    assert words.warning(Setup(BASE)) == ""
    far = replace(BASE, schedule="linear", scale_betas=False)
    share = 100 * float(Setup(far).schedule.signal_share[-1])
    assert f"{share:.0f} % of the bits were never redrawn" in words.warning(Setup(far))
    assert words.warning(Setup(replace(far, start="forward"))) == ""


def test_two_runs_in_a_sentence(done):
    other = measured(replace(BASE, steps=10))
    told = words.sentence(compare(done, other), done.experiment, other.experiment)
    gaps = [number(m.estimate("gap_nats").value, 3) for m in (done, other)]
    assert f"<b>A</b> has the smaller ELBO gap, {gaps[0]} nats instead of {gaps[1]}" in told
    assert re.search(r"<b>B</b> takes 10 function evaluations, the other 40", told)
    assert "bit for bit" in words.sentence(compare(done, done), done.experiment, done.experiment)
    assert np.isfinite(done.estimate("broken_share").value)


def test_a_run_from_the_forward_process_has_no_mismatch_and_says_what_was_not_drawn():
    e = replace(BASE, schedule="linear", scale_betas=False, steps=10)
    noise, forward = (measured(replace(e, start=start)) for start in ("noise", "forward"))
    lost = noise.estimate("mismatch_nats").value
    assert lost > 0.1
    assert forward.estimate("mismatch_nats").value == 0.0
    assert forward.estimate("gap_nats").value == pytest.approx(noise.estimate("gap_nats").value - lost)
    told = forward.costs.kl_nats[-1]
    assert told == pytest.approx(noise.costs.kl_nats[-1] - lost)
    assert f"and tells {number(told, 2)} nats of the sequence: they are not drawn" in plain(
        words.cost(forward, forward.setup, 10)
    )
    assert "prior loss" in plain(words.cost(noise, noise.setup, 10))
