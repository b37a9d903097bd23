"""The variational bound of a chain of betas, written once more from the papers, in numpy and float64.

    beta_tilde_t = beta_t (1 - alpha_bar_{t-1})/(1 - alpha_bar_t)                                  Ho et al. 2020, eq. 7
    mu_tilde_t   = sqrt(alpha_bar_{t-1}) beta_t/(1 - alpha_bar_t) x_0
                   + sqrt(1 - beta_t) (1 - alpha_bar_{t-1})/(1 - alpha_bar_t) x_t                  Ho et al. 2020, eq. 7
    Sigma_t      = beta_tilde_t (fixed small), beta_t (fixed large)                                Ho et al. 2020, sec. 3.2
                   or exp(v log beta_t + (1 - v) log beta_tilde_t) (learned range)                 Nichol & Dhariwal 2021, eq. 15

beta_tilde_1 = 0 has no logarithm; every kind takes beta_tilde_2 in its place, as the code of Nichol & Dhariwal does, fixed large
for beta_1 as well. Arrays are indexed by t = 1..T; index 0 is not used.
"""

import numpy as np
from scipy.special import ndtr


class Chain:
    """A chain of betas [T]."""

    def __init__(self, betas):
        self.steps = len(betas)
        self.beta = np.append(np.nan, betas)
        self.alpha_bar = np.append(1.0, np.cumprod(1.0 - betas))
        before, now = self.alpha_bar[:-1], self.alpha_bar[1:]
        self.of_x0 = np.append(np.nan, np.sqrt(before) * betas / (1.0 - now))
        self.of_xt = np.append(np.nan, np.sqrt(1.0 - betas) * (1.0 - before) / (1.0 - now))
        self.beta_tilde = np.append(np.nan, betas * (1.0 - before) / (1.0 - now))
        self.beta_tilde[1] = self.beta_tilde[2]

    def fixed_small(self, t):
        return self.beta_tilde[t]

    def fixed_large(self, t):
        return self.beta_tilde[2] if t == 1 else self.beta[t]

    def learned_range(self, t, v):
        return np.exp(v * np.log(self.beta[t]) + (1.0 - v) * np.log(self.beta_tilde[t]))

    def posterior_mean(self, t, x_0, x_t):
        return self.of_x0[t] * x_0 + self.of_xt[t] * x_t

    def step(self, t, x_0, x_t, x0_hat, variance):
        """[...] L_{t-1} of each coordinate in nats, t >= 2: KL(N(mu_tilde(x_0), beta_tilde) || N(mu_tilde(x0_hat), Sigma))."""
        difference = self.posterior_mean(t, x_0, x_t) - self.posterior_mean(t, x0_hat, x_t)
        return self.expected_step(t, difference**2, variance)

    def expected_step(self, t, square, variance):
        """The same, given the square of the means' difference, or its expectation."""
        return 0.5 * (np.log(variance / self.beta_tilde[t]) + self.beta_tilde[t] / variance - 1.0 + square / variance)

    def discretised(self, x_0, x_1, x0_hat, variance, bin_width):
        """[...] L_0 of each coordinate in nats: -log of the probability of the grey level's bin (Ho et al. 2020, eq. 13)."""
        mean, std = self.posterior_mean(1, x0_hat, x_1), np.sqrt(variance)
        above = np.where(x_0 > 1.0 - bin_width / 2, np.inf, (x_0 + bin_width / 2 - mean) / std)
        below = np.where(x_0 < -1.0 + bin_width / 2, -np.inf, (x_0 - bin_width / 2 - mean) / std)
        left = ndtr(above) - ndtr(below)
        right = ndtr(-below) - ndtr(-above)  # the same, exact where the first is the difference of two numbers near 1
        return -np.log(np.maximum(np.where(below > 0, right, left), 1e-12))

    def density(self, square, variance):
        """L_0 of a coordinate in nats where data are points: -E log N(x_0; mean, Sigma), given E (x_0 - mean)^2."""
        return 0.5 * (np.log(2.0 * np.pi * variance) + square / variance)

    def prior(self, square):
        """L_T of a coordinate in nats, given x_0^2 or its expectation."""
        left = self.alpha_bar[-1]
        return 0.5 * (-np.log(1.0 - left) + (1.0 - left) + left * square - 1.0)
