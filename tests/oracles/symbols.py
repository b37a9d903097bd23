"""Diffusion of symbols by brute force, over every one of the V'^n sequences (enumerated.py). A mask is a further symbol."""

import itertools

import numpy as np

from tests.oracles.enumerated import Enumerated, powers


def coordinate(symbols, kept, noise):
    """[V', V'] of one coordinate: kept, or drawn from nu: a mask, or any symbol."""
    nu = np.append(np.zeros(symbols), 1.0) if noise == "absorbing" else np.full(symbols, 1.0 / symbols)
    return kept * np.eye(len(nu)) + (1.0 - kept) * nu


class Chain(Enumerated):
    """The joint law of a chain that keeps a coordinate to t_j with probability abar_j, and the factorised reverse kernel."""

    def __init__(self, states, probabilities, symbols, abar, noise):
        self.n, self.symbols, self.abar, self.noise = len(states[0]), symbols, abar, noise
        shown = symbols + (noise == "absorbing")
        self.x = np.array(list(itertools.product(range(shown), repeat=self.n)))
        self.data = np.zeros(len(self.x))
        for state, probability in zip(states, probabilities, strict=True):
            self.data[self.place(state)] = probability

    def place(self, sequence):
        """Its index."""
        return int(np.flatnonzero((self.x == np.array(sequence)).all(1))[0])

    def kernel(self, kept):
        """[L, L] from row to column."""
        return powers(coordinate(self.symbols, kept, self.noise), self.n)

    def posterior(self, j):
        """[L, n, V] P(x_0^i = b|x_t) at row x_t; of impossible x_t not a number."""
        joint = self.data[:, None] * self.kernel(self.abar[j])
        with np.errstate(invalid="ignore"):
            given = (joint / joint.sum(0)).T
        return self._places(given)[:, :, : self.symbols]

    def _places(self, law):
        """[L, n, V'] the law of each coordinate, of laws [L, L]."""
        shown = self.x.max() + 1
        return np.einsum("ab,bnv->anv", law, np.eye(shown)[self.x])

    def factorised(self, j):
        """[L, L] the product of the laws of each coordinate of backward(j)."""
        each = self._places(self.backward(j))  # [L, n, V']
        return np.prod([each[:, i, self.x[:, i]] for i in range(self.n)], axis=0)

    def reverse(self, j, told):
        """[L, L] p(x_s|x_t) at row x_t, where a denoiser says told [L, n, V] of x_0: Bayes' rule for each coordinate. One that
        is shown under masks stays, whatever is said of it."""
        to_s = coordinate(self.symbols, self.abar[j - 1], self.noise)[: self.symbols]
        step = coordinate(self.symbols, self.abar[j] / self.abar[j - 1], self.noise)
        found = np.ones((len(self.x), len(self.x)))
        for row, x_t in enumerate(self.x):
            for i, v in enumerate(x_t):
                if self.noise == "absorbing" and v < self.symbols:
                    found[row] *= self.x[:, i] == v
                else:
                    joint = to_s * step[:, v]  # [V, V'] of x_0 and x_s
                    found[row] *= (told[row, i] @ (joint / joint.sum(1, keepdims=True)))[self.x[:, i]]
        return found

    def prior(self):
        """[L] what noise makes of sequences that are all equally probable."""
        real = (self.x < self.symbols).all(1)
        return (real / real.sum()) @ self.kernel(self.abar[-1])
