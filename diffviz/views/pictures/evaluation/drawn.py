"""What an evaluation draws, by matplotlib: two curves, and samples beside what was trained on. Arrays in, files out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from diffviz.figures.saving import save_figure
from diffviz.figures.theme import EXPORT_GRID, EXPORT_INK, EXPORT_MUTED, FORWARD, REVERSE, A, B
from diffviz.files import written
from diffviz.views.pictures.draw import mosaic

COLOURS = (FORWARD, REVERSE, A, B, "#E69F00", "#56B4E9", EXPORT_INK)  # Okabe & Ito
MARKERS = "osD^vPX"
ENDINGS = (".png", ".pdf")
SHOWN = 12  # samples beside their neighbours


def _chart(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, 4.4), dpi=160, facecolor="white", layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, color=EXPORT_INK, fontsize=11, loc="left")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color=EXPORT_GRID)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Figure, folder: Path, name: str) -> None:
    for ending in ENDINGS:
        with written(folder / (name + ending)) as path:
            save_figure(figure, path)


def quality(curves: dict[str, list[tuple[int, float, float]]], levels: dict[str, float], title: str, folder: Path) -> None:
    """quality.png, .pdf. curves: by sampler, (NFE, Frechet distance, its error); levels: what real pictures reach, by name."""
    figure, axes = _chart(title, "function evaluations", "Fréchet distance, classifier's features")
    for index, (name, points) in enumerate(curves.items()):
        x, y, error = np.array(points).T
        style = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
        axes.errorbar(x, y, error, label=name, capsize=3, markersize=5, **style)
    for dash, (name, value) in zip(("--", ":"), levels.items(), strict=False):
        axes.axhline(value, color=EXPORT_MUTED, linestyle=dash, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    counts = sorted(point[0] for point in next(iter(curves.values())))  # others may differ by one function evaluation
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=9)
    _save(figure, folder, "quality")


def rate_distortion(rate: NDArray[np.float64], error: NDArray[np.float64], title: str, folder: Path) -> None:
    """rate_distortion.png, .pdf: rate [n] in bits/dim, error [n] in grey levels, along t."""
    figure, axes = _chart(title, "rate: bits per dimension sent so far", "distortion: root mean squared error, grey levels")
    axes.plot(rate, error, color=REVERSE, marker="o", markersize=3)
    axes.axhline(0.5, color=EXPORT_MUTED, linestyle=":", label="half a grey level")
    axes.set_xlim(left=0.0)
    axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False, fontsize=9)
    _save(figure, folder, "rate_distortion")


def neighbours(
    samples: NDArray[np.float32],
    nearest: NDArray[np.float32],
    distances: NDArray[np.float64],
    usual: float,
    title: str,
    folder: Path,
) -> None:
    """neighbours.png, .pdf: samples [N, C, H, W] above their nearest training pictures, in equal steps from the nearest to the
    farthest; below each pair its distance, divided by that of held-out pictures, usual."""
    order = np.argsort(distances)
    chosen = order[np.unique(np.rint(np.linspace(0, len(order) - 1, SHOWN)).astype(int))]
    figure = Figure(figsize=(1.05 * len(chosen), 3.1), dpi=160, facecolor="white", layout="constrained")
    grid = figure.subplots(2, len(chosen), squeeze=False)
    for column, index in enumerate(chosen):
        for row, pictures in enumerate((samples, nearest)):
            grid[row, column].imshow(mosaic(pictures[index : index + 1]), interpolation="nearest")
            grid[row, column].set_axis_off()
        grid[1, column].set_title(f"{distances[index] / usual:.2f}", fontsize=9, color=EXPORT_INK)
    figure.suptitle(f"{title}: samples, and below their nearest training images; distance ÷ that of held-out ones", fontsize=9)
    _save(figure, folder, "neighbours")
