"""A tab of one run: choose an experiment, watch it. Explore is one, of particles in the plane, and Images another."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import gradio as gr

from diffviz.experiment import Experiment, ExperimentError
from diffviz.player.component import make_player
from diffviz.telling.questions import Question
from diffviz.ui.broadcast import broadcast, complete
from diffviz.ui.controls import PICTURES, PLANE, Form
from diffviz.ui.files import header, wire
from diffviz.ui.inside import look_inside
from diffviz.ui.limits import ENGINE, check_budget, in_time, repairing
from diffviz.ui.upload import Upload
from diffviz.views import view

RUNS = {**ENGINE, "show_progress": "hidden"}
QUIET = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def notice(error: ExperimentError | None, prefix: str = "dv") -> str:
    """What the page's script puts beside the control; a new text every time, so that it is seen again."""
    return "" if error is None else json.dumps({"field": error.field, "message": str(error), "prefix": prefix, "id": uuid4().hex})


@dataclass(frozen=True)
class Tab:
    """name: of its player; prefix: of its elements' ids; presets: its questions, the first of which it opens with."""

    name: str
    prefix: str
    form: Form
    presets: tuple[Question, ...]

    @property
    def start(self) -> Experiment:
        """What it opens with."""
        return self.presets[0].a

    def notice(self, error: ExperimentError | None) -> str:
        """For the page's script."""
        return notice(error, self.prefix)


