"""Which fields have an effect: an irrelevant one changes nothing, to the last bit, and a relevant one something."""

import json
import random
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest

from diffviz import Experiment, ExperimentError, exports, run
from diffviz.diagnostics.report import report_json
from diffviz.domains import domain_of
from diffviz.engine import Setup
from diffviz.experiment import DEFAULTS, SAMPLERS, differing
from diffviz.gaussian.bugs import CHOICES
from diffviz.gaussian.kernels import PICTURE_VARIANCES
from diffviz.inverse.factors import POINT_FACTORS
from diffviz.inverse.masks import mask_text
from diffviz.inverse.tasks import CONDITIONS, hole
from diffviz.relevant import possible, relevant, rules_json
from diffviz.schedules import SCHEDULES
from tests.experiments import OWN_PICTURE
from tests.measured import measured

NAMES = [item.name for item in fields(Experiment)]
MASK = mask_text(np.eye(8, dtype=bool))
SMALL = {"steps": 6, "particles": 4, "device": "cpu"}
VALUES = {  # a few of each field that go with one another
    "data_std": [1.0, 0.5],
    "own_points": ["", "0,0;0.5,1", "3.lACAAgwBYvnJ8"],
    "bandwidth": [None, 0.3],
    "own_mixture": ["", "0,0,0.3,1", "0,0.0,.3,1;"],
    "schedule": list(SCHEDULES),
    "steps": [6, 5],
    "beta_start": [1e-4, 5e-4],
    "beta_end": [0.02, 0.01],
    "scale_betas": [True, False],
    "zero_snr": [False, True],
    "points": ["9 0 -9", "4 1 -4", "9.0 0 -9.00"],
    "denoiser": ["exact", "learned"],
    "sampler": list(SAMPLERS),
    "own": ["", OWN_PICTURE],
    "label": [None, 3, 7],
    "guidance": [1.0, 0.0, 2.0],
    "sampler_steps": [None, 3, 6],
    "bug": list(CHOICES),
    "spacing": ["trailing", "leading", "linspace", "quadratic", "log_snr"],
    "eta": [0.0, 0.5],
    "corrector_steps": [1, 2],
    "variance": list(PICTURE_VARIANCES),
    "start": ["noise", "forward"],
    "start_time": [0.5, 0.9],
    "test_image": [1, 6],
    "test_image_b": [1, 4],
    "measurement": ["none", "inpaint", "super_resolve", "deblur", "denoise"],
    "condition": list(CONDITIONS),
    "measure_noise": [0.1, 0.3],
    "mask": ["", MASK, mask_text(hole(8, 8))],
    "factor": [2, 4],
    "blur_width": [1.5, 0.8],
    "angle": [0.0, 60.0],
    "offset": [1.0, 0.4],
    "strength": [1.0, 0.3],
    "resamples": [2, 1, 3],
    "jump": [1, 2],
    "particles": [4, 3],
    "seed": [0, 1],
    "process": ["absorbing", "uniform"],
    "at_once": [1, 3],
    "choice_temperature": [1.0, 0.0],
    "own_words": ["", "ant bee 3 cat", "Cat,bee:3 ant"],
    "letters": ["", "_a_", "_A_"],
    "changes": ["", "1:1:5:a", "1:1:5:A", "2:2:5:.,1:1:5:b"],
}
PLANE = VALUES | {
    "measurement": ["none", *POINT_FACTORS],
    "dataset": ["eight_gaussians", "gaussian", "own_points", "own_mixture"],
}
PICTURES = VALUES | {"dataset": ["digits", "own"], "start": ["noise", "forward", "picture", "between"]}
BITS = VALUES | {"dataset": ["heartbeat"]}
WORDS = VALUES | {"dataset": ["own_words"]}


KINDS = pytest.mark.parametrize("values", [PLANE, PICTURES, BITS, WORDS], ids=["plane", "pictures", "bits", "words"])


def drawn(values, count):
    """So many random sources, each with an Experiment of the values; what cannot be had with the others is as usual."""
    for seed in range(count):
        chance = random.Random(seed)
        chosen = {name: chance.choice(choices) for name, choices in values.items()}
        while True:
            try:
                yield chance, Experiment(**chosen)
                break
            except ExperimentError as error:
                del chosen[error.field if error.field in chosen else "start"]


