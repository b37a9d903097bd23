"""Pictures of work and entropies, of the two modes in the plane taken to noise in few steps."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.law import GaussianLaw
from diffviz.noise import ParticleNoise, Stream
from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE
from diffviz.telling.glossary.pictures.svg import Plot, below, curve, dots, ground, picture, text
from diffviz.telling.glossary.pictures.toy import PLANE, SCHEDULE, Values, evenly
from diffviz.thermodynamics.fluctuations import (
    convergence,
    crooks_line,
    exponential_mean,
    log_ratio,
    path_numbers,
    running_mean,
)
from diffviz.thermodynamics.work import drawn_work, log_weights

STEPS, PATHS = 10, 2000
PLACE = (1.0, 0.0)  # where one of the modes is


@cache
def _law() -> GaussianLaw:
    times = evenly(STEPS)
    return GaussianLaw(PLANE, SCHEDULE, times, reverse_variances("posterior", SCHEDULE, times, PLANE))


@cache
def _works() -> tuple[Values, Values]:
    """Of paths of q and of p."""
    law = _law()
    work = drawn_work(law, law.exact, PATHS, 0, (2,))
    return work.work_forward, work.work_reverse


def _crooks() -> str:
    q, p = _works()
    ratio, line = log_ratio(q, p), crooks_line(q, p)
    ends = [float(ratio.work.min()), float(ratio.work.max())]
    plot = Plot((ends[0] - 0.3, ends[1] + 0.3), (ends[0] - 0.5, ends[1] + 0.5), (8, 6, 212, 92))
    said = (
        f"The logarithm of the ratio of both histograms over W, beside the line of slope 1. A line fitted to the paths has the "
        f"slope {line.slope.value:.2f} ± {line.slope.stderr:.2f}."
    )
    points = dots(plot, ratio.work, ratio.log_ratio)
    return picture(said, ground(plot), curve(plot, ends, ends, INK, True), points, text(8, 16, "log ratio"), below("", "W"))


def _jarzynski() -> str:
    q, p = _works()
    found, now = convergence(q, 20), exponential_mean(q, p)
    most = float(max(found.exponential.max(), found.mean_work.max(), 1.0))
    x, plot = np.log10(found.paths), Plot((np.log10(2), np.log10(PATHS)), (0, 1.15 * most))
    said = (
        f"Over the number of paths, up to {PATHS}: the mean of e^−W, which ends at {now.mean.value:.2f}, near 1, and the mean of "
        f"W, at {found.mean_work[-1]:.2f}."
    )
    lines = curve(plot, x, found.exponential) + curve(plot, x, found.mean_work, REVERSE)
    heights = (plot.place(0, found.exponential[-1])[1], plot.place(0, found.mean_work[-1])[1])
    names = text(212, heights[0] - 5, "⟨e^−W⟩", FORWARD, "end") + text(212, heights[1] - 5, "⟨W⟩", REVERSE, "end")
    return picture(said, ground(plot), ground(plot, 1.0), lines, names, below("2", "paths", str(PATHS)))


def _brackets() -> str:
    known = _law().entropies()
    lower, exact = (known.forward + each[:-1] - each[1:] for each in (known.given_data, known.marginal))
    j = np.arange(2, STEPS + 1)
    rows = exact[1:], lower[1:], known.forward[1:]
    low, high = min(float(row.min()) for row in rows), max(float(row.max()) for row in rows)
    plot = Plot((2, STEPS), (low - 0.1 * (high - low), high + 0.1 * (high - low)), (8, 8, 212, 90))
    middle = STEPS // 2
    said = (
        f"H(x_s|x_t) of {STEPS - 1} steps between its bounds. At step {middle} they are {lower[middle - 1]:.2f}, "
        f"{exact[middle - 1]:.2f} and {known.forward[middle - 1]:.2f} nats."
    )
    bounds = "".join(curve(plot, j, row, INK, True) for row in rows[1:])
    return picture(said, bounds, curve(plot, j, rows[0], REVERSE), text(14, 20, "nats"), below("data", "t", "noise"))


def _one_point() -> str:
    law = _law()
    noise = ParticleNoise(0, Stream.ONE_POINT, PATHS, (2,), dtype=torch.float64)
    weights = log_weights(law, law.exact, torch.tensor(PLACE, dtype=torch.float64), PATHS, noise)
    numbers = path_numbers(PATHS, 24)
    equality, bound = np.log(running_mean(np.exp(weights), numbers)[0]), running_mean(weights, numbers)[0]
    truth = float(law.log_marginal(torch.tensor([PLACE], dtype=torch.float64), 0))
    low, high = float(min(bound.min(), equality.min())), float(max(equality.max(), truth))
    x, plot = np.log10(numbers), Plot((np.log10(2), np.log10(PATHS)), (low - 0.2, high + 0.4), (8, 6, 212, 90))
    said = (
        f"Over the number of paths, up to {PATHS}: log p(x₀) by the equality, {equality[-1]:.2f} nats, and the bound below it, "
        f"{bound[-1]:.2f}; the data’s own is {truth:.2f}."
    )
    lines = curve(plot, x, equality, REVERSE) + curve(plot, x, bound) + curve(plot, [x[0], x[-1]], [truth, truth], INK, True)
    names = text(212, plot.place(0, bound[-1])[1] + 13, "bound", FORWARD, "end")
    return picture(said, lines, names, below("2", "paths", str(PATHS)))


THERMODYNAMICS = {
    "crooks": _crooks,
    "jarzynski": _jarzynski,
    "brackets": _brackets,
    "one_point": _one_point,
}
