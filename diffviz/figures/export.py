"""Pictures for slides, drawn by matplotlib: an animated GIF and a PNG contact sheet of a run."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from diffviz.figures.moments import story, thin, visited
from diffviz.figures.theme import EXPORT_GRID, EXPORT_INK, EXPORT_MUTED, FORWARD, REVERSE, VIEW
from diffviz.trajectory import Curve, Trajectory

GIF_FRAMES, GIF_MILLISECONDS, GIF_HOLD = 40, 60, 900
SHEET_COLUMNS = 6
MAX_DRAWN = 2000  # particles in a picture: more only blacken it


def panel(axes: Axes, title: str, colour: str) -> None:
    """The plane, at the page's scale, with the unit circle."""
    axes.set(xlim=(-VIEW, VIEW), ylim=(-VIEW, VIEW), aspect="equal", xticks=[], yticks=[])
    axes.set_title(title, color=colour, fontsize=11, loc="left")
    for spine in axes.spines.values():
        spine.set_color(EXPORT_GRID)
    angle = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(angle), np.sin(angle), color=EXPORT_GRID, linewidth=1, zorder=0)


def _clouds(trajectory: Trajectory, t: int) -> tuple[np.ndarray, np.ndarray]:
    """Forward and reverse particles [n, 2] at a visited time t."""
    return trajectory.forward[t, :MAX_DRAWN], trajectory.reverse[visited(trajectory, t), :MAX_DRAWN]


def _kl_axes(axes: Axes, used: Curve, exact: Curve, steps: int) -> None:
    for curve, style in ((used, {"color": REVERSE}), (exact, {"color": EXPORT_INK, "linestyle": "--", "linewidth": 1})):
        positive = curve.values > 0  # the last step into the data codes a density, which may be negative
        axes.plot(curve.x[positive], curve.values[positive], label=curve.name, **style)
    axes.set(xlim=(0, steps), yscale="log", ylabel="nats")
    axes.set_xlabel("diffusion time t", fontsize=9)
    axes.set_title("KL of each step", fontsize=10, loc="left", color=EXPORT_INK)
    axes.legend(frameon=False, fontsize=8, loc="lower left", ncols=2)
    axes.tick_params(labelsize=8, colors=EXPORT_MUTED)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def render_gif(
    trajectory: Trajectory,
    used: Curve,
    exact: Curve,
    title: str,
    path: Path | str,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """An animation that loops: the left panel runs to noise while the right waits, then both run back.

    used, exact: per-step KL over t of the denoiser in use and of the exact one. progress is told 0..1.
    """
    steps = len(trajectory.alpha) - 1
    moments = story([trajectory], GIF_FRAMES)
    figure = Figure(figsize=(9.6, 6.4), dpi=80, facecolor="white")
    grid = figure.add_gridspec(2, 2, height_ratios=(3.2, 1), hspace=0.22, wspace=0.05)
    grid.update(left=0.07, right=0.97, top=0.88, bottom=0.09)
    left, right, chart = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, :])
    figure.suptitle(title, x=0.07, ha="left", fontsize=12, color=EXPORT_INK)
    clock = figure.text(0.97, 0.955, "", ha="right", fontsize=12, color=EXPORT_INK, family="monospace", animated=True)
    panel(left, "forward  $q(x_t)$", FORWARD)
    panel(right, "reverse  $p(x_t)$", REVERSE)
    _kl_axes(chart, used, exact, steps)
    dots = [
        axes.scatter([], [], s=7, color=colour, linewidths=0, animated=True)
        for axes, colour in ((left, FORWARD), (right, REVERSE))
    ]
    cursor, waits = chart.axvline(0, color=EXPORT_MUTED, linewidth=1, animated=True), waiting_note(right, int(trajectory.t[0]))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)  # all that does not move is drawn once

    pictures = []
    for number, (back, (t,)) in enumerate((moment.back, moment.times) for moment in moments):
        dots[0].set_offsets(trajectory.forward[t, :MAX_DRAWN])
        dots[1].set_offsets(trajectory.reverse[visited(trajectory, t) if back else 0, :MAX_DRAWN])
        dots[1].set_alpha(1.0 if back else 0.3)
        waits.set_visible(not back)
        cursor.set_xdata([t, t])
        clock.set_text(f"t = {t:>{len(str(steps))}} / {steps}")
        canvas.restore_region(still)
        for artist in (*dots, cursor, clock, waits):
            figure.draw_artist(artist)
        pictures.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
        progress((number + 1) / len(moments))
    save_gif(pictures, sum(not moment.back for moment in moments) - 1, path)


def waiting_note(axes: Axes, t: int) -> Text:
    """What a reverse panel says while the forward one runs. t: where the reverse process begins."""
    return axes.text(0.5, 0.03, f"waits at t = {t}", transform=axes.transAxes, ha="center", color=EXPORT_MUTED, animated=True)


def save_gif(pictures: list[Image.Image], turn: int, path: Path | str) -> None:
    """Pictures as an animation that loops and rests at the turn and at the end.

    Made in memory: Pillow forgets why the system refused to take it.
    """
    palette = pictures[len(pictures) // 2].quantize(64)
    indexed = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    durations = [GIF_MILLISECONDS] * len(pictures)
    durations[turn] = durations[-1] = GIF_HOLD
    buffer = BytesIO()
    indexed[0].save(buffer, format="GIF", save_all=True, append_images=indexed[1:], duration=durations, loop=0, optimize=False)
    Path(path).write_bytes(buffer.getvalue())


def render_sheet(trajectory: Trajectory, title: str, path: Path | str) -> None:
    """A contact sheet as PNG: forward above, reverse below, at times from data to noise."""
    steps = len(trajectory.alpha) - 1
    times = thin(trajectory.t[::-1], SHEET_COLUMNS)
    figure = Figure(figsize=(2.2 * len(times) + 0.4, 5.2), dpi=160, facecolor="white")
    axes = figure.subplots(2, len(times), squeeze=False)
    for column, t in enumerate(int(t) for t in times):
        for row, (cloud, colour) in enumerate(zip(_clouds(trajectory, t), (FORWARD, REVERSE), strict=True)):
            panel(axes[row, column], f"t = {t}" if row == 0 else "", EXPORT_INK)
            axes[row, column].scatter(*cloud.T, s=1.5, color=colour, linewidths=0, alpha=0.7)
    axes[0, 0].set_ylabel("forward  $q(x_t)$", color=FORWARD)
    axes[1, 0].set_ylabel("reverse  $p(x_t)$", color=REVERSE)
    figure.suptitle(f"{title}, T = {steps}", x=0.02, ha="left", fontsize=12, color=EXPORT_INK)
    figure.tight_layout(rect=(0, 0, 1, 0.97))
    save_figure(figure, path)


def save_figure(figure: Figure, path: Path | str) -> None:
    """A figure in the format that the path's ending names. Made in memory, as are animations."""
    buffer = BytesIO()
    figure.savefig(buffer, format=Path(path).suffix[1:].lower())
    Path(path).write_bytes(buffer.getvalue())
