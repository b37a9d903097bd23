"""One run or two as a sheet (.png, .pdf): noise levels from left to right, what is shown of each run one below the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diffviz.figures.films import SIDES
from diffviz.figures.moments import Cell, columns
from diffviz.figures.saving import save_figure
from diffviz.figures.scenes import PanelRow, Shown, Size, muted
from diffviz.figures.texts import in_lines
from diffviz.figures.theme import EXPORT_INK, EXPORT_MUTED

COLUMNS = 6
CELL, HEAD, SIDE = 1.95, 0.5, 0.55  # inches: of a panel, between a title and the panels, left of all
EDGE = 0.12  # left and right of texts
LEFT = (EDGE, 0.36)  # of a title, without a letter before it and with one
BESIDE = 1.5  # of the row of what is given
MOST_PICTURES = 16
DPI = 150


def level_text(log_snr: float) -> str:
    """log10 SNR, as it stands over a column."""
    level = log_snr / math.log(10.0)
    number = f"{level:.1f}".replace("-0.0", "0.0") if math.isfinite(level) else "∞" if level > 0 else "-∞"
    return f"log10 SNR {number.replace('-', '−')}"


def draw_cell(axes: Axes, kind: PanelRow, cell: Cell | None) -> None:
    """A panel at a time; a word where there is nothing to be seen."""
    if cell is None:
        axes.set_axis_off()
    elif kind.name != "forward" and not cell.visited:
        muted(axes, "not visited")
    elif kind.blank and cell.t == 0:
        muted(axes, "not evaluated")
    else:
        panel = kind.draw(axes, Size(1.8, MOST_PICTURES))
        panel.show(cell.t)
        for artist in panel.artists:
            artist.set_rasterized(True)


def render_sheet(runs: Sequence[Shown], path: Path) -> None:
    """Forward above, what comes back below, at times from data to noise, evenly in log SNR; of two runs A above B."""
    rows = columns([shown.trajectory for shown in runs], [shown.last for shown in runs], COLUMNS)
    wide = SIDE + CELL * len(rows[0]) + 0.15
    titles = [in_lines(shown.title, 11.0, wide - LEFT[len(runs) > 1] - EDGE) for shown in runs]
    letters = ["A: ", "B: "] if len(runs) > 1 else [""]
    summaries = [in_lines(letter + shown.summary, 9.0, wide - 2 * EDGE) for letter, shown in zip(letters, runs, strict=True)]
    heads = [HEAD + 0.24 * len(lines) for lines in titles]
    note = max((shown.scene.note or shown.scene.legend for shown in runs), key=len)
    foot = 0.25 + 0.2 * sum(map(len, summaries)) + (0.22 if note else 0.0)
    high = (
        sum(heads)
        + CELL * sum(len(shown.scene.panels) for shown in runs)
        + BESIDE * sum(bool(shown.scene.beside) for shown in runs)
        + foot
    )
    figure = Figure(figsize=(wide, high), dpi=DPI, facecolor="white")
    top = high
    for side, (shown, cells) in enumerate(zip(runs, rows, strict=True)):
        _title(figure, titles[side], side if len(runs) > 1 else None, top - 0.1, wide, high)
        top -= heads[side]
        level = shown.trajectory.log_snr
        for kind in shown.scene.panels:
            top -= CELL
            for column, cell in enumerate(cells):
                box = (SIDE + CELL * column) / wide, (top + 0.05) / high, (CELL - 0.1) / wide, (CELL - 0.1) / high
                axes = figure.add_axes(box)
                draw_cell(axes, kind, cell)
                if cell is not None and kind is shown.scene.panels[0]:
                    axes.text(0, 1.14, f"t = {cell.t}", transform=axes.transAxes, fontsize=10, color=EXPORT_INK)
                    axes.text(0, 1.035, level_text(level[cell.t]), transform=axes.transAxes, fontsize=8, color=EXPORT_MUTED)
            place = (SIDE - 0.12) / wide, (top + CELL / 2) / high
            figure.text(*place, kind.head, rotation=90, ha="right", va="center", fontsize=10, color=kind.colour)
        if shown.scene.beside:
            top -= BESIDE
            for column, beside in enumerate(shown.scene.beside):
                side = BESIDE - 0.5
                axes = figure.add_axes(((SIDE + CELL * column) / wide, (top + 0.28) / high, side / wide, side / high))
                beside.draw(axes)
    _foot(figure, [line for lines in summaries for line in lines], note, wide, high)
    save_figure(figure, path)


def _title(figure: Figure, lines: list[str], side: int | None, top: float, wide: float, high: float) -> None:
    """What was run, after its letter if it is one of two."""
    left = LEFT[side is not None]
    if side is not None:
        figure.text(EDGE / wide, top / high, "AB"[side], va="top", fontsize=12, color=SIDES[side], weight="bold")
    figure.text(left / wide, top / high, "\n".join(lines), va="top", fontsize=11, color=EXPORT_INK)


def _foot(figure: Figure, lines: list[str], note: str, wide: float, high: float) -> None:
    """The figures, then what explains the pictures."""
    bottom = 0.1 + (0.22 if note else 0.0)
    figure.text(EDGE / wide, bottom / high, "\n".join(lines), va="bottom", fontsize=9, color=EXPORT_INK)
    figure.text(EDGE / wide, 0.08 / high, note, va="bottom", fontsize=8, color=EXPORT_MUTED)
