"""Every lesson, step by step: what it names is there, its texts are set, and its numbers are measured again at two seeds."""

import json
import math
import re
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest

import diffviz
from diffviz.diagnostics.curves import curves_of
from diffviz.domains import DATASETS, domain_of
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment, differing
from diffviz.gaussian.quadrature import ERROR_NATS
from diffviz.lessons import LESSONS
from diffviz.lessons.base import Choice, Place, Step
from diffviz.lessons.table import as_html, lessons_json, reveal
from diffviz.telling.charting import CLOCKS
from diffviz.telling.charts import CHARTS
from diffviz.telling.glossary import GLOSSARY
from diffviz.trajectory import Curve
from diffviz.ui.broadcast import measured_of
from diffviz.ui.limits import QUICK_SECONDS, estimated_seconds
from diffviz.views import check_comparable, view_of
from diffviz.views.base import Choice as Chosen
from tests import measured as runs

COURSE = ["noise", "back", "cost", "schedules", "samplers", "networks", "pictures", "bugs", "work", "decided", "energies"]
STEPS = [pytest.param(name, step, id=f"{name}-{step.name}") for name, lesson in LESSONS.items() for step in lesson.steps]
SEEDS = 0, 1
VIEWS = Path(diffviz.__file__).parent / "views"
OF_VIEW = {"layers", "charts", "at", "back", "direction", "playing", "clock"}


@cache
def measured(experiment):
    return runs.measured(experiment)


def of(step, seed=0):
    return tuple(measured(replace(run, seed=seed)) for run in step.runs)


@cache
def numbers(lesson, name, seed=0):
    """Those of the step of that name."""
    step = next(step for step in LESSONS[lesson].steps if step.name == name)
    return step.measured(of(step, seed))


@cache
def late(row, experiment):
    """The curves of charts that are computed when they become visible, for the first particle."""
    return row.curves_of(measured_of(experiment) if row.of_paths else measured(experiment), Chosen(0))


@cache
def offered(name, what):
    """Layers or panels that a view of the browser has."""
    source = (VIEWS / name / "view.js").read_text(encoding="utf-8")
    parts = {"layers": r"(?s)\n  layers: (.*?)\n  panels", "panels": r"(?s)\n  panels(.*?)\n  begin"}
    found = re.search(parts[what], source)[1]
    return set(re.findall(r'"(forward|reverse)"', found) if what == "panels" else re.findall(r'name: "(\w+)"', found))


def texts(step):
    """All texts of a step but the answers that are wrong."""
    right = [step.predict.answers[step.predict.right]] if isinstance(step.predict, Choice) else []
    asked = [step.predict.question] if step.predict else []
    place = [step.predict.what] if isinstance(step.predict, Place) else []
    return [step.title, step.text, *asked, *right, *place, step.reveal, step.why, step.formula]


def placeholders(text):
    return {name for _, name, *_ in Formatter().parse(text) if name is not None}


def test_they_come_in_the_order_of_a_course():
    assert list(LESSONS) == [name for name in COURSE if name in LESSONS]


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_fits_into_a_class(name):
    lesson = LESSONS[name]
    assert re.fullmatch("[a-z]+", name)
    assert 10 <= lesson.minutes <= 20
    assert 5 <= len(lesson.steps) <= 10
    assert lesson.picture in DATASETS
    assert re.fullmatch(r"[A-Z].*\.", lesson.able)
    assert len({step.name for step in lesson.steps}) == len(lesson.steps)
    assert sum(step.predict is not None for step in lesson.steps) > len(lesson.steps) / 2


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_step_names_what_its_runs_have(name, step):
    kind = view_of(step.a)
    assert re.fullmatch("[a-z0-9-]+", step.name)
    if step.b is not None:
        check_comparable(*step.runs)
        assert differing(*step.runs)
        assert step.a.seed == step.b.seed
    assert sum(map(estimated_seconds, step.runs)) <= QUICK_SECONDS
    for shown in ({name: getattr(step, name) for name in OF_VIEW}, step.then):
        assert set(shown) <= OF_VIEW
        assert set(shown.get("layers", ())) <= offered(domain_of(step.a.dataset).name, "layers")
        later = {name: row for row in kind.later.values() for name in row.charts}
        assert set(shown.get("charts", ())) <= set(kind.charts) | set(later)
        assert len(shown.get("charts", ())) <= 2
        assert shown.get("direction", "story") in ("story", "forward", "reverse")
        assert shown.get("clock", "time") in CLOCKS
        for chart in shown.get("charts", ()):
            for run in of(step):
                curves = late(later[chart], run.experiment) if chart in later else curves_of(run, run.setup.schedule)
                assert isinstance(curves[CHARTS[chart].lines[0].curve], Curve)
        if shown.get("at") is not None:
            times = of(step)[0].times
            assert shown["at"] in times if shown.get("back", step.back) else 0 <= shown["at"] <= step.a.steps


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_prediction_has_one_answer_that_is_right(name, step):
    predict = step.predict
    if isinstance(predict, Choice):
        assert predict.question.endswith("?")
        assert 2 <= len(set(predict.answers)) == len(predict.answers) <= 4
        assert 0 <= predict.right < len(predict.answers)
    elif isinstance(predict, Place):
        assert predict.panel in offered(domain_of(step.a.dataset).name, "panels")
        x, y = predict.place(of(step)[0].setup)
        assert math.isfinite(x)
        assert math.isfinite(y)
    if predict is not None:
        assert step.reveal
        assert step.why
        assert step.sources


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_chart_of_what_is_measured_comes_with_the_answer_unless_the_text_speaks_of_it(name, step):
    if step.predict is not None and "chart" not in step.text:
        assert not set(step.charts) & {"kl", "dissipation", "bound", "bits", "spread", "staircase"}


