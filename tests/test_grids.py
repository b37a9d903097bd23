from dataclasses import replace

import pytest

from diffviz.experiment import Experiment, ExperimentError
from diffviz.grids import MOST_RUNS, combinations, crossed, read_axes


def made(*texts, **fixed):
    return combinations(read_axes(texts), lambda values: Experiment.from_strings({**fixed, **values}))


def test_a_grid_is_read_as_fields_with_values_and_ranges():
    axes = read_axes(["schedule=linear,cosine&steps=10,20", "seed=1:3", "sampler-steps=none,4:8:2"])
    assert axes == {
        "schedule": ("linear", "cosine"),
        "steps": ("10", "20"),
        "seed": ("1", "2", "3"),
        "sampler_steps": ("none", "4", "6", "8"),
    }


def test_only_whole_numbers_have_ranges_and_a_value_may_hold_a_comma():
    assert read_axes(["eta=0:1&own_mixture=a%2Cb,c%26d"]) == {"eta": ("0:1",), "own_mixture": ("a,b", "c&d")}


def test_every_combination_is_a_run_the_last_field_first():
    runs = [each.run for each in made("schedule=linear,cosine&seed=1:2", steps="20")]
    assert runs == [Experiment(schedule=s, steps=20, seed=n) for s in ("linear", "cosine") for n in (1, 2)]
    assert [*crossed({"a": (1, 2), "b": (3,)})] == [{"a": 1, "b": 3}, {"a": 2, "b": 3}]
    assert [*crossed({})] == [{}]


def test_a_field_that_a_run_does_not_read_makes_no_other_run():
    """eta is read by DDIM alone."""
    swept = made("sampler=ancestral,ddim&eta=0,0.5")
    assert len(swept) == 4
    assert {each.run for each in swept} == {Experiment(), *(Experiment(sampler="ddim", eta=eta) for eta in (0.0, 0.5))}


def test_values_may_be_what_the_fields_are():
    base = Experiment(particles=1)
    swept = combinations({"steps": (5, 10)}, lambda values: replace(base, **values))
    assert [each.run.steps for each in swept] == [5, 10]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("steps", "grid must be fields and their values"),
        ("", "grid must be fields and their values"),
        ("steps=10&steps=20", "grid must name 'steps' once."),
        ("stepz=10", "experiment has no field 'stepz'; the nearest are steps"),
        ("steps=10,ten", "steps must be a whole number from 2 to 4000, not 'ten'."),
        ("steps=", "steps must be a whole number from 2 to 4000, not ''."),
        ("schedule=linear,lin", "schedule must be one of"),
        ("seed=5:1", "seed must be a range that rises"),
        ("seed=1:5:0", "seed must be a range that rises"),
        ("seed=1:999999999", "seed must be a range that rises"),
        ("seed=1:100000&steps=10,20", f"grid must stand for at most {MOST_RUNS} runs, not 200000."),
        ("picture=1,2", "grid must name test_image, which counts from 1"),
        ("steps=10&sampler_steps=5,20", "sampler_steps must be from 1 to T, 10, not 20. That is in steps=10, sampler_steps=20."),
        ("dataset=eight_gaussians,digits&schedule=optimal", "schedule must be"),
    ],
)
def test_a_grid_that_cannot_be_is_refused_in_a_sentence_before_anything_runs(text, says):
    with pytest.raises(ExperimentError) as refused:
        made(text)
    assert str(refused.value).startswith(says)
    assert str(refused.value).endswith(".")
