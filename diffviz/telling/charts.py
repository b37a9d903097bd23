"""The charts beside the clock: a row each, which names the curves that are drawn, of one run or of two laid over one another; and
the sets in which they are shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import LEVELS
from diffviz.figures.charts import chart_figure, with_own
from diffviz.figures.lines import Axis, Line
from diffviz.figures.theme import INK, MUTED, PAGE_A, PAGE_A_BAND, PAGE_B, PAGE_B_BAND, PAGE_FORWARD, PAGE_REVERSE
from diffviz.player import protocol
from diffviz.player.protocol import Chart
from diffviz.schedules import NoiseSchedule
from diffviz.telling import words
from diffviz.trajectory import Curve

CLOCKS = {"time": "t/T", "log_snr": LEVELS}  # of two runs, and what its axis is called
PLAIN = -3  # beside a cursor there is room for 0.0041, not for 0.000041
SIDES = ((PAGE_A, PAGE_A_BAND, "solid"), (PAGE_B, PAGE_B_BAND, "dot"))  # B can be told from A without colour


@dataclass(frozen=True)
class LineRow:
    """A curve of a chart, by its name among a run's. label: at its end; both: it is drawn of two runs as well, once if they have
    it alike; dash, width, colour: of one run, colour being "" for the chart's own."""

    curve: str
    label: str = ""
    colour: str = ""
    dash: str = "solid"
    width: float = 2.2
    both: bool = False


@dataclass(frozen=True)
class ChartRow:
    """A row of CHARTS.

    title: in words, the symbol after it; unit: on the axis; lines: the first one is the chart's own, drawn of A and of B
    colour: of it in a single run; scale: as chart_figure has it; over: "" for the clock's axis, or LEVELS
    reads: curves whose values stand beside the cursor, each after a symbol; of two runs the first; by default the chart's own
    first: what the value at the first visited time is called, which is read but not drawn; level: a height that is marked
    own: the player adds the line of the sample that is chosen, where samples have costs of their own
    term: the entry of the glossary that its title opens; by default the one of the chart's name
    """

    title: str
    unit: str
    lines: tuple[LineRow, ...]
    colour: str = PAGE_REVERSE
    scale: str = "linear"
    over: str = ""
    reads: tuple[tuple[str, str], ...] = ()
    first: str = ""
    level: tuple[float, str] | None = None
    own: bool = False
    term: str = ""


def _exact(curve: str, **style: object) -> LineRow:
    return LineRow(curve, **{"label": "exact", "colour": INK, "dash": "dash", "width": 1.3, **style})


CHARTS: dict[str, ChartRow] = {
    "schedule": ChartRow(
        "Signal left <i>ᾱ</i><sub>t</sub>",
        "",
        (LineRow("signal_share", "<i>ᾱ</i><sub>t</sub>"), LineRow("beta", "<i>β</i><sub>t</sub>", MUTED)),
        PAGE_FORWARD,
        "share",
        reads=(("<i>ᾱ</i> ", "signal_share"), ("<i>β</i> ", "beta")),
    ),
    "snr": ChartRow(
        "Signal to noise SNR<sub>t</sub>",
        "log<sub>10</sub>",
        (LineRow("log10_snr"),),
        PAGE_FORWARD,
        reads=(("log<sub>10</sub> SNR ", "log10_snr"),),
        level=(0.0, "SNR = 1"),
    ),
    "kl": ChartRow(
        "KL of each step <i>L</i><sub>t−1</sub>",
        "nats",
        (
            LineRow("kl_nats", "this denoiser"),
            _exact("exact_kl_nats"),
            LineRow("dissipation_nats", "discretisation gap", dash="dot", width=1.6),
            _exact("exact_dissipation_nats", label="", dash="dot"),
        ),
        scale="log",
        first="<i>L</i><sub>0</sub>",
        own=True,
    ),
    "dissipation": ChartRow(
        "Discretisation gap of each step",
        "nats",
        (LineRow("dissipation_nats", "this denoiser"), _exact("exact_dissipation_nats")),
        scale="log",
    ),
    "bound": ChartRow("Cumulative negative ELBO", "nats", (LineRow("cumulative_nats"),)),
    "staircase": ChartRow(
        "Steps over ½ SNR·MMSE",
        "nats/decade",
        (LineRow("stairs", "steps", width=1.6), _exact("half_snr_mmse", label="½ SNR·MMSE", both=True)),
        scale="area",
        over=LEVELS,
        reads=(("", "dissipation_nats"),),
    ),
    "bits": ChartRow("Cumulative negative ELBO", "bits/dim", (LineRow("cumulative_bits_per_dim"),)),
    "spread": ChartRow("Variation of the samples", "std", (LineRow("spread_over_time"),), term="posterior"),
}


