"""An Experiment as JSON, as a link and as text: it comes back, and what names none is refused in one sentence."""

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffviz.experiment import Experiment, ExperimentError, iter_specs
from diffviz.inverse.masks import mask_text
from diffviz.inverse.operators import FACTORS
from tests.experiments import NAMES, OWN_PICTURE, complaint, outcome


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "[]",
        "5",
        '"steps"',
        "{",
        '{"steps": 5',
        '{"steps": 05}',
        '{"steps": 1e999}',
        '{"steps": NaN}',
        '{"steps": Infinity}',
        '{"steps": -Infinity}',
        '{"steps": ' + "9" * 400 + "}",
        '{"steps": ' + "9" * 5000 + "}",
        '{"steps": null}',
        '{"steps": "5"}',
        '{"scale_betas": 1}',
        '{"dataset": "\\ud800"}',
        '{"dataset": "a\\nb\\u2028c"}',
        '{"a\\nb": 1}',
        "\x00",
        "\ufeff{}",
        "{}{}",
        b"\xff\xfe\x00",
        b"\x80",
        b"",
        None,
        5,
        ["steps"],
        {"steps": 5},
    ],
    ids=lambda text: repr(text)[:24],
)
def test_json_that_names_no_experiment_is_refused(text):
    complaint(Experiment.from_json, text)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_json_nested_however_deeply_is_refused(opening, closing):
    """At every depth: what can just be read may be too deep to be printed in the message."""
    for depth in [*range(1, sys.getrecursionlimit() + 10), 100_000]:
        nested = opening * depth + "1" + closing * depth
        assert outcome(Experiment.from_json, nested) is None
        assert outcome(Experiment.from_json, f'{{"steps": {nested}}}') is None


@pytest.mark.parametrize("values", [None, [], [("steps", 5)], "steps", b"steps", 5, {"steps"}], ids=repr)
def test_only_a_mapping_is_read_as_fields(values):
    assert complaint(Experiment.from_dict, values).field == "experiment"


@pytest.mark.parametrize(
    "query",
    [
        "steps=",
        "steps=0",
        "steps=1e2",
        "steps=5.0",
        "steps=١٠",
        "steps=1_0",
        "steps=0x10",
        "steps=%00",
        "steps=%ff%fe",
        "steps=" + "9" * 400,
        "steps=" + "9" * 5000,
        "sampler=ddim&eta=nan",
        "sampler=ddim&eta=inf",
        "sampler=ddim&eta=1e999",
        "sampler=ddim&eta=",
        "sampler=ddim&eta=0..5",
        "sampler=ddim&eta=1e",
        "schedule=linear&scale_betas=yes",
        "schedule=linear&scale_betas=",
        "dataset=",
        "dataset=rings%0a",
        "steps",
        "&".join(["steps=5"] * 100),
        "denoiser=../rings",
    ],
    ids=lambda query: repr(query)[:24],
)
def test_links_that_name_no_experiment_are_refused(query):
    complaint(Experiment.from_query, query)


@pytest.mark.parametrize("rest", ["nothing=1", "=5", "Steps=5", "\ud800=\ud800", "%%%", "t=40&playing=true"], ids=repr)
def test_a_link_opens_whatever_else_it_says(rest):
    """Names of no field, and what this run does not read; on the command line a name of no field is a mistake."""
    assert Experiment.from_query(f"steps=5&{rest}") == Experiment(steps=5)
    if rest != "%%%":  # no name and value at all
        complaint(Experiment.from_query, f"steps=5&{rest}", strict=True)
    assert Experiment.from_query("steps=5&eta=nan&own=x&guidance=7&start_time=2") == Experiment(steps=5)


@pytest.mark.parametrize("query", [None, 5, b"steps=5", b"\xff", ["steps=5"]], ids=repr)
def test_what_is_not_text_is_no_link(query):
    complaint(Experiment.from_query, query)


def test_links_may_begin_with_a_question_mark_and_say_none():
    assert Experiment.from_query("?steps=50&sampler_steps=none") == Experiment(steps=50)
    assert Experiment.from_query("scale_betas=False&eta=.5") == Experiment(scale_betas=False, eta=0.5)


powers = st.sampled_from([9, 400, 5000]).map(lambda digits: 10**digits)  # of the longest, no text can be made
numbers = st.one_of(st.integers(), st.floats(), powers, st.sampled_from([0, 2, 100, 0.5, -0.0]))
primitives = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=50), st.sampled_from(["cosine", "exact", "rings"]))
anything = st.recursive(
    primitives, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3))
)
keys = st.one_of(st.sampled_from(NAMES), st.text(max_size=30))


