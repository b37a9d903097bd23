"""What the lesson on bugs says beyond the numbers that its runs measure."""

import html
import re

import numpy as np
import pytest

from diffviz import run
from diffviz.engine import Setup
from diffviz.gaussian.bugs import BUGS
from diffviz.lessons.bugs import REAL_BUGS

STEPS = {step.name: step for step in REAL_BUGS.steps}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_has_the_title_the_explanation_and_the_threads_of_its_bug(name):
    step, row = STEPS[name], BUGS[name.replace("-", "_")]
    assert step.title == row.title
    assert re.sub("[{}]", "", html.unescape(step.why)) == re.sub("[{}]", "", row.why)
    assert step.sources
    for text, address in step.sources:
        repository, number = text.split("#")
        assert text in "".join(row.source.split())
        assert address == f"https://github.com/{repository}/issues/{number}"
    assert step.b.changed().items() > step.a.changed().items() or row.fields


def test_there_are_ten_as_is_promised():
    assert "ten mistakes" in REAL_BUGS.able
    assert len(STEPS) == 10


def test_steps_are_as_many_as_the_texts_say():
    for name, told, count in [
        ("leading", "Three of T = 1000", 3),
        ("stride", "Ten of T = 1000", 10),
        ("betas-skipped", "50 of T = 1000", 50),
        ("last-noise", "20 of T = 1000", 20),
        ("eps-at-zero-snr", "Ten of T = 1000", 10),
    ]:
        assert told in STEPS[name].text
        assert {len(Setup(experiment).times) - 1 for experiment in STEPS[name].runs} == {count}


def test_without_its_square_eta_makes_the_cloud_smaller():
    a, b = (run(experiment).reverse[-1] for experiment in STEPS["eta"].runs)
    assert "shrinks" in STEPS["eta"].predict.answers[0]
    assert np.square(b).mean() < np.square(a).mean() - 0.05


def test_a_denoiser_is_told_of_less_or_of_more_noise_than_there_is():
    """The stride puts x at t - T // K, above the next time of the list; the index of before at s - 1, below s."""
    setup = Setup(STEPS["stride"].b)
    times, stride = setup.times, setup.schedule.steps // (len(setup.times) - 1)
    assert (times[2:] - stride > times[1:-1]).all()
    assert "more noise" in STEPS["stride"].predict.answers[STEPS["stride"].predict.right]
    assert "more noise than there is" in STEPS["alpha-bar"].predict.question
