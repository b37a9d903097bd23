"""Pictures of a run of pictures: an animated GIF and a PNG contact sheet, drawn by matplotlib."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from diffviz.figures.export import save_figure, save_gif, waiting_note
from diffviz.figures.moments import story, thin, visited
from diffviz.figures.theme import EXPORT_INK, FORWARD, REVERSE
from diffviz.trajectory import Trajectory

GIF_MOMENTS, SHEET_COLUMNS, SHEET_PICTURES = 40, 6, 16
MAX_DRAWN = 64
GUTTER = 1


def mosaic(x: np.ndarray) -> np.ndarray:
    """[N, C, H, W] in [-1, 1] -> [rows, columns, 3] of bytes: the pictures side by side in a square, on white."""
    count, channels, high, wide = x.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    out = np.full((rows * (high + GUTTER) - GUTTER, columns * (wide + GUTTER) - GUTTER, 3), 255, np.uint8)
    grey = np.clip(np.rint(127.5 + 127.5 * x), 0, 255).astype(np.uint8)
    for i, picture in enumerate(grey):
        top, left = (i // columns) * (high + GUTTER), (i % columns) * (wide + GUTTER)
        out[top : top + high, left : left + wide] = picture.transpose(1, 2, 0) if channels == 3 else picture[0][..., None]
    return out


def _at(trajectory: Trajectory, t: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forward, reverse and x0_hat at a visited time t, as mosaics."""
    index = visited(trajectory, t)
    parts = trajectory.forward[t], trajectory.reverse[index], trajectory.x0_hat[index]
    return tuple(mosaic(part[:count]) for part in parts)  # type: ignore[return-value]


def _bare(axes: Axes, title: str, colour: str) -> None:
    axes.set_axis_off()
    axes.set_title(title, color=colour, fontsize=11, loc="left")


def render_gif(
    trajectory: Trajectory, title: str, path: Path | str, progress: Callable[[float], None] = lambda share: None
) -> None:
    """An animation that loops: the pictures dissolve, then come back beside what the denoiser takes them to be."""
    steps = len(trajectory.alpha) - 1
    turn, moments = int(trajectory.t[0]), story([trajectory], GIF_MOMENTS)
    figure = Figure(figsize=(12.0, 4.6), dpi=80, facecolor="white")
    axes = figure.subplots(1, 3)
    figure.subplots_adjust(left=0.02, right=0.98, top=0.82, bottom=0.03, wspace=0.06)
    figure.suptitle(textwrap.fill(title, 118), x=0.02, ha="left", fontsize=11, color=EXPORT_INK)
    clock = figure.text(0.98, 0.945, "", ha="right", fontsize=12, color=EXPORT_INK, family="monospace", animated=True)
    shown = []
    heads = (("forward  $x_t$", FORWARD), ("reverse  $x_t$", REVERSE), ("guess  $\\hat{x}_0$", EXPORT_INK))
    for place, picture, head in zip(axes, _at(trajectory, turn, MAX_DRAWN), heads, strict=True):
        _bare(place, *head)
        shown.append(place.imshow(picture, interpolation="nearest", animated=True))
    waits = waiting_note(axes[1], turn)
    waits.set_backgroundcolor("white")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    still, pictures = canvas.copy_from_bbox(figure.bbox), []  # all that does not move is drawn once
    ends = _at(trajectory, turn, MAX_DRAWN)
    for number, (back, (t,)) in enumerate((moment.back, moment.times) for moment in moments):
        returning = _at(trajectory, t, MAX_DRAWN)[1:] if back else ends[1:]
        for image, picture in zip(shown, (mosaic(trajectory.forward[t, :MAX_DRAWN]), *returning), strict=True):
            image.set_data(picture)
        for image in shown[1:]:
            image.set_alpha(1.0 if back else 0.35)
        waits.set_visible(not back)
        clock.set_text(f"t = {t:>{len(str(steps))}} / {steps}")
        canvas.restore_region(still)
        for artist in (*shown, waits, clock):
            figure.draw_artist(artist)
        pictures.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
        progress((number + 1) / len(moments))
    save_gif(pictures, sum(not moment.back for moment in moments) - 1, path)


def render_sheet(trajectory: Trajectory, title: str, path: Path | str) -> None:
    """A contact sheet: forward, reverse and guess below one another, at times from data to noise."""
    times = thin(trajectory.t[::-1], SHEET_COLUMNS)
    figure = Figure(figsize=(2.2 * len(times) + 0.4, 7.4), dpi=160, facecolor="white")
    axes = figure.subplots(3, len(times), squeeze=False)
    heads = (("forward", FORWARD), ("reverse", REVERSE), ("guess", EXPORT_INK))
    for column, t in enumerate(times.tolist()):
        for row, picture in enumerate(_at(trajectory, t, SHEET_PICTURES)):
            name, colour = heads[row]
            _bare(axes[row, column], f"{name}, t = {t}", colour)
            axes[row, column].imshow(picture, interpolation="nearest")
    figure.suptitle(title, x=0.02, ha="left", fontsize=12, color=EXPORT_INK)
    figure.tight_layout(rect=(0, 0, 1, 0.97))
    save_figure(figure, path)
