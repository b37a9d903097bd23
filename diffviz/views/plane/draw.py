"""Points in the plane, for films and sheets: the particles with what is laid over them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

from diffviz.engine import Setup
from diffviz.figures.moments import visited
from diffviz.figures.scenes import COLOURS, PanelRow, Scene, Size
from diffviz.figures.theme import EXPORT_GRID, EXPORT_INK, EXPORT_MUTED, VIEW
from diffviz.trajectory import Trajectory
from diffviz.views.coloured import Coloured
from diffviz.views.plane import overlays
from diffviz.views.plane.sent import field_points, has_work
from diffviz.views.plane.work import INTO_DATA, draws_the_chain

MAX_POINTS = 2000  # in a panel: more only blacken it
DENSITY_SIDE = 96
OPACITIES = {"exact": 0.6, "used": 0.95}  # of score arrows
HEADS = {"forward": "forward  $q(x_t)$", "reverse": "reverse  $p(x_t)$"}
LEGEND = {
    "density": "grey: exact density of $x_t$",
    "energy": "grey: energy $-\\log q(x_t)$, darker is lower, a shade each kT",
    "work": "colours: work so far, teal below none, brown above it",
    "factor": "dashed: r(x)",
    "score": "arrows: score, exact in black",
    "trails": "lines: where particles came from",
    "x0_hat": "rings: $\\hat{x}_0$",
}
POSTERIOR = ", in reverse of the exact posterior"
Density = Callable[[int], NDArray[np.float64]]  # of t: the exact density of x_t [S, S] over the panel
Lines = list[NDArray[np.float64]]  # [n, 2] each
Estimates = Callable[[int], dict[str, NDArray[np.float32]]]  # of t: E[x_0|x_t] at field_points() [F, 2], "exact" and "used"


class PointPanel:
    """The plane, at the page's scale, with the unit circle."""

    def __init__(
        self,
        axes: Axes,
        size: Size,
        name: str,
        run: Trajectory,
        layers: tuple[str, ...],
        density: Density | None,
        estimates: Estimates | None,
        work: Coloured | None,
        lines: Lines,
    ) -> None:
        self.axes, self._name, self._run, self._of, self._estimates = axes, name, run, density, estimates
        self._work = work if work is not None and work.shares(name, 0) is not None else None
        axes.set(xticks=[], yticks=[], xlim=(-VIEW, VIEW), ylim=(-VIEW, VIEW), aspect="equal")
        for spine in axes.spines.values():
            spine.set_color(EXPORT_GRID)
        angle = np.linspace(0, 2 * np.pi, 200)
        axes.plot(np.cos(angle), np.sin(angle), color=EXPORT_MUTED, alpha=0.4, linewidth=0.8, zorder=0)
        for line in lines:
            axes.plot(*line.T, color=EXPORT_INK, alpha=0.7, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        colour, self._points = COLOURS[name], field_points()
        self._density = overlays.density_picture(axes) if {"density", "energy"} & set(layers) else None
        self._low = overlays.lowest_kt([density(0), density(len(run.alpha) - 1)]) if "energy" in layers else None
        self._fields = {}
        if "score" in layers:
            names = [each for each in estimates(len(run.alpha) - 1) if name == "reverse" or each == "exact"]
            inks = {"exact": EXPORT_INK, "used": colour}
            self._fields = {each: overlays.arrows(axes, self._points, inks[each], OPACITIES[each]) for each in names}
        dense = min(1.0, math.sqrt(1000 / len(run.forward[0])))
        self._dots = axes.scatter([], [], s=size.area * dense, color=colour, linewidths=0, alpha=0.8, zorder=1)
        if self._work is not None:
            self._dots.set(cmap=overlays.work_map(), clim=(-1.0, 1.0), array=np.zeros(0))
        self._trails = overlays.trail_lines(axes, colour) if "trails" in layers else None
        self._rings = overlays.rings(axes, 3 * size.area) if "x0_hat" in layers and name == "reverse" else None
        frame = (*axes.lines, *axes.spines.values())  # over the density, and so drawn anew with it
        moving = (self._density, *frame, *self._fields.values(), self._dots, self._trails, self._rings)
        self.artists: list[Artist] = sorted((each for each in moving if each is not None), key=lambda each: each.get_zorder())

    def show(self, t: int) -> None:
        """Move to t."""
        run, forward = self._run, self._name == "forward"
        self._dots.set_offsets((run.forward[t] if forward else run.reverse[visited(run, t)])[:MAX_POINTS])
        if self._density is not None:
            density = self._of(t)
            self._density.set_data(overlays.toned(density) if self._low is None else overlays.terraced(density, self._low))
        if self._work is not None:
            self._dots.set_array(self._work.shares(self._name, t)[:MAX_POINTS])
        for name, field in self._fields.items():
            field.set_visible(t > 0)  # data have no score: their noise has no width
            if t > 0:
                overlays.turn(field, self._points, self._estimates(t)[name], float(run.alpha[t]))
        if self._trails is not None:
            path = run.forward[: t + 1] if forward else run.reverse[: visited(run, t) + 1]
            self._trails.set_segments(overlays.trails(path))
        if self._rings is not None:
            self._rings.set_offsets(run.x0_hat[visited(run, t), : overlays.RINGS])


def scene(
    run: Trajectory,
    layers: tuple[str, ...],
    density: Density | None = None,
    estimates: Estimates | None = None,
    work: Coloured | None = None,
    after: Density | None = None,
    lines: Lines | None = None,
) -> Scene:
    """Forward and reverse, with the layers over them. after: the exact density where the reverse process has another; lines: of
    the factor r(x)."""
    densities = {"forward": density, "reverse": after or density}

    def panel(name: str) -> PanelRow:
        known = work is not None and work.shares(name, 0) is not None
        head = f"{HEADS[name]}, work ±{work.most:g} kT" if known else HEADS[name]
        own = densities[name], estimates, work, lines or []
        return PanelRow(name, head, lambda axes, size: PointPanel(axes, size, name, run, layers, *own))

    there = {*layers, *(("factor",) if lines else ())} - ({"density"} if "energy" in layers else set())
    said = {name: LEGEND[name] for name in LEGEND if name in there and (name != "work" or work)}
    if after is not None:
        said |= {name: f"{said[name]}{POSTERIOR}" for name in ("density", "energy") if name in said}
        said |= {"score": said["score"].replace("score", "score without r(x)")} if "score" in said else {}
    if "score" in said and "used" in estimates(len(run.alpha) - 1):
        said["score"] += ", the network's in colour"
    return Scene((panel("forward"), panel("reverse")), "      ".join(said.values()))


def draw(setup: Setup, run: Trajectory, layers: tuple[str, ...], pair: bool) -> Scene:
    """A run as files show it. layers: density, energy in its place, work, score, trails, x0_hat; the exact density and the
    denoisers' estimates are computed when they are first asked for."""
    schedule = setup.schedule
    side = torch.from_numpy(VIEW * ((2.0 * np.arange(DENSITY_SIDE) + 1.0) / DENSITY_SIDE - 1.0))
    grid = torch.cartesian_prod(side, side).flip(1)  # row by row from below
    points = torch.from_numpy(field_points())

    def level(t: int) -> tuple[float, float]:
        return float(schedule.alpha[t]), float(schedule.sigma[t])

    @lru_cache(maxsize=512)
    def density(t: int) -> np.ndarray:
        return setup.distribution.log_density(grid, *level(t)).exp().view(DENSITY_SIDE, DENSITY_SIDE).numpy()

    @lru_cache(maxsize=512)
    def estimates(t: int) -> dict[str, np.ndarray]:
        found = {"exact": setup.distribution.posterior(points.double(), *level(t), variance=False)[0].numpy()}
        if setup.experiment.denoiser != "exact":
            with torch.inference_mode():
                found["used"] = setup.denoiser(points.to(setup.device), *level(t)).x0_hat.cpu().numpy()
        return found

    work = None
    if "work" in layers and has_work(setup.experiment):
        positions = np.searchsorted(-run.t, -setup.times)
        paths = run.forward[setup.times, :MAX_POINTS], run.reverse[positions, :MAX_POINTS]
        work = Coloured.of(setup, *paths, draws_the_chain(setup.experiment), INTO_DATA)
    if not setup.experiment.conditional:
        return scene(run, layers, density, estimates, work)
    task = setup.task

    @lru_cache(maxsize=512)
    def after(t: int) -> np.ndarray:
        return task.tilted.log_density(grid, *level(t)).exp().view(DENSITY_SIDE, DENSITY_SIDE).numpy()

    return scene(run, layers, density, estimates, work, after, overlays.factor_lines(setup.experiment))
