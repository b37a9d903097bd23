import json
import math
import sys
from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffviz import checkpoints
from diffviz.domains import DATASETS
from diffviz.domains.plane.training import Recipe, new_network
from diffviz.engine import Setup
from diffviz.experiment import MAX_PARTICLE_STEPS, MAX_PARTICLES, Experiment, ExperimentError, iter_specs
from diffviz.inverse.masks import mask_text
from diffviz.inverse.operators import FACTORS
from diffviz.messages import show
from diffviz.schedules import MAX_STEPS

NAMES = [item.name for item in fields(Experiment)]
INTEGERS = ["steps", "sampler_steps", "particles", "seed"]
FLOATS = ["data_std", "beta_start", "beta_end", "eta"]
# four quarters of black and white, 16 x 16
OWN_PICTURE = "1x16x16.UklGRigAAABXRUJQVlA4TBsAAAAvD8ADAA8w__M___MfeBALJvOX7kwhov-hywEA"
TEXTS = ["dataset", "schedule", "denoiser", "sampler", "spacing", "variance", "start", "device"]


def complaint(make, *arguments, **fields):
    """The ExperimentError that is raised, which must be one plain sentence."""
    with pytest.raises(ExperimentError) as refused:
        make(*arguments, **fields)
    message = str(refused.value)
    assert is_a_sentence(refused.value), message
    return refused.value


def is_a_sentence(error):
    message = str(error)
    return message.isprintable() and len(message) <= 400 and message.endswith(".") and message.startswith(error.field + " ")


def outcome(make, argument):
    """An Experiment, or an ExperimentError of one sentence; anything else escapes and fails the test."""
    try:
        return make(argument)
    except ExperimentError as error:
        complaint = error
    assert is_a_sentence(complaint), str(complaint)
    return None


def test_the_defaults_are_an_experiment():
    assert Experiment() == Experiment.from_dict({}) == Experiment.from_json("{}") == Experiment.from_query("")
    assert Experiment().to_query() == ""


def test_it_is_a_value():
    one, same, other = Experiment(steps=50), Experiment(steps=50), Experiment(steps=51)
    assert one == same != other
    assert len({one, same, other}) == 2
    with pytest.raises(FrozenInstanceError):
        one.steps = 3


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize(
    "value",
    [-1, 10**9, 10**400, -(10**400), 10**5000, 2.5, math.nan, math.inf, -math.inf, True, False, "7", "", b"7", [7], {}, (7,), 7j],
    ids=lambda value: f"{type(value).__name__}-{str(value)[:8] if not isinstance(value, int) else value.bit_length()}",
)
def test_what_is_not_a_whole_number_in_range_is_refused(name, value):
    if name == "seed" and value == 10**9:
        value = 2**31
    assert complaint(Experiment, **{name: value}).field == name
    assert complaint(Experiment.from_dict, {name: value}).field == name


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize(
    "value",
    [-1, 10**9, 10**400, 10**5000, math.nan, math.inf, -math.inf, True, "0.5", None, b"", [0.5]],
    ids=show,
)
def test_what_is_not_a_number_in_range_is_refused(name, value):
    assert complaint(Experiment, **{name: value}).field == name
    assert complaint(Experiment.from_dict, {name: value}).field == name


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "value", ["", "no such name", "COSINUS", "cosine\n", "../../etc/passwd", "x" * 10_000, 0, True, None, b"cosine", ["cosine"]]
)
def test_what_is_not_one_of_the_names_is_refused(name, value):
    made = (lambda **fields: Setup(Experiment(**fields)).prepare()) if name == "denoiser" else Experiment
    assert complaint(made, **{name: value}).field == name


@pytest.mark.parametrize("value", [0, 1, "true", None, [], 1.0])
def test_only_booleans_are_booleans(value):
    assert complaint(Experiment, scale_betas=value).field == "scale_betas"


@pytest.mark.parametrize("name", ["steps", "particles"])
@pytest.mark.parametrize("value", [0, None])
def test_nothing_is_not_a_number_of_steps_or_particles(name, value):
    assert complaint(Experiment, **{name: value}).field == name


DIGITS = {"dataset": "digits"}
READ = {  # by field, a run that reads it
    "data_std": {"dataset": "gaussian"},
    "bandwidth": {"dataset": "own_points"},
    "eta": {"sampler": "ddim"},
    "corrector_steps": {"sampler": "langevin"},
    "langevin_level": {"sampler": "ula"},
    "langevin_step": {"sampler": "ula"},
    "temperature": {"sampler": "ula"},
    "label": DIGITS,
    "guidance": DIGITS | {"label": 3},
    "start_time": DIGITS | {"start": "picture"},
    "test_image": DIGITS | {"start": "picture"},
    "test_image_b": DIGITS | {"start": "between", "sampler": "ddim"},
    "measure_noise": DIGITS | {"measurement": "denoise"},
    "factor": DIGITS | {"measurement": "super_resolve"},
    "blur_width": DIGITS | {"measurement": "deblur"},
    "strength": DIGITS | {"measurement": "denoise"},
    "angle": {"measurement": "half_plane"},
    "offset": {"measurement": "strip"},
    "resamples": DIGITS | {"measurement": "inpaint", "condition": "replace"},
    "jump": DIGITS | {"measurement": "inpaint", "condition": "replace", "resamples": 2},
}


