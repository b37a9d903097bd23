"""The mathematics once more: slow, in numpy and float64, written from the definitions and not from the package."""

import math

import numpy as np


def log_normal(x, mean, variance):
    """[...] log N(x; mean, variance I), over the last axis of x - mean."""
    difference = np.asarray(x) - mean
    square = np.einsum("...d,...d->...", difference, difference)
    return -0.5 * square / variance - difference.shape[-1] / 2 * math.log(2 * math.pi * variance)


def log_components(mixture, x, alpha=1.0, sigma=0.0):
    """[N, K] log of w_k N(x; alpha mu_k, alpha^2 s^2 + sigma^2)."""
    variance, means = (alpha * mixture.std) ** 2 + sigma**2, mixture.means.numpy()
    # coordinate by coordinate: an array whose last axis is as short as D takes several times as long
    square = sum((column[:, None] - alpha * centre) ** 2 for column, centre in zip(x.T, means.T, strict=True))
    return np.log(mixture.weights.numpy()) - 0.5 * square / variance - mixture.dim / 2 * math.log(2 * math.pi * variance)


def shared(logs):
    """[N] log of the sum of exp of logs [N, K], and the share [N, K] of each in it."""
    highest = logs.max(1, keepdims=True)
    weights = np.exp(logs - highest)
    total = weights.sum(1, keepdims=True)
    return (highest + np.log(total))[:, 0], weights / total


def log_density(mixture, x, alpha=1.0, sigma=0.0):
    """[N] log q(x_t = x)."""
    return shared(log_components(mixture, x, alpha, sigma))[0]


def posterior(mixture, x, alpha, sigma):
    """Mean and variance [N, D] of x_0 given x_t = x: every component's own Gaussian posterior, mixed."""
    _, share = shared(log_components(mixture, x, alpha, sigma))
    variance = mixture.std**2
    gain = alpha * variance / (alpha**2 * variance + sigma**2)
    mean, spread = np.empty(x.shape), np.empty(x.shape)
    for d, centre in enumerate(mixture.means.numpy().T):
        each = centre + gain * (x[:, d, None] - alpha * centre)  # [N, K]
        mean[:, d] = np.einsum("nk,nk->n", share, each)
        spread[:, d] = np.einsum("nk,nk->n", share, (each - mean[:, d, None]) ** 2)
    return mean, variance * (1 - gain * alpha) + spread


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
