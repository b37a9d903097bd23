"""Small pictures, 4 x 4 of one channel, whose data are a mixture and a Gaussian; their measurements; and conditioning with dense
matrices in numpy, which knows nothing of bases."""

import numpy as np
import torch
from scipy.stats import multivariate_normal

from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.inverse.operators import MEASUREMENTS, MeasurementOptions
from diffviz.noise import ParticleNoise, Stream

SHAPE = (1, 4, 4)
KNOWN = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 0, 1]], bool)
RNG = np.random.default_rng(5)
MEANS = torch.from_numpy(RNG.choice([-0.8, 0.8], (5, 16)))
MIXTURE = GaussianMixture(MEANS, torch.tensor([0.3, 0.25, 0.2, 0.15, 0.1], dtype=torch.float64), 0.4)
GAUSSIAN = GaussianMixture(MEANS[:1], torch.ones(1, dtype=torch.float64), 0.7)
DATA = {"mixture": MIXTURE, "gaussian": GAUSSIAN}


def measure(name, std=0.6, width=0.8):
    return MEASUREMENTS[name].make(SHAPE, MeasurementOptions(std=std, mask=KNOWN, width=width))


def normal(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def observed(mixture, measurement, seed=0):
    """y [*y_shape] of one picture of the data."""
    x_0 = mixture.sample(torch.tensor([0.4], dtype=torch.float64), normal(1, 16, seed=seed)).reshape(1, *SHAPE)
    return measurement.observe(x_0, normal(1, *measurement.map.y_shape, seed=seed + 1))[0]


def noise(particles, seed=0):
    """As the samplers' loop asks for it."""
    return ParticleNoise(seed, Stream.REVERSE, particles, SHAPE, dtype=torch.float64)


def matrix(measurement):
    """H [M, D]."""
    return measurement.apply(torch.eye(16, dtype=torch.float64).unflatten(1, SHAPE)).flatten(1).T.numpy()


def conditioned(mixture, measurement, y, x_t=None, alpha=1.0, sigma=1.0):
    """Weights [K], means [K, D], covariance [D, D] of x_0 given y, and x_t [*SHAPE] if there is one: (x_t, y) and x_0 are jointly
    Gaussian in each component."""
    A, seen, variance = matrix(measurement), y.flatten().numpy(), np.full(y.numel(), measurement.std**2)
    if x_t is not None:
        A = np.concatenate([alpha * np.eye(16), A])
        seen, variance = np.concatenate([x_t.flatten().numpy(), seen]), np.concatenate([np.full(16, sigma**2), variance])
    means, s2 = mixture.means.numpy(), mixture.std**2
    inner = s2 * A @ A.T + np.diag(variance)
    gain = s2 * np.linalg.solve(inner, A).T
    logs = np.log(mixture.weights.numpy()) + [multivariate_normal.logpdf(seen, A @ mean, inner) for mean in means]
    weights = np.exp(logs - np.logaddexp.reduce(logs))
    return weights, means + (seen - means @ A.T) @ gain.T, s2 * (np.eye(16) - gain @ A)


def moments(weights, means, covariance):
    """Mean [D] and covariance [D, D] of the mixture."""
    mean = weights @ means
    return mean, covariance + (means - mean).T @ (weights[:, None] * (means - mean))


def largest_z(x, mean, covariance):
    """The samples' mean and covariance against the given ones, every entry in its own standard errors: the largest."""
    x = x.flatten(1).numpy()
    centred = x - mean
    products = centred[:, :, None] * centred[:, None, :]
    count = len(x) ** 0.5
    of_mean = np.abs(centred.mean(0)) / (centred.std(0) / count)
    of_covariance = np.abs(products.mean(0) - covariance) / (products.std(0) / count)
    return max(of_mean.max(), of_covariance.max())
