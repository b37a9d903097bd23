"""Every number that a question of bit sequences tells is measured again."""

import re

import numpy as np
import pytest

from diffviz.engine import Setup, run
from diffviz.views import questions
from diffviz.views.heartbeat.domain import VIEW
from diffviz.views.heartbeat.measure import measure


def measured(experiment):
    setup = Setup(experiment)
    return measure(setup, run(experiment, setup))


def asked(question):
    (found,) = [each for each in VIEW.questions if each.question == question]
    return found.watch, [measured(experiment) for experiment in found.runs]


def told(m, name, digits):
    return f"{m.estimate(name).value:.{digits}f}".replace("-", "−")


def test_they_are_among_the_questions_of_the_page():
    assert set(VIEW.questions) <= set(questions())
    assert {e.dataset for question in VIEW.questions for e in question.runs} == {"heartbeat"}
    assert all(name in VIEW.charts for question in VIEW.questions for name in question.charts)


def test_discrete_data_diffuse():
    watch, (m,) = asked("Can discrete data diffuse?")
    assert f"K is {told(m, 'log_likelihood_bits', 3)} bits per sequence, the truth −2.322" in watch
    assert m.estimate("broken_share").value < 0.005


def test_linear_and_cosine():
    watch, (a, b) = asked("Linear or cosine for bits?")
    gaps = [told(m, "discretisation_gap_nats", 3) for m in (a, b)]
    assert f"{gaps[0]} nats with the linear schedule, {gaps[1]} with cosine" in watch
    lengths = []
    for m in (a, b):  # the loss of a short step grows with the square of its length
        schedule = m.setup.schedule
        length = schedule.log_snr[1:-1] - schedule.log_snr[2:]
        loss = m.curves["dissipation_nats"].values[1:] / length**2
        assert 0.2 < schedule.snr[2 + loss.argmax()] < 5.0
        lengths.append(length[np.abs(schedule.log_snr[2:]).argmin()])
    assert lengths[1] < lengths[0]


def test_independent_bits():
    watch, (a, b) = asked("What does it cost to draw bits independently?")
    share = a.estimate("broken_share")
    (percent,) = re.findall(r"about (\d+) % of the samples", watch)
    assert int(percent) == pytest.approx(100 * share.value, abs=200 * share.stderr)
    assert f"is {told(a, 'gap_nats', 2)} nats" in watch
    assert f"B, it is {told(b, 'gap_nats', 3)} nats" in watch


def test_a_network_of_bits():
    watch, (a, b) = asked("Exact or learned, for bits?")
    added = b.estimate("gap_nats").value - a.estimate("gap_nats").value
    assert f"add {added:.3f} nats" in watch
    assert b.estimate("gap_nats").stderr < 0.0005
    assert max(m.estimate("broken_share").value for m in (a, b)) < 0.01