@settings(max_examples=300)
@given(
    st.one_of(st.dictionaries(keys, anything, max_size=5), anything, st.dictionaries(st.one_of(keys, primitives), st.binary()))
)
def test_whatever_is_put_in_an_experiment_or_one_sentence_comes_out(values):
    outcome(Experiment.from_dict, values)


@settings(max_examples=300)
@given(
    st.one_of(
        st.text(),
        st.binary(),
        st.dictionaries(keys, anything, max_size=5).map(lambda values: json.dumps(values) if printable(values) else "{"),
        st.dictionaries(st.sampled_from(NAMES), primitives, max_size=3).map(
            lambda v: json.dumps(v)[:-1] if printable(v) else "["
        ),
    )
)
def test_whatever_json_is_read_an_experiment_or_one_sentence_comes_out(text):
    outcome(Experiment.from_json, text)


def printable(values):
    """json.dumps itself refuses integers of more than 4300 digits."""
    try:
        return bool(json.dumps(values)) or True
    except ValueError:
        return False


@settings(max_examples=300)
@given(
    st.one_of(
        st.text(),
        st.lists(st.tuples(keys, st.one_of(st.text(max_size=20), st.from_regex(r"[-+0-9.eE]{1,9}", fullmatch=True)))).map(
            lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
        ),
    )
)
def test_whatever_link_is_opened_an_experiment_or_one_sentence_comes_out(query):
    outcome(Experiment.from_query, query)


@st.composite
def experiments(draw):
    values = {}
    for name, spec, kind, _ in iter_specs():
        if name == "points":
            values[name] = draw(st.sampled_from(["9 0 -9", "1.25 1 -0.5 -20"]))
        elif name == "denoiser":
            values[name] = draw(st.sampled_from(["exact", "rings"]))
        elif name == "own":
            values[name] = draw(st.sampled_from(["", OWN_PICTURE]))
        elif name == "factor":
            values[name] = draw(st.sampled_from(FACTORS))
        elif name == "mask":
            values[name] = draw(st.just("") | arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))).map(mask_text))
        elif spec.choices:
            values[name] = draw(st.sampled_from(spec.choices))
        elif kind is bool:
            values[name] = draw(st.booleans())
        elif kind is float:
            values[name] = draw(st.floats(spec.low, spec.high))
        elif name == "particles":
            values[name] = draw(st.integers(1, 2000))
        elif name != "sampler_steps":
            values[name] = draw(st.integers(spec.low, spec.high))
    values["beta_start"], values["beta_end"] = sorted([values["beta_start"], values["beta_end"]])
    values["sampler_steps"] = draw(st.none() | st.integers(1, values["steps"]))
    while True:  # what cannot be had with the others is as usual
        try:
            return Experiment(**values)
        except ExperimentError as error:
            values |= {"particles": 1} if error.field == "particles" and values["particles"] > 2 else {"start": "noise"}
            values.pop(error.field if error.field not in ("particles", "start") else "measurement", None)


@settings(max_examples=200)
@given(experiments())
def test_every_experiment_survives_json_links_and_text(experiment):
    assert Experiment.from_dict(experiment.to_dict()) == experiment
    assert Experiment.from_json(json.dumps(experiment.to_dict(), allow_nan=False)) == experiment
    assert Experiment.from_query(experiment.to_query()) == experiment
    assert Experiment.from_query("?" + experiment.to_query()) == experiment
    assert Experiment.from_strings(experiment.to_strings()) == experiment
    assert all(type(value) in (str, bool, int, float, type(None)) for value in experiment.to_dict().values())


def test_a_link_says_only_what_is_not_the_default():
    experiment = Experiment(dataset="rings", steps=50, schedule="linear", scale_betas=False)
    assert experiment.to_query() == "dataset=rings&schedule=linear&steps=50&scale_betas=false"


def test_links_of_before_counted_test_images_from_0():
    assert Experiment.from_query("dataset=digits&start=between&sampler=ddim&picture=4&picture_b=0") == Experiment(
        dataset="digits", start="between", sampler="ddim", test_image=5, test_image_b=1
    )
    assert Experiment.from_dict({"dataset": "digits", "start": "picture", "picture": 4}).test_image == 5
    assert Experiment.from_query("dataset=digits&start=picture&picture=3&test_image=9").test_image == 9
    for bad in ("-1", "x", "4096"):
        with pytest.raises(ExperimentError, match="test_image must be a whole number from 1 to 4096"):
            Experiment.from_query(f"dataset=digits&start=picture&picture={bad}")
