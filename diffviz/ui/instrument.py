"""The one instrument of the page: what its script asks for, and what it is told.

The script sends the values of one run or of two; they become Experiments here, and messages for the player. What the page itself
is told, beside the player, is one JSON word: notices beside controls, that a run waits for Run, or what the form is to say.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Generator, Iterator
from typing import Any
from uuid import uuid4

import gradio as gr

from diffviz.experiment import Experiment, ExperimentError
from diffviz.fields import option
from diffviz.ui.broadcast import broadcast, complete, is_known
from diffviz.ui.limits import QUICK_SECONDS, check_budget, estimated_seconds, in_time
from diffviz.ui.link import read_link
from diffviz.ui.pair import SideError, broadcast_pair, check_pair
from diffviz.ui.requests import Request
from diffviz.ui.speech import notice
from diffviz.ui.turns import TURNS, attended, called
from diffviz.ui.visitors import open_visit
from diffviz.views import view_of

SKIP = gr.skip
FAILED = ExperimentError("run", "failed here for a reason of ours; other settings may work.")
Outputs = tuple[Any, Any]  # (player, page)
Answer = tuple[str, dict[str, Any]]  # messages for the player and parts of a word for the page, either of them empty


def word(**parts: Any) -> str:
    """What the page is told; another text every time, so that it is seen again."""
    return json.dumps({"id": uuid4().hex, **parts}, allow_nan=False)


def stopped() -> str:
    """Tell the player that no more will come."""
    return json.dumps({"stopped": True, "id": uuid4().hex})


def event_data(event: gr.EventData) -> dict[str, Any]:
    """What the script has sent with an event; empty if that is no object."""
    return event._data if isinstance(event._data, dict) else {}


def asked_experiments(asked: dict[str, Any]) -> list[Experiment]:
    """One run or two, as the script sends them. Raises ExperimentError, SideError of two."""
    values = asked.get("runs")
    if not isinstance(values, list) or not 1 <= len(values) <= 2:
        raise ExperimentError("run", "must be one set of values or two.")
    runs = []
    for side, each in zip("ab", values, strict=False):
        try:
            runs.append(Experiment.from_dict(each))
        except ExperimentError as error:
            raise (SideError(side, error) if len(values) == 2 else error) from None
    return runs


def _waits(runs: list[Experiment]) -> dict[str, float | None] | None:
    """Of runs that are not begun before somebody asks for them: seconds, null where data or a network may have to be fetched
    first. None for quick ones."""
    seconds = sum(estimated_seconds(run) for run in runs if not is_known(run))
    if seconds <= QUICK_SECONDS:
        return None
    return {"seconds": seconds if math.isfinite(seconds) else None}


def _messages(runs: list[Experiment]) -> Iterator[str]:
    if len(runs) == 1:
        check_budget(runs[0])
        return broadcast(runs[0])
    check_pair(*runs)
    return broadcast_pair(*runs)


def _waiting(before: int) -> Answer:
    """So many are before this one."""
    return "", {"before": before}


def _answered(request: Request, answers: Generator[Answer, None, None], long: bool = False) -> Iterator[Outputs]:
    """The answers, each in its turn, as long as the page has asked for nothing else; an error is told in one sentence. The last
    word says that it ended, and all that was said before: of two at once the page may see only the last."""
    state: dict[str, Any] = {"request": request.number, "notices": [], "before": None}
    last: Any = SKIP()
    try:
        with attended(request.is_newest) as visit:
            for messages, said in TURNS.over(answers, visit, long, _waiting):
                if not request.is_newest():
                    return
                before, waited = said.get("before"), state["before"]
                state |= {**said, "before": before}
                yield request.envelope(messages) if messages else SKIP(), word(**state) if said or before != waited else SKIP()
        failure = None
    except ExperimentError as error:
        failure = error
    except Exception:  # ours to mend, not a visitor's to read: the page must not stay busy
        logging.exception("a request failed")
        failure = FAILED
    if not request.is_newest():
        return
    if failure:
        state["notices"] = [*state["notices"], notice(failure)]
        last = request.envelope(stopped())
    yield last, word(**state | {"before": None}, ended=True)


def _played(runs: list[Experiment], **said: Any) -> Iterator[Answer]:
    """One run, or two beside one another, as they are computed. said: what the page is told beside the first message."""
    open_visit().long = _waits(runs) is not None
    yield "", {"notices": [], **said}
    for text in _messages(runs):
        yield text, {}


@in_time
def _run(asked: dict[str, Any]) -> Generator[Answer, None, None]:
    runs = asked_experiments(asked)
    waits = None if asked.get("asked") else _waits(runs)
    if waits:
        yield "", {"waits": waits}
    else:
        yield from _played(runs)


@in_time
def _link(asked: dict[str, Any]) -> Generator[Answer, None, None]:
    opened = read_link(str(asked.get("query", "")))
    two = len(opened.runs) == 2
    notices = [notice(problem, side if two else None, link=True) for side, problem in opened.problems]
    yield from _played(opened.runs, form=[run.to_dict() for run in opened.runs], notices=notices)


@in_time
def _sweep(asked: dict[str, Any]) -> Generator[Answer, None, None]:
    runs = asked_experiments(asked)
    sweep = view_of(runs[0]).sweep
    if sweep is None:
        raise ExperimentError("dataset", f"must be other data for a sweep, not {option('dataset', runs[0].dataset)}.")
    for told in sweep(runs[0], runs[-1]):
        yield "", {"sweep": told}


def run_asked(event: gr.EventData) -> Iterator[Outputs]:
    """Run what the form says. Data of the event: page, request, runs, asked (by Run, or by a changed control alone)."""
    asked = event_data(event)
    yield from _answered(Request.of(asked), _run(asked))


def link_asked(event: gr.EventData) -> Iterator[Outputs]:
    """Run what an address names. Data of the event: page, request, query. A bad value is told, the others are kept."""
    asked = event_data(event)
    yield from _answered(Request.of(asked), _link(asked))


def sweep_asked(event: gr.EventData) -> Iterator[Outputs]:
    """How far a sweep is, then its figure, for the page. Data of the event: page, request, runs, one or two."""
    asked = event_data(event)
    yield from _answered(Request.of(asked), _sweep(asked), long=True)


def stop_asked(event: gr.EventData) -> None:
    """End whatever is older than this. Data of the event: page, request."""
    Request.of(event_data(event))


def waits_for(what: str) -> str:
    """Whether a changed control runs by itself: JSON of waits, as a run that is not begun says it; null for one that is.

    what: JSON of runs. Something that cannot be run needs no waiting: running it says what is wrong."""
    try:
        return json.dumps({"waits": _waits(asked_experiments(json.loads(what)))}, allow_nan=False)
    except Exception:  # of whatever kind, the run itself tells it
        return json.dumps({"waits": None})


def repair(query: str) -> str:
    """The whole of a run that is kept here, for a browser that lost a message; else that it has to be asked for again. It passes
    by the queue, so nothing is computed or fetched."""
    try:
        experiment = Experiment.from_query(query)
        if is_known(experiment):
            with called():
                return complete(experiment)
    except ExperimentError:
        pass
    except Exception:  # ours to mend: what came can be played
        logging.exception("a run could not be repaired")
    return stopped()
