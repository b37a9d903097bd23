"""What a chart is made of: lines over an axis."""

from __future__ import annotations

from dataclasses import dataclass

from diffviz.trajectory import Curve


@dataclass(frozen=True, eq=False)
class Line:
    """A curve on the chart's axis. label: at its end; band: the colour of twice its standard error around it, if that is drawn;
    truth: the range of an axis of areas is made for it."""

    curve: Curve
    colour: str
    dash: str = "solid"
    width: float = 2.0
    label: str = ""
    band: str = ""
    truth: bool = False


@dataclass(frozen=True)
class Axis:
    """The horizontal one: what it is called, its left end and its right one; Plotly's tickvals and ticktext, if not its own."""

    title: str
    reach: tuple[float, float]
    ticks: dict[str, list] | None = None
