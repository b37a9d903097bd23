"""Small drawings as SVG: curves, dots, bars and arrows in the units of a plot, and words beside them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE, SOFT, A, B

WIDTH, HEIGHT = 220, 110
_AS_TEXT = {REVERSE: "var(--dv-reverse-ink)", A: "var(--dv-a-ink)", B: "var(--dv-b-ink)", SOFT: "var(--dv-soft)"}  # readable
HEAD = 5.0  # of an arrow


@dataclass(frozen=True)
class Plot:
    """A part of the drawing, box = (left, top, right, bottom), whose sides have the values x and y."""

    x: tuple[float, float]
    y: tuple[float, float]
    box: tuple[float, float, float, float] = (8, 18, 212, 90)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Of a value, in the drawing."""
        left, top, right, bottom = self.box
        (x_0, x_1), (y_0, y_1) = self.x, self.y
        return left + (right - left) * (x - x_0) / (x_1 - x_0), bottom - (bottom - top) * (y - y_0) / (y_1 - y_0)


def _number(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text in ("0", "-0") else text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def _line(plot: Plot, x: ArrayLike, y: ArrayLike) -> str:
    """Through the points (x [n], y [n]), as the data of a path: the first, then each from the one before, in tenths."""
    places = [plot.place(*each) for each in zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True)]
    moves = np.diff(np.round(10 * np.array(places)), axis=0, prepend=0.0) / 10
    written = [f"{_number(dx)} {_number(dy)}".replace(" -", "-") for dx, dy in moves.tolist()]
    return f"M{written[0]}l{' '.join(written[1:])}".replace(" -", "-")


def picture(title: str, *parts: str) -> str:
    """The drawing; title: what it shows, for who cannot see it."""
    named = f"<title>{escape(re.sub(r'-(?=[0-9])', '−', title), quote=False)}</title>"
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="11" fill="none" stroke-width="1.5"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{named}{"".join(parts)}</svg>'


def curve(plot: Plot, x: ArrayLike, y: ArrayLike, colour: str = FORWARD, dashed: bool = False) -> str:
    """A line through the points (x [n], y [n]); dashed is the truth."""
    broken = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<path d="{_line(plot, x, y)}" stroke="{colour}"{broken}/>'


def area(plot: Plot, x: ArrayLike, y: ArrayLike, colour: str = FORWARD) -> str:
    """A curve, with what is between it and 0 filled."""
    xs, ys = np.asarray(x).tolist(), np.asarray(y).tolist()
    data = _line(plot, [xs[0], *xs, xs[-1]], [0.0, *ys, 0.0])
    return f'<path d="{data}z" fill="{colour}" fill-opacity=".25" stroke="{colour}"/>'


def dots(plot: Plot, x: ArrayLike, y: ArrayLike, colour: str = FORWARD, radius: float = 2.5) -> str:
    """At the points (x [n], y [n])."""
    places = (plot.place(*each) for each in zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True))
    drawn = "".join(f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{radius:g}"/>' for x, y in places)
    return f'<g fill="{colour}">{drawn}</g>'


def bars(plot: Plot, x: ArrayLike, y: ArrayLike, width: float, colour: str = FORWARD) -> str:
    """Of heights y [n] around x [n], this wide, from the level 0."""
    path = ""
    for middle, height in zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True):
        (left, top), (right, bottom) = plot.place(middle - width / 2, height), plot.place(middle + width / 2, 0.0)
        path += f"M{_number(left)} {_number(bottom)}V{_number(top)}H{_number(right)}V{_number(bottom)}z"
    return f'<path d="{path}" fill="{colour}" fill-opacity=".6"/>'


def arrow(plot: Plot, start: tuple[float, float], end: tuple[float, float], colour: str = REVERSE) -> str:
    """From one point to another; none that would be shorter than a pixel."""
    (x_0, y_0), (x, y) = plot.place(*start), plot.place(*end)
    length = math.hypot(x - x_0, y - y_0)
    if length < 1.0:
        return ""
    head = min(HEAD, length)
    u, v = head * (x - x_0) / length, head * (y - y_0) / length
    ends = [(x_0, y_0), (x, y), (x - u - v / 2, y - v + u / 2), (x - u + v / 2, y - v - u / 2)]
    tail, tip, left, right = (f"{_number(a)} {_number(b)}" for a, b in ends)
    return f'<path d="M{tail}L{tip}M{left}L{tip} {right}" stroke="{colour}"/>'


def ground(plot: Plot, level: float = 0.0) -> str:
    """A thin horizontal line."""
    (left, y), (right, _) = plot.place(plot.x[0], level), plot.place(plot.x[1], level)
    return f'<path d="M{_number(left)} {_number(y)}H{_number(right)}" stroke="{SOFT}" stroke-width="1"/>'


def text(x: float, y: float, words: str, colour: str = INK, anchor: str = "start") -> str:
    """Words on the line y of the drawing; anchor: start, middle or end is at x."""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{_number(x)}" y="{_number(y)}" fill="{_AS_TEXT.get(colour, colour)}"{where}>{escape(words)}</text>'


def below(left: str, middle: str = "", right: str = "") -> str:
    """The names of what a horizontal axis goes from, what it is, and to what."""
    places = ((8, left, "start"), (WIDTH / 2, middle, "middle"), (WIDTH - 8, right, "end"))
    return "".join(text(x, 105, words, SOFT, anchor) for x, words, anchor in places if words)
