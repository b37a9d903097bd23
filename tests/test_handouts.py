"""Handouts, read back: every question is in them, answers stand at the end, and exact numbers are told from drawn ones."""

import re
from functools import cache

import numpy as np
import pytest

from diffviz import handouts
from diffviz.__main__ import main
from diffviz.diagnostics.measured import exactly
from diffviz.drawings import graphs
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment, ExperimentError
from diffviz.figures.lines import Axis, Line, Upright
from diffviz.figures.paper import Paper
from diffviz.figures.scenes import TITLES, Graph
from diffviz.figures.setting import lines, mathtext, width
from diffviz.files import WriteError
from diffviz.handouts import make, sentences, write_handout
from diffviz.lessons import LESSONS
from diffviz.lessons.base import Choice, Step
from diffviz.lessons.table import as_html
from diffviz.telling import words
from diffviz.trajectory import Curve
from tests.measured import measured

THREE = ["noise", "samplers", "pictures"]
SEED = 7


RUNS = {}


def run_once(step, seed, run=handouts._run):
    return RUNS.get((id(step), seed)) or RUNS.setdefault((id(step), seed), run(step, seed))


@cache
def made_once(name):
    """The pages of a handout, and the shares that were told while they were made."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handouts, "_run", run_once)
        return make(name, SEED, told.append), told


def paper(name):
    return made_once(name)[0]


def bare(text):
    """Letters and digits alone, as a text has them however it is set."""
    return re.sub(r"\\[a-z]+|[^a-z0-9]", "", words.plain(text).lower())


def read(name):
    """All that is written, by page."""
    return ["".join(bare(text.get_text()) for text in page.texts) for page in paper(name).pages]


def of_page(texts, what):
    return next(number for number, text in enumerate(texts) if bare(what) in text)


def set_text(html):
    """HTML as bare() reads what became of it on paper."""
    return bare(mathtext(html))


@pytest.mark.parametrize("name", THREE)
def test_all_questions_come_first_and_all_answers_at_the_end(name):
    texts, lesson = read(name), LESSONS[name]
    end, agreed = of_page(texts, "Answers" + "Numbers were measured"), of_page(texts, "What all should agree on")
    before, after = "".join(texts[:end]), "".join(texts[end:agreed])
    assert 4 < end < agreed < len(texts) < 30
    assert f"drawnwithseed{SEED}" in texts[0]
    for step in lesson.steps:
        assert set_text(as_html(step.title)) in before
        assert set_text(as_html(step.text)) in before
        if step.predict:
            assert set_text(as_html(step.predict.question)) in before
        if isinstance(step.predict, Choice):
            assert all(set_text(as_html(answer)) in before for answer in step.predict.answers)
            assert set_text(as_html(step.predict.answers[step.predict.right])) in after
        for explained in (step.why, *(text for text, _ in step.sources)):
            assert set_text(as_html(explained)) in after
            assert not explained or set_text(as_html(explained)) not in before


def test_boxes_stand_beside_the_answers_of_every_question():
    boxes = sum(text.get_text() == "\u2610" for page in paper("noise").pages for text in page.texts)
    assert boxes == sum(len(step.predict.answers) for step in LESSONS["noise"].steps if isinstance(step.predict, Choice))


def test_a_step_that_asks_shows_its_moment_alone_and_other_times_with_its_answer():
    steps = [step for step in LESSONS["noise"].steps if step.predict]
    texts, heads = read("noise"), [[text.get_text() for text in page.texts] for page in paper("noise").pages]
    end = of_page(texts, "Answers" + "Numbers were measured")
    assert len(steps) == len(LESSONS["noise"].steps)
    before, after = ([head for page in part for head in page] for part in (heads[:end], heads[end:]))
    assert {f"forward, t = {step.at or 0}" for step in steps if step.b is None} <= set(before)
    assert not any(head.startswith("t = ") for head in before)
    assert sum(head == "t = 0" for head in after) >= len(steps)


def test_a_panel_has_one_name_over_its_moment_and_beside_its_row():
    texts = [text.get_text() for page in paper("pictures").pages for text in page.texts]
    over = {head.split(",")[0].removeprefix("A  ").removeprefix("B  ") for head in texts if re.search(r", t = \d+$", head)}
    turned = [text.get_text() for page in paper("pictures").pages for text in page.texts if text.get_rotation()]
    beside = {label.removeprefix("A  ").removeprefix("B  ") for label in turned}
    assert {"reverse", "estimate"} <= over <= set(TITLES.values())
    assert over <= beside | {""} <= {*TITLES.values(), ""}


@pytest.mark.parametrize("name", THREE)
def test_exact_numbers_are_the_same_for_another_seed(name):
    for step in LESSONS[name].steps:
        ours, others = (sentences(step, run_once(step, seed).numbers) for seed in (SEED, SEED + 1))
        assert ours[0] == others[0]
        assert len(ours[1]) == len(others[1])


def test_sentences_are_told_apart_by_what_is_drawn_of_their_numbers():
    step = Step(name="a", title="", text="", a=Experiment(), reveal="It is {a} now. Of {b} and {a}. No number, at all.")
    assert sentences(step, {"a": exactly(2.0), "b": Estimate(0.25, 0.01)}) == (
        ["It is 2 now."],
        ["Of 0.250 ± 0.010 and 2."],
    )


def test_the_file_is_a_pdf_of_as_many_pages_that_names_its_seed(tmp_path, monkeypatch):
    sheets, told_ = made_once("noise")
    monkeypatch.setattr(handouts, "make", lambda name, seed, progress: sheets)
    write_handout("noise", tmp_path / "a.pdf", SEED, told_.append)
    data = (tmp_path / "a.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", data)) == len(sheets.pages)
    assert f"seed {SEED}".encode("utf-16-be") in data
    assert told_ == sorted(told_)
    assert told_[-1] == 1.0


def test_equal_pages_make_equal_files(tmp_path):
    for name in ("a.pdf", "b.pdf"):
        page = Paper()
        page.text("Text of <i>x</i><sub>0</sub>")
        page.save(tmp_path / name, "Title")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_a_failure_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    out = tmp_path / "a.pdf"
    out.write_text("before")
    monkeypatch.setattr(handouts, "make", lambda *_: Paper())
    monkeypatch.setattr(
        Paper, "save", lambda self, path, title: path.write_text("half") and (_ for _ in ()).throw(OSError(28, ""))
    )
    with pytest.raises(WriteError, match="the disk is full"):
        write_handout("noise", out)
    assert out.read_text() == "before"


def test_mathematics_is_set():
    assert mathtext("<i>x</i><sub>t</sub> of α") == "${x}_{t}$ of α"
    assert mathtext("<i>σ</i><sub>t</sub><sup>2</sup> &lt; 1") == "${σ}_{t}^{2}$ < 1"
    assert mathtext("<i>x̂</i><sub>0</sub>") == r"${\hat{x}}_{0}$"
    assert mathtext('a <button type="button">term</button> of $1') == r"a term of \$1"


def test_lines_are_no_wider_than_the_page_and_lose_nothing():
    text = as_html("Data of x_t and σ_t^2 have a variance of 1 " * 12)
    found = lines(text, 4.0, 9.5)
    assert len(found) > 3
    assert max(width(line, 9.5, "normal") for line in found) <= 4.0
    assert " ".join(found).split() == mathtext(text).split()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lesson", "nose", "--out", "a.pdf"], "lesson must be one of noise, back"),
        (["--lesson", "noise", "--out", "a.png"], "must end in .pdf"),
        (["--lesson", "noise", "--out", "a.pdf", "--seed", "-1"], "seed must be a whole number"),
        (["--lesson", "noise", "--out", "gone/a.pdf"], "must be a file in a folder that exists"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(arguments, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["handout", *arguments]) == 2
    told_ = capsys.readouterr().err.strip()
    assert sentence in told_
    assert "\n" not in told_
    assert not any(tmp_path.iterdir())


def test_a_lesson_of_no_such_name_is_refused():
    with pytest.raises(ExperimentError, match="must be one of noise"):
        make("x" * 100)


def test_a_chart_that_the_page_computes_later_is_on_paper_too():
    """Points, a logarithmic axis, and the line beside them."""
    found = measured(Experiment(steps=6, particles=8))
    (graph,) = graphs(["gap_over_steps", "spread"], [found])
    sheet = Paper()
    sheet.graphs([graph])
    axes = sheet.pages[-1].axes[-1]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    (line,) = (each for each in axes.get_lines() if each.get_linestyle() == "--")
    assert np.diff(np.log(line.get_ydata())) / np.diff(np.log(line.get_xdata())) == pytest.approx(-1)
    points = [each for each in axes.get_lines() if each.get_marker() == "o"]
    assert len(points[0].get_xdata()) == 7


def test_stairs_bars_of_errors_and_named_places_are_on_paper_too():
    x = np.array([0.0, 1.0, 2.0])
    curve = Curve("work", x, np.array([1.0, 3.0, 3.0]), "", np.array([0.1, np.inf, 0.2]), over="work, kT")
    drawn = [Line(curve, "black", drawn="stairs", label="forward"), Line(curve, "black", "dot", drawn="points")]
    sheet = Paper()
    sheet.graphs([Graph("Work", drawn, Axis("work, kT", (0.0, 2.0)), False, [Upright(0.5, "W = 0", "grey")])])
    axes = sheet.pages[-1].axes[-1]
    assert axes.get_lines()[0].get_drawstyle() == "steps-post"
    assert "W = 0" in [text.get_text() for text in axes.texts]
