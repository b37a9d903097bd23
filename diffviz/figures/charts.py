"""A small chart beside the clock as a Plotly figure, of one run or of two: lines in, figure out.

A figure is the JSON that Plotly's script reads, written here as it is: to make and check Plotly's own objects took four fifths of
the time of a usual run. Ranges are fixed here, so that the player can place ticks, cursors and labels. Titles, cursors and the
values beside them are drawn by the player; colours named var(--dv-...) follow its theme.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffviz.figures.lines import Axis, Line, Upright, alone, pieces
from diffviz.figures.theme import FONT, GRID, INK, MUTED
from diffviz.trajectory import Curve

MAX_POINTS = 501  # more than the chart has pixels
TYPESET = {  # what an axis is called
    "t": "<i>t</i>",
    "T": "<i>T</i>",
    "t/T": "<i>t</i>/<i>T</i>",
    "log10 SNR": "log<sub>10</sub> SNR",
    "work, kT": "work <i>W</i>, kT",
    "log weight, nats": "log weight of a path, nats",
    "shift of x_T": "shift of <i>x</i><sub>T</sub>",
}
DECADES, LEAST = 8, 1e-12  # of a log axis under the largest value; below that nothing is known


def _packed(values: np.ndarray) -> dict[str, str] | list[float]:
    """Numbers as Plotly's script reads them in few bytes: float32 in base64."""
    if not len(values):
        return []
    return {"dtype": "f4", "bdata": base64.b64encode(values.astype("<f4").tobytes()).decode()}


