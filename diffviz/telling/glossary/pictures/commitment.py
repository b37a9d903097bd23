"""Pictures of how samples commit, how fast they move, and how training points are told apart."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import brentq

from diffviz.gaussian.memory import collapse, training_points
from diffviz.gaussian.prior import Prior, moments
from diffviz.gaussian.quadrature import clone_probability, marginal
from diffviz.gaussian.speed import neural_entropy, noised, on_a_line, squared_speeds
from diffviz.gaussian.symmetry import commit_times
from diffviz.schedules import NoiseSchedule, from_log_snr, make_schedule
from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE, A, B
from diffviz.telling.glossary.pictures.svg import Plot, area, below, curve, dots, ground, picture, text
from diffviz.telling.glossary.pictures.toy import LINE, SCHEDULE, density, gauss, levels, mixture

EVEN, S = mixture([[-1.0], [1.0]], (0.5, 0.5), 0.2), 0.2
LOG_SNR = np.linspace(-5, 6, 34)
START = 55
POINTS = 24


def _clones() -> str:
    alpha, sigma = (values[1:].tolist() for values in from_log_snr(np.append(LOG_SNR, 0.0)))
    *phi, middle = (clone_probability(LINE, a, s) for a, s in zip(alpha, sigma, strict=True))
    noise = float(LINE.weights.square().sum())
    plot = Plot((6, -5), (0.4, 1.05))
    said = (
        f"Two modes with weights 0.4 and 0.6: φ is {noise:.2f} in pure noise, {middle:.2f} where SNR is 1, and 1 without noise."
    )
    names = text(8, 14, "φ") + text(212, 84, f"{noise:.2f}", INK, "end") + dots(plot, [0], [middle], INK)
    return picture(said, ground(plot, noise), curve(plot, LOG_SNR, phi, REVERSE), names, below("6", "log SNR", "−5"))


def _place(alpha: float, growth: float) -> float:
    """The resting place above 0 of score(x) + growth x, for two equal modes at -1 and 1."""
    v = alpha**2 * S**2 + 1 - alpha**2
    return brentq(lambda x: (alpha * math.tanh(alpha * x / v) - x) / v + growth * x, 1e-4, 3.0)


def _splits() -> str:
    found = commit_times(EVEN, SCHEDULE)
    plot, parts = Plot((0.5, 1.0), (-1.6, 1.6), (8, 6, 212, 92)), []
    for moment, growth, colour in ((found.density_split, 0.0, FORWARD), (found.drift_split, 0.5, REVERSE)):
        alpha = np.linspace(moment.alpha + 0.003, 0.99, 12)
        places = np.array([_place(each, growth) for each in alpha])
        for sign in (1, -1):
            parts.append(curve(plot, np.append(moment.alpha, alpha), sign * np.append(0.0, places), colour))
    said = (
        f"Resting places of two modes at −1 and 1 over α: the drift's part at α = {found.drift_split.alpha:.3f}, the density's "
        f"at {found.density_split.alpha:.3f}; α²Λ is 1 at {found.speciation.alpha:.3f}."
    )
    names = text(60, 24, "drift", REVERSE, "end") + text(128, 50, "density")
    return picture(said, ground(plot), *parts, names, below("α = 0.5", "", "1"))


def _late() -> str:
    alpha, sigma = levels(START)
    mean, variance = (float(part.sum()) for part in moments(LINE, alpha, sigma))
    lost = Prior.matched(LINE, alpha, sigma).cross_entropy_nats(LINE, alpha, sigma) - marginal(LINE, alpha, sigma).entropy_nats
    x, plot = np.linspace(-3, 3, 41), Plot((-3, 3), (0, 0.48))
    said = f"The density of x at t = {START} of 100 and the Gaussian of the same mean and variance, {lost:.3f} nats apart."
    curves = area(plot, x, density(x, alpha, sigma)) + curve(plot, x, gauss(x, mean, math.sqrt(variance)), REVERSE)
    return picture(said, ground(plot), curves, text(8, 14, f"{lost:.3f} nats"), below("", "x"))


def _speed() -> str:
    schedules = [make_schedule(name, 25) for name in ("cosine", "rectified_flow")]
    speeds = [squared_speeds(LINE, schedule) for schedule in schedules]
    means, floor = [float(each.mean()) for each in speeds], on_a_line(LINE, noised(LINE, 0.0, 1.0))[0]
    plot, at = Plot((0, 25), (0, max(each.max() for each in speeds) * 1.05)), np.arange(25) + 0.5
    said = (
        f"The squared velocity over t, on average {means[0]:.2f} with cosine and {means[1]:.2f} with rectified flow; the floor "
        f"is {floor:.2f}."
    )
    lines = "".join(curve(plot, at, each, colour) for each, colour in zip(speeds, (A, B), strict=True))
    names = text(8, 13, f"cosine {means[0]:.2f}", A) + text(212, 13, f"rectified flow {means[1]:.2f}", B, "end")
    return picture(said, ground(plot), lines, curve(plot, [0, 25], [floor] * 2, INK, True), names, below("data", "t", "noise"))


def _shifted() -> str:
    end = noised(LINE, 0.0, 1.0)
    shifts, bound = (0.05, 0.1, 0.2, 0.4, 0.8), float(squared_speeds(LINE, make_schedule("cosine", 25)).mean())
    grown = np.array(on_a_line(LINE, end, shifts)[1])
    found = np.square(grown) / np.expm1(np.square(shifts))  # of N(0, 1) and the same shifted
    plot = Plot((math.log(0.04), math.log(1.0)), (math.log(found.min() / 3), math.log(3 * bound)), (8, 6, 212, 90))
    said = (
        f"Shifts of {shifts[0]} to {shifts[-1]}: the squared error over χ² is {found.min():.4f} to {found.max():.4f}, far below "
        f"the bound, {bound:.2f}, on a logarithmic axis."
    )
    points = dots(plot, np.log(shifts), np.log(found), REVERSE, 3)
    level = curve(plot, [math.log(0.04), 0.0], [math.log(bound)] * 2, INK, True)
    return picture(
        said, ground(plot), points, level, text(212, 24, f"bound {bound:.2f}", INK, "end"), below("0.05", "shift", "0.8")
    )


def _neural() -> str:
    schedules = [make_schedule(name, 100) for name in ("cosine", "linear")]
    found = [neural_entropy(LINE, schedule) for schedule in schedules]
    sums = [np.append(0.0, np.cumsum(each.produced)) for each in found]
    half = [int(np.searchsorted(each, each[-1] / 2)) for each in sums]
    plot, every = Plot((0, 100), (0, 1.1 * found[0].left)), np.arange(0, 101, 4)
    said = (
        f"Entropy produced from the data to t: with cosine and linear it ends at {found[0].right:.3f} nats, and half of it is "
        f"there at t = {half[0]} and {half[1]} of 100."
    )
    lines = "".join(curve(plot, every, each[every], colour) for each, colour in zip(sums, (A, B), strict=True))
    names = text(120, 60, "cosine", A) + text(120, 76, "linear", B) + text(212, 13, f"{found[0].right:.3f} nats", INK, "end")
    return picture(said, ground(plot), lines, names, below("0", "t", "100"))


def _collapse() -> str:
    log_snr = np.linspace(-4, 10, 29)[::-1]
    schedule = NoiseSchedule("fine", *from_log_snr(log_snr))
    points = torch.from_numpy(np.random.default_rng(0).normal(size=(POINTS, 2)))
    found = collapse(training_points(points), schedule, np.arange(1, len(log_snr) + 1))
    plot, half = Plot((10, -4), (0, 1.05)), float(np.interp(found.held - 1, np.arange(len(log_snr)), log_snr))
    said = (
        f"The largest posterior weight of {POINTS} training points over log SNR: {found.largest[-1]:.2f} in noise, half at "
        f"{half:.1f}, {found.largest[0]:.2f} with little noise."
    )
    marked = dots(plot, [half], [0.5], INK, 3) + text(plot.place(half, 0)[0] + 6, 50, "½")
    return picture(said, ground(plot), curve(plot, log_snr, found.largest, REVERSE), marked, below("10", "log SNR", "−4"))


COMMITMENT: dict[str, Callable[[], str]] = {
    "clones": _clones,
    "splits": _splits,
    "late_start": _late,
    "squared_speed": _speed,
    "shifted_start": _shifted,
    "neural_entropy": _neural,
    "collapse": _collapse,
}
