"""What a chart is made of: lines over an axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diffviz.trajectory import Curve

Drawn = Literal["line", "points", "stairs"]


def pieces(shown: NDArray[np.bool_]) -> NDArray[np.int64]:
    """[m] of what is shown of a curve [n], the numbers of the pieces into which a line falls that is not drawn over the rest. A
    log axis shows no 0, which is the cost of a step that draws nothing."""
    return np.cumsum(~shown)[shown]


def alone(piece: NDArray[np.int64]) -> NDArray[np.bool_]:
    """[m] which values are a piece of their own, of which a line shows nothing; none of a curve of a single one."""
    return (np.bincount(piece)[piece] == 1) & bool(np.diff(piece).any()) if len(piece) else np.zeros(0, bool)


@dataclass(frozen=True, eq=False)
class Line:
    """A curve on the chart's axis. label: at its end; band: the colour of twice its standard error around it, if that is drawn;
    truth: the range of an axis of areas is made for it.

    drawn: a line; points, with bars of one standard error; or stairs, the value at x[i] reaching to x[i+1]
    fill: the colour under stairs, if that is filled
    """

    curve: Curve
    colour: str
    dash: str = "solid"
    width: float = 2.0
    label: str = ""
    band: str = ""
    truth: bool = False
    drawn: Drawn = "line"
    fill: str = ""


@dataclass(frozen=True)
class Upright:
    """A named vertical line across the chart."""

    x: float
    label: str
    colour: str
    dash: str = "solid"


@dataclass(frozen=True)
class Axis:
    """The horizontal one: what it is called, its left end and its right one; Plotly's tickvals and ticktext, if not its own.

    log: it is logarithmic, and reach the exponents of ten at its ends
    """

    title: str
    reach: tuple[float, float]
    ticks: dict[str, list] | None = None
    log: bool = False