def _thin(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """At most MAX_POINTS of each, at the same places."""
    many = len(arrays[0])
    if many <= MAX_POINTS:
        return arrays
    index = np.unique(np.round(np.linspace(0, many - 1, MAX_POINTS)).astype(int))
    return tuple(values[index] for values in arrays)


def _scatter(**parts: Any) -> dict[str, Any]:
    return {"type": "scatter", **parts}


def _drawn(curve: Curve, log: bool) -> np.ndarray:
    """[n] Which of its values the axis can show."""
    return np.isfinite(curve.values) & ((curve.values > 0.0) if log else True)


def _trace(line: Line, x: np.ndarray, y: np.ndarray, title: str) -> dict[str, Any]:
    return _scatter(
        x=_packed(x),
        y=_packed(y),
        name=line.curve.name,
        mode="lines",
        line={"color": line.colour, "width": line.width, "dash": line.dash, "simplify": False},
        hovertemplate=f"{title} = %{{x}}<br>{line.curve.name} %{{y:.4g}} {line.curve.unit}<extra></extra>",
    )


def _stairs(line: Line, x: np.ndarray, y: np.ndarray, title: str) -> dict[str, Any]:
    trace = _trace(line, x, y, title)
    filled = {"fill": "tozeroy", "fillcolor": line.fill} if line.fill else {}
    return {**trace, **filled, "line": {**trace["line"], "shape": "hv"}}


FILLED = {"size": 6, "symbol": "circle"}
HOLLOW = {"size": 9, "symbol": "circle-open", "line": {"width": 1.3}}


def _points(line: Line, x: np.ndarray, y: np.ndarray, error: np.ndarray | None, title: str) -> dict[str, Any]:
    """Those of B are hollow, as its lines are dotted, and larger: those of A are seen inside of them where both are alike."""
    bars: dict[str, Any] = {}
    if error is not None:
        known = np.where(np.isfinite(error), error, 0.0).tolist()
        bars = {"error_y": {"type": "data", "array": known, "color": line.colour, "thickness": 1.2, "width": 3}}
    told = f"{line.curve.name} %{{y:.4g}}{' ± %{error_y.array:.2g}' if bars else ''} {line.curve.unit}"
    return _scatter(
        x=x.tolist(),
        y=y.tolist(),
        name=line.curve.name,
        mode="markers",
        marker={"color": line.colour, **FILLED} if line.dash == "solid" else {"color": line.colour, **HOLLOW},
        hovertemplate=f"{title} = %{{x:.4g}}<br>{told}<extra></extra>",
        **bars,
    )


def _body(line: Line, axis: Axis, log: bool) -> list[dict[str, Any]]:
    """The curve where both axes can show it.

    A line has gaps where they cannot, as what a step costs that draws nothing is 0. A value between two gaps is a dot, in a trace
    without a name.
    """
    curve = line.curve
    keep = _drawn(curve, log and line.drawn != "stairs") & np.isfinite(curve.x) & ((curve.x > 0.0) if axis.log else True)
    x, y, piece = curve.x[keep], curve.values[keep], pieces(keep)
    if line.drawn == "points":
        return [_points(line, x, y, None if curve.stderr is None else curve.stderr[keep], axis.title)]
    x, y, piece = _thin(x, y, piece)
    if line.drawn == "stairs":
        return [_stairs(line, x, y, axis.title)]
    gaps = np.flatnonzero(np.diff(piece)) + 1
    trace = _trace(line, *(np.insert(values.astype(float), gaps, np.nan) for values in (x, y)), axis.title)
    dots = alone(piece)
    return [trace, {**_points(line, x[dots], y[dots], None, axis.title), "name": ""}] if dots.any() else [trace]


def _ends(line: Line, axis: Axis, log: bool) -> list[dict[str, Any]]:
    """The curve from its last finite x to what it is at an infinite one, which stands at the end of the axis."""
    curve, known = line.curve, _drawn(line.curve, log)
    near, found = np.flatnonzero(known & np.isfinite(curve.x)), []
    for sign, edge, what in ((1, axis.reach[0], "data"), (-1, axis.reach[1], "pure noise")):
        for end in np.flatnonzero(known & (curve.x == sign * np.inf)):
            way = [*near[np.abs(near - end).argmin() :][:1], end] if len(near) else [end]
            trace = _trace(line, np.array([*curve.x[way[:-1]], edge]), curve.values[way], axis.title)
            value = f"{curve.name} %{{y:.4g}} {curve.unit}<extra></extra>"
            at = [*(f"{axis.title} = %{{x}}<br>{value}" for _ in way[:-1]), f"{what}<br>{value}"]
            marker = {"size": [*(0 for _ in way[:-1]), 6], "color": line.colour}
            found.append({**trace, "mode": "lines+markers", "marker": marker, "hovertemplate": at})
    return found


def _band(line: Line, log: bool) -> dict[str, Any]:
    """Twice the standard error on either side of the curve, in pieces where a log axis shows nothing of both."""
    curve = line.curve
    keep = np.isfinite(curve.x) & np.isfinite(curve.stderr)
    if log:
        keep &= curve.values + 2 * curve.stderr > 0.0
    x, y, error = (values[keep].astype(float) for values in (curve.x, curve.values, curve.stderr))
    below = np.maximum(y - 2 * error, LEAST) if log else y - 2 * error
    gaps = np.flatnonzero(np.diff(pieces(keep))) + 1
    parts = [np.split(values, gaps) for values in (x, y + 2 * error, below)]
    around = [([*along, *along[::-1], np.nan], [*up, *down[::-1], np.nan]) for along, up, down in zip(*parts, strict=True)]
    across, heights = np.concatenate(around, 1)[:, :-1]
    return _scatter(
        x=_packed(across),
        y=_packed(heights),
        fill="toself",
        mode="none",
        fillcolor=line.band,
        hoverinfo="skip",
    )


def _heights(line: Line, settled: bool = False) -> list[np.ndarray]:
    """All that is drawn of it, the bars of its errors included. settled: of the later half of a run alone, whose times ascend."""
    curve = line.curve
    if settled:
        half, error = (len(curve.values) + 1) // 2, 0.0 if curve.stderr is None else 2.0 * curve.stderr
        return [(curve.values + sign * error)[:half] for sign in (-1, 1)]
    if line.drawn != "points" or curve.stderr is None:
        return [curve.values]
    return [curve.values, curve.values - curve.stderr, curve.values + curve.stderr]


def _range(lines: Sequence[Line], scale: str, level: float | None) -> dict[str, Any]:
    """Of the vertical axis: fixed, whatever Plotly would choose."""
    if scale == "share":
        return {"range": [-0.03, 1.06], "tickvals": [0, 0.5, 1]}
    values = np.concatenate([value for line in lines for value in _heights(line, scale == "settled")])
    values = values[np.isfinite(values)]
    if scale == "log":
        positive = values[values > LEAST]
        if not len(positive):
            return {"type": "log", "range": [-6.0, 0.0]}
        high = float(np.log10(positive.max())) + 0.4
        low = max(float(np.log10(positive.min())) - 0.4, high - DECADES)
        return {"type": "log", "range": [low, high]}
    if scale == "area":  # a few long steps may tower; what matters is near the truth
        truth = max([float(line.curve.values.max(initial=0.0)) for line in lines if line.truth], default=np.inf)
        return {"range": [0.0, min(1.15 * float(values.max(initial=0.0)), 3.0 * truth) or 1.0]}
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    if level is not None:
        low, high = min(low, level), max(high, level)
    if not low <= high:
        return {"range": [0.0, 1.0]}
    margin = 0.06 * (high - low) or 0.5
    return {"range": [low - margin, high + margin]}


def _label(line: Line, log: bool, shown: Sequence[float], across: Axis) -> dict[str, Any] | None:
    """At the line's end, of stairs at the highest of them, where that is to be seen. Places are as the axes count them."""
    curve = line.curve
    height = np.log10(np.maximum(curve.values, LEAST)) if log else curve.values
    place = np.log10(np.maximum(curve.x, LEAST)) if across.log else curve.x
    inside = (place >= min(across.reach)) & (place <= max(across.reach)) if across.log else np.isfinite(curve.x)
    keep = np.flatnonzero(_drawn(curve, log) & inside & (height >= shown[0]) & (height <= shown[1]))
    if not len(keep) or not line.label:
        return None
    end = keep[height[keep].argmax()] if line.drawn == "stairs" else keep[-1]
    font = {"color": line.colour, "size": 12}
    place_of = {"x": float(place[end]), "y": float(height[end])}
    return {"text": line.label, "name": curve.name, "showarrow": False, "font": font, **place_of}  # the name is its trace's


def chart_figure(
    lines: Sequence[Line],
    axis: Axis,
    unit: str,
    scale: str = "linear",
    level: tuple[float, str] | None = None,
    uprights: Sequence[Upright] = (),
) -> dict[str, Any]:
    """Lines over an axis, as JSON for Plotly.

    scale: of the vertical axis: "linear", "log", "share" (from 0 to 1), "area" (from 0), "settled" (that of
    the later half of a run); level: a height that is marked, and what it is called; uprights: places on the axis that are marked.
    """
    log = scale == "log"
    banded = [line for line in lines if line.band and line.drawn == "line"]
    traces = [_band(line, log) for line in banded if line.curve.stderr is not None and line.curve.stderr.any()]
    if level is not None:
        traces.append(_level(axis, level[0]))
    for line in lines:
        traces += [*_body(line, axis, log), *_ends(line, axis, log)]
    vertical = _range(lines, scale, level[0] if level else None)
    labels = [label for line in lines if (label := _label(line, log, vertical["range"], axis))]
    if level is not None:
        place = {"x": float(axis.reach[0]), "y": level[0]}
        labels.append({"text": level[1], "showarrow": False, "font": {"color": MUTED, "size": 12}, **place})
    figure = _laid_out(traces, labels, axis, unit, vertical)
    if uprights:
        _stand(figure["layout"], uprights)
    return figure


def _stand(layout: dict[str, Any], uprights: Sequence[Upright]) -> None:
    """Vertical lines, their names at the upper edge."""
    layout["shapes"] = [
        {
            "type": "line",
            "layer": "below",
            "xref": "x",
            "yref": "paper",
            **{"x0": each.x, "x1": each.x, "y0": 0, "y1": 1},
            "line": {"color": each.colour, "width": 1, "dash": each.dash},
        }
        for each in uprights
    ]
    for each in uprights:
        place = {"x": each.x, "y": 1, "yref": "paper"}
        label = {"text": each.label, "showarrow": False, "font": {"color": each.colour, "size": 12}, **place}
        layout["annotations"].append(label)


def with_own(figure: dict[str, Any], colour: str) -> dict[str, Any]:
    """The figure with a last trace that the player fills in, of the sample that is chosen."""
    own = _scatter(x=[], y=[], mode="lines", name="chosen", line={"color": colour, "width": 1.4, "dash": "dot"})
    return {**figure, "data": [*figure["data"], own]}


def _level(axis: Axis, height: float) -> dict[str, Any]:
    style = {"color": MUTED, "width": 1, "dash": "dot"}
    ends = [10.0**end for end in axis.reach] if axis.log else list(axis.reach)
    return _scatter(x=ends, y=[height, height], mode="lines", line=style, hoverinfo="skip")


def _laid_out(traces: list[dict], labels: list[dict], axis: Axis, unit: str, vertical: dict[str, Any]) -> dict[str, Any]:
    """Traces and labels on axes of the house's look."""
    look = {
        "gridcolor": GRID,
        "linecolor": GRID,
        "zeroline": False,
        "tickfont": {"size": 11, "color": MUTED},
    }
    title = {"font": {"size": 11, "color": MUTED}, "standoff": 4}
    horizontal = {**look, "range": list(axis.reach), "nticks": 5, "tickangle": 0, **(axis.ticks or {})}
    if axis.log:
        horizontal["type"] = "log"
    layout = {
        "showlegend": False,
        "margin": {"l": 48, "r": 18, "t": 6, "b": 34},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": INK},
        "hovermode": "closest",
        "dragmode": "zoom",
        "annotations": labels,
        "xaxis": horizontal | {"title": title | {"text": TYPESET.get(axis.title, axis.title)}},
        "yaxis": {**look, **vertical, "title": title | {"text": unit}},
    }
    return {"data": traces, "layout": layout}
