"""Small distributions of symbols."""

import math

import numpy as np
import torch

from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.kernels import Absorbing, Uniform

NOISES = {"absorbing": Absorbing, "uniform": Uniform}
STATES = [[0, 1, 2], [0, 2, 2], [2, 1, 0], [1, 1, 1]]
PROBABILITIES = [0.4, 0.3, 0.2, 0.1]
SYMBOLS = 3
PAIRS = [[0, 1], [0, 2], [2, 1]]  # "ab", "ac", "cb"
WEIGHTS = [0.5, 0.25, 0.25]


def small():
    """Four sequences of three of three symbols."""
    return CategoricalDistribution(torch.tensor(STATES), torch.tensor(PROBABILITIES, dtype=torch.float64), SYMBOLS)


def pairs():
    """Three words of two letters, whose entropies are written out beside it: of the word, of either letter."""
    return CategoricalDistribution(torch.tensor(PAIRS), torch.tensor(WEIGHTS, dtype=torch.float64), 3)


PAIR, LETTER = 1.5 * math.log(2), -0.75 * math.log(0.75) - 0.25 * math.log(0.25)


def nats_in_order(data, denoiser, order):
    """[M] -log p of every state where places are unmasked in this order, one at a time."""
    x_t, nats = torch.full(data.states.shape, float(data.symbols)), torch.zeros(len(data.states), dtype=torch.float64)
    for place in order:
        told = denoiser(x_t, 0.7, 0.7).probabilities.double()
        nats -= told[torch.arange(len(x_t)), place, data.states[:, place]].log()
        x_t[:, place] = data.states[:, place].float()
    return nats


def places(x, symbols):
    """[N] the index of sequences [N, n] among all of shown symbols, the first coordinate the slowest."""
    return (x.double() @ float(symbols) ** torch.arange(x.shape[1] - 1, -1, -1).double()).long()


def assert_law(x, law, symbols):
    """A chi-square of the frequencies of sequences against the law, over those that are expected five times or more."""
    counts = torch.bincount(places(x, symbols), minlength=len(law)).numpy()
    often = law * len(x) >= 5
    expected = np.append(law[often], law[~often].sum()) * len(x)
    found = np.append(counts[often], counts[~often].sum())
    keep = expected > 1e-9
    assert found[~keep].sum() == 0
    statistic, freedom = ((found - expected)[keep] ** 2 / expected[keep]).sum(), keep.sum() - 1
    assert statistic < freedom + 5 * math.sqrt(2 * freedom) + 1e-9
