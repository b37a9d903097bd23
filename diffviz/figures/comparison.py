"""The charts of two runs, one over the other: A and B in their colours, the truth in ink. Arrays in, Plotly figures out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from diffviz.figures.charts import axes_figure, line
from diffviz.figures.theme import INK, PAGE_A, PAGE_B
from diffviz.trajectory import Curve

COLOURS = (PAGE_A, PAGE_B)
UNITS = {"alpha_bar": "", "snr": "", "kl": "nats", "dissipation": "nats", "bound": "nats"}
TITLES = {
    "alpha_bar": "Signal <i>ᾱ</i><sub>t</sub>",
    "snr": "log SNR<sub>t</sub>",
    "kl": "KL of a step",
    "dissipation": "Dissipated",
    "bound": "Bound so far",
    "staircase": "½ SNR·MMSE",
}
LOGARITHMIC = ("kl", "dissipation")
DASHES = ("solid", "dot")  # B can be told from A without colour


def overlay(name: str, pair: Sequence[Curve], clock: str) -> dict[str, Any]:
    """The named quantity of A and B over t/T (clock "time") or log SNR ("log_snr", noise to the right as on the other clock)."""
    floor = 0.0 if name in LOGARITHMIC else None
    traces = [
        line(curve, colour, floor, dash=dash, label="log SNR" if clock == "log_snr" else "t/T")
        for curve, colour, dash in zip(pair, COLOURS, DASHES, strict=True)
    ]
    axis: dict[str, Any] = {"type": "log", "exponentformat": "power", **_decades(pair)} if floor is not None else {}
    if clock == "time":
        return axes_figure(traces, [], [0, 1], "t/T", UNITS[name], **axis)
    x = np.concatenate([curve.x for curve in pair])
    return axes_figure(traces, [], [float(np.nanmax(x)), float(np.nanmin(x))], "log SNR", UNITS[name], **axis)


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
    top = 1.6 * max(float(curve.max()) for _, curve, _ in pair)  # long steps have towers; what matters is near the curve
    return axes_figure(traces, [], [float(pair[0][0][0]), float(pair[0][0][-1])], "log SNR", "nats / unit", range=[0, top])


OTHERS = ("#0072B2", "#D55E00", "#E69F00", "#56B4E9", "#777777")  # Okabe & Ito, less the colours of A and B
SYMBOLS = ("square", "diamond", "triangle-up", "x", "cross")


def gap_against_steps(
    steps: Sequence[int], gaps: dict[str, Sequence[float]], least: Sequence[float], sides: Sequence[str]
) -> dict[str, Any]:
    """Gap in nats over T on log axes, a line for each schedule, named with its slope, and (length)^2/T, to which it falls.

    sides: which of gaps are the schedules of A and of B; they may be the same one.
    """
    figure = go.Figure()
    free = iter(zip(OTHERS, SYMBOLS, strict=True))
    for name, values in gaps.items():
        letters = [letter for letter, side in zip("AB", sides, strict=True) if side == name]
        colour, symbol = (COLOURS["AB".index(letters[0])], "circle") if letters else next(free)
        slope = np.polyfit(np.log(steps[-3:]), np.log(np.maximum(values[-3:], 1e-12)), 1)[0]
        figure.add_scatter(
            x=list(steps),
            y=list(values),
            name=f"{' = '.join(letters)}: {name}, slope {slope:.2f}".removeprefix(": ").replace("-", "−"),
            mode="lines+markers",
            line={"color": colour, "width": 3 if letters else 1.5},
            marker={"symbol": symbol, "size": 8},
        )
    limit = "(thermodynamic length)²/T, the limit of many steps"
    figure.add_scatter(x=list(steps), y=list(least), name=limit, mode="lines", line={"color": INK, "dash": "dash"})
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": INK, "size": 13},
        margin={"l": 70, "r": 20, "t": 10, "b": 50},
        xaxis={"type": "log", "title": {"text": "steps T"}, "tickvals": list(steps), "gridcolor": "var(--dv-grid)"},
        yaxis={
            "type": "log",
            "title": {"text": "gap, nats"},
            "exponentformat": "power",
            "dtick": 1,
            "gridcolor": "var(--dv-grid)",
        },
        legend={"font": {"size": 12}, "bgcolor": "rgba(0,0,0,0)"},
    )
    return figure.to_plotly_json()
