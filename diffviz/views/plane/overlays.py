"""What can be laid over points: the exact density, the score, trails and rings where the denoiser takes the data to be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.image import AxesImage
from matplotlib.quiver import Quiver
from numpy.typing import NDArray

from diffviz.figures.theme import EXPORT_INK, VIEW

HIGHEST_KT = 7  # heights of the energy above it are paper, as energy.js has it
WORK = (
    (0, 68, 62),
    (28, 134, 124),
    (140, 148, 158),
    (178, 112, 24),
    (98, 48, 0),
)  # from below none to above it, as work.js has it
DARKEST = 66.0  # CIE lightness where the density is highest; paper is 100
TRAILS, TRAIL_STEPS, TRAIL_SHARE = 12, 20, 0.05  # particles; how far back a trail goes: steps, or of a long path that share
RINGS = 100


def _grey(lightness: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB value, 0..1, of a grey of CIE lightness 8..100."""
    linear = ((lightness + 16.0) / 116.0) ** 3
    return np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)


def paper_map() -> ListedColormap:
    """From the paper to grey in equal steps of lightness."""
    return ListedColormap(np.repeat(_grey(np.linspace(100.0, DARKEST, 256))[:, None], 3, 1))


def density_picture(axes: Axes) -> AxesImage:
    """Where a density goes, below all else; its values are shares of its maximum."""
    extent = (-VIEW, VIEW, -VIEW, VIEW)
    return axes.imshow(
        np.zeros((2, 2)), cmap=paper_map(), vmin=0, vmax=1, extent=extent, origin="lower", interpolation="bilinear", zorder=-1
    )


def toned(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of the maximum, 0..1, the low ones raised so that tails are seen."""
    return (density / density.max()) ** 0.6


def lowest_kt(densities: list[NDArray[np.float64]]) -> int:
    """The whole height below all heights -log q of some densities."""
    return math.floor(-math.log(max(float(density.max()) for density in densities)))


def terraced(density: NDArray[np.float64], low: int) -> NDArray[np.float64]:
    """0..1 for the energy -log q, a step each kT: 0 from HIGHEST_KT on, 1 in the lowest one above low."""
    below = HIGHEST_KT + np.log(np.maximum(density, math.exp(-2 * HIGHEST_KT)))
    return np.clip(np.ceil(below), 0, HIGHEST_KT - low) / (HIGHEST_KT - low)


def work_map() -> LinearSegmentedColormap:
    """The page's colours of work, for values from -1 to 1."""
    return LinearSegmentedColormap.from_list("work", [[value / 255 for value in colour] for colour in WORK])


def arrows(axes: Axes, points: NDArray[np.float32], colour: str, opacity: float) -> Quiver:
    """Arrows from points [n, 2] whose ends turn() sets."""
    zero = np.zeros(len(points))
    scale = {"angles": "xy", "scale_units": "xy", "scale": 1.0, "width": 0.004, "headwidth": 4, "headlength": 4.5}
    return axes.quiver(*points.T, zero, zero, color=colour, alpha=opacity, zorder=2, **scale)


def turn(field: Quiver, points: NDArray[np.float32], targets: NDArray[np.float32], alpha: float) -> None:
    """Along the score, which points from x_t to alpha E[x_0|x_t]; an arrow's length grows with that distance and saturates, as on
    the page."""
    apart = alpha * targets - points
    size = np.linalg.norm(apart, axis=1, keepdims=True)
    cell = float(points[1, 0] - points[0, 0])
    field.set_UVC(*(apart * 0.85 * cell / (size + 0.35)).T)


def trail_lines(axes: Axes, colour: str) -> LineCollection:
    """Where trails go."""
    return axes.add_collection(LineCollection([], colors=colour, linewidths=0.8, alpha=0.7, zorder=2))


def trails(path: NDArray[np.float32]) -> NDArray[np.float32]:
    """[n, m, 2] the last part of the paths [m', N, 2] of a few particles."""
    behind = max(TRAIL_STEPS, round(TRAIL_SHARE * len(path)))
    return path[-behind - 1 :, :TRAILS].swapaxes(0, 1)


def factor_lines(e: Any) -> list[NDArray[np.float64]]:
    """[n, 2] lines where r(x) of an Experiment with a factor is largest, or of a half-plane 1/2, and one standard deviation of y
    to either side; factor.js draws the same."""
    angle, around = math.radians(e.angle), np.linspace(0, 2 * np.pi, 121)
    n, circle = np.array([math.cos(angle), math.sin(angle)]), np.stack([np.cos(around), np.sin(around)], 1)
    if e.measurement == "observation":
        return [e.offset * n + e.measure_noise * k * circle for k in (1, 2)]
    places = [e.offset + k * e.measure_noise for k in (-1, 0, 1)]
    if e.measurement == "ring":
        return [place * circle for place in places if place > 0]
    along = np.array([[-9.0], [9.0]]) * np.array([-n[1], n[0]])
    return [place * n + along for place in places]


def rings(axes: Axes, size: float) -> PathCollection:
    """Where x0_hat goes."""
    return axes.scatter([], [], s=size, facecolors="none", edgecolors=EXPORT_INK, linewidths=0.7, alpha=0.8, zorder=4)
