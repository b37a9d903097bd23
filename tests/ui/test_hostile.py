"""Values of every wrong kind, in every field of a run and of a training and in every question of the page's scripts: one sentence
or an answer, and no exception."""

import json

import pytest

from diffviz.experiment import Experiment, ExperimentError, iter_specs
from diffviz.ui.inside import look_inside
from diffviz.ui.link import read_link
from diffviz.ui.page import _ASKED
from diffviz.ui.training import train_asked
from diffviz.ui.training_form import read_recipe, table
from diffviz.views import VIEWS, view

WRONG = [[], {}, [1], ["a"], [[]], {"a": 1}, "\ud800", "\0", None, True, 1e400, float("nan"), 10**400, -1, 3.7]
DATA = [{}, {"dataset": "digits"}, {"dataset": "heartbeat"}, {"dataset": "own"}, {"dataset": "own_mixture"}]
QUESTIONS = {each.__name__: each for each in (*_ASKED, look_inside, *(f for name in VIEWS for f in view(name).served))}


@pytest.mark.parametrize("field", [name for name, *_ in iter_specs()])
def test_a_field_of_a_wrong_kind_is_one_sentence(field):
    said = []
    for value in WRONG:
        for data in DATA:
            try:
                Experiment.from_dict({**data, field: value})
            except ExperimentError as error:
                said.append(str(error))
    assert said
    assert "\n" not in "".join(said)
    "".join(said).encode()  # it can be told


@pytest.mark.parametrize("text", ["%ED%A0%80", "%00", "%FF", "\ud800", "%", "=&&=" * 200])
def test_an_address_of_a_wrong_kind_is_read(text):
    for field, *_ in iter_specs():
        opened = read_link(f"?{field}={text}")
        for _, problem in opened.problems:
            str(problem).encode()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_of_a_wrong_kind_is_answered(name):
    keys = {"dataset", "runs", "text", "query", "token", "recipe", "recipes", "lesson", "step", "name", "data", "later", "other"}
    assert "dataset" in keys & {field for field, *_ in iter_specs()}
    for value in WRONG:
        for asked in (value, *({key: value} for key in sorted(keys)), dict.fromkeys(keys, value)):
            answer = QUESTIONS[name](json.dumps(asked))
            assert isinstance(answer, str)
    for text in ("", "[", "null", "nothing", "[" * 5000):
        assert isinstance(QUESTIONS[name](text), str)


def test_a_training_of_a_wrong_kind_is_one_sentence():
    """Every setting of a training; the values of its page, too. None of these begins one that updates."""
    for name in [setting["name"] for setting in table()["fields"]]:
        for value in WRONG:
            try:
                read_recipe({name: value})
            except ExperimentError as error:
                str(error).encode()
    asked = {"updates": 0, "reports": 0, "view": {"log_snr": 0.0}}
    for value in WRONG:
        for name in ("recipes", "view", "updates", "reports", "of", "instead", "job"):
            told = json.loads(train_asked(json.dumps({**asked, name: value})))
            assert isinstance(told, dict)
