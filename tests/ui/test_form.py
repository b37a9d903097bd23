"""The form's table says what the Experiment's own tables say, and its rules are relevant()'s."""

import itertools
import json
import random
import shutil
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from diffviz import Experiment, checkpoints
from diffviz.engine import Setup
from diffviz.experiment import iter_specs
from diffviz.fields import ExperimentError
from diffviz.relevant import relevant
from diffviz.ui.form import FOLDS, table
from diffviz.ui.questions import key
from diffviz.ui.speech import typeset
from diffviz.views import questions, view


@pytest.fixture(scope="module")
def form():
    return json.loads(json.dumps(table()))


def ruled(form, values):
    """As rules.js reads the rules."""
    names = set()

    def known(value):
        return values[value["field"]] if isinstance(value, dict) else value

    for rule in form["rules"]:
        if all(field in names and (values[field] in map(known, among)) == wanted for field, among, wanted in rule["when"]):
            names.update(rule["uses"])
    return names


def test_there_is_a_control_for_every_field_with_its_own_title_and_help(form):
    specs = {name: (typeset(spec.title), typeset(spec.help), default) for name, spec, _, default in iter_specs()}
    assert {f["name"]: (f["title"], f["help"], f["default"]) for f in form["fields"]} == specs
    assert {f["fold"] for f in form["fields"]} == set(FOLDS)
    assert form["defaults"] == Experiment().to_dict()


def test_mistakes_are_in_no_menu_until_a_link_makes_one(form):
    assert [field["name"] for field in form["fields"] if field.get("hidden")] == ["bug"]


def test_every_data_set_is_in_the_gallery_once(form):
    names = [row[0] for domain in form["domains"] for row in domain["datasets"]]
    spec = next(spec for name, spec, *_ in iter_specs() if name == "dataset")
    assert sorted(names) == sorted(spec.choices)
    assert all(title and why for domain in form["domains"] for _, title, why in domain["datasets"])


def test_the_rules_show_the_fields_that_are_relevant(form):
    draw = random.Random(0)
    fields = {field["name"]: field for field in form["fields"]}
    seen = set()
    for _ in range(3000):
        domain = draw.choice(form["domains"])
        values = {**form["defaults"], "dataset": draw.choice(domain["datasets"])[0]}
        for name in ("schedule", "sampler", "start", "measurement", "condition", "variance", "denoiser"):
            offered = domain["choices"].get(name) or fields[name]["choices"] or [["exact"]]
            values[name] = draw.choice(offered)[0]
        values["label"], values["resamples"] = draw.choice([None, 3]), draw.choice([1, 5])
        values["sampler_steps"] = draw.choice([None, 10, values["steps"]])
        names = ruled(form, values)
        assert names == relevant(SimpleNamespace(**values)), values
        seen |= names
    assert seen == set(form["defaults"])


@pytest.mark.parametrize("question", questions(), ids=key)
def test_the_menus_offer_what_the_questions_ask(form, question):
    fields = {field["name"]: field for field in form["fields"]}
    for run in question.runs:
        domain = next(each for each in form["domains"] if run.dataset in [row[0] for row in each["datasets"]])
        for name in relevant(run):
            rows = domain["choices"].get(name) or fields[name]["choices"]
            value = getattr(run, name)
            if fields[name]["kind"] == "menu":
                assert ("" if value is None else str(value)) in [row[0] for row in rows], name
            elif fields[name]["kind"] == "number" and value is not None:
                assert fields[name]["low"] <= value <= fields[name]["high"], name


def test_the_form_knows_with_what_a_way_of_conditioning_works(form):
    plane, pictures = (next(each for each in form["domains"] if each["name"] == name) for name in ("plane", "pictures"))
    assert plane["choices"]["condition"][0][0] == "exact"  # taken where it works
    assert plane["only"]["condition"]["exact"] == {"denoiser": ["exact"]}
    assert plane["only"]["condition"]["multiplied"] == {"sampler": ["ancestral"]}
    assert pictures["only"]["condition"]["replace"] == {"measurement": ["inpaint"]}


