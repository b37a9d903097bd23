"""Bit sequences, for films and sheets: rows of bins, with the probability of a 1 as shade."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from diffviz.domains.heartbeat.data import LENGTH
from diffviz.engine import Setup
from diffviz.figures.moments import visited
from diffviz.figures.scenes import COLOURS, ImagePanel, PanelRow, Scene, Size
from diffviz.figures.theme import EXPORT_GRID
from diffviz.trajectory import Trajectory

ROWS = 32  # sequences in a panel
CELL, GAP = 6, 1  # of a bit, in pixels; GAP of them to the next
HEADS = {"forward": "forward  $x_t$", "reverse": "reverse  $x_t$", "x0_hat": "P($x_0$ = 1)  $\\hat{x}_0$"}


def raster(x: NDArray[np.floating], colour: str) -> NDArray[np.uint8]:
    """[N, D] from 0 to 1 -> [N CELL, D CELL, 3] of bytes: white for 0, the colour for 1, cells on a grid."""
    paper, ink = np.ones(3), np.array(to_rgb(colour))
    shade = np.clip(x, 0.0, 1.0)[..., None]
    cells = (paper + shade * (ink - paper)).repeat(CELL, 0).repeat(CELL, 1)
    for lines in (cells, cells.swapaxes(0, 1)):
        for place in range(GAP):
            lines[CELL - 1 - place :: CELL] = to_rgb(EXPORT_GRID)
    return np.rint(255.0 * cells).astype(np.uint8)


def values(run: Trajectory, name: str, t: int) -> NDArray[np.float32]:
    """[N, D] of a panel at t, for all but forward a visited time."""
    return run.forward[t] if name == "forward" else getattr(run, name)[visited(run, t)]


def draw(setup: Setup, run: Trajectory, layers: tuple[str, ...], pair: bool) -> Scene:
    """A run as files show it: of one all panels, of two what comes back or the layer in its place."""

    def panel(name: str) -> PanelRow:
        def make(axes: Axes, size: Size) -> ImagePanel:
            rows = min(ROWS, size.most, len(run.forward[0]))
            return ImagePanel(axes, lambda t: raster(values(run, name, t)[:rows], COLOURS[name]), (rows * CELL, LENGTH * CELL))

        return PanelRow(name, HEADS[name], make)

    names = ("forward", *(layers or ("reverse",))) if pair else ("forward", "reverse", "x0_hat")
    return Scene(tuple(map(panel, names)), legend="rows: sequences; columns: bins")
