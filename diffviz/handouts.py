"""A lesson on paper: its steps with pictures, questions and room to write, then all answers, then what differs by draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

import numpy as np

from diffviz.deadline import turn
from diffviz.diagnostics.measured import Measured
from diffviz.drawings import DRAWING, graphs, headings
from diffviz.experiment import ExperimentError
from diffviz.files import written
from diffviz.lessons import LESSONS
from diffviz.lessons.base import Choice, Lesson, Numbers, Place, Step
from diffviz.lessons.table import as_html, reveal
from diffviz.records import Record
from diffviz.telling import words
from diffviz.telling.typeset import prose
from diffviz.views import view_of
from diffviz.views.teller import Teller

if TYPE_CHECKING:
    from diffviz.figures.moments import Cell
    from diffviz.figures.paper import Paper, Picture
    from diffviz.figures.scenes import PanelRow, Scene

TIMES = 4  # in a row
CELL, HIGHEST = 1.38, 5.2  # inches: of a picture, and of all rows of a step
GIVEN, MOST_GIVEN = 1.05, 5  # of a picture that is given, and how many of them stand beside one another
BOX = "\u2610"
SENTENCE_ENDS = ".?"


@dataclass(frozen=True, eq=False)
class _Shown:
    """A step with its finished runs, how each is drawn, what is measured of them, and its numbers."""

    step: Step
    records: Sequence[Record]
    scenes: Sequence[Scene]
    measured: tuple[Measured[Any], ...]
    numbers: Numbers

    @property
    def waits(self) -> bool:
        """The page shows one moment alone until a person has predicted."""
        return self.step.predict is not None


def lesson_named(name: str) -> Lesson:
    """Raises ExperimentError."""
    if name not in LESSONS:
        raise ExperimentError("lesson", f"must be one of {', '.join(LESSONS)}, not {name[:40]!r}.")
    return LESSONS[name]


def _run(step: Step, seed: int | None) -> _Shown:
    """seed: of every run, None for the step's own. Samples are measured on as many images as on the page, so that both say the
    same."""
    runs = [run if seed is None else replace(run, seed=seed) for run in step.runs]
    records, scenes, found = [Record.of(run) for run in runs], [], []
    for record in records:
        view = view_of(record.setup.experiment)
        layers = tuple(name for name in step.layers if name in view.layers.names)[: view.layers.most]
        scenes.append(view.draw(record.setup, record.trajectory, layers, len(runs) > 1))
        measured = view.measure(record.setup, record.trajectory, view.most_measured)
        found.append(Teller(view, record.setup).kept(measured, record.trajectory))
    return _Shown(step, records, scenes, tuple(found), step.measured(tuple(found)))


def sentences(step: Step, numbers: Numbers) -> tuple[list[str], list[str]]:
    """The sentences of the answer that hold numbers, as HTML: those whose numbers are the same for every seed, and those with one
    that differs by draw."""
    exact: list[str] = []
    drawn: list[str] = []
    for part in _parted(step.reveal):
        names = [name for _, name, *_ in Formatter().parse(part) if name]
        if names:
            text = as_html(part.format_map({name: words.with_error(value) for name, value in numbers.items()}))
            (drawn if any(numbers[name].drawn for name in names) else exact).append(text)
    return exact, drawn


def _parted(text: str) -> list[str]:
    """A text in its sentences."""
    found, now = [], ""
    for word in text.split():
        now = f"{now} {word}".strip()
        if word[-1] in SENTENCE_ENDS:
            found.append(now)
            now = ""
    return [*found, now] if now else found


# ---- pictures ----


def _picture(panel: PanelRow, cell: Cell, head: str) -> Picture:
    from diffviz.figures.paper import Picture
    from diffviz.figures.sheets import draw_cell

    return Picture(head, lambda axes: draw_cell(axes, panel, cell))


def _moment(shown: _Shown, paper: Paper) -> None:
    """The one moment at which the clock stands, every panel beside the other."""
    from diffviz.figures.moments import Cell

    pictures: list[Picture | None] = []
    letters = ["A  ", "B  "] if len(shown.records) > 1 else [""]
    first = shown.records[0].trajectory
    steps, begun = len(first.alpha) - 1, shown.step.back or shown.step.direction == "reverse"
    start = steps if shown.step.direction == "reverse" else 0
    share = (start if shown.step.at is None else shown.step.at) / steps
    for letter, record, scene in zip(letters, shown.records, shown.scenes, strict=True):
        run = record.trajectory
        t = round(share * (len(run.alpha) - 1))
        back = int(run.t[np.abs(run.t - t).argmin()]) if begun else int(run.t[0])
        for panel in scene.panels:
            if panel.name == "forward" or begun:
                at = t if panel.name == "forward" else back
                pictures.append(_picture(panel, Cell(at, True), f"{letter}{panel.title}, t = {at}"))
    wide = [pictures[i : i + TIMES] for i in range(0, len(pictures), TIMES)]
    paper.grid([("", row) for row in wide], CELL)


def _story(shown: _Shown, paper: Paper) -> None:
    """Several times from data to noise, every panel in a row of its own, of two runs A above B; and what is given beside them."""
    from diffviz.figures.moments import columns
    from diffviz.figures.paper import Picture

    runs = [record.trajectory for record in shown.records]
    below = [record.setup.experiment.starts_below for record in shown.records]
    last = [int(run.t[0]) if starts else len(run.alpha) - 1 for run, starts in zip(runs, below, strict=True)]
    letters = ["A  ", "B  "] if len(runs) > 1 else [""]
    rows: list[tuple[str, list[Picture | None]]] = []
    for letter, scene, cells in zip(letters, shown.scenes, columns(runs, last, TIMES), strict=True):
        for panel in scene.panels:
            rows.append((letter + panel.title, [cell and _picture(panel, cell, f"t = {cell.t}") for cell in cells]))
    paper.grid(rows, min(CELL, HIGHEST / len(rows) - 0.3))
    given = zip(letters, shown.scenes, strict=True)
    paper.grid(
        [(letter, [Picture("", each.draw) for each in scene.beside[:MOST_GIVEN]]) for letter, scene in given if scene.beside],
        GIVEN,
    )


def _notes(shown: _Shown, paper: Paper) -> None:
    """Which runs these are, and what explains the pictures."""
    letters = ["A: ", "B: "] if len(shown.records) > 1 else [""]
    names = headings([record.setup.experiment for record in shown.records])
    note = max((scene.note or scene.legend for scene in shown.scenes), key=len)
    for line in [*(letter + name for letter, name in zip(letters, names, strict=True)), *([note] if note else [])]:
        paper.text(_typeset(line), 7.5)


def _typeset(text: str) -> str:
    """What films and sheets write, as HTML."""
    return prose(text.replace("$", "").replace("\\hat{x}", "x\u0302"))


# ---- texts ----


def _question(shown: _Shown, paper: Paper) -> None:
    predict = shown.step.predict
    if predict is None:
        paper.rules(2)
        return
    paper.need(1.6)
    paper.text(f"Predict first. {as_html(predict.question)}", weight="bold")
    if isinstance(predict, Choice):
        for answer in predict.answers:
            paper.text(as_html(answer), indent=0.3, mark=BOX)
        paper.text("Why?")
        paper.rules(2)
    else:
        paper.text("Mark the place in the panel, and write down its coordinates. The circle has radius 1.")
        paper.rules(1)


def _step(number: int, shown: _Shown, paper: Paper) -> None:
    step = shown.step
    paper.need(3.4)
    paper.skip(0.1)
    paper.text(f"{number}. {as_html(step.title)}", 13, "bold")
    paper.skip(0.03)
    paper.text(as_html(step.text))
    paper.skip(0.08)
    (_moment if shown.waits else _story)(shown, paper)
    _notes(shown, paper)
    paper.graphs(graphs(step.charts, shown.measured))
    _question(shown, paper)


def _answer(number: int, shown: _Shown, paper: Paper) -> None:
    step, answer = shown.step, reveal(shown.step, shown.measured)
    paper.need(1.2)
    paper.skip(0.1)
    paper.text(f"{number}. {as_html(step.title)}", 11, "bold")
    if isinstance(step.predict, Choice):
        paper.text(as_html(step.predict.answers[step.predict.right]), indent=0.3, mark="\u2611")
    elif isinstance(step.predict, Place):
        x, y = (round(value, 2) for value in answer["place"])
        paper.text(f"{as_html(step.predict.what)}: ({x + 0.0:.2f}, {y + 0.0:.2f})", indent=0.3, mark="\u2611")
    for text in (answer["text"], answer["why"]):
        if text:
            paper.text(text)
    if answer["formula"]:
        paper.text(answer["formula"], 10.5, indent=0.3)
    if answer["sources"]:
        paper.text("Sources: " + "; ".join(source["text"] for source in answer["sources"]), 8)
    if shown.waits:
        _story(shown, paper)
    charts = step.then.get("charts")
    if charts and tuple(charts) != step.charts:
        paper.graphs(graphs(charts, shown.measured))


def _agreement(all_shown: Sequence[_Shown], paper: Paper) -> None:
    """What all should agree on beside what differs by draw."""
    paper.turn()
    paper.text("What all should agree on", 16, "bold")
    paper.text(
        "Left are numbers known without drawing anything: they are the same for every seed. Right are those of a draw, "
        "with their standard errors: two seeds differ by about 1.4 standard errors, and seldom by more than 4."
    )
    for number, shown in enumerate(all_shown, 1):
        exact, drawn = sentences(shown.step, shown.numbers)
        if exact or drawn:
            paper.need(0.7)
            paper.skip(0.08)
            paper.text(f"{number}. {as_html(shown.step.title)}", 9, "bold")
            paper.beside((exact or ["–"], drawn or ["–"]))


def make(name: str, seed: int | None = None, progress: Callable[[float], None] = lambda share: None) -> Paper:
    """The pages of a lesson's handout. seed: a student's, of every run; None for the lesson's own.

    Raises ExperimentError for a name or a seed that cannot be, OutOfTime.
    """
    from diffviz.figures.paper import Paper  # matplotlib takes a second to import

    lesson, paper, all_shown = lesson_named(name), Paper(), []
    for number, step in enumerate(lesson.steps, 1):
        all_shown.append(_run(step, seed))
        progress(number / (len(lesson.steps) + 2))
    seeds = words.listed(sorted({str(record.setup.experiment.seed) for shown in all_shown for record in shown.records}))
    with turn(DRAWING):
        paper.text(as_html(lesson.title), 20, "bold")
        paper.skip(0.05)
        paper.text(f"Afterwards you can {as_html(lesson.able[:1].lower() + lesson.able[1:])}", 11)
        paper.text(
            f"{lesson.minutes} minutes, {len(lesson.steps)} steps. All runs are drawn with seed {seeds}.",
            9,
        )
        paper.text("Name: " + "_" * 40, 9)
        for number, shown in enumerate(all_shown, 1):
            _step(number, shown, paper)
        progress((len(lesson.steps) + 1) / (len(lesson.steps) + 2))
        paper.turn()
        paper.text("Answers", 16, "bold")
        paper.text("Numbers were measured on the runs of this sheet. After ± stands the standard error.")
        for number, shown in enumerate(all_shown, 1):
            _answer(number, shown, paper)
        _agreement(all_shown, paper)
    return paper


def write_handout(name: str, out: Path, seed: int | None = None, progress: Callable[[float], None] = lambda share: None) -> None:
    """The same as a PDF. Raises as make does, and WriteError."""
    paper = make(name, seed, progress)
    title = words.plain(as_html(lesson_named(name).title)) + ("" if seed is None else f" · seed {seed}")
    with turn(DRAWING), written(out) as new:
        paper.save(new, title)
    progress(1.0)
