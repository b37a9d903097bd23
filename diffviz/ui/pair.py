"""Two Experiments to player messages: both pictures first, then the charts they share, then the figures."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffviz import exports, narration
from diffviz.diagnostics.comparison import Outcome, compare, mode_shares, to_csv
from diffviz.diagnostics.report import require_points
from diffviz.experiment import Experiment, ExperimentError
from diffviz.figures import comparison as figures
from diffviz.player import protocol
from diffviz.player.protocol import Comparison
from diffviz.schedules import NoiseSchedule
from diffviz.thermodynamics import Staircase, staircase
from diffviz.trajectory import Curve
from diffviz.ui import broadcast as broadcasts
from diffviz.ui.controls import PLANE
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


def check_pair(a: Experiment, b: Experiment) -> None:
    """Raises SideError for what cannot be compared here: pictures, and runs that are too long for a shared page."""
    for side, experiment in (("a", a), ("b", b)):
        with of_side(side):
            require_points(experiment)
            check_budget(experiment)


def _run(experiment: Experiment, overlays: tuple[str, ...], side: int) -> Iterator[str]:
    with of_side("ab"[side]):
        yield from broadcasts.broadcast(experiment, overlays, side)


def broadcast_pair(a: Experiment, b: Experiment, overlays: tuple[str, ...] = ()) -> Iterator[str]:
    """Messages of both runs as they are computed, taking turns, then of their comparison. Raises SideError."""
    check_pair(a, b)
    streams = [_run(experiment, overlays, side) for side, experiment in enumerate((a, b))]
    for pair in itertools.zip_longest(*streams):  # in one message: of two at once a page may see only the last
        yield protocol.batch([text for text in pair if text is not None])
    outcomes = []
    for side, experiment in (("a", a), ("b", b)):
        with of_side(side):
            outcomes.append(outcome_of(experiment))
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


@dataclass(frozen=True, eq=False)
class _Side:
    """What the charts need of a run. values: by chart, the times [m] and values [m] of its line; readouts: at displayed times."""

    schedule: NoiseSchedule
    values: dict[str, tuple[np.ndarray, np.ndarray]]
    readouts: dict[str, list[str]]
    stairs: Staircase

    def axis(self, times: np.ndarray, clock: str) -> np.ndarray:
        """The times on a clock's axis: t/T, or log SNR with its infinite ends left out (NaN)."""
        if clock == "time":
            return times / self.schedule.steps
        return np.where(np.isfinite(self.schedule.log_snr[times]), self.schedule.log_snr[times], np.nan)


def _side(outcome: Outcome) -> _Side:
    setup, chain, schedule = outcome.setup, outcome.chain, outcome.setup.schedule
    every, visited = np.arange(schedule.steps + 1), setup.times
    shown = protocol.shown_times(visited, setup.experiment.particles)
    left = np.searchsorted(visited, shown) - 1  # the step that leaves a displayed time; -1 at t = 0
    bound = np.concatenate([[0.0], np.cumsum(chain.kl_nats[:-1][::-1])])[::-1] + chain.kl_nats[-1]
    stairs = staircase(setup.mixture, schedule, visited)

    def told(values: np.ndarray) -> list[str]:
        return [narration.number(float(value), 2, PLAIN) for value in values]

    return _Side(
        schedule,
        {
            "alpha_bar": (every, schedule.alpha_bar),
            "snr": (every, schedule.log_snr),
            "kl": (visited[2:], chain.kl_nats[1:-1]),  # L_0 is the code of a density, no KL
            "dissipation": (visited[1:], chain.dissipation_nats),
            "bound": (visited, bound),
        },
        {
            "alpha_bar": told(schedule.alpha_bar[shown]),
            "snr": told(schedule.log_snr[shown]),
            "kl": [narration.step_cost(chain, int(j) + 1, 2, PLAIN) for j in left],
            "dissipation": ["" if j < 0 else text for j, text in zip(left, told(chain.dissipation_nats[left]), strict=True)],
            "bound": told(bound[left + 1]),
            "staircase": [f"area {narration.number(stairs.stair_nats, 2, PLAIN)}"] * len(shown),
        },
        stairs,
    )


def _charts(*outcomes: Outcome) -> dict[str, dict[str, object]]:
    """By clock and name, the charts of both sides."""
    sides = [_side(outcome) for outcome in outcomes]
    levels = np.concatenate([side.schedule.log_snr[np.isfinite(side.schedule.log_snr)] for side in sides])
    reach = {"time": [0.0, 1.0], "log_snr": [float(levels.max()), float(levels.min())]}  # noise to the right on both
    stairs = figures.staircases([(side.stairs.log_snr, side.stairs.curve, side.stairs.stairs) for side in sides])
    charts: dict[str, dict[str, object]] = {}
    for clock in CLOCKS:
        by_name = {"staircase": stairs}
        for key in sides[0].values:
            lines = [
                Curve(letter, side.axis(side.values[key][0], clock), side.values[key][1], figures.UNITS[key])
                for letter, side in zip("AB", sides, strict=True)
            ]
            by_name[key] = figures.overlay(key, lines, reach[clock], "t/T" if clock == "time" else "log SNR")
        charts[clock] = {
            key: {"title": figures.TITLES[key], "figure": figure, "readout": [side.readouts[key] for side in sides], "note": ""}
            for key, figure in by_name.items()
        }
    return charts


def split(values: tuple[Any, ...]) -> tuple[Experiment, Experiment]:
    """The experiments that the widgets of both sides stand for, A's first. Raises SideError."""
    half = len(values) // 2
    sides = []
    for letter, part in (("a", values[:half]), ("b", values[half:])):
        with of_side(letter):
            sides.append(PLANE.to_experiment(part))
    return sides[0], sides[1]
