"""A metric of a sweep over a field, a line for each combination of the others, as a picture for paper (.png, .pdf)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from diffviz.figures.saving import save_figure
from diffviz.figures.theme import EXPORT_GRID, EXPORT_INK, EXPORT_MUTED, SERIES, A, B

COLOURS = (EXPORT_INK, *SERIES, A, B)
MARKERS = ("o", "s", "D", "^", "X", "P", "v", "*")  # no colour needs to be told from another alone
DASHES = ("-", "--", ":")
MOST = len(COLOURS) * len(DASHES)
WIDE, HIGH, DPI = 8.0, 4.8, 150  # inches; points of an inch
MOST_TICKS = 12  # at every value of x
FAR = 8.0  # an axis whose ends are so many times apart is logarithmic
SIZE = 9.0


@dataclass(frozen=True)
class SweptLine:
    """label: what its runs have in common; x, values, stderr: [M], an error of NaN is not drawn."""

    label: str
    x: Sequence[float]
    values: Sequence[float]
    stderr: Sequence[float]


def _scale(values: Sequence[float]) -> str:
    """log or linear."""
    known = np.asarray(values)[np.isfinite(values)]
    return "log" if len(known) and known.min() > 0.0 and known.max() >= FAR * known.min() else "linear"


def render_lines(lines: Sequence[SweptLine], axes_titles: tuple[str, str], title: str, note: str, path: Path) -> None:
    """axes_titles: of x and of the metric; note: what the bars are. Raises OSError."""
    figure = Figure(figsize=(WIDE, HIGH), dpi=DPI, facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    for number, line in enumerate(lines):
        place, turn = number % len(COLOURS), number // len(COLOURS)
        axes.errorbar(
            line.x,
            line.values,
            np.nan_to_num(line.stderr),
            color=COLOURS[place],
            marker=MARKERS[place],
            linestyle=DASHES[turn],
            markersize=5,
            linewidth=1.4,
            elinewidth=1.0,
            capsize=2.5,
            label=line.label,
        )
    xs = sorted({x for line in lines for x in line.x})
    axes.set_xscale(_scale(xs))
    axes.set_yscale(_scale([y for line in lines for y in line.values]))
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":  # matplotlib's own labels would be powers of ten, with few of them in sight
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    if len(xs) <= MOST_TICKS:
        axes.set_xticks(xs)
    axes.set_xlabel(axes_titles[0], fontsize=SIZE, color=EXPORT_INK)
    axes.set_ylabel(axes_titles[1], fontsize=SIZE, color=EXPORT_INK)
    axes.set_title("\n".join(textwrap.wrap(title, 100)), fontsize=SIZE + 1, loc="left", color=EXPORT_INK)
    axes.grid(color=EXPORT_GRID, linewidth=0.6)
    axes.tick_params(labelsize=SIZE, colors=EXPORT_INK, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[:].set_color(EXPORT_GRID)
    if len(lines) > 1:
        figure.legend(frameon=False, fontsize=SIZE - 1, loc="outside right upper", labelcolor=EXPORT_INK)
    figure.supxlabel(note, fontsize=SIZE - 1, color=EXPORT_MUTED, x=0.01, ha="left")
    save_figure(figure, path)
