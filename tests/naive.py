"""The mathematics once more: slow, in numpy and float64, written from the definitions and not from the package."""

import math

import numpy as np


def log_normal(x, mean, variance):
    """[...] log N(x; mean, variance I), over the last axis of x - mean."""
    difference = np.asarray(x) - mean
    return -0.5 * (difference**2).sum(-1) / variance - difference.shape[-1] / 2 * math.log(2 * math.pi * variance)


def log_components(mixture, x, alpha=1.0, sigma=0.0):
    """[N, K] log of w_k N(x; alpha mu_k, alpha^2 s^2 + sigma^2)."""
    joint = log_normal(x[:, None], alpha * mixture.means.numpy(), (alpha * mixture.std) ** 2 + sigma**2)
    return np.log(mixture.weights.numpy()) + joint


def log_density(mixture, x, alpha=1.0, sigma=0.0):
    """[N] log q(x_t = x)."""
    return np.logaddexp.reduce(log_components(mixture, x, alpha, sigma), axis=1)


def posterior(mixture, x, alpha, sigma):
    """Mean and variance [N, D] of x_0 given x_t = x: every component's own Gaussian posterior, mixed."""
    logs = log_components(mixture, x, alpha, sigma)
    share = np.exp(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True))[..., None]  # [N, K, 1]
    means, variance = mixture.means.numpy(), mixture.std**2
    gain = alpha * variance / (alpha**2 * variance + sigma**2)
    each = means + gain * (x[:, None] - alpha * means)  # [N, K, D]
    mean = (share * each).sum(1)
    return mean, variance * (1 - gain * alpha) + (share * (each - mean[:, None]) ** 2).sum(1)


def draw(mixture, count, rng):
    """[N, D] samples of the data."""
    component = rng.choice(len(mixture.weights), count, p=mixture.weights.numpy())
    return mixture.means.numpy()[component] + mixture.std * rng.standard_normal((count, mixture.dim))


def forward(schedule, s, t):
    """q(x_t|x_s) = N(a x_s, v I) -> a, v."""
    a = schedule.alpha[t] / schedule.alpha[s]
    return a, schedule.sigma[t] ** 2 - a**2 * schedule.sigma[s] ** 2


def reverse(schedule, s, t):
    """q(x_s|x_t, x_0) -> weights of x_t and of x_0, variance: the pair (x_s, x_t) given x_0 is Gaussian; condition on x_t."""
    var_s, var_t = schedule.sigma[s] ** 2, schedule.sigma[t] ** 2
    covariance = forward(schedule, s, t)[0] * var_s
    slope = covariance / var_t
    return slope, schedule.alpha[s] - slope * schedule.alpha[t], var_s - slope * covariance


def pair(mixture, schedule, s, t, count, rng):
    """x_0, x_s, x_t [N, D] of the forward process."""
    x_0 = draw(mixture, count, rng)
    x_s = schedule.alpha[s] * x_0 + schedule.sigma[s] * rng.standard_normal(x_0.shape)
    a, v = forward(schedule, s, t)
    return x_0, x_s, a * x_s + math.sqrt(v) * rng.standard_normal(x_0.shape)


def mean_and_error(values):
    """The mean of independent values and its standard error."""
    values = np.asarray(values, dtype=np.float64)
    return values.mean(), values.std(ddof=1) / math.sqrt(len(values))


def energy_distance(a, b):
    """Szekely & Rizzo 2013: 2 E|a - b| - E|a - a'| - E|b - b'| of points [N, D] and [M, D], over pairs of different points."""

    def apart(x, y):
        return np.linalg.norm(x[:, None] - y, axis=-1)

    within = [apart(x, x).sum() / (len(x) * (len(x) - 1)) for x in (a, b)]
    return 2 * apart(a, b).mean() - sum(within)
