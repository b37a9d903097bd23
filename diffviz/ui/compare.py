"""A tab of two experiments on one clock. Compare is one, of particles in the plane, and Compare images another."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import parse_qs

import gradio as gr

from diffviz import relevant
from diffviz.experiment import Experiment, ExperimentError
from diffviz.inverse.tasks import MEASUREMENT_FIELDS
from diffviz.player.component import make_player
from diffviz.telling.questions import Question
from diffviz.ui.controls import PICTURES, PLANE, Form
from diffviz.ui.explore import QUIET, RUNS, notice, repair, stopped
from diffviz.ui.files import header, wire
from diffviz.ui.limits import in_time
from diffviz.ui.pair import SideError, broadcast_pair, check_pair, of_side, split
from diffviz.ui.sweep import gap_sweep
from diffviz.views import view

SKIP = gr.skip
# of pictures, what both sides must have alike
SHARED = ("dataset", "measurement", "test_image", "test_image_b", "measure_noise", *chain(*MEASUREMENT_FIELDS.values()))


@dataclass(frozen=True)
class PairTab:
    """name: of its player; prefix: of its elements' ids; presets: its questions, the first of which it opens with; sweep: what
    one more button does."""

    name: str
    prefix: str
    form: Form
    presets: tuple[Question, ...]
    sweep: Callable[..., Any] | None = None

    @property
    def fields(self) -> int:
        """Of one side."""
        return len(self.form.names)

    def notice(self, error: ExperimentError | None) -> str:
        """For the page's script, which puts it beside its side's control."""
        return notice(error, f"{self.prefix}-{error.side}" if isinstance(error, SideError) else self.prefix)

    def marks(self, names: list[str]) -> str:
        """The fields that differ, for the page's script to mark."""
        return json.dumps([f"{self.prefix}-b-{name}" for name in names])

    def differences(self, a: Experiment, b: Experiment) -> str:
        """The same of two experiments."""
        return self.marks(relevant.differing(a, b))

    def question(self, a: Experiment, b: Experiment) -> Question | None:
        """The one that these two runs answer."""
        sides = relevant.canonical(a), relevant.canonical(b)
        return next((p for p in self.presets if (relevant.canonical(p.a), relevant.canonical(p.b)) == sides), None)


