"""Pictures of the forward and the reverse process, and of the schedule of both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from diffviz.binomial.kernels import marginal_kernels
from diffviz.schedules import make_schedule
from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE, A, B
from diffviz.telling.glossary.pictures.svg import Plot, area, arrow, below, curve, dots, ground, picture, text
from diffviz.telling.glossary.pictures.toy import GRID, SCHEDULE, WEIGHTS, ddpm, density, evenly, levels, paths

SHARE = np.linspace(0.0, 1.0, 41)  # of T
TIMES = np.round(SHARE * SCHEDULE.steps).astype(int)
HIGHEST = 6.0  # kT
UNIT = Plot((0, 1), (0, 1))
THREE = [Plot((-2.5, 2.5), (0, 1), (left, 22, left + 62, 90)) for left in (8, 79, 150)]


def _data() -> str:
    plot, x = Plot((-2, 2), (0, 1)), np.linspace(-2, 2, 61)
    shares = [text(place, 14, f"{weight:g}", INK, "middle") for place, weight in zip((59, 161), WEIGHTS, strict=True)]
    said = f"The density of a mixture of two Gaussians at −1 and 1, with the weights {WEIGHTS[0]:g} and {WEIGHTS[1]:g}."
    curves = area(plot, x, density(x))
    return picture(said, ground(plot), *curves, *shares, below("−2", "x₀", "2"))


def _three(times: tuple[int, int, int], colour: str, said: str) -> str:
    parts = []
    for plot, t in zip(THREE, times, strict=True):
        alpha, sigma = levels(t)
        y, middle = density(GRID, alpha, sigma), (plot.box[0] + plot.box[2]) / 2
        parts += [ground(plot), area(plot, GRID, y, colour)]
        parts.append(text(middle, 105, f"t = {t}", INK, "middle"))
    across = Plot((0, 220), (110, 0), (0, 0, 220, 110))
    return picture(said, *parts, *(arrow(across, (x - 9, 12), (x + 9, 12), colour) for x in (74, 145)))


def _forward() -> str:
    kept = levels(50)[0]
    return _three((0, 50, 100), FORWARD, f"q(xₜ) of two modes at t = 0, 50 and 100: α₅₀ = {kept:.2f}, and at 100 noise is left.")


def _reverse() -> str:
    times = evenly(25)
    x = paths(ddpm(times), np.random.default_rng(1).normal(size=6), times)
    plot = Plot((100, 0), (-2.6, 2.6), (8, 6, 196, 90))
    right, (_, top), (_, bottom) = int((x[-1] > 0).sum()), plot.place(0, 1), plot.place(0, -1)
    said = f"6 paths of the reverse process from noise on the left to two modes on the right: {right} end at the upper one."
    ends = text(201, top + 4, "1") + text(201, bottom + 4, "−1")
    return picture(said, *(curve(plot, times[::-1], path, REVERSE) for path in x.T), ends, below("T", "t", "0"))


def _schedule() -> str:
    kept = {name: make_schedule(name, 1000).alpha_bar[TIMES * 10] for name in ("linear", "cosine")}
    half = {name: values[20] for name, values in kept.items()}
    said = f"ᾱ falls from 1 to 0. At T/2 it is {half['linear']:.3f} with linear and {half['cosine']:.2f} with cosine."
    parts = [curve(UNIT, SHARE, kept["linear"], A), curve(UNIT, SHARE, kept["cosine"], B)]
    names = text(60, 86, "linear", A, "end") + text(126, 40, "cosine", B)
    return picture(said, ground(UNIT), *parts, names, text(8, 13, "ᾱ"), below("0", "t", "T"))


def _share() -> str:
    schedule = make_schedule("rectified_flow", 1000)
    kept = schedule.signal_share[TIMES * 10]
    said = f"The share of the signal with rectified flow, α = 1 − t/T and σ = t/T: at T/2 it is {kept[20]:.2f}."
    names = text(20, 80, "signal", FORWARD) + text(150, 36, "noise", INK)
    return picture(said, area(UNIT, SHARE, kept), names, ground(UNIT), below("0", "t", "T"))


def _snr() -> str:
    plot, parts, crossings = Plot((0, 1), (-10, 10), (8, 6, 212, 90)), [], []
    for name, colour in (("linear", A), ("cosine", B)):
        log_snr = make_schedule(name, 1000).log_snr
        crossings.append(int(np.abs(log_snr[1:]).argmin()) + 1)
        parts.append(curve(plot, SHARE[1:-1], np.clip(log_snr[TIMES * 10][1:-1], -10, 10), colour))
    said = (
        f"log SNR falls. It is 0, as much signal as noise, at t = {crossings[0]} of 1000 with linear and "
        f"{crossings[1]} with cosine."
    )
    names = text(100, 75, "linear", A, "end") + text(152, 36, "cosine", B)
    return picture(said, ground(plot), *parts, names, text(8, 62, "SNR = 1"), below("0", "t", "T"))


def _zero() -> str:
    before, after = (make_schedule("quadratic", 1000, 0.00085, 0.012, zero_snr=zero).alpha for zero in (False, True))
    plot, late = Plot((500, 1000), (0, 0.6)), np.arange(500, 1001, 20)
    said = f"α with √β from √0.00085 to √0.012: it ends at {before[-1]:.3f}, and at {after[-1]:g} when rescaled."
    parts = curve(plot, late, before[late], A) + curve(plot, late, after[late], B)
    end = dots(plot, [1000, 1000], [before[-1], after[-1]], INK)
    names = text(205, 70, f"α_T = {before[-1]:.3f}", A, "end") + text(60, 84, "rescaled: 0", B)
    return picture(said, ground(plot), parts, end, names, text(8, 13, "α"), below("T/2", "t", "T"))


def _binomial() -> str:
    rate, linear = 0.2, make_schedule("sohl_dickstein", 40)
    one = marginal_kernels(linear, np.arange(41), rate)[:, :, 1]
    said = (
        f"The probability that a bit is 1: it starts at 1 or at 0 and comes to p = {one[-1, 0]:g}; at T/2 it is "
        f"{one[20, 1]:g} or {one[20, 0]:g}."
    )
    curves = curve(UNIT, SHARE, one[:, 1], A) + curve(UNIT, SHARE, one[:, 0], B)
    names = text(80, 30, "x₀ = 1", A) + text(50, 71, "x₀ = 0", B) + text(210, 68, "p", INK, "end")
    return picture(said, ground(UNIT), ground(UNIT, rate), curves, names, below("0", "t", "T"))


def _energy() -> str:
    parts, lowest = [], []
    for plot, t in zip(THREE, (0, 50, 100), strict=True):
        energy = -np.log(density(GRID, *levels(t)))
        heights = Plot(plot.x, (0, HIGHEST), plot.box)
        parts += [ground(heights), curve(heights, GRID, np.minimum(energy, HIGHEST), INK)]
        parts.append(text((plot.box[0] + plot.box[2]) / 2, 105, f"t = {t}", INK, "middle"))
        lowest.append(f"{energy.min():.2f}")
    said = f"U = −log q(xₜ) at t = 0, 50 and 100: two valleys merge into one bowl; the lowest heights are {', '.join(lowest)} kT."
    return picture(said, *parts)


PROCESS: dict[str, Callable[[], str]] = {
    "data_distribution": _data,
    "forward": _forward,
    "reverse": _reverse,
    "schedule": _schedule,
    "alpha_bar": _share,
    "snr": _snr,
    "energy": _energy,
    "zero_snr": _zero,
    "binomial": _binomial,
}