def test_every_bound_belongs_to_what_is_allowed_and_nothing_beyond():
    for name, spec, kind, _ in iter_specs():
        if spec.low is None or name in ("beta_start", "beta_end"):
            continue
        steps = 2 if name == "particles" else 100 if name in READ.keys() - {"jump"} else MAX_STEPS
        few = {"steps": steps} | ({} if name == "particles" else {"particles": 2})
        others = few | READ.get(name, {})
        for value in (spec.low, spec.high):
            found = getattr(Experiment(**{**others, name: value}), name)
            assert found == (None if name == "sampler_steps" and value == MAX_STEPS else value)
        step = 1 if kind is int else 1e-9
        for value in (spec.low - step, spec.high + step):
            assert complaint(Experiment, **{**others, name: value}).field == name


def test_whole_numbers_may_be_written_as_floats_and_back():
    assert Experiment(steps=50.0) == Experiment(steps=50)
    assert type(Experiment(steps=50.0).steps) is int
    assert type(Experiment(eta=1).eta) is float


def test_betas_must_not_fall():
    assert complaint(Experiment, schedule="linear", beta_start=0.03).field == "beta_start"
    assert Experiment(schedule="linear", beta_start=0.02, beta_end=0.02).beta_start == 0.02


def test_no_more_steps_are_taken_than_there_are():
    assert complaint(Experiment, steps=10, sampler_steps=11).field == "sampler_steps"
    assert Experiment(steps=10, sampler_steps=10).steps_taken == 10
    assert Experiment(steps=10).steps_taken == 10


def test_a_run_fits_into_memory_and_the_message_says_what_would():
    refused = complaint(Experiment, steps=MAX_STEPS, particles=MAX_PARTICLES)
    assert refused.field == "particles"
    most = MAX_PARTICLE_STEPS // (3 * MAX_STEPS)
    assert str(most) in str(refused)
    assert Experiment(steps=MAX_STEPS, particles=most).particles == most
    complaint(Experiment, steps=MAX_STEPS, particles=most + 1)


def test_denoisers_are_the_truth_the_datas_network_or_a_checkpoint():
    for name in ("exact", "learned", *(name for name in checkpoints.names() if not name.endswith("_2015"))):
        Setup(Experiment(denoiser=name)).prepare()
    one_chain = Setup(Experiment(dataset="swiss_roll", denoiser="swiss_roll_2015"))
    assert complaint(one_chain.prepare).field == "denoiser"  # it knows the noise levels of its own steps alone
    assert complaint(Setup(Experiment(denoiser="nothing_there")).prepare).field == "denoiser"
    assert complaint(Experiment, denoiser="../rings").field == "denoiser"
    assert complaint(Experiment, dataset="own", denoiser="learned").field == "denoiser"


def test_making_an_experiment_reads_no_disk(tmp_path, monkeypatch):
    """A network that is not there, or no more, is told when the run is prepared."""
    recipe = Recipe("rings", hidden=4, layers=1, features=2)
    checkpoints.save(tmp_path / "rings", new_network(recipe), recipe, {}, "")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    Setup(Experiment(dataset="rings", denoiser="learned")).prepare()
    missing = Experiment(dataset="spiral", denoiser="learned")
    assert "must be exact for spiral: no network" in str(complaint(Setup(missing).prepare))
    opened, watching = [], [True]

    def watch(event, arguments):
        if watching and event in ("open", "os.scandir", "os.listdir"):
            opened.append((event, arguments))

    sys.addaudithook(watch)
    for name in ("learned", "spiral", "nothing_there"):
        Experiment(dataset="rings", denoiser=name)
        Experiment(dataset="digits", denoiser=name, measurement="inpaint")
    Experiment(dataset="mnist", denoiser="hub:google/ddpm-cifar10-32", particles=4)
    watching.clear()
    assert opened == []


def test_the_gaussians_network_knows_one_width_only():
    assert Experiment(dataset="gaussian", denoiser="learned").data_std == 1.0
    assert complaint(Experiment, dataset="gaussian", denoiser="learned", data_std=0.5).field == "data_std"


@pytest.mark.parametrize("name", ["", "Steps", "steps ", "x" * 10_000, "steps\n", "\ud800", 5, None, ("steps",)], ids=repr)
def test_unknown_fields_are_refused(name):
    assert complaint(Experiment.from_dict, {name: 5}).field == "experiment"


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


def test_every_field_explains_itself_to_menus_and_help():
    specs = list(iter_specs())
    assert [name for name, *_ in specs] == NAMES
    for name, spec, kind, default in specs:
        assert spec.title, name
        assert spec.help.endswith("."), name
        assert kind in (str, bool, int, float)
        assert default is None or type(default) is kind
    assert next(spec for name, spec, *_ in specs if name == "dataset").choices == tuple(DATASETS)


def test_links_of_before_counted_test_images_from_0():
    assert Experiment.from_query("dataset=digits&start=between&sampler=ddim&picture=4&picture_b=0") == Experiment(
        dataset="digits", start="between", sampler="ddim", test_image=5, test_image_b=1
    )
    assert Experiment.from_dict({"dataset": "digits", "start": "picture", "picture": 4}).test_image == 5
    assert Experiment.from_query("dataset=digits&start=picture&picture=3&test_image=9").test_image == 9
    for bad in ("-1", "x", "4096"):
        with pytest.raises(ExperimentError, match="test_image must be a whole number from 1 to 4096"):
            Experiment.from_query(f"dataset=digits&start=picture&picture={bad}")


def test_particles_that_nobody_names_are_as_many_as_there_can_be():
    query = "dataset=dead_leaves&steps=1000"
    named = Experiment.from_query(query)
    assert 1 <= named.particles < Experiment().particles
    assert named == Experiment.from_dict({"dataset": "dead_leaves", "steps": 1000}) == Experiment.from_query(named.to_query())
    with pytest.raises(ExperimentError, match=f"must be at most {named.particles} "):
        Experiment.from_query(f"{query}&particles={named.particles + 1}")
    assert Experiment.from_query("steps=1000").particles == Experiment().particles
