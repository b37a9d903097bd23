"""Graphs, for films and sheets: node-link pictures, edges by their probability."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from diffviz.domains.graphs.data import DATASETS, data_of, redrawn
from diffviz.domains.graphs.families import FAMILIES, pairs
from diffviz.engine import Setup
from diffviz.figures.moments import visited
from diffviz.figures.scenes import COLOURS, PanelRow, Scene, Size
from diffviz.figures.theme import EXPORT_INK, EXPORT_MUTED
from diffviz.trajectory import Trajectory
from diffviz.views.graphs.layout import Places, ends, places
from diffviz.views.graphs.sent import joined

MOST = 25  # graphs in a panel
FORCE = "force"  # the layer: nodes stand where forces move them
RADIUS = 0.36  # of a ring, in cells
MASKED = 0.16  # opacity of a masked pair
CERTAIN, DOT, FAINT = 1.6, 3.2, 0.02  # width of an edge and of a node, at most; opacity below which an edge is not drawn
ROOM = 5.5  # points of a cell for each node, of which both have that width
FEW = 6  # nodes of a graph, as many of which are drawn as there may be pictures; of more nodes there are fewer and larger ones
HEADS = {"forward": "forward  $x_t$", "reverse": "reverse  $x_t$", "x0_hat": "P(joined)  $\\hat{x}_0$"}


def shown_of(most: int, nodes: int) -> int:
    """How many graphs are drawn where there may be so many pictures: a square number of them, of more than a few nodes."""
    most = min(MOST, most)
    return most if nodes <= FEW else round(math.sqrt(most * FEW / nodes)) ** 2


class GraphPanel:
    """Graphs at every time. ring: [n, 2] or [N, n, 2] where their nodes are in the unit disc, y upwards; shades: at t, [N, D] the
    opacity of each pair; marks: at t, N signs, one beside each graph."""

    def __init__(
        self,
        axes: Axes,
        nodes: int,
        count: int,
        colour: str,
        ring: Places,
        shades: Callable[[int], NDArray[np.floating]],
        marks: Callable[[int], list[str]],
    ) -> None:
        self.axes, self._shades, self._marks, self._colour = axes, shades, marks, to_rgb(colour)
        across = math.ceil(math.sqrt(count))
        down = math.ceil(count / across)
        axes.set(xticks=[], yticks=[], xlim=(0, across), ylim=(down, 0), aspect="equal")
        axes.spines[:].set_visible(False)
        row, column = np.divmod(np.arange(count), across)
        box, inch = axes.bbox, 72.0 / axes.figure.dpi
        thin = min(1.0, inch * min(box.width / across, box.height / down) / (ROOM * nodes))
        centre = np.stack([column + 0.5, row + 0.5], 1)
        at = centre[:, None] + RADIUS * ring * [1.0, -1.0]  # [N, n, 2]
        ends = np.array(pairs(nodes))
        self._lines = LineCollection(at[:, ends].reshape(-1, 2, 2), linewidths=thin * CERTAIN, capstyle="round")
        axes.add_collection(self._lines)
        self._nodes = axes.plot(
            *at.reshape(-1, 2).T, "o", color=EXPORT_INK, markersize=math.sqrt(thin) * DOT, markeredgewidth=0.0
        )[0]
        self._signs = [
            axes.text(x + 0.46, y - 0.3, "", color=EXPORT_MUTED, fontsize=8, ha="right", va="center") for x, y in centre
        ]
        self.artists: list[Artist] = [self._lines, self._nodes, *self._signs]

    def show(self, t: int) -> None:
        """Move to t."""
        opacity = self._shades(t).ravel()
        colours = np.tile([*self._colour, 0.0], (len(opacity), 1))
        colours[:, 3] = np.where(opacity > FAINT, opacity, 0.0)
        self._lines.set_color(colours)
        for sign, mark in zip(self._signs, self._marks(t), strict=True):
            sign.set_text(mark)


def signs(setup: Setup, x: NDArray[np.floating], t: int) -> list[str]:
    """Of x_t ✓ of a graph of the family; under masks × of one that can no longer become one; else nothing. Of the block model ✓
    of a graph that tells its communities."""
    e = setup.experiment
    family = e.dataset in FAMILIES
    whole, agrees = (x < 2.0).all(1) | (not family), data_of(e).judged(x, redrawn(e.process, setup.schedule)[t])
    lost = "×" if family and e.process == "absorbing" else ""
    return [lost if not can else "✓" if done else "" for done, can in zip(whole, agrees, strict=True)]


def draw(setup: Setup, run: Trajectory, layers: tuple[str, ...], pair: bool) -> Scene:
    """A run as files show it: of one all panels, of two what comes back or the layer in its place."""

    nodes = data_of(setup.experiment).nodes
    standing = ends(setup, run.reverse[-1, :MOST]) if FORCE in layers else {}

    def panel(name: str) -> PanelRow:
        ring = standing.get("forward" if name == "forward" else "reverse", places(nodes))

        def make(axes: Axes, size: Size) -> GraphPanel:
            count = min(shown_of(size.most, nodes), len(run.forward[0]))

            def state(t: int) -> NDArray[np.floating]:
                return (run.forward[t] if name == "forward" else run.reverse[visited(run, t)])[:count]

            def shades(t: int) -> NDArray[np.floating]:
                if name == "x0_hat":
                    return joined(run.x0_hat[visited(run, t), :count])
                return np.where(state(t) == 2.0, MASKED, state(t))

            def marks(t: int) -> list[str]:
                return [""] * count if name == "x0_hat" else signs(setup, state(t), t)

            return GraphPanel(axes, nodes, count, COLOURS[name], ring if ring.ndim == 2 else ring[:count], shades, marks)

        return PanelRow(name, HEADS[name], make)

    names = (
        ("forward", *(tuple(name for name in layers if name != FORCE) or ("reverse",)))
        if pair
        else ("forward", "reverse", "x0_hat")
    )
    kind = DATASETS[setup.experiment.dataset].kind
    masks, family = setup.experiment.process == "absorbing", setup.experiment.dataset in FAMILIES
    parts = [*(["pale: masked"] if masks else []), f"✓: {kind}", *(["×: can no longer become so"] if masks and family else [])]
    return Scene(tuple(map(panel, names)), legend="; ".join(parts))
