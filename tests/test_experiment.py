import math
import sys
from dataclasses import FrozenInstanceError

import pytest

from diffviz import checkpoints
from diffviz.domains import DATASETS
from diffviz.domains.plane.training import Recipe, new_network
from diffviz.engine import Setup
from diffviz.experiment import MAX_PARTICLE_STEPS, MAX_PARTICLES, Experiment, ExperimentError, iter_specs
from diffviz.messages import show
from diffviz.schedules import MAX_STEPS
from tests.experiments import NAMES, complaint

INTEGERS = ["steps", "sampler_steps", "particles", "seed"]
FLOATS = ["data_std", "beta_start", "beta_end", "eta"]
TEXTS = ["dataset", "schedule", "denoiser", "sampler", "spacing", "variance", "start", "device"]


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
    "at_once": {"dataset": "trees", "sampler": "random_order"},
    "choice_temperature": {"dataset": "own_words", "sampler": "confidence"},
    "nodes": {"dataset": "trees"},
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
    assert "must be exact for spiral, on which no network" in str(complaint(Setup(missing).prepare))
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


def test_every_field_explains_itself_to_menus_and_help():
    specs = list(iter_specs())
    assert [name for name, *_ in specs] == NAMES
    for name, spec, kind, default in specs:
        assert spec.title, name
        assert spec.help.endswith("."), name
        assert kind in (str, bool, int, float)
        assert default is None or type(default) is kind
    assert next(spec for name, spec, *_ in specs if name == "dataset").choices == tuple(DATASETS)


def test_particles_that_nobody_names_are_as_many_as_there_can_be():
    query = "dataset=dead_leaves&steps=1000"
    named = Experiment.from_query(query)
    assert 1 <= named.particles < Experiment().particles
    assert named == Experiment.from_dict({"dataset": "dead_leaves", "steps": 1000}) == Experiment.from_query(named.to_query())
    with pytest.raises(ExperimentError, match=f"must be at most {named.particles} "):
        Experiment.from_query(f"{query}&particles={named.particles + 1}")
    assert Experiment.from_query("steps=1000").particles == Experiment().particles
