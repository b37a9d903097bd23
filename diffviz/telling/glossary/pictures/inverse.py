"""Pictures of inverse problems and editing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import forward_kernel, gaussian_kl_nats
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.point import posterior_mixture
from diffviz.gaussian.quadrature import marginal
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.inverse.edit import slerp
from diffviz.inverse.factors import HalfPlane
from diffviz.inverse.operators import MEASUREMENTS, MeasurementOptions
from diffviz.inverse.perturbed import Perturbation
from diffviz.inverse.repaint import RePaint
from diffviz.inverse.tilted import Tilted
from diffviz.process import Position, Step
from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE, SOFT, A, B
from diffviz.telling.glossary.pictures.svg import Plot, area, arrow, below, curve, dots, ground, picture, text
from diffviz.telling.glossary.pictures.toy import LINE, PLANE, SCHEDULE, STD, column, ddpm, density, evenly, gauss, levels, paths
from diffviz.trajectory import StepInfo


def _grid(values: np.ndarray, left: float, side: float) -> str:
    """A square of pixels [n, n] from 0 to 1, the larger the darker."""
    cell, shades = side / len(values), {}
    for (i, j), value in np.ndenumerate(values):
        shades.setdefault(round(4 * float(value)) / 4, []).append(
            f"M{left + j * cell:g} {14 + i * cell:g}h{cell:g}v{cell:g}h-{cell:g}z"
        )
    drawn = (f'<path d="{"".join(path)}" fill="{INK}" fill-opacity="{shade:g}"/>' for shade, path in shades.items() if shade)
    return "".join(drawn) + f'<rect x="{left:g}" y="14" width="{side:g}" height="{side:g}" stroke="{SOFT}" stroke-width="1"/>'


def _measurement() -> str:
    row, column = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    radius = torch.hypot(row - 3.5, column - 3.5)
    image = ((radius > 1.8) & (radius < 3.6)).float()[None, None]
    y = MEASUREMENTS["super_resolve"].make((1, 8, 8), MeasurementOptions(std=0.0, factor=2)).apply(image)
    known = y.flatten().numpy().reshape(4, 4)
    known = known / known.max()
    said = f"A ring of 8 × 8 pixels, and what a camera sees of it: {known.size} means over blocks for {image.numel()} pixels."
    parts = _grid(image[0, 0].numpy(), 14, 80) + _grid(known, 126, 80)
    across = arrow(Plot((0, 220), (110, 0), (0, 0, 220, 110)), (101, 54), (119, 54), INK)
    return picture(said, parts, across, text(54, 107, "x₀", INK, "middle"), text(166, 107, "y = H x₀", INK, "middle"))


def _posterior() -> str:
    y, noise = 0.3, 0.6
    x, plot = np.linspace(-2, 2, 46), Plot((-2, 2), (0, 1.7))
    posterior: GaussianMixture = posterior_mixture(LINE, torch.tensor([y], dtype=torch.float64), 1.0, noise)
    said = (
        f"q(x₀), the likelihood of y = {y:g}, σ_y = {noise:g}, and their product: its modes have the weights "
        f"{posterior.weights[0]:.2f} and {posterior.weights[1]:.2f}."
    )
    after = density(x, of=posterior)
    parts = [
        curve(plot, x, density(x), INK, True),
        curve(plot, x, gauss(x, y, noise), A),
        area(plot, x, after),
        curve(plot, x, after),
    ]
    names = text(8, 14, "q(x₀)") + text(96, 44, "q(y|x₀)", A) + text(140, 14, "p(x₀|y)", FORWARD, "end")
    return picture(said, ground(plot), *parts, names, below("−2", "x₀", "2"))


def _pigdm() -> str:
    times = np.arange(0, 101, 4)
    square = PLANE.mean_square / PLANE.dim - float((PLANE.weights @ PLANE.means).square().sum()) / PLANE.dim
    taken, true = [], []
    for t in times:
        alpha, sigma = levels(int(t))
        taken.append(square * sigma**2 / (alpha**2 * square + sigma**2))
        true.append(marginal(PLANE, alpha, sigma).mmse / PLANE.dim)
    plot, half = Plot((0, 100), (0, 1.1 * square)), len(times) // 2
    said = (
        f"What xₜ leaves open of x₀: r², of a Gaussian, and the true mean variance. At t = {times[half]} they are "
        f"{taken[half]:.2f} and {true[half]:.2f}."
    )
    names = text(60, 34, "r²", FORWARD, "end") + text(212, 78, "dashed: exact", INK, "end")
    return picture(
        said, ground(plot), curve(plot, times, taken), curve(plot, times, true, INK, True), names, below("0", "t", "T")
    )


def _multiplied() -> str:
    steps = 12
    s, plot = np.arange(steps), Plot((steps, -0.5), (0, 1.2))
    ramp = (steps - s) / steps
    said = f"The power of r at each of {steps} steps: always 1, {steps} times in all, or a ramp, {ramp.sum():g} in all."
    parts = dots(plot, s, np.ones(steps), B, 3) + dots(plot, s, ramp, A, 3)
    names = text(8, 14, f"always: {steps} times", B) + text(104, 80, f"ramp: {ramp.sum():g} times", A)
    return picture(said, ground(plot), parts, names, below("T", "s", "0"))


def _factor() -> str:
    x, plot = np.linspace(-2, 2, 41), Plot((-2, 2), (0, 1.2))
    slice_of = torch.stack([column(x)[:, 0], torch.zeros(len(x), dtype=torch.float64)], 1)
    half = HalfPlane((1.0, 0.0), -0.6)
    tilted = Tilted(PLANE, half, 0.6**2)
    scale = math.sqrt(2 * math.pi) * STD  # the plane's density on the axis is the line's over it
    before, after = (scale * each.log_density(slice_of).exp().numpy() for each in (PLANE, tilted))
    r = half.log_value(slice_of, 0.6**2).exp().numpy()
    said = f"q(x), the factor r(x) of a half-plane, and their product over Z = {math.exp(tilted.log_z):.2f}."
    parts = [curve(plot, x, before, INK, True), curve(plot, x, r, A), area(plot, x, after), curve(plot, x, after)]
    names = text(8, 60, "q(x)") + text(8, 96, "r(x)", A) + text(130, 14, "q(x) r(x)/Z", FORWARD, "end")
    return picture(said, ground(plot), *parts, names, below("−2", "x", "2"))


def _path_kl() -> str:
    y, noise = 1.5, 1.0
    once, twice = (1.0 / (1.0 + count / noise**2) for count in (1, 2))  # variances of N(0, 1) times r, and times r^2
    means = y * once / noise**2, 2 * y * twice / noise**2
    x, plot = np.linspace(-1.5, 3.5, 51), Plot((-1.5, 3.5), (0, 0.8))
    apart = gaussian_kl_nats((means[0] - means[1]) ** 2, twice, once, 1)
    said = (
        f"N(0, 1) times r of y = {y:g}, σ_y = {noise:g}, and what a long chain makes that multiplies by r at every level: r "
        f"counts twice, a KL divergence of {apart:.2f} nats."
    )
    exact, chain = gauss(x, means[0], math.sqrt(once)), gauss(x, means[1], math.sqrt(twice))
    names = text(8, 30, "exact") + text(212, 30, "chain", REVERSE, "end")
    return picture(
        said, ground(plot), curve(plot, x, exact, INK, True), curve(plot, x, chain, REVERSE), names, below("−1.5", "x₀", "3.5")
    )


def _small_perturbation() -> str:
    x, plot = np.linspace(-3, 3, 61), Plot((-3, 3), (0, 0.75))
    kernel = Perturbation(HalfPlane((1.0, 0.0), 0.5), 0.7**2, 1, shifted=True)
    m = torch.zeros(1, 2, dtype=torch.float64)
    slice_of = torch.stack([column(x)[:, 0], torch.zeros(len(x), dtype=torch.float64)], 1)
    scale = math.sqrt(2 * math.pi)  # of the other coordinate, in which nothing changes
    before = gauss(x, 0.0, 1.0)
    product = scale * kernel.log_product(slice_of, m, 1.0, 0).exp().numpy()
    shifted = scale * kernel.log_kernel(slice_of, m, 1.0, 0).exp().numpy()
    moved = float(kernel.mean(m, 1.0, 0)[0, 0])
    said = f"A kernel N(0, 1), grey; times r of a half-plane, dashed; and with its mean shifted by {moved:.2f} instead."
    parts = curve(plot, x, before, SOFT) + curve(plot, x, product, INK, True) + curve(plot, x, shifted, REVERSE)
    names = text(8, 20, "times r", INK) + text(212, 20, "shifted", REVERSE, "end")
    return picture(said, ground(plot), parts, names, below("−3", "xₛ", "3"))


class _Recorded(DDIM):
    """With the times that its steps go from and to."""

    def __init__(self) -> None:
        super().__init__()
        self.path: list[int] = []

    def step(self, state: Position, prediction: Prediction, step: Step) -> tuple[Position, StepInfo]:
        self.path += [step.t, step.s]
        return super().step(state, prediction, step)


def _repaint() -> str:
    times, walk = evenly(10), _Recorded()
    known = torch.tensor([True])
    x = paths(RePaint(walk, torch.ones(1, 1), known, times, resamples=3, jump=2), np.zeros(1), times)
    path = np.array([t for i, t in enumerate(walk.path) if i == 0 or t != walk.path[i - 1]])
    plot = Plot((0, len(path) - 1), (0, 100), (8, 8, 212, 90))
    said = (
        f"Where RePaint goes on 10 steps with U = 3 and jumps of 2: {len(walk.path) // 2} steps down in all, the "
        f"known pixel is {x[-1, 0]:g}."
    )
    return picture(
        said,
        ground(plot),
        curve(plot, np.arange(len(path)), path, REVERSE),
        text(212, 16, "U = 3, jumps of 2", INK, "end"),
        below("0", "steps taken, one after another"),
    )


def _edited() -> str:
    t_0, x_0, draws = 50, 1.2, np.random.default_rng(3)
    times = np.linspace(0, t_0, 17).round().astype(np.int64)
    x = np.full(5, x_0)
    rows = [x]
    for s, t in itertools.pairwise(times.tolist()):
        kernel = forward_kernel(SCHEDULE, s, t)
        x = kernel.scale * x + math.sqrt(kernel.variance) * draws.normal(size=5)
        rows.append(x)
    up = np.stack(rows)
    down = paths(ddpm(times), up[-1], times)
    plot = Plot((0, 2 * t_0), (-2.4, 2.4), (8, 6, 212, 90))
    kept = int((down[-1] > 0).sum())
    said = f"From x₀ = {x_0:g} up to t₀ = T/2 and down again, five times: {kept} of 5 end at the same mode."
    parts = [curve(plot, times, path, FORWARD) for path in up.T] + [curve(plot, t_0 + times, path, REVERSE) for path in down.T]
    return picture(said, *parts, dots(plot, [0], [x_0], INK, 3), below("x₀", "t₀", "edited"))


def _between() -> str:
    a, b = torch.tensor([[1.0, 0.0]], dtype=torch.float64), torch.tensor([[-0.5, math.sqrt(0.75)]], dtype=torch.float64)
    way = slerp(a, b, torch.linspace(0, 1, 7, dtype=torch.float64)).numpy()
    plot = Plot((-1.6, 1.6), (-0.1, 1.3), (8, 8, 212, 97.25))
    turn = np.linspace(0, math.pi, 41)
    middle = float(np.linalg.norm((a + b).numpy() / 2))
    said = (
        f"From noise a to noise b on the circle: half way the length is {np.linalg.norm(way[3]):.2f}, on the "
        f"straight line {middle:.2f}."
    )
    circle, chord = curve(plot, np.cos(turn), np.sin(turn), SOFT), curve(plot, [1, -0.5], [0, math.sqrt(0.75)], INK, True)
    ends = text(plot.place(1.05, 0)[0], 90, "a") + text(plot.place(-0.62, 0)[0], plot.place(0, 0.9)[1], "b", INK, "end")
    return picture(said, circle, chord, dots(plot, *way.T, REVERSE, 3.5), ends)


INVERSE: dict[str, Callable[[], str]] = {
    "measurement": _measurement,
    "posterior": _posterior,
    "pigdm": _pigdm,
    "multiplied": _multiplied,
    "factor": _factor,
    "path_kl": _path_kl,
    "small_perturbation": _small_perturbation,
    "repaint": _repaint,
    "edited": _edited,
    "between": _between,
}
