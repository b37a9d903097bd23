"""The glossary: every entry is whole and can be reached."""

import re
from dataclasses import fields

import pytest

from diffviz.domains.plane.energies import EnergyRecipe
from diffviz.domains.plane.progress import SIGMAS
from diffviz.domains.plane.training import Recipe
from diffviz.experiment import iter_specs
from diffviz.lessons import LESSONS
from diffviz.telling.glossary import GLOSSARY, OF_FIELDS, OF_OPTIONS, glossary_json
from diffviz.telling.glossary.entry import PAPERS
from diffviz.telling.glossary.training import OF_SETTING_OPTIONS, OF_SETTINGS
from diffviz.telling.words import plain


@pytest.mark.parametrize("name", GLOSSARY)
def test_an_entry_has_two_layers(name):
    term = glossary_json()["terms"][name]
    assert re.fullmatch(r"[A-Z][^<>_]*", term["title"])
    assert plain(term["sentence"]).count(". ") == 0
    assert plain(term["sentence"]).endswith(".")
    assert term["formula"]
    assert term["sources"]
    for source in term["sources"]:
        assert source["url"].startswith(
            ("https://arxiv.org/abs/", "https://doi.org/", "https://", "http://approximateinference.org/")
        )
    for text in (term["sentence"], term["formula"], term["text"]):
        assert re.fullmatch(r"[^<>]*(</?(i|sub|sup)>[^<>]*)*", text)
        assert "_" not in text
        assert "^" not in text


def test_every_paper_is_cited():
    cited = {source["url"] for term in glossary_json()["terms"].values() for source in term["sources"]}
    taught = {address for lesson in LESSONS.values() for step in lesson.steps for _, address in step.sources}
    papers = {address for _, address in PAPERS.values()}
    assert cited <= papers <= cited | taught


def test_every_entry_is_in_the_index_once_in_alphabetical_order():
    groups = glossary_json()["index"]
    assert sorted(name for group in groups for name in group["terms"]) == sorted(GLOSSARY)
    for group in groups:
        titles = [GLOSSARY[name].title.lower() for name in group["terms"]]
        assert titles == sorted(titles)


def test_fields_and_options_lead_to_entries():
    specs = {name: spec for name, spec, *_ in iter_specs()}
    assert set(specs) - set(OF_FIELDS) == {"particles", "seed", "device", "bug"}  # a run with a bug says itself what is wrong
    assert set(OF_FIELDS.values()) <= set(GLOSSARY)
    for field, options in OF_OPTIONS.items():
        assert set(options) <= set(specs[field].choices)
        assert set(options.values()) <= set(GLOSSARY)


def test_settings_of_a_training_lead_to_entries_and_its_examples_are_as_usual():
    recipe, energy = Recipe("two_moons"), EnergyRecipe("two_moons", loss="pcd")
    settings = {item.name: item for kind in (energy, recipe) for item in fields(kind)}
    without = {"hidden", "layers", "features", "time_features", "optimiser", "weight_decay", "seed", "spacing", "earlier"}
    assert set(settings) - set(OF_SETTINGS) == without
    assert set(OF_SETTINGS.values()) <= set(GLOSSARY)
    for name, options in OF_SETTING_OPTIONS.items():
        assert set(options) <= set(settings[name].metadata["choices"])
        assert set(options.values()) <= set(GLOSSARY)
    assert glossary_json()["training"] == {"fields": OF_SETTINGS, "options": OF_SETTING_OPTIONS}
    assert (recipe.ema, recipe.batch, recipe.gamma, energy.fresh, energy.moves) == (0.999, 512, 5.0, 0.05, 10)
    assert GLOSSARY["plateau"].formula.endswith(f"{SIGMAS:g} standard errors")
