"""An address is read leniently: what is no field is ignored, what is wrong is told, and all else is kept."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffviz import Experiment
from diffviz.domains import DATASETS
from diffviz.experiment import ExperimentError, iter_specs
from diffviz.schedules import SCHEDULES
from diffviz.ui.limits import check_budget
from diffviz.ui.link import read_link
from diffviz.ui.questions import key
from diffviz.ui.speech import notice
from diffviz.views import questions

VIEW = (
    "question",
    "lesson",
    "step",
    "student",
    "embed",
    "layers",
    "charts",
    "large",
    "clock",
    "at",
    "back",
    "direction",
    "speed",
    "playing",
    "zoom",
    "chosen",
)  # address.js


@pytest.mark.parametrize("question", questions(), ids=key)
def test_every_question_has_an_address(question):
    queries = [run.to_query() for run in question.runs]
    address = queries[0] if len(queries) == 1 else f"a={quote(queries[0])}&b={quote(queries[1])}"
    opened = read_link(f"?{address}&question={key(question)}&at=3")
    assert opened.runs == list(question.runs)
    assert opened.problems == []


def test_names_that_are_no_field_are_ignored():
    opened = read_link("?t=39&steps=50&layers=density+score&nothing=1&__theme=dark&playing=0")
    assert opened.runs == [Experiment(steps=50)]
    assert opened.problems == []


def test_names_of_the_view_are_no_fields_of_a_run():
    assert {name for name, *_ in iter_specs()}.isdisjoint({*VIEW, "a", "b"})


def test_a_bad_value_is_told_and_the_others_are_kept():
    opened = read_link("?steps=0&schedule=linear&eta=9&sampler=ddim&particles=x")
    assert opened.runs == [Experiment(schedule="linear", sampler="ddim")]
    assert sorted(error.field for _, error in opened.problems) == ["eta", "particles", "steps"]
    assert all(side == 0 for side, _ in opened.problems)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_link_that_names_no_particles_has_as_many_as_the_page_takes(dataset):
    opened = read_link(f"?dataset={dataset}")
    assert opened.problems == []
    assert opened.runs[0].dataset == dataset
    check_budget(opened.runs[0])
    count = opened.runs[0].particles
    first, *others = str(count)
    assert set(others) <= {"0"}  # 500, not 541
    more = replace(opened.runs[0], particles=(int(first) + 1) * 10 ** len(others))
    if count < 1000:
        with pytest.raises(ExperimentError, match="particles must be at most"):
            check_budget(more)


def test_a_name_that_is_in_no_menu_is_told_with_the_menu_s_titles():
    opened = read_link("?schedule=sohl-dickstein-2")
    assert opened.runs == [Experiment()]
    told = notice(opened.problems[0][1])["message"]
    assert told.startswith(f"Noise schedule must be one of the {len(SCHEDULES)} in its menu, not 'sohl-dickstein-2'.")
    title = SCHEDULES["sohl_dickstein"].title
    assert told.endswith(f"The nearest is {title}, which a link names sohl_dickstein. The run that is shown has Cosine.")
    assert "nearest" not in notice(read_link("?schedule=banana").problems[0][1])["message"]


def test_what_is_shown_instead_of_a_bad_value_is_told():
    opened = read_link("?steps=0")
    assert notice(opened.problems[0][1])["message"].endswith("not 0. The run that is shown has 100.")


def test_of_two_runs_each_is_read_by_itself():
    opened = read_link(f"?a={quote('steps=0&schedule=linear')}&b={quote('steps=9&t=1')}")
    assert opened.runs == [Experiment(schedule="linear"), Experiment(steps=9)]
    assert [(side, error.field) for side, error in opened.problems] == [(0, "steps")]


def test_one_side_alone_is_compared_with_the_usual_run():
    assert read_link("?b=steps%3D9").runs == [Experiment(), Experiment(steps=9)]


def test_two_values_that_cannot_be_together_leave_a_run():
    opened = read_link("?steps=10&sampler_steps=20")
    assert [error.field for _, error in opened.problems] == ["sampler_steps"]
    assert opened.runs == [Experiment(steps=10)]
    opened = read_link("?start=between&dataset=own")
    assert opened.problems
    assert len(opened.runs) == 1


def test_names_of_before_still_open():
    assert read_link("?dataset=digits&start=picture&particles=4&picture=4").runs[0].test_image == 5


@given(st.text(max_size=60))
def test_whatever_stands_there_a_run_is_opened(text):
    opened = read_link(text)
    assert 1 <= len(opened.runs) <= 2


names = st.sampled_from([*(name for name, *_ in iter_specs()), "nothing"])


values = st.sampled_from(["", "0", "1", "9e9", "nan", "exact", "digits", "between", "none", "%ff"])


@given(st.lists(st.tuples(names, values), max_size=12))
def test_whatever_fields_are_named_a_run_is_opened(pairs):
    assert len(read_link("?" + "&".join(f"{name}={value}" for name, value in pairs)).runs) == 1
