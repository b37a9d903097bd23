"""The menu of files in the head of a tab, and how a file of what is shown is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import gradio as gr

from diffviz.deadline import check_time
from diffviz.drawings import read_overlays, write
from diffviz.experiment import Experiment, ExperimentError
from diffviz.files import WriteError, temporary
from diffviz.records import Record
from diffviz.ui.limits import ENGINE, check_budget, in_time
from diffviz.ui.pair import check_pair

KINDS = {"GIF": "film", "MP4": "film", "PNG": "sheet", "PDF": "sheet", "NPZ": "all arrays", "CSV": "figures and curves"}


def _asked(shown: str) -> tuple[list[Experiment], tuple[str, ...]]:
    """The run that a tab shows, or the two, and the overlays that are on. shown: as window.diffviz.shown() in page.js writes it.

    Raises ExperimentError.
    """
    try:
        asked = json.loads(shown)
        queries, overlays = [str(query) for query in asked["runs"]], " ".join(map(str, asked["overlays"]))
    except (ValueError, TypeError, KeyError):
        queries, overlays = [], ""
    if not 1 <= len(queries) <= 2:
        raise ExperimentError("run", "must be shown before a file of it can be made; press Run first.")
    experiments = [Experiment.from_query(query) for query in queries]
    pictures = experiments[0].shows_pictures
    if len(experiments) == 2:
        check_pair(*experiments)
    else:
        check_budget(experiments[0])
    return experiments, read_overlays(overlays, pictures)


def drawing(progress: Callable[..., object]) -> Callable[[float], None]:
    """What is told of each drawn frame, as long as there is time for another."""

    def told(share: float) -> None:
        check_time()
        progress(share, desc="drawing")

    return told


@in_time
def make_file(shown: str, ending: str, progress: Callable[..., object]) -> Iterator[str]:
    """Run again what is shown, write the file and yield its path; Gradio keeps its own copy for an hour."""
    try:
        experiments, overlays = _asked(shown)
        records = [Record.of(experiment) for experiment in experiments]
        first, pair = experiments[0], len(experiments) == 2
        name = "comparison" if pair else f"{first.dataset}-{first.schedule}"
        with temporary() as folder:
            path = folder / f"diffviz-{name}{ending}"
            write(records, path, overlays, drawing(progress))
            yield str(path)
    except (ExperimentError, WriteError) as error:
        raise gr.Error(str(error), print_exception=False) from None


def _maker(ending: str) -> Callable[..., Iterator[str]]:
    def make(shown: str, progress: gr.Progress = gr.Progress()) -> Iterator[str]:  # noqa: B008  Gradio's way of asking for it
        yield from make_file(shown, ending, progress)

    return make
