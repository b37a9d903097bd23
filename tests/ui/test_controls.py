import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffviz import Experiment, ExperimentError
from diffviz.experiment import iter_specs
from diffviz.ui.controls import PLANE
from diffviz.views import view

PRESETS = [question for question in view("plane").questions if question.b is None]


def test_there_is_a_control_for_every_field():
    assert sorted(PLANE.names) == sorted(name for name, *_ in iter_specs())


@pytest.mark.parametrize("experiment", [Experiment(), *(p.a for p in PRESETS)], ids=lambda e: e.to_query() or "default")
def test_setting_the_controls_and_reading_them_gives_the_experiment_back(experiment):
    values = tuple(update["value"] for update in PLANE.to_updates(experiment))
    assert PLANE.to_experiment(values) == experiment


def test_an_empty_field_for_the_steps_taken_means_all():
    values = [update["value"] for update in PLANE.to_updates(Experiment())]
    values[PLANE.names.index("sampler_steps")] = " 7 "
    assert PLANE.to_experiment(tuple(values)).sampler_steps == 7
    values[PLANE.names.index("sampler_steps")] = ""
    assert PLANE.to_experiment(tuple(values)).sampler_steps is None


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


@given(st.sampled_from(PLANE.names), anything)
def test_whatever_a_control_sends_is_an_experiment_or_one_sentence(name, value):
    values = {n: update["value"] for n, update in zip(PLANE.names, PLANE.to_updates(Experiment()), strict=True)} | {name: value}
    complaint = ""
    try:
        PLANE.to_experiment(tuple(values.values()))
    except ExperimentError as error:
        complaint = str(error)
    assert "\n" not in complaint


def test_menus_name_every_choice():
    for _, spec, _, _ in iter_specs():
        if spec.titles:
            assert len(set(spec.titles)) == len(set(spec.whys)) == len(spec.choices)
