"""Every name that people type leads to the option that it means."""

import pytest

from diffviz.aliases import ALIASES, meant, spelt
from diffviz.experiment import Experiment, ExperimentError, iter_specs
from diffviz.gaussian.samplers import SAMPLERS

SPECS = {name: spec for name, spec, *_ in iter_specs()}


def allowed(field):
    return ("exact", "learned") if field == "denoiser" else SPECS[field].choices


@pytest.mark.parametrize("field", ALIASES)
def test_every_alias_is_spelt_as_it_is_looked_up_and_names_an_option(field):
    for alias, name in ALIASES[field].items():
        assert alias == spelt(alias)
        assert name in allowed(field)
        assert alias not in {spelt(own) for own in allowed(field)}


@pytest.mark.parametrize(
    ("field", "typed", "name"),
    [
        ("sampler", "ddpm", "ancestral"),
        ("sampler", "DPM++ 2M", "dpm_solver_2m"),
        ("sampler", "DPM-Solver++(2S)", "dpm_solver_2s"),
        ("sampler", "dpmpp_2m", "dpm_solver_2m"),
        ("sampler", "EDM", "heun_edm"),
        ("schedule", "vp_linear", "linear"),
        ("schedule", "Karras", "karras"),
        ("schedule", "squaredcos_cap_v2", "cosine"),
        ("schedule", "rectified-flow", "rectified_flow"),
        ("variance", "FIXED_SMALL", "posterior"),
        ("measurement", "super-resolution", "super_resolve"),
        ("dataset", "Swiss roll", "swiss_roll"),
        ("denoiser", "network", "learned"),
    ],
)
def test_names_as_they_are_typed(field, typed, name):
    assert meant(field, typed, allowed(field)) == name
    others = {"dataset": "digits"} if field == "measurement" else {}
    assert Experiment(**others, **{field: typed}) == Experiment(**others, **{field: name})
    assert Experiment.from_strings({**others, field: typed}) == Experiment(**others, **{field: name})


def test_the_name_of_a_checkpoint_stays_as_it_is():
    assert Experiment(denoiser="Rings").denoiser == "Rings"
    assert Experiment(denoiser="Ideal").denoiser == "exact"


def test_a_name_that_nobody_means_is_refused_as_it_was_typed():
    assert meant("sampler", "euler2000", SAMPLERS) == "euler2000"
    with pytest.raises(ExperimentError, match="euler2000"):
        Experiment(sampler="euler2000")
