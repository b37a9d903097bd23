"""The figures of the 2015 paper's experiments, by matplotlib. Arrays in, figures out."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from diffviz.figures.theme import EXPORT_GRID, EXPORT_INK, EXPORT_MUTED, FORWARD, REVERSE, VIEW, A, B

Values = NDArray[np.floating]
SCHEDULES = {  # colour, dash and name of each
    "linear": (EXPORT_MUTED, ":", "linear"),
    "cosine": (EXPORT_MUTED, "--", "cosine"),
    "sohl_dickstein": (EXPORT_MUTED, "-.", "2015"),
    "least_dissipation": (B, "--", "least dissipation"),
    "optimal": (EXPORT_INK, "-", "optimal"),
    "learned": (A, "-", "learned"),
}
FLOOR = -12.0  # log SNR below which a curve is not drawn


def _times(steps: int) -> list[str]:
    return ["t = 0", f"t = {steps // 2}", f"t = {steps}"]


def figure_1(forward: Values, reverse: Values, grid: Values, drift: Values, steps: int) -> Figure:
    """Figure 1 of Sohl-Dickstein et al. (2015): forward and reverse [3, N, 2] at t = 0, T/2, T, and the drift f_mu(x_t, t) - x_t
    [3, M, 2] at the points of a grid [M, 2]; its first is that of the step from t = 2."""
    figure = Figure(figsize=(6.6, 6.8), dpi=160, facecolor="white", layout="constrained")
    axes = figure.subplots(3, 3, sharex=True, sharey=True)
    rows = ("forward, $q(x_t)$", FORWARD), ("reverse, $p(x_t)$", REVERSE), (r"drift, $f_\mu(x_t, t) - x_t$", EXPORT_INK)
    for (name, colour), line in zip(rows, axes, strict=True):
        line[0].set_ylabel(name, color=colour, fontsize=10)
    for column, time in enumerate(_times(steps)):
        axes[0, column].set_title(time, color=EXPORT_INK, fontsize=10)
        for line, x, colour in ((axes[0], forward, FORWARD), (axes[1], reverse, REVERSE)):
            line[column].scatter(*x[column].T, s=2.2, color=colour, alpha=0.6, linewidths=0)
        arrows = drift[column]
        longest = max(float(np.hypot(*arrows.T).max()), 1e-9)
        axes[2, column].quiver(
            *grid.T, *arrows.T, color=EXPORT_INK, angles="xy", scale_units="xy", scale=longest / 0.55, width=0.006
        )
        axes[2, column].set_xlabel(f"longest arrow {longest:.2g}", color=EXPORT_MUTED, fontsize=8)
    for one in axes.flat:
        one.set(xlim=(-VIEW, VIEW), ylim=(-VIEW, VIEW), aspect="equal", xticks=(-2, 0, 2), yticks=(-2, 0, 2))
        one.tick_params(colors=EXPORT_MUTED, labelsize=8)
    axes[2, 0].set_title("the step from t = 2", color=EXPORT_MUTED, fontsize=8)
    return figure


def rasters(forward: Values, reverse: Values, steps: int) -> Figure:
    """Sequences [3, N, D] of bits at t = 0, T/2 and T of both processes; a 1 is dark."""
    figure = Figure(figsize=(6.6, 5.2), dpi=160, facecolor="white", layout="constrained")
    axes = figure.subplots(2, 3)
    for line, x, name, colour in zip(axes, (forward, reverse), ("forward", "reverse"), (FORWARD, REVERSE), strict=True):
        for one, bits, time in zip(line, x, _times(steps), strict=True):
            one.imshow(bits, cmap="Greys", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
            one.set(xticks=(), yticks=())
            one.set_title(time, color=EXPORT_INK, fontsize=10)
        line[0].set_ylabel(name, color=colour, fontsize=10)
    return figure


def schedules(log_snr: dict[str, Values], from_optimum: dict[str, float]) -> Figure:
    """log SNR [T] of each schedule at t = 1..T, with how many nats its gap lies above the smallest."""
    figure = Figure(figsize=(6.6, 4.4), dpi=160, facecolor="white", layout="constrained")
    axes = figure.subplots()
    for name, (colour, dash, title) in SCHEDULES.items():
        values = np.where(log_snr[name] > FLOOR, log_snr[name], np.nan)
        label = f"{title}: {from_optimum[name]:.3f} nats above the optimum" if name != "optimal" else title
        axes.plot(np.arange(1, len(values) + 1), values, color=colour, linestyle=dash, label=label)
    axes.set_xlabel("t")
    axes.set_ylabel("log SNR")
    axes.grid(color=EXPORT_GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return figure
