"""Pictures, for films and sheets: side by side in a panel, and those that are given beside it."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from diffviz.engine import Setup
from diffviz.figures.moments import visited
from diffviz.figures.scenes import Beside, ImagePanel, PanelRow, Scene, Size
from diffviz.figures.theme import EXPORT_GRID, EXPORT_INK, EXPORT_MUTED
from diffviz.trajectory import Trajectory
from diffviz.views.pictures.posterior import GivenPicture, given_pictures, returned_pictures

GUTTER = 1  # between pictures, in pixels of theirs
EPS_REACH = 2.5  # grey goes from minus this to this where noise is shown, else from -1 to 1
HEADS = {
    "forward": "forward  $x_t$",
    "reverse": "reverse  $x_t$",
    "x0_hat": "denoised estimate  $\\hat{x}_0$",
    "eps_hat": "predicted noise  $\\hat{\\epsilon}$",
}
NOTE = "* of the training images, given the measurement"


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


def values(run: Trajectory, name: str, t: int) -> NDArray[np.float32] | None:
    """[N, C, H, W] of a panel at t, for all but forward a visited time; None for the predicted noise at t = 0."""
    if name == "forward":
        return run.forward[t]
    index = visited(run, t)
    if name != "eps_hat":
        return getattr(run, name)[index]
    return None if t == 0 else (run.reverse[index] - run.alpha[t] * run.x0_hat[index]) / run.sigma[t]


def scene(run: Trajectory, names: tuple[str, ...], beside: tuple[Beside, ...] = (), note: str = "") -> Scene:
    """The named panels."""

    def panel(name: str) -> PanelRow:
        def picture(t: int, most: int) -> NDArray[np.uint8] | None:
            x = values(run, name, t)
            return None if x is None else mosaic(x[:most], EPS_REACH if name == "eps_hat" else 1.0)

        def draw(axes: Axes, size: Size) -> ImagePanel:
            return ImagePanel(axes, lambda t: picture(t, size.most), mosaic(run.forward[0, : size.most]).shape[:2])

        return PanelRow(name, HEADS[name], draw, blank=name == "eps_hat")

    return Scene(tuple(map(panel, names)), beside=beside, note=note)


def draw_beside(axes: Axes, given: GivenPicture) -> None:
    """One picture with its title below: in greys, a spread in ink, and hatched where it is not known."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color(EXPORT_GRID)
    axes.set_xlabel(given.title, fontsize=9, color=EXPORT_INK)
    if given.known is not None:
        axes.patch.set(hatch="////", edgecolor=EXPORT_MUTED)
    picture = mosaic(1.0 - 2.0 * given.x[None] if given.name.endswith("std") else given.x[None])
    opaque = np.ones(picture.shape[:2]) if given.known is None else given.known.astype(float)
    axes.imshow(np.dstack([picture / 255.0, opaque]), interpolation="nearest")


def draw(setup: Setup, run: Trajectory, layers: tuple[str, ...], pair: bool) -> Scene:
    """A run as files show it: of one all panels, of two what comes back or the layer in its place; and what is given."""
    names = ("forward", *(layers or ("reverse",))) if pair else ("forward", "reverse", "x0_hat", "eps_hat")
    pictures = [*given_pictures(setup), *returned_pictures(setup, run.reverse[-1])]
    beside = tuple(Beside(each.title, lambda axes, each=each: draw_beside(axes, each)) for each in pictures)
    return scene(run, names, beside, NOTE if any("*" in each.title for each in pictures) else "")
