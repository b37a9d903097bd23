"""What is told of two runs together, whatever their data are: charts over one another, on either clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffviz.figures import comparison as figures
from diffviz.player import protocol
from diffviz.schedules import NoiseSchedule
from diffviz.telling import words
from diffviz.trajectory import Curve

CLOCKS = ("time", "log_snr")
PLAIN = -3  # a chart's head has room for 0.0041, not for 0.000041

Charts = dict[str, dict[str, Any]]  # by clock and name


def told(values: Iterable[float], say: Callable[..., str] = words.number) -> list[str]:
    """Readings for a chart's head."""
    return [say(float(value), 2, PLAIN) for value in values]


@dataclass(frozen=True)
class Line:
    """Of a chart: values at times [m], with standard errors [m] where they are Monte-Carlo."""

    times: np.ndarray
    values: np.ndarray
    stderr: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Side:
    """What the charts need of a run. lines, readouts: by chart; a readout is one text for each displayed time."""

    schedule: NoiseSchedule
    lines: dict[str, Line]
    readouts: dict[str, list[str]]

    def curve(self, name: str, letter: str, clock: str) -> Curve:
        """The chart's line on a clock's axis, t/T or log SNR, where data are at ∞ and pure noise at −∞."""
        line = self.lines[name]
        x = line.times / self.schedule.steps if clock == "time" else self.schedule.log_snr[line.times]
        return Curve(letter, x, line.values, figures.UNITS[name], line.stderr)


def finite_levels(schedule: NoiseSchedule) -> tuple[float, float]:
    """The highest and the lowest log SNR that are finite."""
    finite = schedule.log_snr[np.isfinite(schedule.log_snr)]
    return float(finite.max()), float(finite.min())


def level_reach(schedules: Sequence[NoiseSchedule]) -> tuple[list[float], bool]:
    """The ends of an axis of log SNR, noise to the right, and whether a schedule ends in pure noise; layOut in sides.js has the
    same ones.

    Data, where log SNR is infinite, stand beyond the finite levels, and so does pure noise, if a schedule ends in it.
    """
    high, low = (pick(ends) for pick, ends in zip((max, min), zip(*map(finite_levels, schedules), strict=True), strict=True))
    margin = protocol.LEVEL_MARGIN * max(high - low, 1.0)
    noise = any(schedule.log_snr[-1] == -np.inf for schedule in schedules)
    return [high + margin, low - margin * noise], noise


def overlays(sides: Sequence[Side], alike: dict[str, dict[str, Any]] | None = None) -> Charts:
    """The charts of both sides on both clocks. alike: figures by name that are the same on either."""
    levels, noise = level_reach([side.schedule for side in sides])
    reach = {"time": [0.0, 1.0], "log_snr": levels}
    ticks = {"time": None, "log_snr": figures.level_ticks(levels, noise)}
    charts: Charts = {}
    for clock in CLOCKS:
        by_name = dict(alike or {})
        for name in sides[0].lines:
            pair = [side.curve(name, letter, clock) for letter, side in zip("AB", sides, strict=True)]
            by_name[name] = figures.overlay(name, pair, reach[clock], "t/T" if clock == "time" else "log SNR", ticks[clock])
        charts[clock] = {
            name: {
                "title": figures.TITLES[name],
                "figure": figure,
                "readout": [side.readouts[name] for side in sides],
                "note": "",
            }
            for name, figure in by_name.items()
        }
    return charts
