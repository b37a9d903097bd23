"""Finished runs as files: films and sheets, and with records.py arrays and tables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from diffviz.deadline import turn
from diffviz.diagnostics.curves import curves_of
from diffviz.diagnostics.measured import Measured
from diffviz.experiment import Experiment, ExperimentError
from diffviz.exports import pair_parts, title
from diffviz.files import written
from diffviz.records import Record, save_arrays, save_table
from diffviz.telling import captions, words
from diffviz.telling.charting import Side, chart_axis, chart_lines, chart_uprights
from diffviz.telling.charts import CHARTS
from diffviz.trajectory import Curve
from diffviz.views import view_of
from diffviz.views.base import Choice

if TYPE_CHECKING:
    from diffviz.figures.scenes import Graph, Shown

Progress = Callable[[float], None]
FILMS, SHEETS, DATA = (".gif", ".mp4"), (".png", ".pdf"), (".npz", ".csv")
DRAWN = (*FILMS, *SHEETS)
# The chart of a film, of one run what its steps cost, of two what they differ in: the first of them that they have.
FILMED = ("kl", "spread"), ("dissipation", "kl", "spread")
DRAWING = threading.Lock()  # matplotlib's parser of formulas is not made for threads


def read_layers(text: str | None, experiment: Experiment) -> tuple[str, ...]:
    """Names of what is laid over the panels, from a text, separated by spaces; None stands for what is usual. Raises
    ExperimentError."""
    layers = view_of(experiment).layers
    if text is None:
        return layers.own.get(experiment.dataset, layers.usual)
    names = tuple(dict.fromkeys(text.split()))
    if not set(names) <= set(layers.names) or len(names) > layers.most:
        some = "one" if layers.most == 1 else "some"
        allowed = f"must be {some} of {', '.join(layers.names)}, separated by spaces" if layers.names else "must be empty here"
        raise ExperimentError("overlays", f"{allowed}, not {text[:60]!r}.")
    return names


def _captions(record: Record) -> Callable[[int, bool], str]:
    """What happens at t: going forward only the state is told, going back also what the step does."""
    setup, times = record.setup, record.setup.times
    texts = view_of(setup.experiment).captions(record.measured, times)
    steps = dict(zip(times.tolist(), map(words.plain, texts), strict=True))

    def caption(t: int, back: bool) -> str:
        return steps[t] if back else words.plain(captions.captions(setup, np.array([t]))[0])

    return caption


def _summary(record: Record) -> str:
    return words.plain(view_of(record.setup.experiment).summary(record.measured))


def _later(names: Sequence[str], run: Measured[Any]) -> dict[str, Curve]:
    found: dict[str, Curve | str] = {}
    for row in view_of(run.experiment).later.values():
        if set(row.charts) & set(names) and row.applies(run):
            found |= row.curves_of(run, Choice())
    return {name: curve for name, curve in found.items() if isinstance(curve, Curve)}


def graphs(names: Sequence[str], runs: Sequence[Measured[Any]]) -> list[Graph]:
    """Those of the named charts for whose own curve every run has values, of one run or of two; the page computes some of them
    when they become visible. Raises ExperimentError."""
    from diffviz.figures.scenes import Graph

    sides = [Side(run.setup.schedule, curves_of(run, run.setup.schedule) | _later(names, run), run.times) for run in runs]
    found = []
    for name in names:
        row = CHARTS[name]
        if all(row.lines[0].curve in side.curves for side in sides):
            title = words.plain(f"{row.title}, {row.unit}" if row.unit else row.title)
            lines = [replace(line, label=words.plain(line.label or line.curve.name)) for line in chart_lines(name, sides)]
            found.append(Graph(title, lines, chart_axis(name, sides), row.scale == "log", chart_uprights(name, sides)))
    return found


def _shown(record: Record, heading: str, layers: tuple[str, ...], pair: bool) -> Shown:
    from diffviz.figures.scenes import Shown

    e, run = record.setup.experiment, record.trajectory
    last = int(run.t[0]) if e.starts_below else e.steps
    scene = view_of(e).draw(record.setup, run, layers, pair)
    return Shown(run, heading, _summary(record), scene, last, _captions(record))


def headings(experiments: Sequence[Experiment]) -> list[str]:
    """What names one run, or each of two, beginning with what sets it apart."""
    if len(experiments) == 1:
        return [title(experiments[0])]
    *own, common = pair_parts(*experiments)
    return [" · ".join(part for part in (mine, common) if part) for mine in own]


def write(records: Sequence[Record], out: Path, layers: tuple[str, ...] = (), progress: Progress = lambda share: None) -> None:
    """One finished run, or two, as the file that the ending of out asks for.

    .gif, .mp4: a film, two runs on the clock t/T; .png, .pdf: a sheet; .npz: arrays; .csv: metrics and curves
    layers: as read_layers returns them, of films and sheets
    Raises WriteError.
    """
    ending = out.suffix.lower()
    if ending == ".npz":
        save_arrays(out, records)
    elif ending == ".csv":
        save_table(out, records)
    else:
        from diffviz.figures import films, sheets  # matplotlib takes a second to import

        pair, names = len(records) > 1, headings([record.setup.experiment for record in records])
        runs = [_shown(record, name, layers, pair) for record, name in zip(records, names, strict=True)]
        with turn(DRAWING), written(out) as new:
            if ending in FILMS:
                chart = graphs(FILMED[pair], [record.measured for record in records])[0]
                films.render_film(runs, chart, new, progress)
            else:
                sheets.render_sheet(runs, new)
