"""What every question of every domain must have."""

import pytest

from diffviz import Experiment
from diffviz.experiment import differing
from diffviz.telling.questions import TOPICS
from diffviz.views import VIEWS, check_comparable, questions, view, view_of

ALL = questions()


def test_the_page_opens_with_the_first_of_them():
    assert ALL[0].runs == (Experiment(),)


def test_they_are_those_of_all_domains_by_topic():
    assert sorted(map(id, ALL)) == sorted(id(each) for name in VIEWS for each in view(name).questions)
    assert [TOPICS.index(each.topic) for each in ALL] == sorted(TOPICS.index(each.topic) for each in ALL)
    assert {each.topic for each in ALL} == set(TOPICS)
    assert len({(each.question, len(each.runs), view_of(each.a)) for each in ALL}) == len(ALL)


@pytest.mark.parametrize("question", ALL, ids=lambda each: f"{each.question} {len(each.runs)}")
def test_a_question_is_one_run_or_two_that_differ_and_names_charts_of_its_domain(question):
    kind = view_of(question.a)
    assert question in kind.questions
    assert question.question.endswith("?")
    assert question.watch.endswith(".")
    assert set(question.charts) <= {*kind.charts, *(name for row in kind.later.values() for name in row.charts)}
    assert len(question.charts) <= 3
    if question.b is not None:
        check_comparable(question.a, question.b)
        assert differing(question.a, question.b)
        assert question.a.seed == question.b.seed
        assert question.charts
