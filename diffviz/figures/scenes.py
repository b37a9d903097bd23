"""What films and sheets show of a run: panels that move with the clock, what stands beside them, and a chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

from diffviz.figures import lines
from diffviz.figures.theme import EXPORT_INK, EXPORT_MUTED, FORWARD, REVERSE
from diffviz.trajectory import Trajectory

TITLES = {"forward": "forward", "reverse": "reverse", "x0_hat": "estimate", "eps_hat": "noise"}
COLOURS = {"forward": FORWARD, "reverse": REVERSE, "x0_hat": EXPORT_INK, "eps_hat": EXPORT_INK}


@dataclass(frozen=True)
class Size:
    """How large a panel is drawn. area: of a point, in square typographic points; most: pictures or sequences in it."""

    area: float
    most: int


class Panel(Protocol):
    """A panel on its axes. artists: all that moves, in the order in which it is drawn."""

    axes: Axes
    artists: list[Artist]

    def show(self, t: int) -> None:
        """Move to t: for all but what goes forward a visited time."""


@dataclass(frozen=True, eq=False)
class PanelRow:
    """A panel of a scene. name: forward, reverse, x0_hat or eps_hat; head: over it, with its formula; blank: it shows nothing at
    t = 0."""

    name: str
    head: str
    draw: Callable[[Axes, Size], Panel]
    blank: bool = False

    @property
    def title(self) -> str:
        """In a word, where there is no room for its head."""
        return TITLES[self.name]

    @property
    def colour(self) -> str:
        """Of its head."""
        return COLOURS[self.name]


@dataclass(frozen=True, eq=False)
class Beside:
    """A picture that stands beside a run, and what is below it."""

    title: str
    draw: Callable[[Axes], None]


@dataclass(frozen=True, eq=False)
class Scene:
    """How a domain shows a run. legend: what is laid over the panels; beside: what does not move; note: what explains that."""

    panels: tuple[PanelRow, ...]
    legend: str = ""
    beside: Sequence[Beside] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class Graph:
    """A chart in a file. log: its vertical axis; uprights: places that are marked."""

    title: str
    lines: Sequence[lines.Line]
    axis: lines.Axis
    log: bool
    uprights: Sequence[lines.Upright] = ()


@dataclass(frozen=True, eq=False)
class Shown:
    """A run to be drawn.

    last: the forward process is shown up to this time
    caption: what happens at t, going forward or, with True, back
    """

    trajectory: Trajectory
    title: str
    summary: str
    scene: Scene
    last: int
    caption: Callable[[int, bool], str]

    @property
    def steps(self) -> int:
        """T."""
        return len(self.trajectory.alpha) - 1


class ImagePanel:
    """An image at every time. picture: at t, [high, wide, 3] of bytes; None where there is nothing to be seen."""

    def __init__(self, axes: Axes, picture: Callable[[int], NDArray[np.uint8] | None], size: tuple[int, int]) -> None:
        self.axes, self._picture = axes, picture
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        self._image = axes.imshow(np.full((*size, 3), 255, np.uint8), interpolation="nearest")
        self.artists: list[Artist] = [self._image]

    def show(self, t: int) -> None:
        """Move to t; white where there is nothing to be seen."""
        x = self._picture(t)
        self._image.set_visible(x is not None)
        if x is not None:
            self._image.set_data(x)


def muted(axes: Axes, text: str) -> None:
    """A word in the middle of an empty place."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=9, color=EXPORT_MUTED)
