"""The Compare tab: two experiments on one clock."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import gradio as gr

from diffviz.experiment import Experiment, ExperimentError
from diffviz.exports import render_pair
from diffviz.player.component import make_player
from diffviz.ui.controls import PLANE
from diffviz.ui.explore import QUIET, RUNS, deliver, header, notice, repair, stopped
from diffviz.ui.limits import ENGINE, in_time
from diffviz.ui.pair import SideError, broadcast_pair, check_pair, of_side, split
from diffviz.ui.pair_presets import PAIR_PRESETS, PairPreset
from diffviz.ui.sweep import gap_sweep

FIELDS = len(PLANE.names)
SKIP = gr.skip


def differences(a: Experiment, b: Experiment) -> str:
    """The names of the fields that differ, for the page's script to mark."""
    return json.dumps([name for name in PLANE.names if getattr(a, name) != getattr(b, name)])


def play(a: Experiment, b: Experiment, overlays: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Outputs (player, notice, differing) of both runs as they are computed."""
    try:
        for text in broadcast_pair(a, b, overlays):
            yield text, "", differences(a, b)  # all of it every time: of two at once a page may see only the last
    except SideError as error:
        yield stopped(), notice(error, f"dvc-{error.side}"), SKIP()
    except Exception:  # ours to mend, not a visitor's to read: the page must not stay busy
        logging.exception("a comparison failed: %s %s", a, b)
        failed = ExperimentError("run", "failed here for a reason of ours; other settings may work.")
        yield stopped(), notice(failed, "dvc"), SKIP()


def run_values(*values: Any) -> Iterator[tuple[Any, ...]]:
    """Run what the widgets of both sides say."""
    try:
        a, b = split(values)
    except SideError as error:
        yield SKIP(), notice(error, f"dvc-{error.side}"), SKIP()
        return
    yield from play(a, b)


def parse_link(query: str) -> tuple[Experiment, Experiment]:
    """The two experiments of an address ?a=...&b=..., each written as a link of its own. Raises ExperimentError, and
    SideError for what cannot be compared here."""
    try:
        parts = parse_qs(query.lstrip("?"), keep_blank_values=True, max_num_fields=64)
    except ValueError:
        raise ExperimentError("link", "must hold two runs, such as ?a=schedule%3Dlinear&b=schedule%3Dcosine.") from None
    sides = []
    for side in "ab":
        with of_side(side):
            sides.append(Experiment.from_query(parts.get(side, [""])[-1]))
    check_pair(*sides)
    return sides[0], sides[1]


def open_tab(query: str) -> Iterator[tuple[Any, ...]]:
    """The tab was opened: run what the address names, or the first question.

    Outputs of play, then look and both sides' widgets.
    """
    still = (SKIP(),) * (1 + 2 * FIELDS)
    if query == "shown":
        yield (SKIP(),) * (3 + len(still))
        return
    first, problem = PAIR_PRESETS[0], None
    a, b, look, overlays = first.a, first.b, first.look, first.overlays
    if query:
        try:
            a, b = parse_link(query)
            look, overlays = next(((p.look, p.overlays) for p in PAIR_PRESETS if (p.a, p.b) == (a, b)), ("", ()))
        except ExperimentError as error:
            a, b, problem = first.a, first.b, error
    told = notice(problem, f"dvc-{problem.side}" if isinstance(problem, SideError) else "dvc")
    yield SKIP(), told, differences(a, b), look, *PLANE.to_updates(a), *PLANE.to_updates(b)
    for player, complaint, differing in play(a, b, overlays):
        yield player, told if problem else complaint, differing, *still


def refresh(*values: Any) -> list[Any]:
    """Which fields differ, and which say something: after a hand on any control."""
    a, b = values[:FIELDS], values[FIELDS:]
    names = [name for name, one, other in zip(PLANE.names, a, b, strict=True) if one != other]
    return [json.dumps(names), *PLANE.to_visibility(*a), *PLANE.to_visibility(*b)]


def move(values: tuple[Any, ...]) -> list[Any]:
    """Set both sides' widgets to values as they stand."""
    a, b = values[:FIELDS], values[FIELDS:]
    updates = []
    for part in (a, b):
        shown = PLANE.visible(dict(zip(PLANE.names, part, strict=True)))
        updates += [gr.update(value=value, visible=shown[name]) for name, value in zip(PLANE.names, part, strict=True)]
    return [refresh(*values)[0], *updates]


def picture(queries: str, ending: str, progress: gr.Progress) -> Iterator[str]:
    """Draw the comparison that is shown and yield the path; Gradio keeps its own copy for an hour."""
    if not queries:
        raise gr.Error("There is no comparison yet; press Run first.", print_exception=False)
    try:
        a, b = (Experiment.from_query(query) for query in json.loads(queries))
        check_pair(a, b)
        with tempfile.TemporaryDirectory(prefix="diffviz-") as folder:
            path = Path(folder) / f"diffviz-comparison{ending}"
            render_pair(a, b, path, lambda share: progress(share, desc="drawing"), in_time)
            yield str(path)
    except ExperimentError as error:
        raise gr.Error(str(error), print_exception=False) from None


def _maker(ending: str) -> Any:
    def make(queries: str, progress: gr.Progress = gr.Progress()) -> Iterator[str]:  # noqa: B008  Gradio's way of asking for it
        yield from picture(queries, ending, progress)

    return make


def build(tab: gr.Tab) -> None:
    """Add the tab's contents to the Blocks being built and wire them."""
    first = PAIR_PRESETS[0]
    with gr.Column(elem_id="dvc-page"):
        kinds = ("GIF", "MP4", "PNG", "PDF")
        makers = header("dvc", (*kinds, "CSV"))
        csv_button = makers.pop()
        with gr.Row(elem_id="dvc-body"):
            with gr.Column(elem_id="dvc-controls"):
                with gr.Column(elem_id="dvc-fields"):
                    with gr.Column(elem_id="dvc-questions"):
                        gr.HTML("<h2>Questions</h2>")
                        questions = [gr.Button(preset.question, size="sm") for preset in PAIR_PRESETS]
                    look = gr.HTML("", html_template="<p>${value}</p>", elem_id="dvc-look")
                    with gr.Row(elem_id="dvc-sides"):
                        copy, swap = gr.Button("Copy A to B", size="sm"), gr.Button("Swap", size="sm")
                        sweep = gr.Button("Gap against T", size="sm")
                    with gr.Tabs(elem_id="dvc-sets"):
                        with gr.Tab("A", elem_classes="dv-set"):
                            a = _widgets(first.a, "dvc-a")
                        with gr.Tab("B", elem_classes="dv-set"):
                            b = _widgets(first.b, "dvc-b")
                with gr.Column(elem_id="dvc-actions"):
                    run_button = gr.Button("Run", variant="primary", elem_id="dvc-run")
                    stop_button = gr.Button("Stop", variant="stop", elem_id="dvc-stop")
            with gr.Column(elem_id="dvc-stage"):
                player = make_player(repair, "compare")
        hidden = {"elem_classes": "dv-hidden", "show_label": False, "container": False}
        told, differing, address, swept = (gr.Textbox("", **hidden) for _ in range(4))
        file = gr.DownloadButton("Download the file", elem_id="dvc-file", elem_classes="dv-hidden")

    both, outputs = [*a, *b], [player, told, differing]
    runs = [run_button.click(run_values, both, outputs, trigger_mode="once", **RUNS)]
    for preset, button in zip(PAIR_PRESETS, questions, strict=True):
        set_up = button.click(_setter(preset), None, [look, *both], **QUIET)
        runs.append(set_up.then(lambda p=preset: (yield from play(p.a, p.b, p.overlays)), None, outputs, **RUNS))
    runs.append(tab.select(open_tab, address, [*outputs, look, *both], js="() => window.diffviz.opening('compare')", **RUNS))
    stop_button.click(stopped, None, player, cancels=runs, **QUIET)

    moved = {"js": "(...values) => (window.diffviz.changed(), values)", **QUIET}  # the picture is of other settings until Run
    copy.click(lambda *values: move((*values[:FIELDS], *values[:FIELDS])), both, [differing, *both], **moved)
    swap.click(lambda *values: move((*values[FIELDS:], *values[:FIELDS])), both, [differing, *both], **moved)
    for widget in both:
        widget.input(refresh, both, [differing, *both], **moved)
    told.change(None, told, js="(text) => window.diffviz.notice(text)", api_visibility="private")
    differing.change(None, differing, js="(text) => window.diffviz.differs(text)", api_visibility="private")
    csv_button.click(None, js="() => window.diffviz.csv()", api_visibility="private")
    for kind, button in zip(kinds, makers, strict=True):
        made = button.click(
            _maker(f".{kind.lower()}"),
            address,
            file,
            js="() => window.diffviz.queries()",
            show_progress="full",
            show_progress_on=button,
            **ENGINE,
        )
        deliver(made, "dvc-file")
    sweep.click(gap_sweep, both, [swept, told], show_progress="full", show_progress_on=sweep, **ENGINE)
    swept.change(None, swept, js="(text) => window.diffviz.sweep(text)", api_visibility="private")


def _widgets(experiment: Experiment, prefix: str) -> list[gr.components.Component]:
    widgets = PLANE.make_widgets(PLANE.main, experiment, prefix)
    with gr.Accordion("More", open=False, elem_classes="dv-more"):
        return widgets + PLANE.make_widgets(PLANE.more, experiment, prefix)


def _setter(preset: PairPreset) -> Any:
    return lambda: (preset.look, *PLANE.to_updates(preset.a), *PLANE.to_updates(preset.b))
