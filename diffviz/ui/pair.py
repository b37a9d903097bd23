"""Two Experiments to player messages: both pictures first, then the charts they share, then the table of metrics."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from diffviz import exports
from diffviz.experiment import Experiment, ExperimentError
from diffviz.player import protocol
from diffviz.player.protocol import Comparison
from diffviz.telling.typeset import prose
from diffviz.ui import broadcast as broadcasts
from diffviz.ui.limits import check_budget
from diffviz.ui.speech import SideError
from diffviz.views import check_comparable, questions, told, view_of


@contextmanager
def of_side(side: str) -> Iterator[None]:
    """An ExperimentError raised within is told of that side."""
    try:
        yield
    except ExperimentError as error:
        raise SideError(side, error) from error


def check_pair(a: Experiment, b: Experiment) -> None:
    """Raises SideError for what cannot be compared, and for runs that are too long for a shared page."""
    with of_side("b"):
        check_comparable(a, b)  # what it is before what it costs
    for side, experiment in (("a", a), ("b", b)):
        with of_side(side):
            check_budget(experiment)


def _run(experiment: Experiment, side: int, found: list[Any]) -> Iterator[str]:
    """Messages of one side; what is measured of it is put in its place of found."""
    with of_side("ab"[side]):
        found[side] = (yield from broadcasts.broadcast(experiment, side, 2)).measured


def _charts_first(a: Experiment, b: Experiment) -> tuple[str, ...]:
    """The charts that the question shows first which these two runs answer; none if they answer none."""
    return next((q.charts for q in questions() if (q.a, q.b) == (a, b)), ())


def broadcast_pair(a: Experiment, b: Experiment) -> Iterator[str]:
    """Messages of both runs as they are computed, taking turns, beginning with what names them; then of their comparison. Raises
    SideError."""
    check_pair(a, b)
    queries, view = (a.to_query(), b.to_query()), view_of(a)
    *own, common = map(prose, exports.pair_parts(a, b))
    named = Comparison(tuple(own), common, exports.pair_snippet(a, b), exports.pair_command(a, b))
    found: list[Any] = [None, None]
    streams = [_run(experiment, side, found) for side, experiment in enumerate((a, b))]
    words = [protocol.comparison_message(queries, named)]  # with the first frames
    for pair in itertools.zip_longest(*streams):  # in one message: of two at once a page may see only the last
        yield protocol.batch([*(text for text in pair if text is not None), *words])
        words = []
    drawn = replace(named, charts=told.charts_of_both(view, *found), show=_charts_first(a, b))
    yield protocol.comparison_message(queries, drawn)
    yield protocol.comparison_message(queries, replace(drawn, **told.words_of_both(view, *found)))