def test_the_form_knows_with_which_denoisers_a_sampler_works_that_needs_a_density(form):
    (plane,) = (each for each in form["domains"] if each["name"] == "plane")
    offered = [value for value, *_ in plane["choices"]["denoiser"]]
    assert plane["only"]["sampler"]["mala"]["denoiser"] == ["exact", "eight_gaussians_energy", "two_moons_energy"]
    for name in offered:
        run = {"dataset": "two_moons", "denoiser": name, "sampler": "mala", "particles": 2, "steps": 2, "langevin_step": 0.004}
        works = name in plane["only"]["sampler"]["mala"]["denoiser"]
        with nullcontext() if works else pytest.raises(ExperimentError, match="sampler must not be mala"):
            assert Setup(Experiment(**run)).free_denoiser


def test_a_kind_of_data_begins_as_its_own_first_question_has_it(form):
    for domain in form["domains"]:
        first = next(question.a for question in view(domain["name"]).questions if question.b is None)
        assert Experiment(**{**form["defaults"], **domain["start"]}) == first


def test_of_two_choices_that_do_not_go_together_one_says_so(form):
    """The menus are greyed out by it: what the rows say is what is refused, and nothing else is."""
    usual = {entry["name"]: entry["choices"] for entry in form["fields"] if entry["kind"] == "menu" and entry.get("choices")}
    for row in form["domains"]:
        start = form["defaults"] | row["start"] | {"steps": 2, "particles": 2}
        menus = {name: [one[0] for one in rows] for name, rows in (usual | row["choices"]).items()}
        for one, other in itertools.combinations(sorted(menus.keys() - {"label", "device"}), 2):
            for here, there in itertools.product(menus[one], menus[other]):
                values = start | {one: here, other: there}
                read = ruled(form, values)
                if {one, other} <= read:
                    fits = all(allowed(row["only"], name, values) for name in row["only"] if name in read)
                    of_one_chain = values["denoiser"].endswith("_2015")  # its title says that it knows this chain alone
                    prepared = not fits or ("denoiser" in (one, other) and not of_one_chain)
                    assert refused(values, prepared) != fits, (one, here, other, there)


def allowed(only, name, values):
    """As rules.js reads it: the trained network is the one that is called as its data are."""
    choice = values["dataset"] if (name, values[name]) == ("denoiser", "learned") else values[name]
    return all(values[other] in among for other, among in only[name].get(choice, {}).items())


def refused(values, prepared):
    """Of what a network cannot do a part is told when it is prepared alone."""
    try:
        experiment = Experiment(**values)
        if prepared:
            assert Setup(experiment).free_denoiser
    except ExperimentError:
        return True
    return False


@pytest.mark.parametrize("dataset", ["names", "english", "trees", "connected", "block_model"])
@pytest.mark.parametrize("process", ["absorbing", "uniform"])
@pytest.mark.parametrize("nodes", [5, 6])
def test_the_form_knows_which_networks_of_symbols_work(form, dataset, process, nodes):
    row = next(row for row in form["domains"] if dataset in [one[0] for one in row["datasets"]])
    for denoiser in (*row["only"]["denoiser"], *(["learned"] if dataset not in row["untrained"] else [])):
        values = {"dataset": dataset, "process": process, "nodes": nodes, "denoiser": denoiser}
        works = allowed(row["only"], "denoiser", values)
        with nullcontext() if works else pytest.raises(ExperimentError, match="trained"):
            assert Setup(Experiment(**values, steps=2, particles=1)).free_denoiser


def test_a_folder_of_another_kind_or_of_an_interrupted_save_is_no_reason_not_to_begin(tmp_path, monkeypatch):
    for name in ("words", "graphs"):
        shutil.copytree(checkpoints.CHECKPOINTS / name, tmp_path / name)
    (tmp_path / "graphs" / "trees").rename(tmp_path / "graphs" / ".trees.old")
    shutil.copytree(checkpoints.CHECKPOINTS / "spiral", tmp_path / "words" / "x")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    words, graphs = (next(row for row in table()["domains"] if row["name"] == name) for name in ("words", "graphs"))
    assert "x" not in words["only"]["denoiser"]
    assert "names" in words["only"]["denoiser"]
    assert "trees_uniform" in graphs["only"]["denoiser"]
