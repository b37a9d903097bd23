"""One run or two as a film: an animated GIF, or H.264 (.mp4). Everything runs to noise while what comes back waits, then back."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from PIL import Image, ImageColor

from diffviz.figures.lines import alone, pieces
from diffviz.figures.moments import Moment, story
from diffviz.figures.saving import save_gif, save_mp4
from diffviz.figures.scenes import Graph, Shown, Size
from diffviz.figures.theme import EXPORT, EXPORT_INK, EXPORT_MUTED, FORWARD, REVERSE, A, B

MOMENTS = {".gif": 40, ".mp4": 120}  # one way
TRAVERSE_MS = {".gif": 2400, ".mp4": 4000}  # from one end to the other
LONGEST_MS, HOLD_MS = 500, 900  # of a moment, where there are few of them; of the moments at either end
COLOURS_IN_GIF, SAMPLES = 128, 4  # of its palette, beside those that mean something; the pictures from which it is taken
ALIKE = 8  # a colour this near to one that means something would be taken for it
DECADES = 8  # of a chart: below is what quadrature cannot tell from nothing
SIDES = (A, B)
STYLES = {"solid": "-", "dash": "--", "dot": ":"}
MOST_PICTURES = (64, 36)  # in a panel, of one run and of two


def durations(moments: Sequence[Moment], ending: str) -> list[int]:
    """Of each moment, in milliseconds."""
    ways = [sum(moment.back == back for moment in moments) for back in (False, True)]
    pace = [min(LONGEST_MS, TRAVERSE_MS[ending] // way) for way in ways]
    found = [pace[moment.back] for moment in moments]
    found[ways[0] - 1] = found[-1] = HOLD_MS
    return found


class _Stage:
    """The figure: all that stands still is drawn once, and what moves is drawn over it."""

    def __init__(self, runs: Sequence[Shown], chart: Graph) -> None:
        self._runs, pair, kinds = runs, len(runs) > 1, runs[0].scene.panels
        high = 8.6 if pair else 7.2 if len(kinds) == 2 else 6.1  # times dpi an even number, for H.264
        wide = 12.0 if pair or len(kinds) > 2 else 9.6
        figure = Figure(figsize=(wide, high), dpi=80, facecolor="white")
        ratios = {"width_ratios": (*[1.0] * len(kinds), 1.15)} if pair else {"height_ratios": (3.0, 1.0)}
        grid = figure.add_gridspec(2, len(kinds) + pair, hspace=0.16 if pair else 0.2, wspace=0.14 if pair else 0.06, **ratios)
        grid.update(left=0.02 if pair else 0.07, right=0.98, top=0.895, bottom=(1.6 if pair else 1.3) / high)
        letters = [f"{letter}  " for letter in "AB"] if pair else [""]
        self._panels = []
        for row, (shown, letter) in enumerate(zip(runs, letters, strict=True)):
            for column, kind in enumerate(shown.scene.panels):
                panel = kind.draw(figure.add_subplot(grid[row, column]), Size(7.0, MOST_PICTURES[pair]))
                panel.axes.set_title(letter + kind.head, color=kind.colour, fontsize=11, loc="left")
                told = panel.axes.set_title(" ", color=EXPORT_MUTED, fontsize=10, loc="right")
                self._panels.append((panel, kind, row, told))
        self._cursors = _chart(figure.add_subplot(grid[:, -1] if pair else grid[1, :]), runs, chart)
        _heads(figure, [shown.title for shown in runs], wide, high)
        legend = max((shown.scene.legend for shown in runs), key=len)  # of a network's arrows, if one of the runs has them
        figure.text(0.98, 0.012, legend, ha="right", va="bottom", fontsize=8, color=EXPORT_MUTED)
        self._width, self._captions = 82 if pair else int(13.5 * wide), _captions(figure, pair, high)
        moving = [artist for panel, *_ in self._panels for artist in panel.artists]
        self._moving = [*moving, *(told for *_, told in self._panels), *self._cursors, *self._captions]
        for artist in self._moving:
            artist.set_animated(True)
        self._figure, self._canvas = figure, FigureCanvasAgg(figure)
        self._canvas.draw()
        self._still = self._canvas.copy_from_bbox(figure.bbox)

    @property
    def size(self) -> tuple[int, int]:
        """Of a picture, in pixels."""
        return self._canvas.get_width_height()

    def picture(self, moment: Moment) -> Image.Image:
        """The film at a moment."""
        for panel, kind, row, told in self._panels:
            shown, waits = self._runs[row], kind.name != "forward" and not moment.back
            t = int(shown.trajectory.t[0]) if waits else moment.times[row]
            panel.show(t)
            told.set_text(f"paused at t = {t}" if waits else f"t = {t} of {shown.steps}")
        for shown, t, cursor, caption in zip(self._runs, moment.times, self._cursors, self._captions, strict=True):
            cursor.set_xdata([t / shown.steps if len(self._runs) > 1 else t] * 2)
            caption.set_text(_lines(shown.caption(t, moment.back), self._width))
        self._canvas.restore_region(self._still)
        for artist in self._moving:
            self._figure.draw_artist(artist)
        return Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3].copy())


def _lines(text: str, width: int) -> str:
    """A text in lines of at most so many letters; no line ends within t = 5."""
    return textwrap.fill(text.replace(" = ", "\u00a0=\u00a0"), width)


def _heads(figure: Figure, titles: Sequence[str], wide: float, high: float) -> None:
    """What was run, one line a side with its letter, or up to two lines of one run."""
    if len(titles) == 1:
        figure.text(0.02, 1 - 0.1 / high, textwrap.fill(titles[0], int(11 * wide)), va="top", fontsize=11, color=EXPORT_INK)
        return
    for row, (title, colour) in enumerate(zip(titles, SIDES, strict=True)):
        place = 1 - (0.12 + 0.3 * row) / high
        figure.text(0.02, place, "AB"[row], va="top", fontsize=11, color=colour, weight="bold")
        told = textwrap.shorten(title, int(12.5 * wide), placeholder=" …")
        figure.text(0.04, place, told, va="top", fontsize=10, color=EXPORT_INK)


def _captions(figure: Figure, pair: bool, high: float) -> list[Text]:
    """Where what a step does is said, of each side."""
    if not pair:
        return [figure.text(0.02, 0.72 / high, "", va="top", fontsize=9, color=EXPORT_INK)]
    places = (0.02, 0.51)
    for place, letter, colour in zip(places, "AB", SIDES, strict=True):
        figure.text(place, 0.98 / high, letter, va="top", fontsize=10, color=colour, weight="bold")
    return [figure.text(place + 0.02, 0.98 / high, "", va="top", fontsize=8.5, color=EXPORT_INK) for place in places]


def _chart(axes: Axes, runs: Sequence[Shown], chart: Graph) -> list:
    """The chart on the clock; the cursors of the runs."""
    pair = len(runs) > 1
    for line in chart.lines:
        curve = line.curve
        known = np.isfinite(curve.values) & ((curve.values > 0) if chart.log else True)
        few = {"marker": ".", "markersize": 6} if known.sum() < 40 else {}
        style = {"color": EXPORT.get(line.colour, line.colour), "linestyle": STYLES[line.dash], "linewidth": 0.8 * line.width}
        axes.plot(curve.x, np.where(known, curve.values, np.nan), label=line.label, **style, **few)
        dots = alone(pieces(known))
        axes.plot(curve.x[known][dots], curve.values[known][dots], ".", color=style["color"], markersize=6)
    axes.set(xlim=chart.axis.reach, yscale="log" if chart.log else "linear")
    if chart.log:
        low, high = axes.get_ylim()
        axes.set_ylim(bottom=max(low, high / 10.0**DECADES))
    if not pair:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(chart.axis.title, fontsize=9, color=EXPORT_MUTED)
    axes.set_title(chart.title, fontsize=10, loc="left", color=EXPORT_INK)
    if len(chart.lines) > 1:
        axes.legend(frameon=False, fontsize=8, loc="best", ncols=2)
    axes.tick_params(labelsize=8, colors=EXPORT_MUTED, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    return [axes.axvline(0, color=colour, linewidth=1.2) for colour in (SIDES if pair else (EXPORT_MUTED,))]


def render_film(runs: Sequence[Shown], chart: Graph, path: Path, progress: Callable[[float], None] = lambda share: None) -> None:
    """One run, or two on the clock t/T, as .gif or .mp4. progress is told 0..1."""
    ending = path.suffix.lower()
    moments = story([shown.trajectory for shown in runs], [shown.last for shown in runs], MOMENTS[ending])
    stage, times = _Stage(runs, chart), durations(moments, ending)

    def pictures() -> Iterator[Image.Image]:
        for number, moment in enumerate(moments):
            yield stage.picture(moment)
            progress((number + 1) / len(moments))

    if ending == ".gif":
        samples = [stage.picture(moments[i]) for i in np.linspace(0, len(moments) - 1, SAMPLES).astype(int)]
        save_gif(pictures(), times, _palette(samples), path)
    else:
        save_mp4(pictures(), times, stage.size, path)


def _palette(samples: Sequence[Image.Image]) -> Image.Image:
    """An image whose palette serves all of them; the paper and the colours that mean something are in it as they are."""
    common = Image.fromarray(np.concatenate([np.asarray(sample) for sample in samples])).quantize(COLOURS_IN_GIF)
    meant = np.array([ImageColor.getrgb(colour) for colour in ("#ffffff", EXPORT_INK, FORWARD, REVERSE, A, B)])
    others = np.array(common.getpalette()[: 3 * COLOURS_IN_GIF]).reshape(-1, 3)
    apart = np.abs(others[:, None] - meant).max(2).min(1)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([meant, others[apart > ALIKE]]).ravel().tolist())
    return palette
