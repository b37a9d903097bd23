"""Two Experiments to player messages: both pictures first, then the charts they share, then the figures."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from diffviz import exports, narration
from diffviz.diagnostics.comparison import Outcome, compare, mode_shares, to_csv
from diffviz.diagnostics.report import require_points
from diffviz.engine import Setup
from diffviz.experiment import Experiment, ExperimentError
from diffviz.figures import comparison as figures
from diffviz.player import protocol
from diffviz.player.protocol import Comparison
from diffviz.thermodynamics import staircase
from diffviz.trajectory import Curve
from diffviz.ui import broadcast as broadcasts
from diffviz.ui.limits import check_budget

CLOCKS = ("time", "log_snr")


class SideError(ExperimentError):
    """What is wrong with one of two experiments; side: "a" or "b"."""

    def __init__(self, side: str, error: ExperimentError) -> None:
        super().__init__(error.field, str(error).removeprefix(f"{error.field} "))
        self.side = side


@contextmanager
def of_side(side: str) -> Iterator[None]:
    """An ExperimentError raised within is told of that side."""
    try:
        yield
    except ExperimentError as error:
        raise SideError(side, error) from error


def _run(experiment: Experiment, overlays: tuple[str, ...], side: int) -> Iterator[str]:
    with of_side("ab"[side]):
        yield from broadcasts.broadcast(experiment, overlays, side)


def broadcast_pair(a: Experiment, b: Experiment, overlays: tuple[str, ...] = ()) -> Iterator[str]:
    """Messages of both runs as they are computed, taking turns, then of their comparison. Raises SideError."""
    for side, experiment in (("a", a), ("b", b)):
        with of_side(side):
            require_points(experiment)
            check_budget(experiment)
    streams = [_run(experiment, overlays, side) for side, experiment in enumerate((a, b))]
    for pair in itertools.zip_longest(*streams):  # in one message: of two at once a page may see only the last
        yield protocol.batch([text for text in pair if text is not None])
    outcomes = [outcome_of(experiment) for experiment in (a, b)]
    queries = (a.to_query(), b.to_query())
    drawn = Comparison(_charts(*outcomes), exports.pair_snippet(a, b), exports.pair_command(a, b))
    yield protocol.comparison_message(queries, drawn)
    rows = compare(*outcomes)
    modes = narration.modes_row([mode_shares(o.setup.mixture, o.end) for o in outcomes])
    table = narration.comparison_table(rows) + modes + narration.table_note(a, b)
    told = {"sentence": narration.comparison_sentence(rows, a, b), "table": table, "csv": to_csv(rows, a, b)}
    yield protocol.comparison_message(queries, Comparison(**{**drawn.__dict__, **told}))


def outcome_of(experiment: Experiment) -> Outcome:
    """Of a run that was just sent; computed again in the rare case that others have pushed it out meanwhile."""
    while (kept := broadcasts.CACHE.get(experiment)) is None:
        broadcasts.complete(experiment)
    return kept.outcome


PLAIN = -3  # a chart's head has room for 0.0041, not for 0.000041


def _axis(setup: Setup, times: np.ndarray, clock: str) -> np.ndarray:
    """The times on a clock's axis: t/T, or log SNR with its infinite ends left out (NaN)."""
    if clock == "time":
        return times / setup.schedule.steps
    return np.where(np.isfinite(setup.schedule.log_snr[times]), setup.schedule.log_snr[times], np.nan)


def _charts(*outcomes: Outcome) -> dict[str, dict[str, object]]:
    """By clock and name, the charts of both sides."""
    charts: dict[str, dict[str, object]] = {}
    for clock in CLOCKS:
        curves: dict[str, list[Curve]] = {name: [] for name in ("alpha_bar", "snr", "kl", "dissipation", "bound")}
        readouts: dict[str, list[list[str]]] = {name: [] for name in (*curves, "staircase")}
        stairs = []
        for name, outcome in zip("AB", outcomes, strict=True):
            setup, chain = outcome.setup, outcome.chain
            every, visited = np.arange(setup.schedule.steps + 1), setup.times
            shown = protocol.shown_times(visited, setup.experiment.particles)
            left = np.searchsorted(visited, shown) - 1  # the step that leaves a displayed time; -1 at t = 0
            bound = np.concatenate([[0.0], np.cumsum(chain.kl_nats[:-1][::-1])])[::-1] + chain.kl_nats[-1]
            values = {
                "alpha_bar": (every, setup.schedule.alpha_bar, setup.schedule.alpha_bar[shown]),
                "snr": (every, setup.schedule.log_snr, setup.schedule.log_snr[shown]),
                "kl": (visited[1:], chain.kl_nats[:-1], chain.kl_nats[left]),
                "dissipation": (visited[1:], chain.dissipation_nats, chain.dissipation_nats[left]),
                "bound": (visited, bound, bound[left + 1]),
            }
            for key, (times, y, at_cursor) in values.items():
                curves[key].append(Curve(name, _axis(setup, times, clock), y, figures.UNITS[key]))
                texts = [narration.number(float(v), 2, PLAIN) for v in at_cursor]
                if key == "kl":
                    texts = [narration.step_cost(chain, int(j) + 1, 2, PLAIN) for j in left]
                elif key == "dissipation":  # no step leaves t = 0
                    texts = ["" if j < 0 else text for j, text in zip(left, texts, strict=True)]
                readouts[key].append(texts)
            steps = staircase(setup.mixture, setup.schedule, visited)
            stairs.append(steps)
            readouts["staircase"].append([f"{narration.number(steps.stair_nats, 2, PLAIN)} nats"] * len(shown))
        by_name = {key: figures.overlay(key, pair, clock) for key, pair in curves.items()}
        by_name["staircase"] = figures.staircases([(s.log_snr, s.curve, s.stairs) for s in stairs])
        charts[clock] = {
            key: {"title": figures.TITLES[key], "figure": figure, "readout": readouts[key], "note": ""}
            for key, figure in by_name.items()
        }
    return charts
