"""Diffusion of sequences by brute force: every one of L sequences is written out, and every path of one step is summed over.

Nothing here knows that coordinates are independent or exchangeable: laws are vectors [L], kernels are matrices [L, L].
"""

import math

import numpy as np


def kl(q, p):
    """KL(q || p) in nats of two vectors."""
    return sum(a * math.log(a / b) for a, b in zip(q.ravel(), p.ravel(), strict=True) if a > 0)


def entropy(q):
    """In nats of a vector."""
    return -sum(a * math.log(a) for a in q.ravel() if a > 0)


def powers(one, n):
    """[L, L] the kernel of n coordinates that change alone, of that of one; the first coordinate is the slowest."""
    whole = np.ones((1, 1))
    for _ in range(n):
        whole = np.kron(whole, one)
    return whole


def given(joint):
    """[L, L] the laws of the row's sequence given the column's, at the row of the latter; 0 where that is impossible."""
    total = joint.sum(0)
    return np.divide(joint, total, out=np.zeros_like(joint), where=total > 0).T


class Enumerated:
    """The joint law of a chain that keeps a coordinate to t_j with probability abar_j. A subclass has abar [K+1], data: [L]
    q(x_0), kernel(kept): [L, L] from row to column, prior(): [L], and factorised(j): [L, L] the reverse kernel, at row x_t."""

    def between(self, j):
        """q(x_t|x_s) of step j, where t = t_j and s = t_{j-1}."""
        return self.kernel(self.abar[j] / self.abar[j - 1])

    def marginal(self, j):
        """[L] q(x_t)."""
        return self.data @ self.kernel(self.abar[j])

    def entropy(self, j):
        return entropy(self.marginal(j))

    def backward(self, j):
        """[L, L] q(x_s|x_t) at row x_t."""
        return given(self.marginal(j - 1)[:, None] * self.between(j))

    def bridge(self, j, x0):
        """[L, L] q(x_s|x_t, x_0) at row x_t, for the sequence of index x0."""
        return given(self.kernel(self.abar[j - 1])[x0][:, None] * self.between(j))

    def cost(self, j, reverse=None):
        """L_{j-1} = E KL(q(x_s|x_t, x_0) || p(x_s|x_t)), over all x_0 and x_t; p: the factorised kernel, or another one."""
        reverse, channel = self.factorised(j) if reverse is None else reverse, self.kernel(self.abar[j])
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
        """L_K = E KL(q(x_T|x_0) || prior)."""
        channel = self.kernel(self.abar[-1])
        return sum(self.data[x0] * kl(channel[x0], self.prior()) for x0 in np.flatnonzero(self.data))

    def mismatch(self):
        """KL(q(x_T) || prior)."""
        return kl(self.marginal(len(self.abar) - 1), self.prior())
