"""The one instrument of the page: what its script asks for, and what it is told.

The script sends the values of one run or of two; they become Experiments here, and messages for the player. What the page itself
is told, beside the player, is one JSON word: notices beside controls, that a run waits for Run, or what the form is to say.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import gradio as gr

from diffviz.experiment import Experiment, ExperimentError, iter_specs
from diffviz.ui.broadcast import broadcast, complete, is_known
from diffviz.ui.limits import QUICK_SECONDS, check_budget, estimated_seconds, in_time, repairing
from diffviz.ui.link import read_link
from diffviz.ui.pair import SideError, broadcast_pair, check_pair
from diffviz.ui.turns import by_turns, end_turn
from diffviz.views import view_of

SKIP = gr.skip
FAILED = ExperimentError("run", "failed here for a reason of ours; other settings may work.")
Outputs = tuple[Any, Any]  # (player, page)


def word(**parts: Any) -> str:
    """What the page is told; another text every time, so that it is seen again."""
    return json.dumps({"id": uuid4().hex, **parts})


def notice(error: ExperimentError, side: int | None = None) -> dict[str, Any]:
    """An error as the page shows it, beside the control of its field, which is called by the control's name."""
    titles = {name: spec.title for name, spec, *_ in iter_specs()}
    if isinstance(error, SideError):
        side = "ab".index(error.side)
    message = str(error).removeprefix(error.field).strip()
    return {"field": error.field, "message": f"{titles.get(error.field, error.field.capitalize())} {message}", "side": side}


def stopped() -> str:
    """Tell the player that no more will come."""
    return json.dumps({"stopped": True, "id": uuid4().hex})


def _asked(event: gr.EventData) -> dict[str, Any]:
    return event._data if isinstance(event._data, dict) else {}


def asked_experiments(event: gr.EventData) -> list[Experiment]:
    """One run or two, as the script sends them. Raises ExperimentError, SideError of two."""
    values = _asked(event).get("runs")
    if not isinstance(values, list) or not 1 <= len(values) <= 2:
        raise ExperimentError("run", "must be one set of values or two.")
    runs = []
    for side, each in zip("ab", values, strict=False):
        try:
            runs.append(Experiment.from_dict(each))
        except ExperimentError as error:
            raise (SideError(side, error) if len(values) == 2 else error) from None
    return runs


def _waits(runs: list[Experiment]) -> float | None:
    """The seconds of a run that is not begun before somebody asks for it; None for a quick one."""
    seconds = sum(estimated_seconds(run) for run in runs if not is_known(run))
    return seconds if seconds > QUICK_SECONDS else None


def _messages(runs: list[Experiment]) -> Iterator[str]:
    if len(runs) == 1:
        check_budget(runs[0])
        return broadcast(runs[0])
    check_pair(*runs)
    return broadcast_pair(*runs)


@in_time
def play(runs: list[Experiment], **said: Any) -> Iterator[Outputs]:
    """One run, or two beside one another, as they are computed. said: what the page is told beside the first message."""
    said = {"notices": [], **said}
    told: Any = None
    try:
        for text in _messages(runs):
            yield text, SKIP() if told else word(**said)
            told = said.pop("form", True)
    except ExperimentError as error:
        yield stopped(), word(**{**said, "notices": [*said["notices"], notice(error)]})
    except Exception:  # ours to mend, not a visitor's to read: the page must not stay busy
        logging.exception("a run failed: %s", runs)
        yield stopped(), word(notices=[notice(FAILED)])


def stop_asked(event: gr.EventData, request: gr.Request = None) -> Any:  # type: ignore[assignment]
    """What is under way ends. Data of the event: turn; replaced, if another run begins in its place."""
    end_turn(event, request)
    return SKIP() if _asked(event).get("replaced") else stopped()


@by_turns
def run_asked(event: gr.EventData) -> Iterator[Outputs]:
    """Run what the form says. Data of the event: runs, asked (by Run, or by a changed control alone)."""
    try:
        runs = asked_experiments(event)
        seconds = None if _asked(event).get("asked") else _waits(runs)
    except ExperimentError as error:
        yield stopped(), word(notices=[notice(error)])
        return
    if seconds is not None:
        yield SKIP(), word(waits=seconds)
        return
    yield from play(runs)


@by_turns
def link_asked(event: gr.EventData) -> Iterator[Outputs]:
    """Run what an address names. Data of the event: query. A bad value is told, the others are kept."""
    opened = read_link(str(_asked(event).get("query", "")))
    notices = [notice(problem, side if len(opened.runs) == 2 else None) for side, problem in opened.problems]
    yield from play(opened.runs, form=[run.to_dict() for run in opened.runs], notices=notices)


@in_time
def _swept(a: Experiment, b: Experiment) -> Iterator[dict[str, Any]]:
    sweep = view_of(a).sweep
    if sweep is None:
        raise ExperimentError("dataset", f"must be other data for a sweep, not {a.dataset}.")
    yield from sweep(a, b)


@by_turns
def sweep_asked(event: gr.EventData) -> Iterator[str]:
    """Words to the page: how far a sweep is, then its figure. Data of the event: runs, one or two."""
    try:
        runs = asked_experiments(event)
        for told in _swept(runs[0], runs[-1]):
            yield word(sweep=told)
    except ExperimentError as error:
        yield word(notices=[notice(error)])


def repair(query: str) -> str:
    """The whole of a run, for a browser that lost a message."""
    try:
        experiment = Experiment.from_query(query)
        check_budget(experiment)
        with repairing():
            return complete(experiment)
    except ExperimentError:
        return stopped()
