"""Pictures of samplers and their settings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.special import ndtri

from diffviz.gaussian.kernels import reverse_kernel, reverse_variances
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.gaussian.samplers.heun import Heun
from diffviz.gaussian.samplers.langevin import SIZE
from diffviz.schedules import make_schedule
from diffviz.spacings import visited_times
from diffviz.telling.glossary.pictures.colours import INK, REVERSE, A, B
from diffviz.telling.glossary.pictures.svg import Plot, area, bars, below, curve, dots, ground, picture, text
from diffviz.telling.glossary.pictures.toy import (
    GRID,
    LINE,
    PLANE,
    SCHEDULE,
    column,
    ddpm,
    density,
    estimate,
    evenly,
    gauss,
    levels,
    paths,
)

FROM, TO = 60, 40  # a step
TIMES = evenly(16)
LONG = make_schedule("linear", 1000)
PATHS = Plot((100, 0), (-2.6, 2.6), (8, 6, 212, 90))


def _ancestral() -> str:
    x_t, kernel = -1.2, reverse_kernel(SCHEDULE, TO, FROM)
    x0_hat = float(estimate(np.array([x_t]), *levels(FROM))[0])
    mean, std = kernel.c_t * x_t + kernel.c_0 * x0_hat, math.sqrt(kernel.variance)
    plot, x = Plot((-2.5, 1), (0, 1.1), (8, 16, 212, 90)), np.linspace(-2.5, 1, 41)
    said = (
        f"p(xₛ|xₜ) of a step from t = {FROM} to {TO}, xₜ = {x_t:g}: a Gaussian with the mean {mean:.2f} and the "
        f"standard deviation {std:.2f}."
    )
    samples = mean + std * np.random.default_rng(0).normal(size=10)
    drawn = dots(plot, np.clip(samples, -2.5, 1), np.full(10, 0.05), REVERSE, 2)
    y = gauss(x, mean, std)
    return picture(
        said,
        ground(plot),
        area(plot, x, y, REVERSE),
        curve(plot, x, y, REVERSE),
        drawn,
        text(8, 14, "p(xₛ|xₜ) and ten draws"),
        below("−2.5", "xₛ", "1"),
    )


def _variance() -> str:
    times = evenly(10)
    kinds = {
        kind: np.sqrt(reverse_variances(kind, SCHEDULE, times, PLANE).sampled[1:]) for kind in ("posterior", "optimal", "beta")
    }
    plot = Plot((20, 100), (0, 1.1))
    said = "The standard deviation of each of ten steps but the last. At t = 50: " + ", ".join(
        f"{name} {kinds[kind][3]:.2f}" for name, kind in (("√β̃", "posterior"), ("optimal", "optimal"), ("√β", "beta"))
    )
    parts = [curve(plot, times[2:], kinds[kind], colour) for kind, colour in (("posterior", A), ("optimal", INK), ("beta", B))]
    names = text(8, 30, "√β", B) + text(8, 44, "optimal") + text(8, 58, "√β̃", A)
    return picture(f"{said}.", ground(plot), *parts, names, below("20", "t", "100"))


def _ddim() -> str:
    start = np.array([-1.6, -0.5, 0.6, 1.7])
    drawn, kept = paths(ddpm(TIMES), start, TIMES), paths(DDIM(), start, TIMES)
    turns = [int((np.diff(np.sign(np.diff(x, axis=0)), axis=0) != 0).sum()) for x in (kept, drawn)]
    said = f"4 paths each from the same noise: DDIM's are smooth and turn {turns[0]} times in all, DDPM's turn {turns[1]} times."
    parts = [curve(PATHS, TIMES[::-1], x, colour) for of, colour in ((drawn, B), (kept, A)) for x in of.T]
    return picture(said, *parts, text(212, 45, "DDIM", A, "end") + text(212, 57, "DDPM", B, "end"), below("T", "t", "0"))


def _eta() -> str:
    full = np.sqrt([reverse_kernel(SCHEDULE, int(s), int(t)).variance for s, t in itertools.pairwise(TIMES)])
    plot = Plot((0, 100), (0, 0.7))
    said = f"The noise of each of 16 steps with η = 1, 0.5 and 0. At t = 50 it is {full[7]:.2f}, {0.5 * full[7]:.2f} and 0."
    parts = [curve(plot, TIMES[1:], eta * full, colour) for eta, colour in ((1.0, B), (0.5, REVERSE), (0.0, A))]
    names = text(90, 40, "η = 1", B, "end") + text(212, 77, "η = 0.5", REVERSE, "end") + text(60, 87, "η = 0", A)
    return picture(said, ground(plot), *parts, names, text(8, 13, "η√β̃"), below("0", "t", "T"))


def _flow() -> str:
    times, start = evenly(32), ndtri(np.linspace(0.05, 0.95, 9))
    x = paths(Heun(), start, times)
    crossings = int((np.diff(x, axis=1) <= 0).any(0).sum())
    said = (
        f"9 solutions of the ODE, from quantiles of the noise to those of the data: {crossings} cross, "
        f"{(x[-1] < 0).sum()} end at the lower mode."
    )
    parts = [curve(PATHS, times[::-2], path[::2], REVERSE) for path in x.T]
    return picture(said, *parts, below("T", "t", "0"))


def _nfe() -> str:
    start = ndtri(np.linspace(0.025, 0.975, 20))
    truth = paths(Heun(), start, schedule=LONG)[-1]
    plot, parts, counts = Plot((math.log(7), math.log(75)), (-7, -1)), [], (8, 16, 32, 64)
    errors = {}
    for sampler, colour, each in ((DDIM(), A, 1), (Heun(), B, 2)):
        chains = [visited_times(LONG, n // each, "log_snr") for n in counts]
        found = [float(np.abs(paths(sampler, start, times, schedule=LONG)[-1] - truth).mean()) for times in chains]
        errors[each] = found
        parts += [curve(plot, np.log(counts), np.log(found), colour), dots(plot, np.log(counts), np.log(found), colour)]
    said = (
        "The mean error of the samples over function evaluations, both logarithmic. With 64: DDIM "
        f"{errors[1][-1]:.2g}, Heun {errors[2][-1]:.2g}."
    )
    names = text(212, 40, "DDIM", A, "end") + text(140, 82, "Heun", B, "end")
    return picture(said, ground(plot, -7.0), *parts, names, text(8, 13, "error"), below("7", "NFE", "75"))


def _spacing() -> str:
    parts, told = [], []
    for index, (name, title) in enumerate((("trailing", "trailing"), ("leading", "leading"), ("log_snr", "even in log SNR"))):
        times = visited_times(SCHEDULE, 8, name)
        plot = Plot((0, 100), (0, 1), (10, 0, 210, 24 + 32 * index))
        parts += [ground(plot), dots(plot, times, np.zeros(len(times)), A, 3), text(10, 16 + 32 * index, title)]
        told.append(f"{title} {', '.join(map(str, times))}")
    return picture(f"8 steps of T = 100 visit: {'; '.join(told)}.", *parts, below("0", "t", "T"))


def _langevin() -> str:
    alpha, sigma = levels(30)
    draws, x, size = torch.Generator().manual_seed(0), column(np.zeros(600)), SIZE * sigma**2
    for _ in range(200):
        x = x + size * LINE.score(x, alpha, sigma) + math.sqrt(2 * size) * torch.randn(x.shape, generator=draws, dtype=x.dtype)
    heights, edges = np.histogram(x.numpy(), 20, (-2.5, 2.5), density=True)
    plot = Plot((-2.5, 2.5), (0, 0.6))
    said = f"600 particles that all start at 0, after 200 corrector steps: {(x > 0).double().mean():.2f} of them are above 0."
    boxes = bars(plot, (edges[1:] + edges[:-1]) / 2, heights, 0.22, REVERSE)
    names = text(8, 14, "dashed: q(xₛ)")
    return picture(
        said, ground(plot), boxes, curve(plot, GRID, density(GRID, alpha, sigma), INK, True), names, below("−2.5", "xₛ", "2.5")
    )


SAMPLING: dict[str, Callable[[], str]] = {
    "ancestral": _ancestral,
    "variance": _variance,
    "ddim": _ddim,
    "eta": _eta,
    "probability_flow": _flow,
    "nfe": _nfe,
    "spacing": _spacing,
    "langevin": _langevin,
}
