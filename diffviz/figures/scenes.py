"""What one panel shows of a run at any of its times: points with what is laid over them, or pictures side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

from diffviz.figures import overlays
from diffviz.figures.moments import visited
from diffviz.figures.theme import EXPORT_GRID, EXPORT_INK, EXPORT_MUTED, FORWARD, REVERSE, VIEW
from diffviz.player.protocol import field_points
from diffviz.trajectory import Curve, Trajectory

MAX_POINTS = 2000  # in a panel: more only blacken it
GUTTER = 1  # between pictures, in pixels of theirs
OPACITIES = {"exact": 0.6, "used": 0.95}  # of score arrows
EPS_REACH = 2.5  # grey goes from minus this to this where noise is shown, else from -1 to 1
COLOURS = {"forward": FORWARD, "reverse": REVERSE, "x0_hat": EXPORT_INK, "eps_hat": EXPORT_INK}
POINT_HEADS = {"forward": "forward  $q(x_t)$", "reverse": "reverse  $p(x_t)$"}
PICTURE_HEADS = {
    "forward": "forward  $x_t$",
    "reverse": "reverse  $x_t$",
    "x0_hat": "estimate  $\\hat{x}_0$",
    "eps_hat": "noise seen  $\\hat{\\epsilon}$",
}
LEGEND = {
    "density": "grey: exact density of $x_t$",
    "score": "arrows: score, exact in ink",
    "trails": "lines: where particles came from",
    "x0_hat": "rings: $\\hat{x}_0$",
}


@dataclass(frozen=True, eq=False)
class Beside:
    """A picture that stands beside a run: x [C, H, W]; known: [H, W], None if all of it is; spread: of standard deviations."""

    title: str
    x: NDArray[np.float32]
    known: NDArray[np.bool_] | None = None
    spread: bool = False


@dataclass(frozen=True, eq=False)
class Shown:
    """A run to be drawn.

    kinds: its panels: forward, reverse, x0_hat, eps_hat, the last two of pictures
    last: the forward process is shown up to this time
    caption: what happens at t, going forward or, with True, back
    costs: of the steps, the exact denoiser's second; costs_title: over them
    overlays: over points
    density: t to q(x_t) [S, S] over the panel
    estimates: t to E[x_0|x_t] at field_points() [F, 2], "exact" and, of a network, "used"
    beside: what is given to a run of pictures, and what came back of it
    """

    trajectory: Trajectory
    title: str
    summary: str
    kinds: tuple[str, ...]
    last: int
    caption: Callable[[int, bool], str]
    costs: Sequence[Curve]
    costs_title: str
    overlays: tuple[str, ...] = ()
    density: Callable[[int], NDArray[np.float64]] | None = None
    estimates: Callable[[int], dict[str, NDArray[np.float32]]] | None = None
    beside: Sequence[Beside] = ()

    @property
    def steps(self) -> int:
        """T."""
        return len(self.trajectory.alpha) - 1

    @property
    def of_points(self) -> bool:
        """Points in the plane, not pictures?"""
        return self.trajectory.forward.ndim == 3

    @property
    def heads(self) -> dict[str, str]:
        """What stands over a panel of each kind."""
        return POINT_HEADS if self.of_points else PICTURE_HEADS

    def values(self, kind: str, t: int) -> NDArray[np.float32] | None:
        """[N, *D] at t, for all kinds but forward a visited time; None where there is nothing: no noise is seen at t = 0."""
        run = self.trajectory
        if kind == "forward":
            return run.forward[t]
        index = visited(run, t)
        if kind != "eps_hat":
            return getattr(run, kind)[index]
        return None if t == 0 else (run.reverse[index] - run.alpha[t] * run.x0_hat[index]) / run.sigma[t]


class Panel:
    """A panel on its axes. artists: all that moves, in the order in which it is drawn."""

    def __init__(self, axes: Axes, shown: Shown, kind: str) -> None:
        self.axes, self.shown, self.kind = axes, shown, kind
        self.artists: list[Artist] = []
        axes.set(xticks=[], yticks=[])

    def show(self, t: int) -> None:
        """Move to t, for all kinds but forward a visited time."""
        raise NotImplementedError

    def fade(self, pale: bool) -> None:
        """Pale while it waits."""
        raise NotImplementedError


class PointPanel(Panel):
    """The plane, at the page's scale, with the unit circle. area: of a point, in square typographic points."""

    def __init__(self, axes: Axes, shown: Shown, kind: str, area: float) -> None:
        super().__init__(axes, shown, kind)
        axes.set(xlim=(-VIEW, VIEW), ylim=(-VIEW, VIEW), aspect="equal")
        for spine in axes.spines.values():
            spine.set_color(EXPORT_GRID)
        angle = np.linspace(0, 2 * np.pi, 200)
        (circle,) = axes.plot(np.cos(angle), np.sin(angle), color=EXPORT_MUTED, alpha=0.4, linewidth=0.8, zorder=0)
        colour, on, self._points = COLOURS[kind], shown.overlays, field_points()
        self._density = overlays.density_picture(axes) if "density" in on else None
        self._fields = {}
        if "score" in on:
            names = [name for name in shown.estimates(shown.last) if kind == "reverse" or name == "exact"]
            inks = {"exact": EXPORT_INK, "used": colour}
            self._fields = {name: overlays.arrows(axes, self._points, inks[name], OPACITIES[name]) for name in names}
        dense = min(1.0, math.sqrt(1000 / len(shown.trajectory.forward[0])))
        self._dots = axes.scatter([], [], s=area * dense, color=colour, linewidths=0, alpha=0.8, zorder=1)
        self._trails = overlays.trail_lines(axes, colour) if "trails" in on else None
        self._rings = overlays.rings(axes, 3 * area) if "x0_hat" in on and kind == "reverse" else None
        frame = (circle, *axes.spines.values())  # over the density, and so drawn anew with it
        moving = (self._density, *frame, *self._fields.values(), self._dots, self._trails, self._rings)
        self.artists = sorted((artist for artist in moving if artist is not None), key=lambda artist: artist.get_zorder())

    def show(self, t: int) -> None:
        """Move to t."""
        shown, run = self.shown, self.shown.trajectory
        self._dots.set_offsets(shown.values(self.kind, t)[:MAX_POINTS])
        if self._density is not None:
            self._density.set_data(overlays.toned(shown.density(t)))
        for name, field in self._fields.items():
            field.set_visible(t > 0)  # data have no score: their noise has no width
            if t > 0:
                overlays.turn(field, self._points, shown.estimates(t)[name], float(run.alpha[t]))
        if self._trails is not None:
            path = run.forward[: t + 1] if self.kind == "forward" else run.reverse[: visited(run, t) + 1]
            self._trails.set_segments(overlays.trails(path))
        if self._rings is not None:
            self._rings.set_offsets(run.x0_hat[visited(run, t), : overlays.RINGS])

    def fade(self, pale: bool) -> None:
        """Pale while it waits."""
        self._dots.set_alpha(0.3 if pale else 0.8)
        for name, field in self._fields.items():
            field.set_alpha(0.25 if pale else OPACITIES[name])
        for artist in (self._trails, self._rings):
            if artist is not None:
                artist.set_visible(not pale)


