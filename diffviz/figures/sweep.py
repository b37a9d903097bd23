"""The ELBO gap over the number of steps T, for several schedules, as a Plotly figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffviz.figures.theme import FONT, INK, MUTED, PAGE_A, PAGE_B, SERIES

COLOURS = (PAGE_A, PAGE_B)
OTHERS = (INK, *SERIES)
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
    traces = []
    styles = [
        *((colour, "circle", 3.0) for colour in COLOURS[: len(sides)]),
        *((c, s, 1.5) for c, s in zip(OTHERS, SYMBOLS, strict=True)),
    ]
    for (name, values), (colour, symbol, width) in zip((sides | others).items(), styles, strict=True):
        if values is None:
            continue
        slope = np.polyfit(np.log(steps[-SLOPE:]), np.log(values[-SLOPE:]), 1)[0] if np.isfinite(values[-SLOPE:]).all() else None
        told = "too small to be known" if slope is None else f"slope {slope:.2f}".replace("-", "−")
        traces.append(
            {
                "type": "scatter",
                "x": list(steps),
                "y": [float(value) if np.isfinite(value) else None for value in values],
                "name": f"{name}, {told}",
                "mode": "lines+markers",
                "line": {"color": colour, "width": width},
                "marker": {"symbol": symbol, "size": 8},
            }
        )
    if leading is not None:
        style = {"color": MUTED, "dash": "dash", "width": 1.5}
        name, y = "leading order (length)²/T", [float(value) for value in leading]
        traces.append({"type": "scatter", "x": list(steps), "y": y, "name": name, "mode": "lines", "line": style})
    decimals = [digit * 10.0**power for power in range(-9, 3) for digit in (1, 2, 5)]
    ticks, title = [str(n) for n in steps], "diffusion steps T"
    if excess is not None:
        ticks = [f"{n}<br>{_percent(part)}" for n, part in zip(steps, excess, strict=True)]
        title += ", and by how much least dissipation is above optimal"
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK, "size": 13, "family": FONT},
        "margin": {"l": 70, "r": 20, "t": 10, "b": 50 if excess is None else 70},
        "xaxis": {
            "type": "log",
            "title": {"text": title, "font": {"size": 13}},
            "tickvals": list(steps),
            "ticktext": ticks,
            "gridcolor": "var(--dv-grid)",
        },
        "yaxis": {
            "type": "log",
            "title": {"text": "ELBO gap, nats", "font": {"size": 13}},
            "tickvals": decimals,
            "ticktext": [f"{value:g}" for value in decimals],
            "gridcolor": "var(--dv-grid)",
        },
        "legend": {
            "title": {"text": f"slope of the last {SLOPE} points, T = {steps[-SLOPE]} to {steps[-1]}", "font": {"size": 12}},
            "font": {"size": 12},
            "bgcolor": "rgba(0,0,0,0)",
        },
    }
    return {"data": traces, "layout": layout}
