"""How the rows of telling.charts become figures: lines and an axis, of one run or of two laid over one another."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import LEVELS, TIMES
from diffviz.estimates import Estimate
from diffviz.figures.charts import chart_figure, with_own
from diffviz.figures.lines import Axis, Line, Upright
from diffviz.figures.theme import (
    INK,
    MUTED,
    PAGE_A,
    PAGE_A_BAND,
    PAGE_B,
    PAGE_B_BAND,
    PAGE_FORWARD,
    PAGE_FORWARD_FILL,
    PAGE_REVERSE,
    PAGE_REVERSE_FILL,
)
from diffviz.player import protocol
from diffviz.player.protocol import Chart
from diffviz.schedules import HELD, NoiseSchedule
from diffviz.telling import words
from diffviz.telling.charts import CHARTS, ChartRow, LineRow
from diffviz.trajectory import Curve, Mark

CLOCKS = {"time": "t/T", "log_snr": LEVELS}  # of two runs, and what its axis is called
PLAIN = -3  # beside a cursor there is room for 0.0041, not for 0.000041
FILLS = {PAGE_FORWARD: PAGE_FORWARD_FILL, PAGE_REVERSE: PAGE_REVERSE_FILL}  # under stairs
SIDES = ((PAGE_A, PAGE_A_BAND, "solid"), (PAGE_B, PAGE_B_BAND, "dot"))  # B can be told from A without colour


@dataclass(frozen=True, eq=False)
class Side:
    """What charts need of a run: its schedule, its curves by name, and the displayed times [m], ascending.

    own: have its samples costs of their own?
    """

    schedule: NoiseSchedule
    curves: Mapping[str, Curve]
    shown: NDArray[np.int64]
    own: bool = False


def finite_levels(schedule: NoiseSchedule) -> tuple[float, float]:
    """The highest and the lowest log10 SNR that are finite."""
    finite = schedule.log_snr[np.isfinite(schedule.log_snr)] / math.log(10.0)
    return float(finite.max()), float(finite.min())


def level_reach(schedules: Sequence[NoiseSchedule]) -> tuple[tuple[float, float], bool]:
    """The ends of an axis of log10 SNR, noise to the right, and whether a schedule ends in pure noise; layOut in sides.js has the
    same ones.

    Data, where log SNR is infinite, stand beyond the finite levels, and so does pure noise, if a schedule ends in it.
    """
    high, low = (pick(ends) for pick, ends in zip((max, min), zip(*map(finite_levels, schedules), strict=True), strict=True))
    margin = protocol.LEVEL_MARGIN * max(high - low, 1.0)
    noise = any(schedule.log_snr[-1] == -np.inf for schedule in schedules)
    return (high + margin, low - margin * noise), noise


def level_ticks(reach: Sequence[float], noise: bool) -> dict[str, list]:
    """Ticks of an axis of log10 SNR whose left end is ∞, and whose right end is −∞ if a run ends in pure noise."""
    span = reach[0] - reach[1]
    step = next(step for step in (0.5, 1, 2, 5, 10, 20, 50) if span / step <= 5)
    numbers = step * np.arange(np.ceil(reach[1] / step), np.floor(reach[0] / step) + 1)
    room = 0.12 * span  # for the sign of infinity
    numbers = numbers[(numbers < reach[0] - room) & (numbers > reach[1] + room * noise)]
    texts = ["∞", *(f"{number:g}".replace("-", "−") for number in numbers), *["−∞"] * noise]
    return {"tickvals": [reach[0], *numbers.tolist(), *[reach[1]] * noise], "ticktext": texts}


def _own_axis(row: ChartRow, sides: Sequence[Side]) -> Axis:
    """Of what the curves are over, which no clock follows."""
    drawn = [side.curves[line.curve].x for side in sides for line in row.lines if line.curve in side.curves]
    x = np.concatenate(drawn).astype(float)
    x = x[np.isfinite(x) & ((x > 0.0) if row.log else True)]
    if row.log:
        x = np.log10(x)
    low, high = (float(x.min()), float(x.max())) if len(x) else (0.0, 1.0)
    margin = 0.04 * (high - low) or 0.5
    return Axis(row.over, (low - margin, high + margin), log=row.log)


def _axis(row: ChartRow, sides: Sequence[Side], clock: str) -> Axis:
    """The horizontal axis of a chart: t of one run, t/T of two, or log10 SNR."""
    if row.timeless:
        return _own_axis(row, sides)
    if row.over:
        x = np.concatenate([side.curves[line.curve].x for side in sides for line in row.lines if line.curve in side.curves])
        return Axis(row.over, (float(x.max(initial=1.0)), float(x.min(initial=-1.0))))
    if clock == "log_snr":
        reach, noise = level_reach([side.schedule for side in sides])
        return Axis(LEVELS, reach, level_ticks(reach, noise))
    chains = all(side.schedule.name == HELD for side in sides)  # they have steps, and no time of a process
    if len(sides) == 1:
        return Axis("steps left" if chains else "t", (0.0, float(sides[0].schedule.steps)))
    return Axis("share of steps left" if chains else CLOCKS["time"], (0.0, 1.0))


def _placed(row: ChartRow, side: Side, curve: Curve, clock: str, share: bool) -> Curve:
    """The curve on the chart's axis. share: t/T instead of t."""
    if row.first and curve.over == "t":
        curve = replace(curve, x=curve.x[1:], values=curve.values[1:], stderr=None if curve.stderr is None else curve.stderr[1:])
    if curve.over != TIMES:
        return curve
    if clock == "log_snr":
        return replace(curve, x=side.schedule.log_snr[curve.x] / math.log(10.0))
    return replace(curve, x=curve.x / side.schedule.steps if share else curve.x)