def test_an_answer_lets_the_clock_go_on_unless_it_has_a_moment_of_its_own():
    found = {(name, step.name): step.after for name, lesson in LESSONS.items() for step in lesson.steps if step.predict}
    assert found["noise", "shape"]["playing"]
    assert not found["noise", "root"]["playing"]  # a step at one moment
    moments = [after for after in found.values() if "at" in after]
    assert moments
    assert not any(after["playing"] for after in moments)


SHOWN_BY = {"x0_hat": r"x̂_0|\bestimates?\b", "eps_hat": "ε̂", "score": r"\bscores?\b"}  # what texts call what a layer shows


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_no_layer_shows_what_is_asked(name, step):
    """Neither what the question names, nor what the answer speaks of and the text before it does not."""
    if step.predict is None:
        return
    asked = " ".join([step.predict.question, *getattr(step.predict, "answers", ())])
    for layer in set(step.layers) & set(SHOWN_BY):
        subject = re.compile(SHOWN_BY[layer])
        assert not subject.search(asked), layer
        assert not subject.search(step.reveal) or subject.search(step.text), layer


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_its_texts_are_set_and_their_terms_are_in_the_glossary(name, step):
    assert set(re.findall(r"\]\((\w+)\)", " ".join(texts(step)))) <= set(GLOSSARY)
    known = {each: lambda runs, value=value: value for each, value in numbers(name, step.name).items()}
    answer = reveal(replace(step, numbers=known), of(step))
    wrong = step.predict.answers if isinstance(step.predict, Choice) else ()
    for text in [*map(as_html, texts(step)[:-3]), *map(as_html, wrong), answer["text"], answer["why"], answer["formula"]]:
        assert re.fullmatch(r'[^<>]*(</?(i|sub|sup|button)( type="button" class="dv-term" data-term="\w+")?>[^<>]*)*', text)
        bare = re.sub("<[^>]*>", "", text)
        assert not set(bare) & set("_^{}")
        assert "](" not in bare
        assert not re.search(r"\bnan\b", bare)
    for text in (step.text, step.reveal, step.why):
        assert not text or text.endswith((".", "?"))
    assert placeholders(step.reveal) - {""} == set(step.numbers)
    assert json.dumps(answer, allow_nan=False)
    assert all(source["url"].startswith("http") for source in answer["sources"])


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_what_it_says_holds_at_two_seeds(name, step):
    for seed in SEEDS:
        found = numbers(name, step.name, seed)
        assert step.holds(found), found
    if found:
        assert not step.holds(dict.fromkeys(found, Estimate(math.nan, 0.0)))


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_number_says_whether_another_seed_gives_another(name, step):
    for each, *others in zip(*(numbers(name, step.name, seed).items() for seed in SEEDS), strict=True):
        (key, first), seeds = each, [number for _, number in others]
        assert {number.drawn for number in seeds} == {first.drawn}, key
        same = [number.value == pytest.approx(first.value, rel=1e-9, abs=ERROR_NATS) for number in seeds]
        share = (first.value * step.a.particles / 100.0).is_integer()  # of particles: as many in every draw, it may be
        assert (share or not all(same)) if first.drawn else all(same), key


LITERAL = re.compile(r"(?<![\w.,-])\d+(?:\.\d+)?")
PLAIN = {"0", "1", "2"}  # of which formulas are made
# times, terms, indices, exponents, tags and numbers of the run
APART = re.compile(r"\bt = \d+|\]\(\w+\)|_\{[^}]*\}|_(?:\d+|\w)|\^\w|<[^>]*>|(?<!\{)\{\w+\}(?!\})")


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_every_other_number_in_its_texts_is_computed(name, step):
    try:
        claims = import_module(f"tests.lessons.{name}").CLAIMS.get(step.name, {})
    except ModuleNotFoundError:
        claims = {}
    shown = {str(value) for run in step.runs for value in run.to_dict().values()} | {str(step.at), str(step.then.get("at"))}
    found = {literal for text in texts(step) for literal in LITERAL.findall(APART.sub(" ", text))}
    assert found - shown - PLAIN <= set(claims), "has no row in CLAIMS"
    setups = [run.setup for run in of(step)]
    for literal, compute in claims.items():
        assert any(literal in text for text in texts(step)), literal
        value = compute(*setups)
        assert float(literal) == pytest.approx(value, abs=0.5 * 10.0 ** -len(literal.partition(".")[2])), literal


def test_the_table_holds_no_answer():
    text = json.dumps(lessons_json(), allow_nan=False)
    assert '"right"' not in text
    assert '"place"' not in text
    for _, step in (each.values for each in STEPS):
        if step.why:
            assert json.dumps(as_html(step.why))[1:-1] not in text


def test_the_runs_of_the_table_are_those_of_the_steps():
    for lesson, (name, known) in zip(lessons_json(), LESSONS.items(), strict=True):
        assert lesson["name"] == name
        for told_step, step in zip(lesson["steps"], known.steps, strict=True):
            assert tuple(map(Experiment.from_dict, told_step["runs"])) == step.runs


def test_numbers_stand_in_the_answer_with_their_errors_and_counts_without_decimals():
    step = Step(name="a", title="", text="", a=Experiment(), reveal="At t = {t}: {share} of {{t−1}}.")
    numbers = {"t": Estimate(27.0, 0.0), "share": Estimate(0.1034, 0.0102)}
    assert step.revealed(numbers) == "At t = 27: 0.103 ± 0.010 of {t−1}."


def test_words_in_brackets_open_the_glossary():
    assert as_html("the [signal left](alpha_bar) of x_t") == (
        'the <button type="button" class="dv-term" data-term="alpha_bar">signal left</button> of <i>x</i><sub>t</sub>'
    )
