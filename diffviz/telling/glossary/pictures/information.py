"""Pictures of what a step costs, what it must cost, and how near samples are to the data."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from diffviz.binomial.finite import BitDistribution
from diffviz.gaussian.kernels import gaussian_kl_nats, reverse_variances
from diffviz.gaussian.law import GaussianLaw
from diffviz.gaussian.quadrature import entropy_nats, marginal
from diffviz.schedules import from_log_snr, make_schedule
from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE, SOFT, A
from diffviz.telling.glossary.pictures.svg import Plot, area, bars, below, curve, dots, ground, picture, text
from diffviz.telling.glossary.pictures.toy import PLANE, SCHEDULE, costs_nats, evenly, gauss, levels
from diffviz.thermodynamics.work import forward_paths, increments

TEN = evenly(10)
PATHS = 20_000
FINE = np.linspace(-6, 5, 45)


def _density_of_nats(log_snr: np.ndarray) -> np.ndarray:
    """[n] SNR MMSE/2 of the two modes: nats per unit of log SNR."""
    alpha, sigma = (values[1:].tolist() for values in from_log_snr(log_snr))
    mmse = [marginal(PLANE, a, s).mmse for a, s in zip(alpha, sigma, strict=True)]
    return np.exp(log_snr) * mmse / 2


def _entropy() -> str:
    p = np.linspace(0, 1, 41)
    inner = np.clip(p, 1e-12, 1 - 1e-12)
    bits = -(inner * np.log2(inner) + (1 - inner) * np.log2(1 - inner))
    plot = Plot((0, 1), (0, 1.05))
    said = (
        f"The entropy of a coin over the probability of heads: {bits[20]:g} bit at 0.5, {bits[4]:.2f} at {p[4]:g}, 0 at 0 and 1."
    )
    return picture(said, ground(plot), area(plot, p, bits), text(8, 13, "1 bit"), below("0", "p(heads)", "1"))


def _nats() -> str:
    bit, nat = math.log(2), 1 / math.log(2)
    plot, lengths = Plot((0, 1.6), (0, 1), (8, 0, 212, 110)), ((30, nat, "1 nat", FORWARD), (76, 1.0, "1 bit", A))
    parts = []
    for y, length, name, colour in lengths:
        left, right = plot.place(0, 0)[0], plot.place(length, 0)[0]
        parts.append(
            f'<rect x="{left:.1f}" y="{y - 14}" width="{right - left:.1f}" height="18" fill="{colour}" fill-opacity=".35"/>'
        )
        parts.append(text(14, y, name))
    values = text(14, 49, f"= {nat:.4f} bits") + text(14, 95, f"= {bit:.4f} nats")
    return picture(f"Two lengths: 1 nat is {nat:.4f} bits, 1 bit is {bit:.4f} nats.", *parts, values)


def _kl() -> str:
    x, plot = np.linspace(-3.5, 4.5, 61), Plot((-3.5, 4.5), (-0.2, 0.42), (8, 6, 212, 92))
    q, p = gauss(x, 0.0, 1.0), gauss(x, 1.0, 1.0)
    value = gaussian_kl_nats(1.0, 1.0, 1.0, 1)
    said = f"q = N(0, 1), p = N(1, 1) and the area under q log(q/p), which is KL(q ‖ p) = {value:g} nats."
    curves = curve(plot, x, q, FORWARD) + curve(plot, x, p, REVERSE)
    names = text(62, 14, "q", FORWARD) + text(150, 20, "p", REVERSE) + text(8, 84, f"area = {value:g} nats")
    return picture(said, ground(plot), area(plot, x, q * np.log(q / p), INK), curves, names, below("", "x"))


def _elbo() -> str:
    kl = costs_nats(SCHEDULE, TEN)
    order, plot = kl[::-1], Plot((-0.5, 10.5), (min(0.0, float(kl.min())), float(kl.max()) * 1.1))
    said = f"The costs of ten steps, from L_T = {kl[-1]:.2f} to L₀ = {kl[0]:.2f}. Their sum is {kl.sum():.2f} nats."
    named = text(212, 14, f"sum: {kl.sum():.2f} nats", INK, "end")
    return picture(said, bars(plot, np.arange(11), order, 0.8, REVERSE), ground(plot), named, below("L_T", "", "L₀"))


def _l0() -> str:
    std = np.linspace(0.03, 1.0, 45)
    nats, zero = np.log(2 * math.pi * math.e * std**2) / 2, 1 / math.sqrt(2 * math.pi * math.e)
    plot = Plot((0, 1), (-2.2, 1.6), (8, 6, 212, 90))
    said = (
        f"The code length of a Gaussian over its standard deviation s: {nats[-1]:.2f} nats at s = 1, and negative "
        f"below s = {zero:.3f}."
    )
    where = plot.place(zero, 0)
    names = text(where[0] + 4, where[1] + 14, f"0 at s = {zero:.2f}") + text(8, 14, "nats")
    return picture(said, ground(plot), curve(plot, std, nats), dots(plot, [zero], [0], INK), names, below("0", "s", "1"))


COUNTS = (5, 10, 20, 40)


def _gap() -> str:
    entropy, schedules = entropy_nats(PLANE), [make_schedule("cosine", steps) for steps in COUNTS]
    gaps = [float(costs_nats(s, np.arange(s.steps + 1)).sum()) - entropy for s in schedules]
    plot = Plot((0, 44), (0, 1.1 * gaps[0]))
    said = f"The ELBO gap of the exact denoiser with 5, 10, 20 and 40 steps: {', '.join(f'{gap:.3f}' for gap in gaps)} nats."
    line = "".join(dots(plot, COUNTS, gaps, FORWARD, 3.5))
    values = [
        text(plot.place(n, g)[0] + 5, plot.place(n, g)[1] - 4, f"{g:.2f}") for n, g in zip(COUNTS[:3], gaps[:3], strict=True)
    ]
    trend = curve(plot, np.linspace(4.6, 44, 30), gaps[-1] * 40 / np.linspace(4.6, 44, 30), INK, True)
    return picture(said, ground(plot), trend, line, *values, text(212, 14, "dashed: 1/T", INK, "end"), below("0", "T", "44"))


def _dissipated(steps: int) -> float:
    """What one of so many equal steps in log SNR between SNR 1 and e dissipates, on average, in nats."""
    edges = np.linspace(1.0, 0.0, steps + 1)
    alpha, sigma = (values[1:].tolist() for values in from_log_snr(edges))
    found = [marginal(PLANE, a, s) for a, s in zip(alpha, sigma, strict=True)]
    widths = -np.diff(np.exp(edges)) / 2
    cost = float(widths @ [each.mmse for each in found[1:]])
    known = [each.entropy_nats - PLANE.dim * math.log(s) for each, s in zip(found, sigma, strict=True)]
    return (cost - (known[0] - known[-1])) / steps


def _dissipation() -> str:
    counts = (1, 2, 4)
    nats = [_dissipated(n) for n in counts]
    plot = Plot((0, 1.15), (0, 1.15 * nats[0]))
    lengths, long = [1 / n for n in counts], np.linspace(0, 1.05, 22)
    said = (
        f"What a step dissipates over its length in log SNR: {', '.join(f'{n:.4f}' for n in nats)} nats with "
        "lengths 1, 0.5 and 0.25."
    )
    trend = curve(plot, long, nats[0] * long**2, INK, True)
    values = [
        text(plot.place(d, n)[0] - 8, plot.place(d, n)[1], f"{n:.3f}", INK, "end")
        for d, n in zip(lengths[:2], nats, strict=False)
    ]
    return picture(
        said,
        ground(plot),
        trend,
        dots(plot, lengths, nats, REVERSE, 3.5),
        *values,
        text(8, 13, "dashed: length²"),
        below("0", "length of the step", ""),
    )


def _work() -> str:
    law = GaussianLaw(PLANE, SCHEDULE, TEN, reverse_variances("optimal", SCHEDULE, TEN, PLANE))
    draws = torch.Generator().manual_seed(0)

    def noise(_step: int) -> torch.Tensor:
        return torch.randn((PATHS, PLANE.dim), generator=draws, dtype=torch.float64)

    uniform = torch.rand(PATHS, generator=draws, dtype=torch.float64)
    work = increments(law, law.exact, forward_paths(law, uniform, noise)).sum(0)
    shares, edges = np.histogram(work, 31, (-3.1, 3.1))
    w, density = (edges[1:] + edges[:-1]) / 2, shares / (PATHS * (edges[1] - edges[0]))
    plot = Plot((-3.1, 3.1), (0, 1.1 * float(max(density.max(), (density * np.exp(-w)).max()))), (8, 6, 212, 90))
    said = (
        f"The work of {PATHS} forward paths of {len(TEN) - 1} steps, {work.mean():.2f} kT on average. Dashed: its density times "
        "e⁻ᵂ, which is that of the reverse process; both meet at 0."
    )
    names = text(160, 30, "forward", FORWARD) + text(60, 30, "reverse", REVERSE, "end")
    parts = area(plot, w, density), curve(plot, w, density * np.exp(-w), REVERSE, True)
    return picture(said, ground(plot), *parts, names, below("", "0", "W, kT"))


def _bound() -> str:
    total = np.cumsum(costs_nats(SCHEDULE, TEN)[::-1])
    plot = Plot((100, 0), (min(0.0, float(total.min())), float(total.max()) * 1.15))
    said = (
        f"The costs summed from T down to the data: {total[0]:.2f} at T, at most {total.max():.2f}, "
        f"{total[-1]:.2f} nats at the end."
    )
    x = [*TEN[::-1]]
    names = text(140, 30, f"{total[-1]:.2f} nats", INK, "end")
    return picture(said, ground(plot), curve(plot, x, total, REVERSE), dots(plot, x, total, REVERSE), names, below("T", "t", "0"))


def _prior() -> str:
    short = make_schedule("linear", 100, scale_betas=False)
    alpha, sigma = levels(100, short)
    x, plot = np.linspace(-3, 4, 51), Plot((-3, 4), (0, 0.55))
    value = gaussian_kl_nats(alpha**2, sigma**2, 1.0, 1)
    said = (
        f"q(x_T|x₀) of x₀ = 1 after 100 steps that are too short has the mean {alpha:.2f}: its KL from N(0, 1) is "
        f"{value:.2f} nats."
    )
    y = gauss(x, alpha, sigma)
    names = text(134, 22, "q(x_T|x₀)", FORWARD) + text(56, 50, "N(0, 1)", INK, "end")
    return picture(
        said,
        ground(plot),
        area(plot, x, y),
        curve(plot, x, y),
        curve(plot, x, gauss(x, 0.0, 1.0), INK, True),
        names,
        below("", "x_T"),
    )


def _bits() -> str:
    four = BitDistribution(torch.eye(4, dtype=torch.float64), torch.full((4,), 0.25, dtype=torch.float64))
    known = four.entropy_nats / (four.dim * math.log(2))
    plot = Plot((0, 1.25), (0, 1), (8, 0, 212, 110))
    parts = []
    for y, length, name, colour in ((34, 1.0, "knows nothing", SOFT), (78, known, "knows the four", FORWARD)):
        width = plot.place(length, 0)[0] - 8
        parts.append(f'<rect x="8" y="{y}" width="{width:.1f}" height="16" fill="{colour}" fill-opacity=".4"/>')
        parts.append(text(8, y - 5, name) + text(14 + width, y + 12, f"{length:g}"))
    said = (
        f"Codes for 1000, 0100, 0010 and 0001, in bits per dimension: 1 for one that knows nothing, {known:g} for "
        "one that knows the four."
    )
    return picture(said, *parts, text(212, 107, "bits per dimension", SOFT, "end"))


def _staircase() -> str:
    kl, truth = costs_nats(SCHEDULE, TEN), [marginal(PLANE, *levels(int(t))) for t in TEN[1:]]
    known = [each.entropy_nats - PLANE.dim * math.log(levels(int(t))[1]) for each, t in zip(truth, TEN[1:], strict=True)]
    stairs, curve_area = float(kl[1:-1].sum()), known[0] - known[-1]
    said = (
        f"½ SNR·MMSE over log SNR, dashed, and ten steps as stairs above it. The stairs have {stairs:.3f} nats, "
        f"the curve {curve_area:.3f}."
    )
    edges, plot = SCHEDULE.log_snr[TEN[1:]], Plot((-6, 5), (0, 1.5))
    x = np.clip(np.repeat(edges, 2)[1:-1], -6, 5)
    y = np.repeat(kl[1:-1] / -np.diff(edges), 2)
    parts = [area(plot, x, y, REVERSE), curve(plot, FINE, _density_of_nats(FINE), INK, True)]
    return picture(said, ground(plot), *parts, text(8, 13, "½ SNR·MMSE"), below("−6", "log SNR", "5"))


def _sliced() -> str:
    draws = np.random.default_rng(0)
    a, b = np.sort(draws.normal(size=9)), np.sort(0.8 + draws.normal(size=9))
    distance = math.sqrt(float(np.square(a - b).mean()))
    plot = Plot((-2.2, 3), (0, 1), (8, 24, 212, 84))
    said = f"Two sets of 9 projected points, each joined to that of the same rank: W₂ = {distance:.2f}."
    moves = "".join(curve(plot, [p, q], [1, 0], SOFT) for p, q in zip(a, b, strict=True))
    names = text(8, 14, "samples", REVERSE) + text(212, 14, f"W₂ = {distance:.2f}", INK, "end") + text(8, 104, "data", FORWARD)
    return picture(said, moves, dots(plot, a, np.ones(9), REVERSE, 3), dots(plot, b, np.zeros(9), FORWARD, 3), names)


def _excess() -> str:
    std = np.linspace(0.02, 1.8, 41)
    excess, plot = (std**2 - 1) / 2, Plot((0, 1.8), (-0.6, 1.2), (8, 6, 212, 90))
    said = "The excess NLL of samples N(0, s²) where the data are N(0, 1), (s² − 1)/2 nats: 0 at s = 1, −0.5 at s = 0."
    names = text(14, 56, "too concentrated", REVERSE) + text(122, 22, "too wide", REVERSE, "middle")
    return picture(
        said, ground(plot), curve(plot, std, excess, REVERSE), dots(plot, [1], [0], INK, 3), names, below("0", "s", "1.8")
    )


INFORMATION: dict[str, Callable[[], str]] = {
    "entropy": _entropy,
    "nats": _nats,
    "kl": _kl,
    "elbo": _elbo,
    "l0": _l0,
    "gap": _gap,
    "dissipation": _dissipation,
    "work": _work,
    "bound": _bound,
    "prior_loss": _prior,
    "bits": _bits,
    "staircase": _staircase,
    "sliced": _sliced,
    "excess_nll": _excess,
}
