"""Two runs for slides, of points or of pictures: a film on one clock (GIF, MP4) and a sheet (PNG, PDF), drawn by matplotlib."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from diffviz.figures.export import MAX_DRAWN, panel, save_figure, save_gif, waiting_note
from diffviz.figures.moments import story, thin, visited
from diffviz.figures.picture_export import mosaic
from diffviz.figures.theme import EXPORT_INK, EXPORT_MUTED, FORWARD, REVERSE, A, B
from diffviz.trajectory import Curve, Trajectory

GIF_MOMENTS, MP4_MOMENTS = 36, 120  # one way
MP4_RATE, MP4_HOLD = 30, 20  # pictures a second; of them at rest at either end
MP4_LOSS = 15  # libx264's constant rate factor: 0 is lossless, 51 the worst
SHEET_MOMENTS = 6
MAX_PICTURES = 36
COLOURS = (A, B)
Mover = Callable[[np.ndarray], Any]


def _forward(trajectory: Trajectory, t: int) -> np.ndarray:
    """[n, *D] the forward particles."""
    return trajectory.forward[t, :MAX_DRAWN]


def _reverse(trajectory: Trajectory, t: int) -> np.ndarray:
    """[n, *D] the reverse particles at a visited time."""
    return trajectory.reverse[visited(trajectory, t), :MAX_DRAWN]


def _drawn(axes: Axes, x: np.ndarray, title: str, frame: str, colour: str, size: float, **style: Any) -> tuple[Artist, Mover]:
    """The particles [n, *D] on axes, as points in colour or as pictures side by side; and what sets others in their place."""
    if x.ndim == 2:
        panel(axes, title, frame)
        cloud = axes.scatter(*x.T, s=size, color=colour, linewidths=0, **style)
        return cloud, cloud.set_offsets
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, color=frame, fontsize=11, loc="left")
    pictures = axes.imshow(mosaic(x[:MAX_PICTURES]), interpolation="nearest", animated=style.get("animated", False))
    return pictures, lambda others: pictures.set_data(mosaic(others[:MAX_PICTURES]))


def render_film(
    trajectories: Sequence[Trajectory],
    costs: Sequence[Curve],
    titles: Sequence[str],
    path: Path,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """A above, B below, forward on the left and reverse on the right; to noise and back. costs: of each step, named alike."""
    moments = story(trajectories, GIF_MOMENTS if path.suffix.lower() == ".gif" else MP4_MOMENTS)
    still_for = sum(not moment.back for moment in moments)
    figure = Figure(figsize=(12.0, 7.5), dpi=80, facecolor="white")
    grid = figure.add_gridspec(2, 3, width_ratios=(1, 1, 1.15), hspace=0.28, wspace=0.1)
    grid.update(left=0.02, right=0.98, top=0.9, bottom=0.09)
    dots, movers, waits = [], [], []
    for row, (trajectory, title, colour) in enumerate(zip(trajectories, titles, COLOURS, strict=True)):
        for column, (name, ink) in enumerate((("forward", FORWARD), ("reverse", REVERSE))):
            axes = figure.add_subplot(grid[row, column])
            size = 7 if len(trajectory.forward[0]) <= 1000 else 4
            dot, mover = _drawn(axes, _forward(trajectory, 0), f"{'AB'[row]} {name}", ink, ink, size, animated=True)
            dots.append(dot)
            movers.append(mover)
        waits.append(waiting_note(axes, int(trajectory.t[0])))
        figure.text(0.02, 0.965 - 0.03 * row, title, color=colour, fontsize=11, weight="bold")
    chart = figure.add_subplot(grid[:, 2])
    for letter, curve, trajectory, colour, style in zip("AB", costs, trajectories, COLOURS, ("-", ":"), strict=True):
        positive = curve.values > 0
        share = curve.x[positive] / (len(trajectory.alpha) - 1)
        chart.plot(share, curve.values[positive], style, color=colour, label=letter, marker="." if len(share) < 60 else None)
    chart.legend(frameon=False)
    chart.set(xlim=(0, 1), yscale="log", xlabel="t / T", title=costs[0].name)
    chart.tick_params(colors=EXPORT_MUTED, labelsize=9)
    cursors = [chart.axvline(0, color=colour, linewidth=1, animated=True) for colour in COLOURS]
    clock = figure.text(0.98, 0.955, "", ha="right", fontsize=12, color=EXPORT_INK, family="monospace", animated=True)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    still, pictures = canvas.copy_from_bbox(figure.bbox), []  # all that does not move is drawn once
    for number, moment in enumerate(moments):
        for row, (trajectory, t) in enumerate(zip(trajectories, moment.times, strict=True)):
            movers[2 * row](_forward(trajectory, t))
            movers[2 * row + 1](_reverse(trajectory, t if moment.back else int(trajectory.t[0])))
            dots[2 * row + 1].set_alpha(1.0 if moment.back else 0.3)
            waits[row].set_visible(not moment.back)
            cursors[row].set_xdata([t / (len(trajectory.alpha) - 1)] * 2)
        told = zip("AB", moment.times, trajectories, strict=True)
        clock.set_text(
            "   ".join(f"{letter}: t = {t:>{len(str(len(x.alpha) - 1))}} / {len(x.alpha) - 1}" for letter, t, x in told)
        )
        canvas.restore_region(still)
        for artist in (*dots, *waits, *cursors, clock):
            figure.draw_artist(artist)
        pictures.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
        progress((number + 1) / len(moments))
    if path.suffix.lower() == ".gif":
        save_gif(pictures, still_for - 1, path)
    else:
        held = [*pictures[:still_for], *[pictures[still_for - 1]] * MP4_HOLD, *pictures[still_for:], *[pictures[-1]] * MP4_HOLD]
        _save_mp4(held, path)


def _save_mp4(pictures: Sequence[Image.Image], path: Path) -> None:
    """H.264 in the pixel format that browsers and projectors play. Raises OSError, also where ffmpeg gives up at the end."""
    wide, high = pictures[0].size
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{wide}x{high}", "-r", str(MP4_RATE), "-i", "-"]
    made = ["-an", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", str(MP4_LOSS), "-f", "mp4"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *raw, *made, f"file:{path}"]
    # restore_signals: a file that grows too large is an error that ffmpeg can tell of, not a signal that ends it
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, restore_signals=False
    ) as ffmpeg:
        with suppress(BrokenPipeError):  # it has given up and says why
            for picture in pictures:
                ffmpeg.stdin.write(np.ascontiguousarray(picture))
        told = ffmpeg.communicate()[1].decode(errors="replace")
    if ffmpeg.returncode:
        raise _ffmpeg_error(ffmpeg.returncode, told)


def _ffmpeg_error(code: int, told: str) -> OSError:
    """What the system told ffmpeg, read from its last words."""
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO):
        if os.strerror(number) in told:
            return OSError(number, os.strerror(number))
    return OSError(f"ffmpeg was ended by {signal.Signals(-code).name}" if code < 0 else f"ffmpeg failed with exit code {code}")


def render_sheet(trajectories: Sequence[Trajectory], titles: Sequence[str], path: Path) -> None:
    """Both directions of A and B at moments from data to noise, as .png or .pdf."""
    figure = Figure(figsize=(2.1 * SHEET_MOMENTS + 0.5, 9.2), dpi=150, facecolor="white")
    axes = figure.subplots(4, SHEET_MOMENTS)
    for side, trajectory in enumerate(trajectories):
        times = thin(trajectory.t[::-1], SHEET_MOMENTS).tolist()
        for place in axes[2 * side : 2 * side + 2, len(times) :].flat:
            place.set_axis_off()
        for column, t in enumerate(times):
            clouds = ((_forward(trajectory, t), FORWARD), (_reverse(trajectory, t), REVERSE))
            for direction, (cloud, colour) in enumerate(clouds):
                place = axes[2 * side + direction, column]
                when = f"t = {t}" if direction == 0 else ""
                _drawn(place, cloud, when, EXPORT_INK, colour, 1.5, alpha=0.7, rasterized=True)
        axes[2 * side, 0].set_ylabel(f"{'AB'[side]} forward", color=FORWARD)
        axes[2 * side + 1, 0].set_ylabel(f"{'AB'[side]} reverse", color=REVERSE)
        figure.text(0.02, 0.975 - 0.02 * side, titles[side], fontsize=11, color=COLOURS[side], weight="bold")
    figure.tight_layout(rect=(0, 0, 1, 0.955))
    save_figure(figure, path)