@in_time
def play(tab: PairTab, a: Experiment, b: Experiment, overlays: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Outputs (player, notice, differing) of both runs as they are computed."""
    try:
        for text in broadcast_pair(a, b, overlays):
            yield text, "", tab.differences(a, b)  # all of it every time: of two at once a page may see only the last
    except ExperimentError as error:
        yield stopped(), tab.notice(error), SKIP()
    except Exception:  # ours to mend, not a visitor's to read: the page must not stay busy
        logging.exception("a comparison failed: %s %s", a, b)
        failed = ExperimentError("run", "failed here for a reason of ours; other settings may work.")
        yield stopped(), tab.notice(failed), SKIP()


def run_values(tab: PairTab, *values: Any) -> Iterator[tuple[Any, ...]]:
    """Run what the widgets of both sides say."""
    try:
        a, b = split(tab.form, values)
    except SideError as error:
        yield SKIP(), tab.notice(error), SKIP()
        return
    yield from play(tab, a, b)


def hint(tab: PairTab, *values: Any) -> str:
    """What to look for, if the widgets of both sides say what a question does; else nothing: a hint is of its question alone."""
    try:
        sides = split(tab.form, values)
    except SideError:
        return ""
    preset = tab.question(*sides)
    return preset.watch if preset else ""


def parse_link(tab: PairTab, query: str) -> tuple[Experiment, Experiment]:
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
    for letter, side in zip("ab", sides, strict=True):
        with of_side(letter):
            if side.shows_pictures != tab.form.pictures:
                wanted = "pictures" if tab.form.pictures else "points in the plane"
                raise ExperimentError("dataset", f"must be {wanted} here, not {side.dataset}.")
    check_pair(*sides)
    return sides[0], sides[1]


def open_tab(tab: PairTab, query: str) -> Iterator[tuple[Any, ...]]:
    """The tab was opened: run what the address names, or the first question.

    Outputs of play, then look, both sides' widgets and their folds.
    """
    still = (SKIP(),) * (1 + 2 * (tab.fields + len(tab.form.folded)))
    if query == "shown":
        yield (SKIP(),) * (3 + len(still))
        return
    first, problem = tab.presets[0], None
    a, b, look, overlays = first.a, first.b, first.watch, first.layers
    if query:
        try:
            a, b = parse_link(tab, query)
            preset = tab.question(a, b)
            look, overlays = (preset.watch, preset.layers) if preset else ("", ())
        except ExperimentError as error:
            a, b, problem = first.a, first.b, error
    told = tab.notice(problem)
    yield SKIP(), told, tab.differences(a, b), look, *_updates(tab.form, a, b)
    for player, complaint, differing in play(tab, a, b, overlays):
        yield player, told if problem else complaint, differing, *still


def refresh(tab: PairTab, *values: Any) -> list[Any]:
    """Which fields differ, and which say something: after a hand on any control."""
    a, b = values[: tab.fields], values[tab.fields :]
    names = relevant.differing(tab.form.typed(a), tab.form.typed(b))
    return [tab.marks(names), *tab.form.to_visibility(*a), *tab.form.to_visibility(*b)]


def move(tab: PairTab, values: tuple[Any, ...]) -> list[Any]:
    """Set both sides' widgets to values as they stand."""
    differing, *updates = refresh(tab, *values)
    return [differing, *({**update, "value": value} for update, value in zip(updates, values, strict=True))]


def copy_sides(tab: PairTab, *values: Any) -> list[Any]:
    """A's values on both sides."""
    return move(tab, (*values[: tab.fields], *values[: tab.fields]))


def swap_sides(tab: PairTab, *values: Any) -> list[Any]:
    """B's values in A, and A's in B."""
    return move(tab, (*values[tab.fields :], *values[: tab.fields]))


def build(tab: PairTab, page_tab: gr.Tab) -> None:
    """Add the tab's contents to the Blocks being built and wire them."""
    first, form, prefix = tab.presets[0], tab.form, tab.prefix
    with gr.Column(elem_id=f"{prefix}-page"):
        opener, files = header(prefix)
        with gr.Row(elem_id=f"{prefix}-body"):
            with gr.Column(elem_id=f"{prefix}-controls"):
                with gr.Column(elem_id=f"{prefix}-fields"):
                    with gr.Column(elem_id=f"{prefix}-questions"):
                        gr.HTML("<h2>Questions</h2>")
                        questions = [gr.Button(preset.question, size="sm") for preset in tab.presets]
                    look = gr.HTML("", html_template="<p>${value}</p>", elem_id=f"{prefix}-look")
                    with gr.Row(elem_id=f"{prefix}-sides"):
                        copy, swap = gr.Button("Copy A to B", size="sm"), gr.Button("Swap", size="sm")
                        sweep = gr.Button("Gap against T", size="sm", elem_id=f"{prefix}-sweep") if tab.sweep else None
                    with gr.Tabs(elem_id=f"{prefix}-sets"):
                        with gr.Tab("A", elem_classes="dv-set"):
                            a, a_folds = _widgets(form, first.a, f"{prefix}-a")
                        with gr.Tab("B", elem_classes="dv-set"):
                            b, b_folds = _widgets(form, first.b, f"{prefix}-b")
                with gr.Column(elem_id=f"{prefix}-actions"):
                    run_button = gr.Button("Run", variant="primary", elem_id=f"{prefix}-run")
                    stop_button = gr.Button("Stop", variant="stop", elem_id=f"{prefix}-stop")
            with gr.Column(elem_id=f"{prefix}-stage"):
                player = make_player(repair, tab.name)
        hidden = {"elem_classes": "dv-hidden", "show_label": False, "container": False}
        told, differing, address = (gr.Textbox("", **hidden) for _ in range(3))
        file = gr.DownloadButton("Download the file", elem_id=f"{prefix}-file", elem_classes="dv-hidden")

    both, folds, outputs = [*a, *b], [*a_folds, *b_folds], [player, told, differing]
    runs = [run_button.click(partial(run_values, tab), both, outputs, trigger_mode="once", **RUNS)]
    run_button.click(partial(hint, tab), both, look, **QUIET)
    for preset, button in zip(tab.presets, questions, strict=True):
        set_up = button.click(_setter(form, preset), None, [look, *both, *folds], **QUIET)
        runs.append(set_up.then(lambda p=preset: (yield from play(tab, p.a, p.b, p.layers)), None, outputs, **RUNS))
    opening = f"() => window.diffviz.opening('{tab.name}')"
    runs.append(page_tab.select(partial(open_tab, tab), address, [*outputs, look, *both, *folds], js=opening, **RUNS))
    if tab.sweep:
        swept = gr.Textbox("", **hidden)
        runs.append(sweep.click(tab.sweep, both, [swept, told], **RUNS))
        swept.change(None, swept, js="(text) => window.diffviz.sweep(text)", api_visibility="private")
    stop_button.click(stopped, None, player, cancels=runs, **QUIET)

    moved = {"js": "(...values) => (window.diffviz.changed(), values)", **QUIET}  # the picture is of other settings until Run
    copy.click(partial(copy_sides, tab), both, [differing, *both], **moved)
    swap.click(partial(swap_sides, tab), both, [differing, *both], **moved)
    for name, one, other in zip(form.names, a, b, strict=True):
        shared = form.pictures and name in SHARED
        for widget, follower in ((one, other), (other, one)):
            then = widget.input(lambda value: value, widget, follower, **QUIET).then if shared else widget.input
            then(partial(refresh, tab), both, [differing, *both], **moved)
    told.change(None, told, js="(text) => window.diffviz.notice(text)", api_visibility="private")
    differing.change(None, differing, js="(text) => window.diffviz.differs(text)", api_visibility="private")
    wire(prefix, opener, files, address, file)


def _widgets(form: Form, experiment: Experiment, prefix: str) -> tuple[list[gr.components.Component], list[gr.Accordion]]:
    """Of one side, and its folds."""
    main = form.make_widgets(form.main, experiment, prefix)
    folded, folds = form.make_folded(experiment, prefix, main)
    return main + folded, folds


def _updates(form: Form, a: Experiment, b: Experiment) -> list[Any]:
    """What sets the widgets of both sides, then their folds."""
    return [*form.to_updates(a), *form.to_updates(b), *form.to_folds(a), *form.to_folds(b)]


def _setter(form: Form, preset: Question) -> Any:
    return lambda: (preset.watch, *_updates(form, preset.a, preset.b))


def _pairs(domain: str) -> tuple[Question, ...]:
    """The questions of two runs."""
    return tuple(question for question in view(domain).questions if question.b is not None)


COMPARE = PairTab("compare", "dvc", PLANE, _pairs("plane"), gap_sweep)
COMPARE_IMAGES = PairTab("compare_images", "dvp", PICTURES, _pairs("pictures"))
