"""What is told of two runs together, whatever their data are: charts over one another, on either clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffviz import narration
from diffviz.figures import comparison as figures
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Curve

CLOCKS = ("time", "log_snr")
PLAIN = -3  # a chart's head has room for 0.0041, not for 0.000041

Charts = dict[str, dict[str, Any]]  # by clock and name


def told(values: Iterable[float], say: Callable[..., str] = narration.number) -> list[str]:
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
        """The chart's line on a clock's axis: t/T, or log SNR with its infinite ends left out (NaN)."""
        line, level = self.lines[name], self.schedule.log_snr
        x = line.times / self.schedule.steps
        if clock == "log_snr":
            x = np.where(np.isfinite(level[line.times]), level[line.times], np.nan)
        return Curve(letter, x, line.values, figures.UNITS[name], line.stderr)


def overlays(sides: Sequence[Side], alike: dict[str, dict[str, Any]] | None = None) -> Charts:
    """The charts of both sides on both clocks. alike: figures by name that are the same on either."""
    levels = np.concatenate([side.schedule.log_snr[np.isfinite(side.schedule.log_snr)] for side in sides])
    reach = {"time": [0.0, 1.0], "log_snr": [float(levels.max()), float(levels.min())]}  # noise to the right on both
    charts: Charts = {}
    for clock in CLOCKS:
        by_name = dict(alike or {})
        for name in sides[0].lines:
            pair = [side.curve(name, letter, clock) for letter, side in zip("AB", sides, strict=True)]
            by_name[name] = figures.overlay(name, pair, reach[clock], "t/T" if clock == "time" else "log SNR")
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