def result(experiment):
    """All that is computed, but for how long it took and how it was asked for."""
    setup = Setup(experiment)
    trajectory = run(experiment, setup)
    report = report_json(measured(setup, trajectory))
    arrays = trajectory.forward, trajectory.reverse, trajectory.x0_hat
    return [array.tobytes() for array in arrays], {k: v for k, v in report.items() if k not in ("experiment", "seconds")}


@KINDS
def test_a_field_without_effect_has_none_to_the_last_bit(values):
    for chance, one in drawn(values, 25):
        idle = sorted(values.keys() - relevant(one) - {"dataset"})
        changed = {name: chance.choice(values[name]) for name in idle}
        assert replace(one, **changed) == one
        other = replace(one)
        for name in changed.keys() & possible(domain_of(one.dataset)):
            object.__setattr__(other, name, changed[name])  # as no Experiment can be made
        assert differing(one, other) == []
        assert result(one) == result(other), (one, changed)


@KINDS
def test_equal_runs_are_equal_values_with_one_link(values):
    for chance, one in drawn(values, 200):
        read = relevant(one)
        assert all(getattr(one, name) == default for name, default in DEFAULTS.items() if name not in read)
        assert read == relevant(replace(one))
        idle = sorted(values.keys() - read - {"dataset"})
        said = [f"{name}={chance.choice(values[name])}" for name in idle]
        assert Experiment.from_query("&".join([one.to_query(), *said, "overlays=density&view=3"])) == one
        assert {one: 1}[Experiment.from_dict(one.to_dict())] == 1


AS_JSON = json.loads(json.dumps(rules_json()))


def by_json(values):
    """What the page decides, from the rules as JSON, as rules_json says."""
    names = set()

    def known(value):
        return values[value["field"]] if isinstance(value, dict) else value

    for rule in AS_JSON:
        if all(name in names and (values[name] in map(known, among)) == wanted for name, among, wanted in rule["when"]):
            names.update(rule["uses"])
    return names


@KINDS
def test_the_rules_as_json_decide_the_same_whatever_is_typed(values):
    for seed in range(100):
        chance = random.Random(seed)
        typed = DEFAULTS | {name: chance.choice(choices) for name, choices in values.items()}
        assert by_json(typed) == relevant(SimpleNamespace(**typed)), typed


DIGITS = {"dataset": "digits"}
MEASURED = DIGITS | {"measurement": "inpaint"}
OWN_WORDS = {"dataset": "own_words"}
MATTERS = {  # by field, a run in which another value of it shows
    "dataset": ({}, "gaussian"),
    "data_std": ({"dataset": "gaussian"}, 0.5),
    "own_points": ({"dataset": "own_points"}, "0,0;0.5,1"),
    "bandwidth": ({"dataset": "own_points"}, 0.3),
    "own_mixture": ({"dataset": "own_mixture"}, "0,0,0.3,1"),
    "schedule": ({}, "linear"),
    "steps": ({}, 5),
    "beta_start": ({"schedule": "linear"}, 5e-4),
    "beta_end": ({"schedule": "linear"}, 0.01),
    "scale_betas": ({"schedule": "linear"}, False),
    "zero_snr": ({"schedule": "linear"}, True),
    "points": ({"schedule": "drawn"}, "9 0 -9"),
    "denoiser": ({}, "learned"),
    "sampler": ({}, "ddim"),
    "bug": ({"sampler": "ddim"}, "final_sigma"),
    "own": ({"dataset": "own"}, OWN_PICTURE),
    "label": (DIGITS, 3),
    "guidance": (DIGITS | {"label": 3}, 2.0),
    "sampler_steps": ({}, 3),
    "spacing": ({"sampler_steps": 3}, "quadratic"),
    "eta": ({"sampler": "ddim"}, 0.5),
    "corrector_steps": ({"sampler": "langevin"}, 2),
    "langevin_level": ({"sampler": "ula"}, 3.0),
    "langevin_step": ({"sampler": "ula"}, 0.001),
    "temperature": ({"sampler": "ula"}, 0.5),
    "variance": ({}, "beta"),
    "start": ({}, "forward"),
    "start_time": (DIGITS | {"start": "picture"}, 0.9),
    "test_image": (DIGITS | {"start": "picture"}, 6),
    "test_image_b": (DIGITS | {"start": "between", "sampler": "ddim"}, 4),
    "measurement": (DIGITS, "inpaint"),
    "condition": (MEASURED, "exact"),
    "measure_noise": (MEASURED, 0.3),
    "mask": (MEASURED, MASK),
    "factor": (DIGITS | {"measurement": "super_resolve"}, 4),
    "blur_width": (DIGITS | {"measurement": "deblur"}, 0.8),
    "angle": ({"measurement": "half_plane"}, 60.0),
    "offset": ({"measurement": "ring"}, 0.4),
    "strength": (MEASURED, 0.3),
    "resamples": (MEASURED | {"condition": "replace"}, 2),
    "jump": (MEASURED | {"condition": "replace"}, 2),
    "process": (OWN_WORDS, "uniform"),
    "at_once": (OWN_WORDS | {"sampler": "random_order"}, 4),
    "choice_temperature": (OWN_WORDS | {"sampler": "confidence"}, 0.0),
    "own_words": (OWN_WORDS, "ant bee 3 cat"),
    "nodes": ({"dataset": "trees"}, 4),
    "letters": (OWN_WORDS, "_a_"),
    "changes": (OWN_WORDS, "1:1:3:z"),
    "particles": ({}, 3),
    "seed": ({}, 1),
}