def _alike(one: Curve, other: Curve) -> bool:
    return np.array_equal(one.x, other.x) and np.array_equal(one.values, other.values)


def _different(lines: Sequence[LineRow], side: Side) -> list[LineRow]:
    """Those that the run has, once if two are alike, as what the exact denoiser costs and what the denoiser in use does."""
    found: list[LineRow] = []
    for line in lines:
        curve = side.curves.get(line.curve)
        if curve is not None and not any(np.array_equal(curve.values, side.curves[other.curve].values) for other in found):
            found.append(line)
    return found


def _of_both(line: LineRow, row: ChartRow, sides: Sequence[Side], clock: str) -> list[Line]:
    """A curve beside the chart's own, of each of two runs that has it, once if they have it alike. It is labelled once."""
    known = [(side, colour) for side, (colour, *_) in zip(sides, SIDES, strict=True) if line.curve in side.curves]
    if len(known) == 2 and _alike(*(side.curves[line.curve] for side, _ in known)):
        known = [(sides[0], line.colour or INK)]
    return [
        Line(
            _placed(row, side, side.curves[line.curve], clock, True),
            colour,
            line.dash,
            line.width,
            "" if number else line.label,
            truth=True,
            drawn=line.drawn,
        )
        for number, (side, colour) in enumerate(known)
    ]


def _lines(row: ChartRow, sides: Sequence[Side], clock: str) -> list[Line]:
    """Of one run all lines of the row, of two the chart's own and those that are drawn of both."""
    if len(sides) == 1:
        side, known = sides[0], _different(row.lines, sides[0])
        labelled = len(known) > 1
        return [
            Line(
                _placed(row, side, side.curves[line.curve], clock, False),
                line.colour or row.colour,
                line.dash,
                line.width,
                line.label if labelled else "",
                "var(--dv-grid)" if number == 0 else "",
                truth=line.both,
                drawn=line.drawn,
                fill=FILLS.get(line.colour or row.colour, "") if line.drawn == "stairs" else "",
            )
            for number, line in enumerate(known)
        ]
    found, own = [], row.lines[0]
    for letter, side, (colour, band, dash) in zip("AB", sides, SIDES, strict=True):
        curve = replace(_placed(row, side, side.curves[own.curve], clock, True), name=letter)
        found.append(Line(curve, colour, dash, 2.0, letter, band, drawn=own.drawn))
    for line in row.lines[1:]:
        if line.both:
            found += _of_both(line, row, sides, clock)
    return found


def _place(mark: Mark, curve: Curve, side: Side, clock: str, share: bool) -> float:
    """Of a mark, on the chart's axis; a time between two steps has a level between theirs."""
    if curve.over != TIMES:
        return mark.x
    if clock != "log_snr":
        return mark.x / side.schedule.steps if share else mark.x
    levels = side.schedule.log_snr / math.log(10.0)
    return float(np.interp(mark.x, np.flatnonzero(np.isfinite(levels)), levels[np.isfinite(levels)]))


