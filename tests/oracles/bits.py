"""Diffusion of bits by brute force: every one of the 2^n sequences is written out, and every path of one step is summed over.

Nothing here knows that bits are independent or exchangeable: laws are vectors [2^n], kernels are matrices [2^n, 2^n].
"""

import itertools
import math

import numpy as np


def sequences(n):
    """[2^n, n] all of them; the first bit is the slowest."""
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=float)


def kernel(n, kept, rate):
    """[2^n, 2^n] q(y|x) from row x to column y: each bit is kept with probability kept, else drawn from B(rate)."""
    one = np.array([[kept + (1 - kept) * (1 - rate), (1 - kept) * rate], [(1 - kept) * (1 - rate), kept + (1 - kept) * rate]])
    whole = np.ones((1, 1))
    for _ in range(n):
        whole = np.kron(whole, one)
    return whole


def law(states, probabilities):
    """[2^n] of the data."""
    n = len(states[0])
    found = np.zeros(2**n)
    for state, probability in zip(states, probabilities, strict=True):
        found[int("".join(str(int(bit)) for bit in state), 2)] += probability
    return found


def kl(q, p):
    """KL(q || p) in nats of two vectors."""
    return sum(a * math.log(a / b) for a, b in zip(q.ravel(), p.ravel(), strict=True) if a > 0)


def entropy(q):
    """In nats of a vector."""
    return -sum(a * math.log(a) for a in q.ravel() if a > 0)


class Chain:
    """The joint law of a chain that keeps a bit to t_j with probability abar_j, and the factorised reverse kernel."""

    def __init__(self, states, probabilities, abar, rate):
        self.n, self.abar, self.rate = len(states[0]), abar, rate
        self.x = sequences(self.n)
        self.data = law(states, probabilities)
        self.noise = np.array([np.prod(np.where(x == 1, rate, 1 - rate)) for x in self.x])

    def marginal(self, j):
        """[2^n] q(x_t)."""
        return self.data @ kernel(self.n, self.abar[j], self.rate)

    def posterior(self, j):
        """[2^n, n] P(x_0^i = 1|x_t), at row x_t."""
        joint = self.data[:, None] * kernel(self.n, self.abar[j], self.rate)
        return (joint / joint.sum(0)).T @ self.x

    def backward(self, j):
        """[2^n, 2^n] q(x_s|x_t) at row x_t, where t = t_j and s = t_{j-1}."""
        joint = self.marginal(j - 1)[:, None] * kernel(self.n, self.abar[j] / self.abar[j - 1], self.rate)
        return (joint / joint.sum(0)).T

    def factorised(self, j):
        """[2^n, 2^n] the product of the marginals of each bit of backward(j)."""
        ones = self.backward(j) @ self.x
        return np.array([np.prod(np.where(self.x == 1, one, 1 - one), axis=1) for one in ones])

    def bridge(self, j, x0):
        """[2^n, 2^n] q(x_s|x_t, x_0) at row x_t, for the sequence of index x0."""
        start = np.zeros(2**self.n)
        start[x0] = 1.0
        joint = (start @ kernel(self.n, self.abar[j - 1], self.rate))[:, None] * kernel(
            self.n, self.abar[j] / self.abar[j - 1], self.rate
        )
        total = joint.sum(0)
        return np.divide(joint, total, out=np.zeros_like(joint), where=total > 0).T

    def cost(self, j, reverse=None):
        """L_{j-1} = E KL(q(x_s|x_t, x_0) || p(x_s|x_t)), over all x_0 and x_t; p: the factorised kernel, or another one."""
        reverse, channel = self.factorised(j) if reverse is None else reverse, kernel(self.n, self.abar[j], self.rate)
        return sum(
            self.data[x0] * channel[x0, x_t] * kl(self.bridge(j, x0)[x_t], reverse[x_t])
            for x0 in np.flatnonzero(self.data)
            for x_t in np.flatnonzero(channel[x0])
        )

    def dissipation(self, j, reverse=None):
        """E KL(q(x_s|x_t) || p(x_s|x_t))."""
        reverse, backward = self.factorised(j) if reverse is None else reverse, self.backward(j)
        return sum(mass * kl(backward[x_t], reverse[x_t]) for x_t, mass in enumerate(self.marginal(j)) if mass > 0)

    def prior_cost(self):
        """L_K = E KL(q(x_T|x_0) || B(p))."""
        channel = kernel(self.n, self.abar[-1], self.rate)
        return sum(self.data[x0] * kl(channel[x0], self.noise) for x0 in np.flatnonzero(self.data))

    def mismatch(self):
        """KL(q(x_T) || B(p))."""
        return kl(self.marginal(len(self.abar) - 1), self.noise)
