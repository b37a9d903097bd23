"""The three small charts beside the clock, as Plotly figures: arrays in, figure out.

Titles, cursors and the values beside them are drawn by the player; colours named var(--dv-...) follow its theme.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from diffviz.figures.theme import FONT, GRID, INK, MUTED, PAGE_FORWARD, PAGE_REVERSE
from diffviz.trajectory import Curve

MAX_POINTS = 501  # more than the chart has pixels


def _thin(curve: Curve, floor: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """At most MAX_POINTS of the curve, as float32; values not above floor are left out (None keeps all)."""
    keep = np.isfinite(curve.values) & np.isfinite(curve.x)
    if floor is not None:
        keep &= curve.values > floor
    x, y = curve.x[keep], curve.values[keep]
    if len(x) > MAX_POINTS:
        index = np.unique(np.round(np.linspace(0, len(x) - 1, MAX_POINTS)).astype(int))
        x, y = x[index], y[index]
    return x.astype(np.float32), y.astype(np.float32)


def line(curve: Curve, colour: str, floor: float | None = None, label: str = "t", **style: Any) -> go.Scatter:
    """The curve, at most MAX_POINTS of it; values not above floor are left out. label: of its x in the hover text."""
    x, y = _thin(curve, floor)
    mode = style.pop("mode", "lines")
    return go.Scatter(
        x=x if len(x) else [],  # Plotly leaves an empty array as it is, and JSON knows none
        y=y if len(y) else [],
        name=curve.name,
        mode=mode,
        line={"color": colour, "width": 2, "simplify": False, **style},
        marker={"color": colour, "size": 5},
        hovertemplate=f"{label} = %{{x}}<br>{curve.name} %{{y:.4g}} {curve.unit}<extra></extra>",
    )


def _label(curve: Curve, text: str, colour: str, at: float, log: bool = False, **place: Any) -> dict[str, Any]:
    """A label on the line, `at` of the way along it, instead of a legend."""
    keep = np.isfinite(curve.values) & ((curve.values > 0) if log else True)
    x, y = curve.x[keep], curve.values[keep]
    if not len(x):
        return {"text": "", "showarrow": False}
    index = int(at * (len(x) - 1))
    value = float(np.log10(y[index]) if log else y[index])
    font = {"color": colour, "size": 12}
    return {"x": float(x[index]), "y": value, "text": text, "showarrow": False, "font": font, **place}


def axes_figure(
    traces: list[go.Scatter], labels: list[dict[str, Any]], x_range: list[float], x_title: str, unit: str, **yaxis: Any
) -> dict[str, Any]:
    """Traces and labels on axes of the house's look, as JSON for Plotly."""
    axis = {
        "gridcolor": GRID,
        "linecolor": GRID,
        "zeroline": False,
        "tickfont": {"size": 11, "color": MUTED},
        "title": {"font": {"size": 11, "color": MUTED}, "standoff": 4},
    }
    figure = go.Figure(traces)
    figure.update_layout(
        template="none",
        showlegend=False,
        margin={"l": 48, "r": 18, "t": 6, "b": 34},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 12, "color": INK},
        hovermode="closest",
        dragmode="zoom",
        annotations=labels,
        xaxis={**axis, "range": x_range, "nticks": 5, "tickangle": 0},
        yaxis={**axis, "nticks": 5, **yaxis},
    )
    figure.update_xaxes(title_text=x_title)
    figure.update_yaxes(title_text=unit)
    return figure.to_plotly_json()


