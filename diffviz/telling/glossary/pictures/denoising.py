"""Pictures of what a denoiser says of a noised x_t, and of what it may be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.integrate import trapezoid

from diffviz.gaussian.point import posterior_mixture
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import from_log_snr
from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE, SOFT, A, B
from diffviz.telling.glossary.pictures.svg import Plot, area, arrow, below, curve, dots, ground, picture, text
from diffviz.telling.glossary.pictures.toy import (
    GRID,
    LINE,
    PLANE,
    column,
    ddpm,
    density,
    estimate,
    evenly,
    gauss,
    levels,
    mixture,
    paths,
)

T = 50  # where alpha and sigma are about equal
X = 0.3  # an x_t that may have come from either mode
BUMPS = Plot((-2.5, 2.5), (0, 1))


def _denoiser() -> str:
    alpha, sigma = levels(T)
    draws = np.random.default_rng(0)
    x_0 = np.where(draws.random(24) < 0.4, -1.0, 1.0) + LINE.std * draws.normal(size=24)
    x_t = np.clip(alpha * x_0 + sigma * draws.normal(size=24), -2.5, 2.5)
    plot = Plot((-2.5, 2.5), (-1.7, 1.7), (8, 6, 212, 90))
    at = float(estimate(np.array([X]), alpha, sigma)[0])
    said = f"24 pairs of noised and clean data, and the best estimate of x₀ for each xₜ: at xₜ = {X:g} it is {at:.2f}."
    line = curve(plot, GRID, estimate(GRID, alpha, sigma), REVERSE)
    return picture(said, ground(plot), dots(plot, x_t, x_0, FORWARD, 2), line, text(8, 14, "x̂₀"), below("−2.5", "xₜ", "2.5"))


def _posterior_mean() -> str:
    alpha, sigma = levels(T)
    posterior = posterior_mixture(LINE, torch.tensor([X], dtype=torch.float64), alpha, sigma)
    mean, plot = float(posterior.weights @ posterior.means[:, 0]), Plot((-2, 2), (0, 1.6))
    x = np.linspace(-2, 2, 61)
    said = (
        f"p(x₀|xₜ) of xₜ = {X:g}: the modes have the weights {posterior.weights[0]:.2f} and "
        f"{posterior.weights[1]:.2f}, the mean is {mean:.2f}."
    )
    y = density(x, of=posterior)
    place = plot.place(mean, 0)[0]
    parts = [curve(plot, x, density(x), INK, True), area(plot, x, y), dots(plot, [mean], [0], REVERSE, 4)]
    names = text(place - 8, 84, "mean", REVERSE, "end") + text(48, 14, "dashed: q(x₀)", INK)
    return picture(said, ground(plot), *parts, names, below("−2", "x₀", "2"))


def _x0_hat() -> str:
    alpha, sigma = levels(T)
    x = np.linspace(-1.8, 1.8, 9)
    plot, y = Plot((-2.5, 2.5), (0, 1), (8, 18, 212, 86)), estimate(x, alpha, sigma)
    said = f"From nine points xₜ, above, to their estimates x̂₀, below, near the modes: {x[0]:.1f} goes to {y[0]:.2f}."
    arrows = [arrow(plot, (a, 1), (b, 0.04)) for a, b in zip(x, y, strict=True)]
    names = text(8, 22, "xₜ", FORWARD) + text(8, 84, "x̂₀", REVERSE)
    return picture(said, ground(plot), *arrows, dots(plot, x, np.ones(9), FORWARD), names, below("", "α x̂₀ + σ ε̂ = xₜ"))


def _eps_hat() -> str:
    alpha, sigma = levels(T)
    x_t = (0.4, 0.75)
    mean = PLANE.posterior(torch.tensor([x_t], dtype=torch.float64), alpha, sigma, False)[0][0].numpy()
    eps = (np.array(x_t) - alpha * mean) / sigma
    plot = Plot((-0.4, 1.4), (-0.2, 0.9), (8, 6, 212, 104))
    start, scaled = plot.place(0, 0), plot.place(*alpha * mean)
    said = f"xₜ is the sum of two arrows, α x̂₀ and σ ε̂. Here ε̂ = ({eps[0]:.2f}, {eps[1]:.2f})."
    arrows = arrow(plot, (0, 0), tuple(alpha * mean), REVERSE) + arrow(plot, tuple(alpha * mean), x_t, A)
    arrows += arrow(plot, (0, 0), x_t, FORWARD)
    names = text(scaled[0], scaled[1] + 14, "α x̂₀", REVERSE) + text(plot.place(*x_t)[0] - 16, 18, "xₜ", FORWARD, "end")
    return picture(said, arrows, names, text(scaled[0] + 6, 60, "σ ε̂", A), text(start[0] - 10, start[1] + 4, "0", SOFT))


def _score() -> str:
    alpha, sigma = levels(20)
    x = np.linspace(-1.8, 1.8, 13)
    score = LINE.score(column(x), alpha, sigma)[:, 0].numpy()
    y, plot = density(GRID, alpha, sigma), Plot((-2.5, 2.5), (-0.25, 0.65), (8, 6, 212, 90))
    arrows = [arrow(plot, (a, -0.12), (a + 0.09 * b, -0.12)) for a, b in zip(x, score, strict=True)]
    said = f"A density and its score below it: the arrows point uphill. At x = {x[0]:.1f} the score is {score[0]:.2f}."
    return picture(said, ground(plot), area(plot, GRID, y), *arrows, below("−2.5", "xₜ", "2.5"))


def _mmse() -> str:
    log_snr = np.linspace(8, -8, 41)
    table = from_log_snr(log_snr)
    mmse = [marginal(PLANE, float(a), float(s)).mmse for a, s in zip(table[0][1:], table[1][1:], strict=True)]
    plot = Plot((-8, 8), (0, 1.2))
    said = f"The MMSE of two modes over log SNR: {mmse[-1]:.2f} in much noise, {mmse[20]:.2f} at SNR = 1, and 0 without noise."
    middle = dots(plot, [0], [mmse[20]], INK) + text(118, plot.place(0, mmse[20])[1] - 2, f"{mmse[20]:.2f}")
    return picture(
        said, ground(plot), curve(plot, log_snr, mmse, INK, True), middle, text(8, 13, "MMSE"), below("−8", "log SNR", "8")
    )


def _guidance() -> str:
    x, w = np.linspace(-4, 5, 61), 3.0
    wide = mixture([[-1.0], [1.0]], (0.5, 0.5), 0.8)
    fine = np.linspace(-8, 8, 3201)
    base, given = density(fine, of=wide), gauss(fine, 1.0, 0.8)
    guided = given**w * base ** (1 - w)
    guided /= trapezoid(guided, fine)
    mean = float(trapezoid(fine * guided, fine))
    plot = Plot((-4, 5), (0, 0.75))
    said = (
        f"The density of all data, of one class with the mean 1, and with its score guided by w = {w:g}: its mean is {mean:.2f}."
    )
    curves = [(base, INK, True), (given, FORWARD, False), (guided, REVERSE, False)]
    parts = [curve(plot, x, np.interp(x, fine, y), colour, dashed) for y, colour, dashed in curves]
    names = text(150, 30, f"w = {w:g}", REVERSE) + text(26, 60, "all: w = 0") + text(60, 32, "class: w = 1", FORWARD)
    return picture(said, ground(plot), *parts, names, below("−4", "x₀", "5"))


POINTS = (-1.6, -1.1, -0.2, 0.5, 1.5)


def _bandwidth() -> str:
    x, plot = np.linspace(-2.5, 2.5, 81), Plot((-2.5, 2.5), (0, 0.75))
    parts = []
    for std, colour in ((0.12, A), (0.5, B)):
        y = density(x, of=mixture([[p] for p in POINTS], (0.2,) * 5, std))
        parts.append(curve(plot, x, y, colour))
    said = f"Kernel density estimates of {len(POINTS)} points, with s = 0.12, a peak for each, and s = 0.5, one smooth curve."
    names = text(24, 14, "s = 0.12", A) + text(104, 14, "s = 0.5", B)
    return picture(said, ground(plot), *parts, dots(plot, POINTS, np.zeros(5), INK), names, below("", "x₀"))


def _memorisation() -> str:
    times, narrow = evenly(50), mixture([[p] for p in POINTS], (0.2,) * 5, 0.01)
    ends = paths(ddpm(times), np.random.default_rng(2).normal(size=24), times, narrow)[-1]
    far = np.abs(ends[:, None] - np.array(POINTS)).min(1).max()
    nearest = np.abs(ends[:, None] - np.array(POINTS)).argmin(1)
    counts = np.bincount(nearest, minlength=5)
    heights = [int((nearest[:i] == nearest[i]).sum()) for i in range(len(ends))]
    plot = Plot((-2.5, 2.5), (-1, 12), (8, 6, 212, 90))
    said = (
        f"24 samples of the exact denoiser of 5 training points: {', '.join(map(str, counts))} at each, at most {far:.3f} away."
    )
    samples = dots(plot, ends, np.array(heights) + 0.8, REVERSE, 2)
    names = text(8, 14, "samples", REVERSE) + text(60, 14, "on training points")
    return picture(said, ground(plot), samples, dots(plot, POINTS, np.full(5, -0.4), INK, 3), names, below("", "x₀"))


def _inside() -> str:
    draws = torch.Generator().manual_seed(0)
    image = torch.rand((1, 1, 8, 8), generator=draws)
    image[..., 2:6, 3:5] += 1.5
    sizes = []
    parts = []
    coarser = [image, torch.nn.functional.avg_pool2d(image, 2), torch.nn.functional.avg_pool2d(image, 4)]
    for index, grid in enumerate([*coarser, *coarser[1::-1]]):
        side, cells = 12 + 8 * abs(2 - index), grid[0, 0].numpy()
        left, middle = 8 + 44 * index, 50
        plot = Plot((0, len(cells)), (len(cells), 0), (left, middle - side / 2, left + side, middle + side / 2))
        bright = [(i, j) for i, row in enumerate(cells) for j, value in enumerate(row) if value > 1.0]
        sizes.append(len(cells))
        path = "".join(f"M{x:.1f} {y:.1f}h{side / len(cells):g}v{side / len(cells):g}h-{side / len(cells):g}z"
                       for x, y in (plot.place(j, i) for i, j in bright))  # fmt: skip
        parts.append(f'<path d="{path}" fill="{FORWARD}"/>')
        parts.append(
            f'<rect x="{left}" y="{middle - side / 2:g}" width="{side}" height="{side}" stroke="{INK}" stroke-width="1"/>'
        )
        parts.append(text(left + side / 2, 90, f"{len(cells)}²", INK, "middle"))
        if index:
            parts.append(arrow(Plot((0, 220), (110, 0), (0, 0, 220, 110)), (left - 12, 50), (left - 3, 50), SOFT))
    return picture(
        f"Maps of {', '.join(map(str, sizes))} pixels a side: down, through the middle, and up again.",
        *parts,
        below("down", "", "up"),
    )


DENOISING: dict[str, Callable[[], str]] = {
    "denoiser": _denoiser,
    "posterior_mean": _posterior_mean,
    "x0_hat": _x0_hat,
    "eps_hat": _eps_hat,
    "score": _score,
    "mmse": _mmse,
    "guidance": _guidance,
    "kernel_bandwidth": _bandwidth,
    "memorisation": _memorisation,
    "inside": _inside,
}
