"""The charts of two runs, one over the other: A and B in their colours, the truth in ink. Arrays in, Plotly figures out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diffviz.figures.charts import axes_figure, band, line
from diffviz.figures.theme import FONT, INK, MUTED, PAGE_A, PAGE_A_BAND, PAGE_B, PAGE_B_BAND
from diffviz.trajectory import Curve

COLOURS, BANDS = (PAGE_A, PAGE_B), (PAGE_A_BAND, PAGE_B_BAND)
UNITS = {"alpha_bar": "", "snr": "", "kl": "nats", "dissipation": "nats", "bound": "nats", "bits": "bits/dim"}
TITLES = {
    "alpha_bar": "Signal's share",
    "snr": "log SNR<sub>t</sub>",
    "kl": "KL of a step",
    "dissipation": "Dissipated",
    "bound": "Bound so far",
    "bits": "Bits so far",
    "staircase": "Wasted above ½ SNR·MMSE",
}
LOGARITHMIC = ("kl", "dissipation")
LOG_AXIS = {
    "type": "log",
    "exponentformat": "power",
    "tickfont": {"size": 9, "color": MUTED},
}  # Plotly draws powers a quarter larger
DASHES = ("solid", "dot")  # B can be told from A without colour


def overlay(
    name: str, pair: Sequence[Curve], reach: list[float], label: str, ticks: dict[str, list] | None = None
) -> dict[str, Any]:
    """The named quantity of A and B over an axis that is called label and shows reach, its left end and its right one; twice
    its standard error as a band, where it has one. ticks: what level_ticks gives."""
    floor = 0.0 if name in LOGARITHMIC else None
    bands = [band(curve, colour) for curve, colour in zip(pair, BANDS, strict=True) if curve.stderr is not None]
    traces = list(bands)
    for curve, colour, dash in zip(pair, COLOURS, DASHES, strict=True):
        traces.append(line(curve, colour, floor, dash=dash, label=label))
        traces += _infinite_ends(curve, reach, colour, dash, floor)
    axis: dict[str, Any] = LOG_AXIS | _decades(pair) if floor is not None else {}
    figure = axes_figure(traces, [], reach, label, UNITS[name], **axis)
    figure["layout"]["xaxis"].update(ticks or {})
    return figure


def _infinite_ends(curve: Curve, reach: list[float], colour: str, dash: str, floor: float | None) -> list[go.Scatter]:
    """The curve from its last finite x to what it is at an infinite one, which stands at the end of the axis."""
    known = np.isfinite(curve.values) & (curve.values > (-np.inf if floor is None else floor))
    near, found = np.flatnonzero(known & np.isfinite(curve.x)), []
    for sign, edge, what in ((1, reach[0], "data"), (-1, reach[1], "pure noise")):
        for end in np.flatnonzero(known & (curve.x == sign * np.inf)):
            way = [*near[np.abs(near - end).argmin() :][:1], end] if len(near) else [end]
            trace = line(
                Curve(curve.name, np.array([*curve.x[way[:-1]], edge]), curve.values[way], curve.unit), colour, dash=dash
            )
            value = f"{curve.name} %{{y:.4g}} {curve.unit}<extra></extra>"
            at = [*(f"log SNR = %{{x}}<br>{value}" for _ in way[:-1]), f"{what}<br>{value}"]
            found.append(trace.update(mode="lines+markers", marker={"size": [*(0 for _ in way[:-1]), 6]}, hovertemplate=at))
    return found


def level_ticks(reach: list[float], noise: bool) -> dict[str, list]:
    """Ticks of an axis of log SNR whose left end is ∞, and whose right end is −∞ if a run ends in pure noise."""
    span = reach[0] - reach[1]
    step = next(step for step in (1, 2, 5, 10, 20, 50) if span / step <= 5)
    numbers = step * np.arange(np.ceil(reach[1] / step), np.floor(reach[0] / step) + 1)
    room = 0.12 * span  # for the sign of infinity
    numbers = numbers[(numbers < reach[0] - room) & (numbers > reach[1] + room * noise)]
    texts = ["∞", *(f"{number:.0f}".replace("-", "−") for number in numbers), *["−∞"] * noise]
    return {"tickvals": [reach[0], *numbers.tolist(), *[reach[1]] * noise], "ticktext": texts}


def _decades(pair: Sequence[Curve]) -> dict[str, Any]:
    """Range and ticks of a log axis: at most eight decades under the largest value."""
    values = np.concatenate([curve.values for curve in pair])
    positive = values[values > 1e-12]
    if not len(positive):
        return {"range": [-6, 0]}
    high = float(np.log10(positive.max())) + 0.4
    low = max(float(np.log10(positive.min())) - 0.4, high - 8.0)
    return {"range": [low, high], "dtick": 2 if high - low > 4 else 1}


def staircases(pair: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """Each of (log SNR [n], curve [n], outline [m, 2]): areas are nats. Drawn once where both have the same curve."""
    traces = []
    for number, ((log_snr, curve, outline), colour, dash) in enumerate(zip(pair, COLOURS, DASHES, strict=True)):
        stairs = Curve("AB"[number], outline[:, 0], outline[:, 1], "nats")
        traces.append(line(stairs, colour, None, dash=dash, width=1.5, label="log SNR"))
        if number == 0 or not np.array_equal(curve, pair[0][1]):
            truth = Curve("½ SNR·MMSE", log_snr, curve, "nats")
            traces.append(line(truth, INK if number == 0 else colour, None, dash="dash", width=1.4, label="log SNR"))
    curves = max(float(curve.max()) for _, curve, _ in pair)
    stairs = max(float(outline[:, 1].max(initial=0.0)) for *_, outline in pair)
    top = min(1.15 * max(curves, stairs), 3.0 * curves)  # a few long steps may tower; what matters is near the curve
    return axes_figure(traces, [], [float(pair[0][0][0]), float(pair[0][0][-1])], "log SNR", "nats/unit", range=[0, top])


OTHERS = (INK, "#0072B2", "#D55E00", "#E69F00", "#56B4E9", "#777777")  # ink and Okabe & Ito, less the colours of A and B
SLOPE = 3  # values of T, the largest ones, to which the slope belongs: it tends to −1
SYMBOLS = ("star", "square", "diamond", "triangle-up", "x", "cross")


def _percent(part: float) -> str:
    """Two digits: +29 %, +3.8 %."""
    return f"{100 * part:+.{0 if abs(part) >= 0.095 else 1}f} %".replace("-", "−")


def gap_against_steps(
    steps: Sequence[int],
    sides: dict[str, Sequence[float]],
    others: dict[str, Sequence[float] | None],
    leading: Sequence[float] | None,
    excess: Sequence[float] | None,
) -> dict[str, Any]:
    """Gap in nats over T on log axes, a line for each schedule, named with its slope over the last SLOPE values of T.

    A gap of NaN is too small to be known.
    sides: by label, of A and of B, or one line for both; others: by title, None for one that a side has. leading: (length)^2/T,
    the smallest gap to leading order in 1/T; excess: by what part the gap of least dissipation lies above the smallest one,
    written under each T. Both suppose the optimal variance, and are None with another.
    """
    figure = go.Figure()
    styles = [
        *((colour, "circle", 3.0) for colour in COLOURS[: len(sides)]),
        *((c, s, 1.5) for c, s in zip(OTHERS, SYMBOLS, strict=True)),
    ]
    for (name, values), (colour, symbol, width) in zip((sides | others).items(), styles, strict=True):
        if values is None:
            continue
        slope = np.polyfit(np.log(steps[-SLOPE:]), np.log(values[-SLOPE:]), 1)[0] if np.isfinite(values[-SLOPE:]).all() else None
        told = "too small to be known" if slope is None else f"slope {slope:.2f}".replace("-", "−")
        figure.add_scatter(
            x=list(steps),
            y=[value if np.isfinite(value) else None for value in values],
            name=f"{name}, {told}",
            mode="lines+markers",
            line={"color": colour, "width": width},
            marker={"symbol": symbol, "size": 8},
        )
    if leading is not None:
        style = {"color": MUTED, "dash": "dash", "width": 1.5}
        figure.add_scatter(x=list(steps), y=list(leading), name="leading order (length)²/T", mode="lines", line=style)
    decimals = [digit * 10.0**power for power in range(-9, 3) for digit in (1, 2, 5)]
    ticks, title = [str(n) for n in steps], "steps T"
    if excess is not None:
        ticks = [f"{n}<br>{_percent(part)}" for n, part in zip(steps, excess, strict=True)]
        title += ", and by how much least dissipation is above optimal"
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": INK, "size": 13, "family": FONT},
        margin={"l": 70, "r": 20, "t": 10, "b": 50 if excess is None else 70},
        xaxis={
            "type": "log",
            "title": {"text": title, "font": {"size": 13}},
            "tickvals": list(steps),
            "ticktext": ticks,
            "gridcolor": "var(--dv-grid)",
        },
        yaxis={
            "type": "log",
            "title": {"text": "gap, nats", "font": {"size": 13}},
            "tickvals": decimals,
            "ticktext": [f"{value:g}" for value in decimals],
            "gridcolor": "var(--dv-grid)",
        },
        legend={
            "title": {"text": f"slope of the last {SLOPE} points, T = {steps[-SLOPE]} to {steps[-1]}", "font": {"size": 12}},
            "font": {"size": 12},
            "bgcolor": "rgba(0,0,0,0)",
        },
    )
    return figure.to_plotly_json()
