"""Every text that a visitor reads is typeset, and names options by their titles: no x_t, no eight_gaussians."""

import json
import re
from dataclasses import fields, replace

import pytest

from diffviz import Experiment
from diffviz.categorical import costs
from diffviz.domains import DOMAINS, domain_of
from diffviz.telling.charts import CHART_SETS
from diffviz.telling.glossary import glossary_json
from diffviz.ui import form, questions
from diffviz.ui.broadcast import complete
from diffviz.ui.link import read_link
from diffviz.ui.pair import broadcast_pair
from diffviz.ui.speech import notice
from diffviz.views import VIEWS, view
from tests.test_words import FILES, READERS, ROOT

RAW = re.compile(r"[^\W\d_][\u0302-\u0304]*[_^](?:\w|[{(−-])")  # a letter with an index or an exponent as they are typed
CODE = {  # keys whose values nobody reads
    *(
        "name",
        "query",
        "snippet",
        "command",
        "experiment",
        "url",
        "key",
        "data",
        "arrays",
        "run",
        "term",
        "view",
        "terms",
        "show",
    ),
    *("fields", "options", "defaults", "rules", "alike", "uses", "when", "layers"),
}


def texts(value, path=""):
    """(path, text) of every text in a JSON value that is no name or code; of HTML what is read, and its hints."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in CODE or isinstance(inner, dict):
                yield from texts(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)
    elif isinstance(value, str) and re.search(r"\s", value):
        yield path, re.sub(r"<[^>]*>", "", value)
        yield from ((path, hint) for hint in re.findall(r'(?:title|aria-label)="([^"]*)"', value))


def raw(value):
    return [f"{path}: {text[:100]}" for path, text in texts(value) if RAW.search(text)]


def small(run):
    return replace(run, steps=6, sampler_steps=None, jump=1, particles=2)


def test_what_is_typed_is_found():
    assert raw({"help": "the score of x_t", "hint": 'is <b title="at x̂_0">this</b>', "name": "x_t a"}) == [
        ".help: the score of x_t",
        ".hint: at x̂_0",
    ]
    assert raw(["of eight_gaussians now", "r^2 and α_{t} too"])
    assert not raw(["<i>x</i><sub>t</sub> and x₀, 10⁻³"])


def test_what_is_sent_with_the_page_is_typeset():
    table = form.table()
    menus = [
        [row[1:] for row in rows] for domain in table["domains"] for rows in (domain["datasets"], *domain["choices"].values())
    ]
    controls = [[f["title"], f["help"], [row[1:] for row in f["choices"] or []]] for f in table["fields"]]
    heads = [[domain["title"], domain["sweep"], [*domain["missing"].values()]] for domain in table["domains"]]
    glossary = glossary_json()
    told = [[*glossary["terms"].values()], glossary["index"], [[row.title] for row in CHART_SETS.values()]]
    assert raw([menus, controls, heads, questions.table()]) == []
    assert [text for entries in told for text in raw(json.loads(json.dumps(entries)))] == []


def test_titles_of_menus_need_no_setting():
    table = form.table()
    plain = [row[1] for domain in table["domains"] for rows in (domain["datasets"], *domain["choices"].values()) for row in rows]
    plain += [row[1] for field in table["fields"] for row in field["choices"] or []]
    assert [title for title in plain if RAW.search(title) or "<" in title] == []


ASKED = [small(run) for name in VIEWS for question in view(name).questions for run in question.runs]
TOLD = ("sampler", "denoiser", "start", "measurement", "condition", "guidance")  # what texts depend on, beside the data
RUNS = {(domain_of(run.dataset).name, *(getattr(run, name) for name in TOLD)): run for run in ASKED}


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_told_of_every_question_is_typeset(domain, monkeypatch):
    monkeypatch.setattr(costs, "MOST", 64)  # paths, whose costs are told: how they are set does not depend on how many there are
    runs = [run for (name, *_), run in RUNS.items() if name == domain]
    assert runs
    assert [text for run in runs for text in raw(json.loads(complete(run)))] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_told_of_two_runs_is_typeset(domain, monkeypatch):
    monkeypatch.setattr(costs, "MOST", 64)
    pairs = [question.runs for question in view(domain).questions if question.b]
    for a, b in pairs[:2]:
        a, b = small(a), replace(small(b), particles=2)
        found = [json.loads(text) for text in broadcast_pair(a, b)]
        assert raw(found) == []
        assert "<td></td>" not in found[-1]["comparison"]["table"]


@pytest.mark.parametrize("item", fields(Experiment), ids=lambda item: item.name)
@pytest.mark.parametrize("dataset", ["eight_gaussians", "digits"])
def test_what_a_bad_link_says_is_typeset(item, dataset):
    for value in ("-5", "wrong", "learned", "between", "ode_heun"):
        link = f"?dataset={dataset}&start=between&measurement=inpaint&condition=multiplied&{item.name}={value}"
        for side, error in read_link(link).problems:
            said = notice(error, side)
            text = re.sub(r"'[^']*'|which a link names \S+", "", said["message"])
            assert not raw([text]), text
            assert not re.match(r"[a-z]", re.sub(r"<[^>]*>", "", said["message"])) or item.name in ("seed",), text


def test_texts_of_scripts_and_templates_are_typeset():
    found = [
        f"{path.relative_to(ROOT)}:{line} {text}"
        for path in FILES
        if path.suffix in (".js", ".html")
        for line, text in READERS[path.suffix](path)
        if RAW.search(re.sub(r"<[^>]*>", "", text))
    ]
    assert found == []
