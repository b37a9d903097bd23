"""Diffusion of bits by brute force, over every one of the 2^n sequences (enumerated.py)."""

import itertools

import numpy as np

from tests.oracles.enumerated import Enumerated, powers


def sequences(n):
    """[2^n, n] all of them; the first bit is the slowest."""
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=float)


def kernel(n, kept, rate):
    """[2^n, 2^n] q(y|x) from row x to column y: each bit is kept with probability kept, else drawn from B(rate)."""
    one = np.array([[kept + (1 - kept) * (1 - rate), (1 - kept) * rate], [(1 - kept) * (1 - rate), kept + (1 - kept) * rate]])
    return powers(one, n)


def law(states, probabilities):
    """[2^n] of the data."""
    n = len(states[0])
    found = np.zeros(2**n)
    for state, probability in zip(states, probabilities, strict=True):
        found[int("".join(str(int(bit)) for bit in state), 2)] += probability
    return found


class Chain(Enumerated):
    """The joint law of a chain that keeps a bit to t_j with probability abar_j, and the factorised reverse kernel."""

    def __init__(self, states, probabilities, abar, rate):
        self.n, self.abar, self.rate = len(states[0]), abar, rate
        self.x = sequences(self.n)
        self.data = law(states, probabilities)
        self.noise = np.array([np.prod(np.where(x == 1, rate, 1 - rate)) for x in self.x])

    def kernel(self, kept):
        return kernel(self.n, kept, self.rate)

    def prior(self):
        """[2^n] B(rate)."""
        return self.noise

    def posterior(self, j):
        """[2^n, n] P(x_0^i = 1|x_t), at row x_t."""
        joint = self.data[:, None] * self.kernel(self.abar[j])
        return (joint / joint.sum(0)).T @ self.x

    def factorised(self, j):
        """[2^n, 2^n] the product of the marginals of each bit of backward(j)."""
        ones = self.backward(j) @ self.x
        return np.array([np.prod(np.where(self.x == 1, one, 1 - one), axis=1) for one in ones])
