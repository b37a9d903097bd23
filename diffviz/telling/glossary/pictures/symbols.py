"""Pictures of the entries about symbols."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import torch

from diffviz.categorical.costs import absorbing_costs
from diffviz.categorical.entropies import mean_entropies, subset_entropies
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.kernels import jumps
from diffviz.schedules import make_schedule
from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE
from diffviz.telling.glossary.pictures.svg import Plot, area, bars, below, curve, dots, ground, picture, text

EQUAL = CategoricalDistribution(torch.tensor([[0, 0], [1, 1]]), torch.tensor([0.5, 0.5], dtype=torch.float64), 2)


def _unmasked() -> str:
    times = np.arange(9)
    rho = [jump.rho for jump in jumps(make_schedule("sohl_dickstein", 8), times)]
    plot = Plot((0.4, 8.6), (0, 1))
    said = (
        f"The probability that a masked letter is unmasked in the step from t, with ᾱ = 1 − t/8: {rho[7]:.3f} at t = 8, "
        f"{rho[1]:.2f} at t = 2 and {rho[0]:g} at t = 1."
    )
    return picture(said, ground(plot), bars(plot, times[1:], rho, 0.7, REVERSE), below("1", "t", "T = 8"))


def _masked() -> str:
    t = np.arange(0, 101, 5)
    share = make_schedule("cosine", 100).signal_share[t]
    plot = Plot((0, 100), (0, 1))
    said = f"With the cosine schedule the share of unmasked letters falls: at T/2 it is {share[10]:.2f}, the rest is masked."
    names = text(20, 80, "unmasked", FORWARD) + text(150, 36, "masked", INK)
    return picture(said, area(plot, t, share), ground(plot), names, below("0", "t", "T"))


def _lost() -> str:
    pairs, plots = ("aa", "ab", "ba", "bb"), [Plot((-0.6, 3.6), (0, 0.6), box) for box in ((8, 22, 100, 90), (120, 22, 212, 90))]
    both = np.array([0.5, 0.0, 0.0, 0.5])
    alone = np.outer(*EQUAL.marginals.numpy()).ravel()
    mean = mean_entropies(subset_entropies(EQUAL))
    lost = float(absorbing_costs(mean, 2, make_schedule("sohl_dickstein", 1), np.arange(2)).dissipation.sum())
    said = (
        f"Two letters that are always equal: aa and bb have probability {both[0]:g}. Drawn alone, each of four pairs has "
        f"{alone[0]:g}: {lost:.2f} nats are lost."
    )
    shown = zip(plots, (both, alone), (FORWARD, REVERSE), strict=True)
    parts = [ground(plot) + bars(plot, range(4), each, 0.7, colour) for plot, each, colour in shown]
    names = [text(plot.place(i, 0)[0], 104, pair, INK, "middle") for plot in plots for i, pair in enumerate(pairs)]
    heads = text(54, 14, "together", FORWARD, "middle") + text(166, 14, "each alone", REVERSE, "middle")
    return picture(said, *parts, *names, heads)


def _limit() -> str:
    steps, mean = np.arange(1, 17), mean_entropies(subset_entropies(EQUAL))
    bounds = [
        float(absorbing_costs(mean, 2, make_schedule("sohl_dickstein", n), np.arange(n + 1)).kl.sum()) for n in steps.tolist()
    ]
    plot, limit = Plot((0.4, 16.6), (0, 1.5)), EQUAL.entropy_nats
    said = (
        f"The bound of two letters that are always equal, by the number of steps: {bounds[0]:.2f} nats at T = 1 and "
        f"{bounds[7]:.2f} at T = 8; in continuous time it is their entropy, {limit:.2f}."
    )
    parts = bars(plot, steps, bounds, 0.7, REVERSE), curve(plot, [0.4, 16.6], [limit, limit], INK, dashed=True), ground(plot)
    return picture(said, *parts, below("1", "T", "16"))


def _blocks() -> str:
    """One graph, the halves apart."""
    side, ends = np.arange(12) // 6, np.array(list(itertools.combinations(range(12), 2)))
    within = side[ends[:, 0]] == side[ends[:, 1]]
    joined = np.random.default_rng(5).random(66) < np.where(within, 0.7, 0.05)
    angle = np.pi / 6 + np.pi * np.arange(12) / 3
    at = np.stack([1.5 * (2 * side - 1) + np.cos(angle), np.sin(angle)], 1)
    plot = Plot((-2.7, 2.7), (-1.35, 1.35))
    edges = [
        curve(plot, *at[pair].T, FORWARD if one else REVERSE) for pair, one in zip(ends[joined], within[joined], strict=True)
    ]
    said = (
        f"A graph on 12 nodes in two communities of six: {int((joined & within).sum())} of 30 pairs within a community are "
        f"joined, and {int((joined & ~within).sum())} of 36 others."
    )
    return picture(said, *edges, dots(plot, *at.T, INK))


SYMBOLS: dict[str, Callable[[], str]] = {
    "masked_diffusion": _unmasked,
    "absorbing_state": _masked,
    "total_correlation": _lost,
    "hidden_communities": _blocks,
    "continuous_bound": _limit,
}
