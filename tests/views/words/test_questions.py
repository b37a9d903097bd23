"""Every number that a question of words tells is measured again."""

import json
import re

import pytest

from diffviz.checkpoints import CHECKPOINTS
from diffviz.domains.words.information import on_list
from diffviz.engine import Setup, run
from diffviz.views import questions
from diffviz.views.words.domain import VIEW
from diffviz.views.words.measure import measure


def measured(experiment):
    setup = Setup(experiment)
    return measure(setup, run(experiment, setup))


def asked(question):
    (found,) = [each for each in VIEW.questions if each.question == question]
    return found.watch, [measured(experiment) for experiment in found.runs]


def told(m, name, digits):
    return f"{m.estimate(name).value:.{digits}f}"


def share(m):
    return m.estimate("valid_share").value


def test_they_are_among_the_questions_of_the_page():
    assert set(VIEW.questions) <= set(questions())
    assert {e.dataset for question in VIEW.questions for e in question.runs} == {"names"}
    assert all(name in VIEW.charts for question in VIEW.questions for name in question.charts)


def test_masked_diffusion():
    watch, (m,) = asked("How does masked diffusion write words?")
    assert f"costs {told(m, 'bound_bits', 2)} bits this way, its entropy is {told(m, 'entropy_bits', 3)} bits" in watch
    assert len(m.times) - 1 == 16
    assert 1 - share(m) == pytest.approx(1 / 6, abs=m.estimate("valid_share").stderr)


def test_letters_together():
    watch, (a, b) = asked("What does it cost to unmask letters together?")
    assert f"a gap of {told(a, 'gap_bits', 3)} bits a name" in watch
    assert f"the gap is {told(b, 'gap_bits', 3)} bits" in watch
    assert share(a) == pytest.approx(0.5, abs=2 * a.estimate("valid_share").stderr)
    assert a.estimate("mismatch_nats").value == pytest.approx(0.0, abs=1e-9)  # the gap is total correlation alone


def test_random_order_and_confidence():
    watch, (a, b) = asked("One letter at a time: in random order, or the most certain first?")
    assert share(a) == share(b) == 1.0
    assert a.estimate("gap_bits").value == pytest.approx(0.0, abs=1e-9)
    assert "gap_bits" not in b.estimates()
    different = [told(m, "distinct", 0) for m in (a, b)]
    expected = told(a, "expected_distinct", 0)
    assert f"{different[0]} of 200 are different, where the list itself has {expected} on average" in watch
    assert re.search(rf"probable names: {different[1]} are different", watch)
    assert {info.shown for m in (a, b) for info in m.info[1:]} == {1}


def test_schedules_of_masks():
    watch, (a, b) = asked("Which schedule suits masks?")
    assert f"the gap is {told(a, 'gap_bits', 3)} bits with the cosine schedule, A, and {told(b, 'gap_bits', 3)} bits" in watch


def test_a_network_of_words():
    """What its errors cost stands in its configuration, which test_card.py measures again."""
    (question,) = [each for each in VIEW.questions if each.topic == "Networks"]
    a, b = measured(question.a), question.b
    assert f"in 16 steps is {told(a, 'gap_bits', 3)} bits" in question.watch
    found = json.loads((CHECKPOINTS / "words" / b.dataset / "config.json").read_text("utf-8"))["measured"]
    assert f"adds about {found['excess_bits']:.1f} bits" in question.watch
    shares = [100 * on_list(Setup(e).distribution, run(e).reverse[-1]).mean() for e in (question.a, b)]
    told_shares = [float(share) for share in re.findall(r"(\d+) %", question.watch)]
    assert told_shares == pytest.approx(shares, abs=0.51)
