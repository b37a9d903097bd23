"""The Explore tab: choose an experiment, watch it run."""

from __future__ import annotations

import json
import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import gradio as gr

from diffviz.diagnostics.report import analyse
from diffviz.engine import Setup, collect, stream
from diffviz.experiment import Experiment, ExperimentError
from diffviz.exports import render_file
from diffviz.player.component import make_player
from diffviz.ui import controls
from diffviz.ui.broadcast import broadcast, complete
from diffviz.ui.limits import ENGINE, WORKERS, check_budget, in_time
from diffviz.ui.presets import PRESETS

RUNS = {**ENGINE, "show_progress": "hidden"}
QUIET = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
_REPAIRS = threading.BoundedSemaphore(WORKERS)


def notice(error: ExperimentError | None, prefix: str = "dv") -> str:
    """What the page's script puts beside the control; a new text every time, so that it is seen again."""
    return "" if error is None else json.dumps({"field": error.field, "message": str(error), "prefix": prefix, "id": uuid4().hex})


def play(experiment: Experiment, overlays: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Outputs (player, notice) of a run as it is computed."""
    try:
        check_budget(experiment)
        for text in broadcast(experiment, overlays):
            yield text, ""
    except ExperimentError as error:
        yield stopped(), notice(error)
    except Exception:  # ours to mend, not a visitor's to read: the page must not stay busy
        logging.exception("a run failed: %s", experiment)
        failed = ExperimentError("run", "failed here for a reason of ours; other settings may work.")
        yield stopped(), notice(failed)


def run_values(*values: Any) -> Iterator[tuple[Any, ...]]:
    """Run what the widgets say."""
    try:
        experiment = controls.to_experiment(values)
    except ExperimentError as error:
        yield gr.skip(), notice(error)
        return
    yield from play(experiment)


def open_link(query: str) -> Iterator[tuple[Any, ...]]:
    """Run what the page's address names: outputs of play, then the widgets. A bad link is told, and the first run shown.

    Without a link there is nothing to do: the page has fetched its first run by itself.
    """
    if not query or is_pair(query):
        yield (gr.skip(),) * (2 + len(controls.NAMES))
        return
    problem = None
    try:
        experiment = Experiment.from_query("&".join(p for p in query.lstrip("?").split("&") if p and not p.startswith("__")))
        check_budget(experiment)
    except ExperimentError as error:
        experiment, problem = Experiment(), error
    told = notice(problem)
    yield gr.skip(), told, *controls.to_updates(experiment)
    still = (gr.skip(),) * len(controls.NAMES)
    for player, complaint in play(experiment):
        yield player, told if problem else complaint, *still


def is_pair(query: str) -> bool:
    """Is this the address of a comparison?"""
    return any(part.partition("=")[0] in ("a", "b") for part in query.lstrip("?").split("&"))


def stopped() -> str:
    """Tell the player that no more will come."""
    return json.dumps({"stopped": True, "id": uuid4().hex})


def repair(query: str) -> str:
    """The whole of a run, for a browser that lost a message."""
    try:
        experiment = Experiment.from_query(query)
        check_budget(experiment)
        with _REPAIRS:  # these calls do not pass through the queue and its limit
            return complete(experiment)
    except ExperimentError:
        return stopped()


def file_of(query: str, ending: str, progress: gr.Progress) -> Iterator[str]:
    """Write the shown run's arrays (.npz) or animation (.gif) and yield the path; Gradio keeps its own copy for an hour."""
    experiment, started = Experiment.from_query(query), time.perf_counter()
    check_budget(experiment)
    setup = Setup(experiment)
    trajectory = collect(setup, in_time(stream(experiment, setup)), started)
    with tempfile.TemporaryDirectory(prefix="diffviz-") as folder:
        path = Path(folder) / f"diffviz-{experiment.dataset}-{experiment.schedule}{ending}"
        if ending == ".npz":
            trajectory.save_npz(path)
        else:
            render_file(setup, trajectory, analyse(setup), path, lambda share: progress(share, desc="drawing"))
        yield str(path)


def npz_file(query: str, progress: gr.Progress = gr.Progress()) -> Iterator[str]:  # noqa: B008  Gradio's way of asking for it
    yield from file_of(query, ".npz", progress)


def gif_file(query: str, progress: gr.Progress = gr.Progress()) -> Iterator[str]:  # noqa: B008
    yield from file_of(query, ".gif", progress)


def header(prefix: str, files: tuple[str, ...]) -> list[gr.Button]:
    """The head of a tab: its name and what can be taken away. Returns the buttons that make files."""
    with gr.Row(elem_id=f"{prefix}-header"):
        gr.HTML("<h1>diffviz</h1><span>diffusion, step by step, with the truth beside it</span>", elem_id=f"{prefix}-brand")
        for label, action in (("Link", "link"), ("Python", "snippet"), ("Command", "command")):
            gr.Button(label, size="sm").click(None, js=f"() => window.diffviz.{action}()", api_visibility="private")
        buttons = [gr.Button(name, size="sm") for name in files]
        gr.Button("Theme", size="sm").click(None, js="() => window.diffviz.theme()", api_visibility="private")
    return buttons


def deliver(made: gr.events.Dependency, file_id: str) -> None:
    """Once a file is made, hand it to the browser as a download."""
    made.success(None, js=f"() => setTimeout(() => document.querySelector('#{file_id}').click(), 200)", api_visibility="private")


def build(page: gr.Blocks) -> None:
    """Add the tab to the Blocks being built and wire it."""
    start = Experiment()
    with gr.Column(elem_id="dv-page"):
        npz, gif = header("dv", ("NPZ", "GIF"))
        with gr.Row(elem_id="dv-body"):
            with gr.Column(elem_id="dv-controls"):
                with gr.Column(elem_id="dv-fields", elem_classes="dv-set"):
                    with gr.Column(elem_id="dv-questions"):
                        gr.HTML("<h2>Questions</h2>")
                        questions = [gr.Button(preset.question, size="sm") for preset in PRESETS]
                    look = gr.HTML("", html_template="<p>${value}</p>", elem_id="dv-look")
                    widgets = controls.make_widgets(controls.MAIN, start)
                    with gr.Accordion("More", open=False, elem_id="dv-more"):
                        widgets += controls.make_widgets(controls.MORE, start)
                with gr.Column(elem_id="dv-actions"):
                    run_button = gr.Button("Run", variant="primary", elem_id="dv-run")
                    stop_button = gr.Button("Stop", variant="stop", elem_id="dv-stop")
            with gr.Column(elem_id="dv-stage"):
                player = make_player(repair)
        told = gr.Textbox("", elem_classes="dv-hidden", show_label=False, container=False)
        address = gr.Textbox("", elem_classes="dv-hidden", show_label=False, container=False)
        file = gr.DownloadButton("Download the file", elem_id="dv-file", elem_classes="dv-hidden")

    outputs = [player, told]
    runs = [run_button.click(run_values, widgets, outputs, trigger_mode="once", **RUNS)]
    for preset, button in zip(PRESETS, questions, strict=True):
        set_up = button.click(
            lambda p=preset: (p.look, *controls.to_updates(p.experiment)),
            None,
            [look, *widgets],
            **QUIET,
        )
        runs.append(set_up.then(lambda p=preset: (yield from play(p.experiment, p.overlays)), None, outputs, **RUNS))
    runs.append(page.load(open_link, address, [*outputs, *widgets], js="() => window.location.search", **RUNS))
    stop_button.click(stopped, None, player, cancels=runs, **QUIET)

    told.change(None, told, js="(text) => window.diffviz.notice(text)", api_visibility="private")
    for widget in widgets:
        widget.input(None, js="() => window.diffviz.changed()", api_visibility="private")
    for name in ("dataset", "schedule", "sampler", "sampler_steps"):
        widget = widgets[controls.NAMES.index(name)]
        widget.change(controls.to_visibility, widgets, widgets, **QUIET)
    for name, whys in controls.whys().items():
        widget = widgets[controls.NAMES.index(name)]
        js = f"(name) => ({json.dumps(whys)})[name] || ''"
        widget.input(None, widget, look, js=js, api_visibility="private")
    for button, make in ((npz, npz_file), (gif, gif_file)):
        made = button.click(
            make, address, file, js="() => window.diffviz.query()", show_progress="full", show_progress_on=button, **ENGINE
        )
        deliver(made, "dv-file")
