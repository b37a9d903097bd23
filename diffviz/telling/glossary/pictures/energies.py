"""Pictures of energy models, of the two modes on a line."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from diffviz.gaussian.samplers.chains import Place, metropolis
from diffviz.telling.glossary.pictures.colours import FORWARD, INK, REVERSE
from diffviz.telling.glossary.pictures.svg import Plot, bars, below, curve, ground, picture, text
from diffviz.telling.glossary.pictures.toy import GRID, LINE, STD, WEIGHTS, column, density
from diffviz.telling.glossary.pictures.training import replay

UNIT = Plot((-2.5, 2.5), (0, 1.15))
CHAINS, MOVES, SIZE = 600, 60, 0.03


def _place(x: torch.Tensor, share: float = 1.0) -> Place:
    """Of U_b = (1 - b) x^2/2 + b U."""
    return Place(x, (1 - share) * x[:, 0] ** 2 / 2 - share * LINE.log_density(x), -(1 - share) * x + share * LINE.score(x))


def _langevin_chain() -> str:
    draws, at = torch.Generator().manual_seed(0), _place(column(np.full(CHAINS, -1.0)))
    for _ in range(MOVES):
        z, chance = (make(CHAINS, generator=draws, dtype=torch.float64) for make in (torch.randn, torch.rand))
        at, _ = metropolis(_place, at, SIZE, 1.0, z[:, None], chance.log())
    x = at.x[:, 0].numpy()
    heights, edges = np.histogram(x, 25, (-2.5, 2.5), density=True)
    left = float(x[x < 0].var())
    said = (
        f"{CHAINS} chains of MALA that start at −1, after {MOVES} moves: {(x > 0).mean():.2f} are in the right mode, which "
        f"has the weight {WEIGHTS[1]:g}; within the left mode their variance is {left:.3f}, near {STD**2:.3f}."
    )
    plot = Plot((-2.5, 2.5), (0, 1.7))
    boxes = bars(plot, (edges[1:] + edges[:-1]) / 2, heights, 0.17, REVERSE)
    return picture(
        said,
        ground(plot),
        boxes,
        curve(plot, GRID, density(GRID), INK, True),
        text(8, 14, "dashed: exp(−U)/Z"),
        below("−2.5", "x", "2.5"),
    )


def _partition() -> str:
    values = 3.0 * density(GRID)
    z = float(values.sum() * (GRID[1] - GRID[0]))
    plot = Plot((-2.5, 2.5), (0, 1.1 * values.max()))
    said = f"exp(−U), the area below which is Z = {z:.2f}, and exp(−U)/Z, a density, dashed."
    lines = curve(plot, GRID, values, REVERSE) + curve(plot, GRID, values / z, INK, True)
    return picture(said, ground(plot), lines, text(8, 14, "exp(−U)", REVERSE), below("−2.5", "x", "2.5"))


def _contrastive() -> str:
    draws, at = torch.Generator().manual_seed(0), column(np.full(CHAINS, 0.0))
    x = LINE.sample(torch.rand(CHAINS, generator=draws).double(), torch.randn(CHAINS, 1, generator=draws).double())
    data = float(x.square().mean())
    for _ in range(10):  # moves on the model N(0, 1/4)
        at = x - 0.02 * 4 * x + math.sqrt(0.04) * torch.randn(x.shape, generator=draws, dtype=torch.float64)
        x = at
    plot, model = UNIT, 2 * np.square(GRID)
    said = (
        f"A model N(0, 1/4), too narrow: at the data the mean energy is {2 * data:.2f}, where ten moves from there lead it is "
        f"{2 * float(x.square().mean()):.2f}. Training lowers the first and raises the second."
    )
    scaled = Plot((-2.5, 2.5), (0, 8))
    heights, edges = np.histogram(x[:, 0].numpy(), 25, (-2.5, 2.5), density=True)
    boxes = bars(plot, (edges[1:] + edges[:-1]) / 2, heights / 1.7, 0.17, REVERSE)
    law = curve(plot, GRID, density(GRID) / 1.7, INK, True)
    names = text(8, 14, "U of the model", FORWARD) + text(212, 14, "dashed: data", INK, "end")
    return picture(
        said, ground(plot), boxes, law, curve(scaled, GRID, np.minimum(model, 8), FORWARD), names, below("−2.5", "x", "2.5")
    )


def _annealed() -> str:
    """log Z of 3 times the density of the modes is log 3."""
    steps = np.array([1, 2, 4, 8, 16, 32, 64])
    found, spread = [], []
    for count in steps:
        draws = torch.Generator().manual_seed(1)
        x, work = torch.randn(2000, 1, generator=draws, dtype=torch.float64), torch.zeros(2000, dtype=torch.float64)
        for j in range(count):
            work += (-math.log(3.0) - LINE.log_density(x) - x[:, 0] ** 2 / 2) / count
            share = (j + 1) / count
            z, chance = torch.randn(x.shape, generator=draws).double(), torch.rand(len(x), generator=draws).double()
            x = metropolis(lambda y, b=share: _place(y, b), _place(x, share), 0.3 * STD ** (2 * share), 1.0, z, chance.log())[0].x
        found.append(float((-work).logsumexp(0)) - math.log(len(work)) + math.log(2 * math.pi) / 2)
        spread.append(float(work.mean()) * -1 + math.log(2 * math.pi) / 2)
    low = min(spread)
    plot = Plot((0, math.log2(steps[-1])), (low - 0.3, max(found) + 0.4), (8, 8, 212, 90))
    x, truth = np.log2(steps), math.log(3.0)
    said = (
        f"log Z over the number of steps: by the mean of e^−W it is {found[0]:.2f} with one step and {found[-1]:.2f} with 64, "
        f"near {truth:.2f}; the mean of −W, a bound, rises from {spread[0]:.2f} to {spread[-1]:.2f}."
    )
    lines = curve(plot, x, found, REVERSE) + curve(plot, x, spread, FORWARD) + curve(plot, [0, x[-1]], [truth, truth], INK, True)
    return picture(
        said, lines, text(212, 84, "mean of −W", FORWARD, "end"), text(14, 24, "log⟨e^−W⟩", REVERSE), below("1", "steps", "64")
    )


ENERGIES: dict[str, Callable[[], str]] = {
    "langevin_chain": _langevin_chain,
    "partition": _partition,
    "contrastive": _contrastive,
    "replay": replay,
    "annealed": _annealed,
}
