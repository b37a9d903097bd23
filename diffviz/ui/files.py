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


def header(prefix: str) -> tuple[gr.Button, list[gr.Button]]:
    """The head of a tab: its name and what can be taken away. Returns what opens the menu of files and the buttons in it."""
    with gr.Row(elem_id=f"{prefix}-header"):
        gr.HTML("<h1>diffviz</h1><span>diffusion, step by step, with the truth beside it</span>", elem_id=f"{prefix}-brand")
        for label, action in (("Link", "link"), ("Python", "snippet"), ("Command", "command")):
            gr.Button(label, size="sm").click(None, js=f"() => window.diffviz.{action}()", api_visibility="private")
        with gr.Column(elem_classes="dv-files"):
            opener = gr.Button("Files", size="sm", elem_classes="dv-files-open")
            with gr.Column(elem_classes="dv-files-menu"):
                buttons = [gr.Button(f"{name}, {what}", size="sm") for name, what in KINDS.items()]
        gr.Button("Theme", size="sm").click(None, js="() => window.diffviz.theme()", api_visibility="private")
    return opener, buttons


def wire(prefix: str, opener: gr.Button, buttons: list[gr.Button], address: gr.Textbox, file: gr.DownloadButton) -> None:
    """Each button makes its file and hands it to the browser as a download. address: a place for what is shown."""
    for kind, button in zip(KINDS, buttons, strict=True):
        made = button.click(
            _maker(f".{kind.lower()}"),
            address,
            file,
            js="() => window.diffviz.shown()",
            show_progress="full",
            show_progress_on=opener,
            **ENGINE,
        )
        click = f"() => setTimeout(() => document.querySelector('#{prefix}-file').click(), 200)"
        made.success(None, js=click, api_visibility="private")