def test_every_field_but_the_device_is_held_to_matter_somewhere():
    assert sorted([*MATTERS, "device"]) == sorted(NAMES)


@pytest.mark.parametrize("name", MATTERS)
def test_a_field_with_an_effect_has_one(name):
    settings, value = MATTERS[name]
    one = Experiment(**SMALL | settings)
    other = replace(one, **{name: value})
    assert name in relevant(one)
    assert differing(one, other) == [name]
    assert result(one) != result(other)


def test_the_variance_counts_beside_a_sampler_without_noise_for_the_bound_is_the_ancestral_chain_s():
    one = Experiment(**SMALL, sampler="ddim")
    other = replace(one, variance="beta")
    (path, report), (other_path, other_report) = result(one), result(other)
    assert differing(one, other) == ["variance"]
    assert path == other_path
    assert report["bound_nats"] != other_report["bound_nats"]
    given_one = Experiment(**SMALL, **MEASURED, sampler="ddim")
    assert "variance" not in relevant(given_one)
    np.testing.assert_array_equal(run(given_one).reverse, run(replace(given_one, variance="beta")).reverse)


HOLED = {"dataset": "digits", "measurement": "inpaint"}
SAME = {  # two ways to say one run
    "own network": ({"denoiser": "learned"}, {"denoiser": "eight_gaussians"}),
    "points": ({"schedule": "drawn", "points": "9 0 -9"}, {"schedule": "drawn", "points": "9.0 0.00 -9"}),
    "scale": ({"schedule": "linear", "steps": 1000}, {"schedule": "linear", "steps": 1000, "scale_betas": False}),
    "hole": (HOLED, HOLED | {"mask": mask_text(hole(8, 8))}),
    "ignored class, measured": (HOLED, HOLED | {"label": 3, "guidance": 0.0}),
    "ignored class, noised": (
        {"dataset": "digits", "start": "picture", "denoiser": "learned"},
        {"dataset": "digits", "start": "picture", "denoiser": "learned", "label": 3, "guidance": 0.0},
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_what_can_be_said_in_two_ways_is_one_value_and_one_run(case):
    one, other = (Experiment(**SMALL | values) for values in SAME[case])
    assert one == other
    literal = replace(one)
    for name, value in SAME[case][1].items():
        object.__setattr__(literal, name, value)  # as no Experiment can be made
    assert literal != one
    assert result(literal) == result(one)


def test_the_network_of_the_gaussian_saw_one_width_whatever_it_is_called():
    for denoiser in ("learned", "gaussian"):
        with pytest.raises(ExperimentError, match="data_std must be 1"):
            Experiment(dataset="gaussian", denoiser=denoiser, data_std=0.5)


def test_all_steps_are_all_steps_however_they_are_asked_for():
    assert differing(Experiment(**SMALL), Experiment(**SMALL, sampler_steps=6)) == []


@KINDS
def test_what_differs_is_named(values):
    runs = [one for _, one in drawn(values, 200)]
    single = 0
    for one, other in zip(runs[::2], runs[1::2], strict=True):
        assert exports.pair_parts(one, one)[:2] == ("", "")
        near = [changed for name in differing(one, other) if (changed := changed_alone(one, name, getattr(other, name)))]
        single += len(near)
        for each in (other, *near):
            named = exports.pair_parts(one, each)[:2]
            assert (named != ("", "")) == bool(differing(one, each)), (one, each)
    assert single >= 100


def changed_alone(one, name, value):
    try:
        return replace(one, **{name: value})
    except ExperimentError:
        return None
