"""The binary heartbeat (Sohl-Dickstein et al. 2015, sec. 3.1.2): sequences of 20 bits with a 1 every fifth bin.

The phase, the bin of the first 1, is one of five with equal probability, so that the entropy is log2(5) = 2.3219 bits per
sequence. Each bit alone is 1 with probability 1/5, and so is the noise, B(1/5): a single bit has the same distribution at every
time, and what is destroyed and recovered is the dependence between bits.
"""

from __future__ import annotations

import torch

from diffviz.binomial.finite import BitDistribution

LENGTH, PERIOD = 20, 5
RATE = 1.0 / PERIOD  # of ones, in the data and in the noise


def heartbeat() -> BitDistribution:
    """Its five states [5, 20], equally probable."""
    place = torch.arange(LENGTH)
    states = (place[None] % PERIOD == torch.arange(PERIOD)[:, None]).double()
    return BitDistribution(states, torch.full((PERIOD,), RATE, dtype=torch.float64))