def _uprights(row: ChartRow, sides: Sequence[Side], clock: str) -> list[Upright]:
    """The marks of the curves that are drawn: of two runs with the side's letter, unless both have the same."""
    share, found = len(sides) > 1, []
    for side in sides:
        curves = [side.curves[line.curve] for line in row.lines if line.curve in side.curves]
        found.append(dict.fromkeys((_place(mark, c, side, clock, share), mark.label) for c in curves for mark in c.marks))
    if len(found) == 1 or found[0] == found[1]:
        return [Upright(x, label, MUTED) for x, label in found[0]]
    return [
        Upright(x, f"{letter} {label}", colour, dash)
        for letter, (colour, _, dash), marks in zip("AB", SIDES, found, strict=True)
        for x, label in marks
    ]


def _value(row: ChartRow, curve: Curve, unit: str) -> Callable[[int], str]:
    """What stands beside the cursor at t."""
    say, ends = words.nats if curve.unit == "nats" else words.number, f" {unit}" if unit else ""
    texts = {t: f"{say(value, 2, PLAIN)}{ends}" for t, value in zip(curve.x.tolist(), curve.values.tolist(), strict=True)}
    if row.first and len(curve.x):
        texts[int(curve.x[0])] = f"{row.first} = {texts[int(curve.x[0])]}"
    return lambda t: texts.get(t, "")


def _readout(row: ChartRow, side: Side, pair: bool) -> list[str]:
    """One text for each displayed time: of one run with units and symbols, of two the chart's own value."""
    reads = row.reads or (("", row.lines[0].curve),)
    known = [(symbol, side.curves[name]) for symbol, name in reads if name in side.curves][: 1 if pair else None]
    said = [("" if pair else symbol, _value(row, curve, "" if pair else curve.unit)) for symbol, curve in known]
    told = [[(symbol, text) for symbol, of in said if (text := of(t))] for t in side.shown.tolist()]
    return [" &nbsp;".join(f"{symbol}{text}" for symbol, text in parts) for parts in told]


def _fixed(row: ChartRow, side: Side, pair: bool) -> list[str]:
    """The texts of a chart that follows no clock: first values, with their errors and, of one run, units and symbols."""
    known = [(symbol, side.curves[name]) for symbol, name in row.reads if name in side.curves and len(side.curves[name].values)]
    told = []
    for symbol, curve in known[: 1 if pair else None]:
        stderr = 0.0 if curve.stderr is None else float(curve.stderr[0])
        said = words.with_error(Estimate(float(curve.values[0]), stderr))
        told.append(said if pair else f"{symbol}{said}{f' {curve.unit}' if curve.unit else ''}")
    return told


def _around(row: ChartRow, side: Side) -> dict[str, str]:
    """What stands before and behind the values of two runs beside the cursor."""
    symbol, curve = row.reads[0] if row.reads else ("", "" if row.timeless else row.lines[0].curve)
    return {"symbol": symbol, "unit": side.curves[curve].unit if curve in side.curves else ""}


def chart_lines(name: str, sides: Sequence[Side]) -> list[Line]:
    """The lines of a chart on the clock t or t/T, for another drawing than make_charts'."""
    return _lines(CHARTS[name], sides, "time")


def chart_axis(name: str, sides: Sequence[Side]) -> Axis:
    """Their horizontal axis."""
    return _axis(CHARTS[name], sides, "time")


def chart_uprights(name: str, sides: Sequence[Side]) -> list[Upright]:
    """The places on it that are marked."""
    return _uprights(CHARTS[name], sides, "time")


def make_charts(names: Sequence[str], sides: Sequence[Side], clock: str = "time") -> dict[str, Chart]:
    """Those of the named charts for whose own curve every side has values, of one run or of two, on a clock."""
    found = {}
    for name in names:
        row = CHARTS[name]
        if any(row.lines[0].curve not in side.curves for side in sides):
            continue
        drawn, uprights = _lines(row, sides, clock), _uprights(row, sides, clock)
        figure = chart_figure(drawn, _axis(row, sides, clock), row.unit, row.scale, row.level, uprights)
        if row.own and len(sides) == 1 and sides[0].own:
            figure = with_own(figure, PAGE_REVERSE)
        read = _fixed if row.timeless else _readout
        readouts = [read(row, side, len(sides) > 1) for side in sides]
        axis = "own" if row.timeless else "log_snr" if row.over == LEVELS else ""
        chart = Chart(row.title, figure, readouts[0], axis=axis, term=row.term or name)
        found[name] = replace(chart, readout=readouts, **_around(row, sides[0])) if len(sides) > 1 else chart
    return found
