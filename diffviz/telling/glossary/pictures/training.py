"""Pictures of training: of the two modes, of a walk of weights, and of a buffer of chains."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from diffviz.gaussian.quadrature import marginal
from diffviz.levels import level_of
from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE
from diffviz.telling.glossary.pictures.svg import Plot, bars, below, curve, ground, picture, text
from diffviz.telling.glossary.pictures.toy import LINE, PLANE
from diffviz.telling.glossary.training import FRESH, MOVES, counted
from diffviz.training.settings import learning_rate

DECAY, WALK = 0.9, 80
SIZES = (1, 4, 16, 64)
LEVEL, SPEED = 0.2, 0.03  # of a loss that falls to a plateau, and how fast


def _loss() -> str:
    log_snr = np.linspace(-8, 8, 33)
    least = np.array([marginal(PLANE, *level_of(each)).mmse * (1 + math.exp(each)) / 2 for each in log_snr.tolist()])
    blind = np.array([PLANE.mean_square + 2 * math.exp(each) for each in log_snr.tolist()]) / 2 / (1 + np.exp(log_snr))
    said = (
        f"The least squared error of v in each coordinate, over log SNR from −8 to 8, for two modes: {least[0]:.2f} in noise, "
        f"{least[16]:.2f} at log SNR 0. A network that always says 0 has {blind[16]:.2f} there, dashed."
    )
    plot = Plot((-8, 8), (0, 1.1 * max(least.max(), blind.max())))
    lines = curve(plot, log_snr, least, REVERSE) + curve(plot, log_snr, blind, INK, True)
    return picture(said, ground(plot), lines, text(8, 14, "exact minimum", REVERSE), below("−8", "log SNR", "8"))


def _weighting() -> str:
    log_snr = np.linspace(-4, 4, 33)
    simple, capped = np.exp(log_snr), np.array([counted("min_snr", math.exp(each)) for each in log_snr.tolist()])
    of_v = np.array([counted("edm", math.exp(each)) for each in log_snr.tolist()])
    said = (
        f"Weights of the error of x₀, their logarithms over log SNR from −4 to 4. At 4: simple of ε {simple[-1]:.2f}, "
        f"EDM {of_v[-1]:.2f}, min-SNR {capped[-1]:.2f}; at −4: {simple[0]:.3f}, {of_v[0]:.2f} and {capped[0]:.3f}."
    )
    plot = Plot((-4, 4), (-4.2, 4.2), (8, 18, 212, 92))
    lines = curve(plot, log_snr, np.log(simple), FORWARD) + curve(plot, log_snr, np.log(of_v), INK, True)
    names = text(8, 14, "EDM", INK) + text(60, 14, "min-SNR", REVERSE) + text(212, 14, "ε, simple", FORWARD, "end")
    return picture(said, lines, curve(plot, log_snr, np.log(capped), REVERSE), names, below("−4", "log SNR", "4"))


def _ema() -> str:
    """Weights that scatter about 0 once they have come there from 3."""
    k, draws = np.arange(WALK), np.random.default_rng(0).normal(size=WALK)
    weights = 3.0 * np.exp(-k / 8) + draws
    mean = [weights[0]]
    for each in weights[1:]:
        mean.append(DECAY * mean[-1] + (1 - DECAY) * each)
    late = slice(WALK // 2, None)
    said = (
        f"A weight over {WALK} updates, and its moving average with c = {DECAY:g}: over the last half their standard deviations "
        f"are {np.std(weights[late]):.2f} and {np.std(np.array(mean)[late]):.2f}."
    )
    plot = Plot((0, WALK - 1), (-2.8, 4.5))
    lines = curve(plot, k, weights, FORWARD) + curve(plot, k, mean, REVERSE)
    names = text(212, 14, "average", REVERSE, "end") + text(212, 28, "weight", FORWARD, "end")
    return picture(said, ground(plot), lines, names, below("0", "updates", str(WALK)))


def _rate() -> str:
    k = np.arange(1, 101)
    rates = np.array([learning_rate(1.0, each, 100) for each in k.tolist()])
    said = (
        f"The learning rate over 100 updates, in parts of its peak: {rates[0]:.2f} at the first, {rates[1]:.2f} at the second, "
        f"{rates[49]:.2f} after 50, {rates[74]:.2f} after 75."
    )
    plot = Plot((1, 100), (0, 1.1))
    parts = ground(plot), curve(plot, k, rates, REVERSE), text(212, 24, "half a cosine", REVERSE, "end")
    return picture(said, *parts, below("1", "updates", "100"))


def _batch() -> str:
    draws = torch.Generator().manual_seed(0)
    uniform, normal = (make(64_000, generator=draws, dtype=torch.float64) for make in (torch.rand, torch.randn))
    square = LINE.sample(uniform, normal[:, None])[:, 0].square().numpy()
    found = np.array([np.std(square.reshape(-1, size).mean(1)) for size in SIZES])
    said = (
        f"The standard deviation of a mean of squares over a batch of 1, 4, 16 and 64 samples of the two modes: {found[0]:.3f}, "
        f"{found[1]:.3f}, {found[2]:.3f} and {found[3]:.3f}; dashed, 1/√B of the first."
    )
    place = np.arange(len(SIZES))
    plot = Plot((-0.5, 3.5), (0, 1.1 * found[0]))
    at = np.linspace(0, 3, 31)
    truth = curve(plot, at, found[0] * 2.0**-at, INK, True)
    return picture(said, ground(plot), bars(plot, place, found, 0.5, REVERSE), truth, below("B = 1", "4 and 16", "64"))


def _plateau() -> str:
    k = np.arange(0, 201, 4)
    loss = LEVEL + np.exp(-SPEED * k) + 0.02 * np.random.default_rng(0).normal(size=len(k))
    fall = [float(np.polyfit(k[part], loss[part], 1)[0]) * -100 for part in (k <= 100, k >= 100)]
    said = (
        f"A loss above its exact minimum, 0: over the first 100 of 200 updates it falls by {fall[0]:.2f}, over the last 100 by "
        f"{fall[1]:.2f}, and {loss[-10:].mean():.2f} is left, dashed."
    )
    plot = Plot((0, 200), (0, 1.3))
    level = curve(plot, [100, 200], [LEVEL, LEVEL], INK, True)
    words = text(212, 46, "more training no longer helps", INK, "end")
    return picture(said, ground(plot), curve(plot, k, loss, REVERSE), level, words, below("0", "updates", "200"))


def replay() -> str:
    draws, age, chains = np.random.default_rng(0), np.zeros(4000, np.int64), 4000
    for _ in range(200):
        age = np.where(draws.random(chains) < FRESH, 0, age) + MOVES
    heights, edges = np.histogram(age, 20, (0, 1000))
    said = (
        f"Moves that {chains} chains of a replay buffer have made since they began anew, after 200 updates of {MOVES} moves with "
        f"f = {FRESH:g}: {age.mean():.0f} on average, {(age > 500).mean():.2f} of them have made more than 500."
    )
    plot = Plot((0, 1000), (0, 1.1 * heights.max()))
    parts = ground(plot), bars(plot, (edges[1:] + edges[:-1]) / 2, heights, 44, REVERSE), text(212, 24, "chains", REVERSE, "end")
    return picture(said, *parts, below("0", "moves", "1000"))


TRAINING: dict[str, Callable[[], str]] = {
    "training_loss": _loss,
    "weighting": _weighting,
    "ema": _ema,
    "learning_rate": _rate,
    "batch": _batch,
    "plateau": _plateau,
}