def mosaic(x: NDArray[np.float32], reach: float = 1.0) -> NDArray[np.uint8]:
    """[N, C, H, W] in [-reach, reach] -> [rows, columns, 3] of bytes: the pictures side by side in a square, on white."""
    count, channels, high, wide = x.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    out = np.full((rows * (high + GUTTER) - GUTTER, columns * (wide + GUTTER) - GUTTER, 3), 255, np.uint8)
    grey = np.clip(np.rint(127.5 + 127.5 * x / reach), 0, 255).astype(np.uint8)
    for i, picture in enumerate(grey):
        top, left = (i // columns) * (high + GUTTER), (i % columns) * (wide + GUTTER)
        out[top : top + high, left : left + wide] = picture.transpose(1, 2, 0) if channels == 3 else picture[0][..., None]
    return out


class PicturePanel(Panel):
    """Pictures side by side. most: of them."""

    def __init__(self, axes: Axes, shown: Shown, kind: str, most: int) -> None:
        super().__init__(axes, shown, kind)
        self._most = most
        axes.spines[:].set_visible(False)
        blank = np.full_like(mosaic(shown.trajectory.forward[0, :most]), 255)
        self._image = axes.imshow(blank, interpolation="nearest")
        self.artists = [self._image]

    def show(self, t: int) -> None:
        """Move to t; white where there is nothing to be seen."""
        x = self.shown.values(self.kind, t)
        self._image.set_visible(x is not None)
        if x is not None:
            self._image.set_data(mosaic(x[: self._most], EPS_REACH if self.kind == "eps_hat" else 1.0))

    def fade(self, pale: bool) -> None:
        """Pale while it waits."""
        self._image.set_alpha(0.35 if pale else 1.0)


def draw_beside(axes: Axes, beside: Beside) -> None:
    """One picture with its title below: in greys, a spread in ink, and hatched where it is not known."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color(EXPORT_GRID)
    axes.set_xlabel(beside.title, fontsize=9, color=EXPORT_INK)
    if beside.known is not None:
        axes.patch.set(hatch="////", edgecolor=EXPORT_MUTED)
    picture = mosaic(1.0 - 2.0 * beside.x[None] if beside.spread else beside.x[None])
    opaque = np.ones(picture.shape[:2]) if beside.known is None else beside.known.astype(float)
    axes.imshow(np.dstack([picture / 255.0, opaque]), interpolation="nearest")


def make_panel(axes: Axes, shown: Shown, kind: str, area: float, most: int) -> Panel:
    """area: of a point; most: pictures."""
    return PointPanel(axes, shown, kind, area) if shown.of_points else PicturePanel(axes, shown, kind, most)


def legend(runs: Sequence[Shown]) -> str:
    """What lies over the points; nothing over pictures."""
    said = {name: LEGEND[name] for name in LEGEND if runs[0].of_points and name in runs[0].overlays}
    if "score" in said and any("used" in shown.estimates(shown.last) for shown in runs):
        said["score"] += ", the network's in colour"
    return "      ".join(said.values())


def muted(axes: Axes, text: str) -> None:
    """A word in the middle of an empty place."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=9, color=EXPORT_MUTED)