def schedule_figure(beta: Curve, alpha_bar: Curve, steps: int) -> dict[str, Any]:
    """beta_t and alpha_bar_t on one axis from 0 to 1, with room above for what stands beside the cursor."""
    traces = [line(alpha_bar, PAGE_FORWARD), line(beta, MUTED)]
    high = alpha_bar.values[len(alpha_bar.values) // 2] > 0.5
    labels = [
        _label(alpha_bar, "ᾱ<sub>t</sub>", PAGE_FORWARD, 0.5, xshift=14, yshift=12 if high else 14),
        _label(beta, "β<sub>t</sub>", MUTED, 0.8, yshift=12),
    ]
    return axes_figure(traces, labels, [0, steps], "t", "", range=[-0.03, 1.24], tickvals=[0, 0.5, 1])


def snr_figure(log10_snr: Curve, steps: int) -> dict[str, Any]:
    """log10 SNR, with the line where signal and noise are equal."""
    one = go.Scatter(x=[0, steps], y=[0, 0], mode="lines", line={"color": MUTED, "width": 1, "dash": "dot"}, hoverinfo="skip")
    label = {"x": 0, "y": 0, "text": "SNR = 1", "showarrow": False, "xanchor": "left", "xshift": 3, "yshift": -9}
    label["font"] = {"color": MUTED, "size": 11}
    return axes_figure([one, line(log10_snr, PAGE_FORWARD)], [label], [0, steps], "t", "log<sub>10</sub>")


def kl_figure(
    used: Curve, exact: Curve, dissipated: Curve, exact_dissipated: Curve, visited: Curve | None, steps: int
) -> dict[str, Any]:
    """The cost of each step on a log axis, of the denoiser in use (colour) and of the exact one (ink, dashed: the floor).

    dissipated: what of it is more than the information that the step must add.
    visited: the cost of the longer steps actually taken, where the sampler skips times.
    """
    traces = [
        line(dissipated, PAGE_REVERSE, 0.0, dash="dot", width=1.6),
        line(exact_dissipated, INK, 0.0, dash="dot", width=1.2),
        line(used, PAGE_REVERSE, 0.0, width=2.5),
        line(exact, INK, 0.0, dash="dash", width=1.2),
    ]
    labels = [_label(exact_dissipated, "dissipated", MUTED, 0.3, log=True, xshift=-14, yshift=-10)]
    if visited is not None:
        traces.append(line(visited, PAGE_REVERSE, 0.0, mode="markers"))
        labels.append(_label(visited, "steps taken", PAGE_REVERSE, 0.5, log=True, yshift=12))
    else:
        labels.append(_label(used, "in use", PAGE_REVERSE, 0.6, log=True, yshift=12))
    values = np.concatenate([c.values for c in (used, exact, *([visited] if visited else []))])
    positive = values[values > 0]
    low, high = (float(np.log10(positive.min())), float(np.log10(positive.max()))) if len(positive) else (-6.0, 0.0)
    shown = [max(low - 1.5, high - 9.0), high + 0.4]
    decades = {"type": "log", "range": shown, "dtick": 2 if shown[1] - shown[0] > 4 else 1, "exponentformat": "power"}
    return axes_figure(traces, labels, [0, steps], "t", "nats", **decades)


def band(curve: Curve, colour: str) -> go.Scatter:
    """Twice the standard error on either side of the curve."""
    keep = np.isfinite(curve.x) & np.isfinite(curve.stderr)
    x, y, error = (values[keep] for values in (curve.x, curve.values, curve.stderr))
    around = np.concatenate([y + 2 * error, np.maximum(y - 2 * error, 1e-9)[::-1]])  # an axis may be of logarithms
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]).astype(np.float32) if len(x) else [],  # as in line()
        y=around.astype(np.float32) if len(x) else [],
        fill="toself",
        mode="none",
        fillcolor=colour,
        hoverinfo="skip",
    )


def picture_kl_figure(mean: Curve, steps: int) -> dict[str, Any]:
    """The cost of each step on a log axis: its mean over the pictures with twice its error, and, filled in by the player, that
    of the picture that is chosen."""
    own = go.Scatter(x=[], y=[], mode="lines", name="chosen", line={"color": PAGE_REVERSE, "width": 1.4, "dash": "dot"})
    traces = [band(mean, GRID), line(mean, INK, 0.0, width=2), own]
    positive = mean.values[mean.values > 0]
    top = float(np.log10(positive.max())) if len(positive) else 0.0
    bottom = max(float(np.log10(positive.min())), top - 6.0) if len(positive) else -4.0
    decades = {
        "type": "log",
        "range": [bottom - 0.5, top + 0.5],
        "dtick": 2 if top - bottom > 3 else 1,
        "exponentformat": "power",
    }
    labels = [_label(mean, "mean", INK, 0.5, log=True, yshift=12)]
    return axes_figure(traces, labels, [0, steps], "t", "nats a picture", **decades)
