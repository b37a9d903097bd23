"""Pages of A4 that are filled from above: texts, pictures in a grid, charts, lines to write on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from diffviz.figures.lines import alone, pieces
from diffviz.figures.saving import save_pages
from diffviz.figures.scenes import Graph
from diffviz.figures.setting import lines
from diffviz.figures.theme import EXPORT_GRID, EXPORT_INK, EXPORT_MUTED, INK, MUTED

WIDE, HIGH = 8.27, 11.69  # inches: A4
LEFT, TOP, BOTTOM = 0.75, 0.7, 0.75
COLUMN = WIDE - 2 * LEFT
SIZE, LEADING = 9.5, 1.42  # of the text, in points; of a line, in its size
RULE = 0.3  # between lines to write on
HEAD, GUTTER, LABEL = 0.2, 0.1, 0.28  # of a picture: over it, beside it, left of its row
DASHES = {"solid": "-", "dash": "--", "dot": ":"}


@dataclass(frozen=True, eq=False)
class Picture:
    """What stands in a place of a grid. head: over it."""

    head: str
    draw: Callable[[Axes], None]


class Paper:
    """The pages. What does not fit on one stands on the next; all lengths are in inches."""

    def __init__(self) -> None:
        self.pages: list[Figure] = []
        self._y = HIGH
        self.turn()

    def turn(self) -> None:
        """A new page."""
        self.pages.append(Figure(figsize=(WIDE, HIGH), facecolor="white"))
        self._y = TOP

    def need(self, high: float) -> None:
        """What comes next takes so much, and stands on one page."""
        if self._y + high > HIGH - BOTTOM and self._y > TOP:
            self.turn()

    def skip(self, high: float) -> None:
        """Leave so much free."""
        self._y += high

    def text(self, text: str, size: float = SIZE, weight: str = "normal", indent: float = 0.0, mark: str = "") -> None:
        """HTML over the width of the page. mark: what stands left of an indented one, such as a box to tick."""
        step = size * LEADING / 72.0
        set_lines = lines(text, COLUMN - indent, size, weight)
        if len(set_lines) < 6:
            self.need(len(set_lines) * step)
        for number, line in enumerate(set_lines):
            self.need(step)
            if mark and number == 0:
                self._write(mark, LEFT + indent - 0.24, size, weight)
            self._write(line, LEFT + indent, size, weight)
            self._y += step

    def beside(self, texts: Sequence[Sequence[str]], size: float = 8.5) -> None:
        """Columns of texts, which begin at one height."""
        wide, step = COLUMN / len(texts) - 0.15, size * LEADING / 72.0
        columns = [[line for text in column for line in lines(text, wide, size)] for column in texts]
        for row in range(max(map(len, columns), default=0)):
            self.need(step)
            for number, column in enumerate(columns):
                if row < len(column):
                    self._write(column[row], LEFT + number * COLUMN / len(texts), size)
            self._y += step

    def rules(self, count: int) -> None:
        """Lines to write on."""
        self.need(count * RULE)
        for _ in range(count):
            self._y += RULE
            ends, place = (LEFT / WIDE, 1 - LEFT / WIDE), 1 - self._y / HIGH
            self.pages[-1].add_artist(Line2D(ends, (place, place), color=EXPORT_MUTED, linewidth=0.6))
        self._y += 0.12

    def grid(self, rows: Sequence[tuple[str, Sequence[Picture | None]]], cell: float) -> None:
        """Rows of pictures, each with what stands at its left, turned; a cell is so wide and high."""
        for label, pictures in rows:
            self.need(cell + HEAD + GUTTER)
            for column, picture in enumerate(pictures):
                if picture is None:
                    continue
                left = LEFT + LABEL + column * (cell + GUTTER)
                self.pages[-1].text(left / WIDE, 1 - (self._y + HEAD - 0.05) / HIGH, picture.head, fontsize=7.5, color=EXPORT_INK)
                axes = self._axes(left, self._y + HEAD, cell, cell)
                picture.draw(axes)
                axes.xaxis.label.set_size(6.5)
            place = 1 - (self._y + HEAD + cell / 2) / HIGH
            self.pages[-1].text(
                (LEFT + 0.16) / WIDE, place, label, rotation=90, ha="right", va="center", fontsize=8, color=EXPORT_INK
            )
            self._y += HEAD + cell + GUTTER

    def graphs(self, graphs: Sequence[Graph], high: float = 1.15) -> None:
        """Charts, two beside one another."""
        wide = COLUMN / 2
        for number, graph in enumerate(graphs):
            if number % 2 == 0:
                self.need(high + 0.75)
                self._y += high + 0.75
            _graph(self._axes(LEFT + 0.42 + number % 2 * wide, self._y - high - 0.51, wide - 0.62, high), graph)

    def save(self, path: Path, title: str) -> None:
        """As PDF, with a foot on every page. Raises OSError."""
        for number, page in enumerate(self.pages, 1):
            page.text(LEFT / WIDE, 0.4 / HIGH, title, fontsize=8, color=EXPORT_MUTED)
            page.text(1 - LEFT / WIDE, 0.4 / HIGH, f"{number} of {len(self.pages)}", ha="right", fontsize=8, color=EXPORT_MUTED)
        save_pages(self.pages, path, title)

    def _write(self, line: str, left: float, size: float, weight: str = "normal") -> None:
        baseline = self._y + 1.05 * size / 72.0
        self.pages[-1].text(left / WIDE, 1 - baseline / HIGH, line, fontsize=size, weight=weight, color=EXPORT_INK, va="baseline")

    def _axes(self, left: float, top: float, wide: float, high: float) -> Axes:
        return self.pages[-1].add_axes((left / WIDE, 1 - (top + high) / HIGH, wide / WIDE, high / HIGH))


def _graph(axes: Axes, graph: Graph) -> None:
    """Lines in black and grey, told apart by their dashes."""
    shades = [EXPORT_INK, EXPORT_MUTED]
    for number, line in enumerate(graph.lines):
        curve = line.curve
        known = np.isfinite(curve.x) & np.isfinite(curve.values) & ((curve.values > 0) if graph.log else True)
        shade = {INK: EXPORT_INK, MUTED: EXPORT_MUTED}.get(line.colour, shades[number % 2])
        style = {"color": shade, "linestyle": DASHES[line.dash], "linewidth": 0.6 * line.width, "label": line.label}
        x, y = curve.x[known], curve.values[known]
        if line.drawn == "points":
            error = None if curve.stderr is None else np.nan_to_num(curve.stderr[known], posinf=0.0)
            hollow = {} if line.dash == "solid" else {"markerfacecolor": "none"}
            axes.errorbar(
                x, y, error, **{**style, "linestyle": "none", "marker": "o", "markersize": 2.5, "elinewidth": 0.6}, **hollow
            )
        elif line.drawn == "stairs":
            axes.plot(x, y, **style, drawstyle="steps-post")
        else:
            axes.plot(curve.x, np.where(known, curve.values, np.nan), **style)
            dots = alone(pieces(known))
            axes.plot(x[dots], y[dots], color=shade, linestyle="none", marker="o", markersize=1.5)
    reach = tuple(10.0**end for end in graph.axis.reach) if graph.axis.log else graph.axis.reach
    axes.set(xlim=reach, xscale="log" if graph.axis.log else "linear", yscale="log" if graph.log else "linear")
    for upright in graph.uprights:
        axes.axvline(upright.x, color=EXPORT_MUTED, linewidth=0.6, linestyle=DASHES[upright.dash])
        style = {"fontsize": 6, "color": EXPORT_INK, "rotation": 90, "ha": "right", "va": "top"}
        axes.text(upright.x, 0.98, upright.label, transform=axes.get_xaxis_transform(), **style)
    if not graph.log:
        axes.yaxis.set_major_locator(MaxNLocator(4))
    if not graph.axis.log:
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(graph.axis.title, fontsize=7.5, color=EXPORT_INK, labelpad=1)
    axes.set_title(graph.title, fontsize=8, loc="left", color=EXPORT_INK, pad=3)
    if len(graph.lines) > 1:
        axes.legend(frameon=False, fontsize=6.5, loc="best")
    axes.tick_params(labelsize=7, colors=EXPORT_INK, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[:].set_color(EXPORT_GRID)