@dataclass(frozen=True)
class ChartSet:
    """A row of CHART_SETS: charts by name, the first three of them are seen at once; a run shows what it has of them."""

    title: str
    charts: tuple[str, ...]


CHART_SETS: dict[str, ChartSet] = {
    "cost": ChartSet("Schedule and cost", ("schedule", "snr", "kl", "spread", "bits", "bound")),
    "thermodynamics": ChartSet("Thermodynamics", ("dissipation", "bound", "staircase")),
    "bits": ChartSet("Bits", ("bits", "kl", "snr")),
}


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


def _axis(row: ChartRow, sides: Sequence[Side], clock: str) -> Axis:
    """The horizontal axis of a chart: t of one run, t/T of two, or log10 SNR."""
    if row.over:
        x = np.concatenate([side.curves[line.curve].x for side in sides for line in row.lines if line.curve in side.curves])
        return Axis(row.over, (float(x.max(initial=1.0)), float(x.min(initial=-1.0))))
    if clock == "log_snr":
        reach, noise = level_reach([side.schedule for side in sides])
        return Axis(LEVELS, reach, level_ticks(reach, noise))
    return Axis("t", (0.0, float(sides[0].schedule.steps))) if len(sides) == 1 else Axis(CLOCKS["time"], (0.0, 1.0))


def _placed(row: ChartRow, side: Side, curve: Curve, clock: str, share: bool) -> Curve:
    """The curve on the chart's axis. share: t/T instead of t."""
    if row.first and curve.over == "t":
        curve = replace(curve, x=curve.x[1:], values=curve.values[1:], stderr=None if curve.stderr is None else curve.stderr[1:])
    if row.over:
        return curve
    if clock == "log_snr":
        return replace(curve, x=side.schedule.log_snr[curve.x] / math.log(10.0))
    return replace(curve, x=curve.x / side.schedule.steps if share else curve.x)


def _alike(row: LineRow, sides: Sequence[Side]) -> bool:
    one, other = (side.curves[row.curve] for side in sides)
    return np.array_equal(one.x, other.x) and np.array_equal(one.values, other.values)


def _different(lines: Sequence[LineRow], side: Side) -> list[LineRow]:
    """Those that the run has, once if two are alike, as what the exact denoiser costs and what the denoiser in use does."""
    found: list[LineRow] = []
    for line in lines:
        curve = side.curves.get(line.curve)
        if curve is not None and not any(np.array_equal(curve.values, side.curves[other.curve].values) for other in found):
            found.append(line)
    return found


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
            )
            for number, line in enumerate(known)
        ]
    found, own = [], row.lines[0]
    for letter, side, (colour, band, dash) in zip("AB", sides, SIDES, strict=True):
        curve = replace(_placed(row, side, side.curves[own.curve], clock, True), name=letter)
        found.append(Line(curve, colour, dash, 2.0, letter, band))
    for line in row.lines[1:]:
        if line.both:
            once = sides[:1] if _alike(line, sides) else sides
            colours = [INK] if len(once) == 1 else [colour for colour, *_ in SIDES]
            found += [
                Line(_placed(row, side, side.curves[line.curve], clock, True), colour, line.dash, line.width, truth=True)
                for side, colour in zip(once, colours, strict=True)
            ]
    return found


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


def _around(row: ChartRow, side: Side) -> dict[str, str]:
    """What stands before and behind the values of two runs beside the cursor."""
    symbol, curve = row.reads[0] if row.reads else ("", row.lines[0].curve)
    return {"symbol": symbol, "unit": side.curves[curve].unit if curve in side.curves else ""}


def chart_lines(name: str, sides: Sequence[Side]) -> list[Line]:
    """The lines of a chart on the clock t or t/T, for another drawing than make_charts'."""
    return _lines(CHARTS[name], sides, "time")


def chart_axis(name: str, sides: Sequence[Side]) -> Axis:
    """Their horizontal axis."""
    return _axis(CHARTS[name], sides, "time")


def make_charts(names: Sequence[str], sides: Sequence[Side], clock: str = "time") -> dict[str, Chart]:
    """Those of the named charts for whose own curve every side has values, of one run or of two, on a clock."""
    found = {}
    for name in names:
        row = CHARTS[name]
        if any(row.lines[0].curve not in side.curves for side in sides):
            continue
        figure = chart_figure(_lines(row, sides, clock), _axis(row, sides, clock), row.unit, row.scale, row.level)
        if row.own and len(sides) == 1 and sides[0].own:
            figure = with_own(figure, PAGE_REVERSE)
        readouts = [_readout(row, side, len(sides) > 1) for side in sides]
        chart = Chart(row.title, figure, readouts[0], axis="log_snr" if row.over else "", term=row.term or name)
        found[name] = replace(chart, readout=readouts, **_around(row, sides[0])) if len(sides) > 1 else chart
    return found
