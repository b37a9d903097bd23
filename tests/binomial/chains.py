"""Small distributions of bits, and the exact heartbeat costs that were found elsewhere."""

import torch

from diffviz.binomial.finite import BitDistribution

RATE = 0.3
STATES = [[1, 1, 0, 0, 0, 1], [0, 0, 1, 1, 0, 1], [1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 1, 0]]
PROBABILITIES = [0.4, 0.3, 0.2, 0.1]


def small():
    """Four sequences of six bits: three groups of exchangeable bits, of 2, 2 and (in no two states alike) 1 and 1."""
    return BitDistribution(torch.tensor(STATES, dtype=torch.float64), torch.tensor(PROBABILITIES, dtype=torch.float64))


def heartbeat(length=20, period=5):
    """The 2015 paper's binary heartbeat, written out."""
    states = [[float(place % period == phase) for place in range(length)] for phase in range(period)]
    return BitDistribution(torch.tensor(states, dtype=torch.float64), torch.full((period,), 1.0 / period, dtype=torch.float64))