@in_time
def play(tab: Tab, experiment: Experiment, overlays: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Outputs (player, notice) of a run as it is computed."""
    try:
        check_budget(experiment)
        for text in broadcast(experiment, overlays):
            yield text, ""
    except ExperimentError as error:
        yield stopped(), tab.notice(error)
    except Exception:  # ours to mend, not a visitor's to read: the page must not stay busy
        logging.exception("a run failed: %s", experiment)
        failed = ExperimentError("run", "failed here for a reason of ours; other settings may work.")
        yield stopped(), tab.notice(failed)


def run_values(tab: Tab, *values: Any) -> Iterator[tuple[Any, ...]]:
    """Run what the widgets say."""
    try:
        experiment = tab.form.to_experiment(values)
    except ExperimentError as error:
        yield gr.skip(), tab.notice(error)
        return
    yield from play(tab, experiment)


def read_link(query: str) -> Experiment:
    """The experiment of an address; Gradio's own fields, __theme among them, are none of its. Raises ExperimentError."""
    return Experiment.from_query("&".join(p for p in query.lstrip("?").split("&") if p and not p.startswith("__")))


def open_link(tab: Tab, query: str) -> Iterator[tuple[Any, ...]]:
    """Run what the page's address names: outputs of play, the widgets, the folds. A bad link is told, and the first run shown.

    An address that another tab answers for is none of this one's business.
    """
    still = (gr.skip(),) * (len(tab.form.names) + len(tab.form.folded))
    problem = None
    try:
        experiment = read_link(query)
        if experiment.shows_pictures != tab.form.pictures:
            yield gr.skip(), gr.skip(), *still
            return
        check_budget(experiment)
    except ExperimentError as error:
        experiment, problem = tab.start, error
    told = tab.notice(problem)
    yield gr.skip(), told, *tab.form.to_updates(experiment), *tab.form.to_folds(experiment)
    for player, complaint in play(tab, experiment):
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
        with repairing():
            return complete(experiment)
    except ExperimentError:
        return stopped()


def build(tab: Tab) -> tuple[Any, list[Any], list[gr.events.Dependency], Callable[..., Any]]:
    """Add the tab's contents to the Blocks being built and wire them.

    Returns what the event that opens it needs: a place for the address, the outputs of open_link, the runs that Stop ends, to
    which it is to be added, and what wires Stop then.
    """
    form, prefix = tab.form, tab.prefix
    with gr.Column(elem_id=f"{prefix}-page"):
        opener, files = header(prefix)
        with gr.Row(elem_id=f"{prefix}-body"):
            with gr.Column(elem_id=f"{prefix}-controls"):
                with gr.Column(elem_id=f"{prefix}-fields", elem_classes="dv-set"):
                    with gr.Column(elem_id=f"{prefix}-questions"):
                        gr.HTML("<h2>Questions</h2>")
                        questions = [gr.Button(preset.question, size="sm") for preset in tab.presets]
                    look = gr.HTML("", html_template="<p>${value}</p>", elem_id=f"{prefix}-look")
                    widgets = form.make_widgets(form.main[:1], tab.start, prefix)
                    upload = Upload.build(prefix) if form.pictures else None
                    widgets += form.make_widgets(form.main[1:], tab.start, prefix)
                    folded, folds = form.make_folded(tab.start, prefix, widgets)
                    widgets += folded
                with gr.Column(elem_id=f"{prefix}-actions"):
                    run_button = gr.Button("Run", variant="primary", elem_id=f"{prefix}-run")
                    stop_button = gr.Button("Stop", variant="stop", elem_id=f"{prefix}-stop")
            with gr.Column(elem_id=f"{prefix}-stage"):
                player = make_player(repair, tab.name, look_inside if form.pictures else None)
        told = gr.Textbox("", elem_classes="dv-hidden", show_label=False, container=False)
        address = gr.Textbox("", elem_classes="dv-hidden", show_label=False, container=False)
        file = gr.DownloadButton("Download the file", elem_id=f"{prefix}-file", elem_classes="dv-hidden")

    outputs = [player, told]
    runs = [run_button.click(partial(run_values, tab), widgets, outputs, trigger_mode="once", **RUNS)]
    for preset, button in zip(tab.presets, questions, strict=True):
        set_up = button.click(
            lambda p=preset: (p.watch, *form.to_updates(p.a), *form.to_folds(p.a)),
            None,
            [look, *widgets, *folds],
            **QUIET,
        )
        runs.append(set_up.then(lambda p=preset: (yield from play(tab, p.a, p.layers)), None, outputs, **RUNS))
    stop = partial(stop_button.click, stopped, None, player, **QUIET)

    told.change(None, told, js="(text) => window.diffviz.notice(text)", api_visibility="private")
    for widget in widgets:
        widget.input(None, js="() => window.diffviz.changed()", api_visibility="private")
    for name in (
        "dataset",
        "schedule",
        "sampler",
        "sampler_steps",
        *(("label", "start", "measurement", "condition", "resamples") if form.pictures else ()),
    ):
        widget = widgets[form.names.index(name)]
        widget.change(form.to_visibility, widgets, widgets, **QUIET)
    if upload is not None:
        dataset, own, particles = (widgets[form.names.index(name)] for name in ("dataset", "own", "particles"))
        upload.wire(dataset, own, particles, told, tab.notice)
    for name, whys in form.whys().items():
        widget = widgets[form.names.index(name)]
        js = f"(name) => ({json.dumps(whys)})[name] || ''"
        widget.input(None, widget, look, js=js, api_visibility="private")
    wire(prefix, opener, files, address, file)
    return address, [*outputs, *widgets, *folds], runs, stop


def build_explore(page: gr.Blocks) -> None:
    """The tab that the page opens with: a link is answered at once, and without one the page fetches its first run itself."""
    address, outputs, runs, stop = build(EXPLORE)

    def opened(query: str) -> Iterator[tuple[Any, ...]]:
        if query and not is_pair(query):
            yield from open_link(EXPLORE, query)
        else:
            yield (gr.skip(),) * len(outputs)

    runs.append(page.load(opened, address, outputs, js="() => window.location.search", **RUNS))
    stop(cancels=runs)


def build_images(page_tab: gr.Tab) -> None:
    """Opened by hand, or by a link to pictures."""
    address, outputs, runs, stop = build(IMAGES_TAB)

    def opened(query: str) -> Iterator[tuple[Any, ...]]:
        if query == "shown":
            yield (gr.skip(),) * len(outputs)
        else:
            yield from open_link(IMAGES_TAB, query or IMAGES_TAB.start.to_query())

    runs.append(page_tab.select(opened, address, outputs, js="() => window.diffviz.opening('images')", **RUNS))
    stop(cancels=runs)


def _single(domain: str) -> tuple[Question, ...]:
    """The questions of one run."""
    return tuple(question for question in view(domain).questions if question.b is None)


EXPLORE = Tab("explore", "dv", PLANE, _single("plane"))
IMAGES_TAB = Tab("images", "dvi", PICTURES, _single("pictures"))
