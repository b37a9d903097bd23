"""How near particles are to data: distances, the shares of modes and the excess NLL, each with the error of the draws behind it.

Excess NLL = E_p[-log q(x)] - H(q) = KL(p || q) + H(p) - H(q) of particles ~ p and data ~ q: 0 for true samples,
below 0 where p is narrower than q, above 0 where p has particles at places without data.

The energy distance, 2 E|x - y| - E|x - x'| - E|y - y'| of particles x and data y (Szekely & Rizzo 2013), takes the data in closed
form. With z = |x - mu|^2/(4 s^2), in the plane

    E|x - Y| = s sqrt(pi/2) e^{-z} ((1 + 2z) I_0(z) + 2z I_1(z))        for Y ~ N(mu, s^2 I), the mean of a Rice distribution
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import i0e, i1e

from diffviz.caching import bounded, of_mixture
from diffviz.deadline import check_time
from diffviz.domains.plane.distances import project, transport
from diffviz.estimates import Estimate, Sampled, Values, mean_of, mean_over_pairs, share_of
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import ERROR_NATS, marginal
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Curve

REFERENCES = 8  # fresh clouds of data a result is compared with
TRANSPORT_REFERENCES = 5  # of the exact W2
MOST_CLOUDS = 20  # of a seed
AMONG_SEED = 2**31  # of clouds of data whose distances from one another are found once; no experiment's
AMONG, AMONG_DIRECTIONS, TRANSPORT_AMONG = 200, 32, 20
MAX_CLOUD = 2000  # particles whose distances are computed
SUBSAMPLE = 500  # particles whose exact W2 is computed: the cost grows with the cube
MAX_MODES = 32
SEPARATION = 5.0  # components whose means are so many standard deviations apart are modes
KEPT_BYTES = 1 << 26
FOLLOWED, FEWEST_FOLLOWED = 1 << 18, 100  # states of a run whose excess NLL is measured, and particles at least
CHUNK = 1 << 18  # distances of particles from means held at once


class Drawn(Protocol):
    """A distribution that clouds are drawn of: a mixture, or one times a factor. fingerprint: the same for equal ones."""

    @property
    def fingerprint(self) -> bytes: ...

    def sample(self, uniform: torch.Tensor, normal: torch.Tensor) -> torch.Tensor:
        """[N, D] from uniform [N] and normal [N, D], float64."""


@dataclass(frozen=True)
class AmongData:
    """Pairs of clouds of data, by the same distance.

    mean: of the distance, what the number of particles alone accounts for; square: the mean of the squared distance
    variance: of the distance over draws of one of the two clouds, its mean over the other being taken
    """

    mean: Estimate
    square: float
    variance: float


def fresh_clouds(mixture: Drawn, particles: int, seed: int, count: int = REFERENCES) -> list[Values]:
    """count clouds [N, D] of fresh data; others for every seed of an experiment."""
    clouds = []
    for index in range(count):
        check_time()
        own = seed * MOST_CLOUDS + index
        normal = ParticleNoise(own, Stream.REFERENCE, particles)(0)
        uniform = particle_uniform(own, Stream.REFERENCE, particles)
        clouds.append(mixture.sample(uniform, normal.double()).numpy())
    return clouds


def _square_root(squares: Values, potential: Values, among: AmongData) -> Sampled:
    """The mean of the distances whose squares [R] are given. potential: [N] Kantorovich's, of the mean squared distance.

    The square is |d + z - y|^2, d between the distributions, z and y the noise of N particles and of the mean of R clouds. Its
    variance over z is var(2 d z) + var(z z), and the expected first order var(2 d z) + 2 (1 + 1/R) var(z z). That of the root is
    less by four times the square. var(z z) is known for true samples alone, for which d = 0; so what is told is the first order
    less (1 + 2/R) var(z z) far from the data, var(z z) as near as data are to one another, and between them in proportion.
    """
    roots, square = np.sqrt(squares), float(squares.mean())
    if square == 0.0:
        return Sampled(0.0, np.zeros_like(potential), references=roots)
    plain = Sampled(float(roots.mean()), potential / (2.0 * math.sqrt(square)), references=roots)
    if not 0.0 < plain.first_order < math.inf:
        return plain
    near = min(1.0, among.square / square)
    of_noise = near * among.variance
    far = max(0.0, plain.first_order - (1.0 + 2.0 / len(squares)) * of_noise)
    return replace(plain, share=((1.0 - near) * far + near * of_noise) / plain.first_order)


@bounded(KEPT_BYTES, of_mixture)
def _projected_data(mixture: Drawn, particles: int, seed: int) -> list[Values]:
    """Clouds of fresh data, sorted along every direction: the same ones for both sides of most comparisons."""
    return [np.sort(project(cloud), axis=1) for cloud in fresh_clouds(mixture, particles, seed)]


@bounded(KEPT_BYTES, of_mixture)
def sliced_among_data(mixture: Drawn, particles: int) -> AmongData:
    """Sliced W2 of all pairs of AMONG clouds of as many points of data, along a few directions; the same for every run on these
    data. Of the distances, mean + a_i + a_j + e_ij, the variance of a is told by the means over j."""
    clouds = fresh_clouds(mixture, min(particles, MAX_CLOUD), AMONG_SEED, AMONG)
    x = np.stack([np.sort(project(cloud, AMONG_DIRECTIONS), axis=1).ravel().astype(np.float32) for cloud in clouds])
    x -= x.mean(0)  # distances are as large as what is left, so that single precision does
    norms = np.square(x).sum(1, dtype=np.float64)
    squares = np.maximum(norms[:, None] + norms - 2.0 * (x @ x.T), 0.0) / x.shape[1]
    np.fill_diagonal(squares, 0.0)
    distances = np.sqrt(squares)
    rows, pairs = distances.sum(1) / (AMONG - 1), distances[np.triu_indices(AMONG, 1)]
    variance = (float(rows.var(ddof=1)) - float(pairs.var()) / (AMONG - 1)) / (1.0 - 2.0 / (AMONG - 1))
    error = math.sqrt(4.0 * float(rows.var(ddof=1)) / AMONG)
    mean = Estimate(float(pairs.mean()), error, drawn=False)
    return AmongData(mean, float(squares.sum()) / (AMONG * (AMONG - 1)), max(0.0, variance))


def sliced_to_data(mixture: Drawn, end: NDArray[np.floating], seed: int) -> Sampled:
    """Sliced W2, mean over REFERENCES clouds of fresh data, of the first MAX_CLOUD particles [N, 2]."""
    end = end[:MAX_CLOUD].astype(np.float64)
    clouds = _projected_data(mixture, len(end), seed)
    projected = project(end)
    order = projected.argsort(1)
    x = np.take_along_axis(projected, order, 1)
    squares = np.array([np.square(x - cloud).mean() for cloud in clouds])
    slope = 2.0 * (x - np.mean(clouds, axis=0))  # of the potential, along each direction
    rise = np.cumsum(np.diff(x, axis=1) * (slope[:, 1:] + slope[:, :-1]) / 2.0, axis=1)
    potential = np.zeros_like(x)
    np.put_along_axis(potential, order[:, 1:], rise, 1)
    return _square_root(squares, potential.mean(0), sliced_among_data(mixture, len(end)))


@bounded(KEPT_BYTES, of_mixture)
def _transported_among_data(mixture: GaussianMixture, particles: int) -> AmongData:
    """Exact W2 between clouds of as many points of data, each and the next; the same for every run on these data.

    A pair's variance is four times that of one of its clouds: (z - y)^2 has twice the noise of z, squared.
    """
    clouds = fresh_clouds(mixture, particles, AMONG_SEED, TRANSPORT_AMONG)
    squares = np.array([transport(a, b)[0] for a, b in zip(clouds, [*clouds[1:], clouds[0]], strict=True)])
    roots = np.sqrt(squares)
    variance = float(roots.var(ddof=1)) / 4.0
    error = math.sqrt(4.0 * variance / len(roots))
    return AmongData(Estimate(float(roots.mean()), error, drawn=False), float(squares.mean()), variance)


def wasserstein_to_data(mixture: GaussianMixture, end: NDArray[np.floating], seed: int) -> Sampled:
    """Exact W2, mean over TRANSPORT_REFERENCES clouds of fresh data, of the first SUBSAMPLE particles [N, 2]."""
    end = end[:SUBSAMPLE].astype(np.float64)
    found = [transport(end, cloud) for cloud in fresh_clouds(mixture, len(end), seed, TRANSPORT_REFERENCES)]
    squares, potentials = np.array([square for square, _ in found]), np.array([potential for _, potential in found])
    return _square_root(squares, potentials.mean(0), _transported_among_data(mixture, len(end)))


def _mean_distance(mixture: GaussianMixture, x: Values, std: float) -> Values:
    """[N] E|x - Y| for x [N, 2] and Y ~ sum_k w_k N(mu_k, std^2 I)."""
    means, weights = mixture.means.numpy(), mixture.weights.numpy()
    found = np.empty(len(x))
    size = max(1, CHUNK // len(means))
    for start in range(0, len(x), size):
        z = cdist(x[start : start + size], means, "sqeuclidean") / (4.0 * std**2)
        found[start : start + size] = ((1.0 + 2.0 * z) * i0e(z) + 2.0 * z * i1e(z)) @ weights
    return std * math.sqrt(math.pi / 2.0) * found


@bounded(KEPT_BYTES, of_mixture)
def _mean_distance_of_data(mixture: GaussianMixture) -> float:
    """E|Y - Y'| of two points of data."""
    return float(_mean_distance(mixture, mixture.means.numpy(), math.sqrt(2.0) * mixture.std) @ mixture.weights.numpy())


def energy_to_data(mixture: GaussianMixture, end: NDArray[np.floating]) -> Sampled:
    """Energy distance of the first MAX_CLOUD particles [N, 2] to the data; without bias, so it may be below 0."""
    end = end[:MAX_CLOUD].astype(np.float64)
    to_data = _mean_distance(mixture, end, mixture.std)
    kernel = to_data[:, None] + to_data - cdist(end, end) - _mean_distance_of_data(mixture)
    return mean_over_pairs(kernel)


def mode_shares(mixture: GaussianMixture, x: NDArray[np.floating]) -> Values | None:
    """[K] share of the particles x [N, D] that lie nearest to each mode; None if the data has no separate modes."""
    nearest = _nearest_modes(mixture, x)
    return None if nearest is None else np.bincount(nearest, minlength=len(mixture.means)) / len(x)


def mode_curves(mixture: GaussianMixture, x: NDArray[np.floating]) -> dict[str, Curve]:
    """mode_shares and the weights of the modes as curves over the modes, counted from 1, by name; empty if the data has no
    separate modes."""
    shares = mode_shares(mixture, x)
    if shares is None:
        return {}
    modes, error = np.arange(1, len(shares) + 1), np.sqrt(shares * (1.0 - shares) / len(x))
    return {
        "mode_shares": Curve("Particles in each mode", modes, shares, "", error, over="mode"),
        "mode_weights": Curve("Exact weights of the modes", modes, mixture.weights.numpy().copy(), "", over="mode"),
    }


def _nearest_modes(mixture: GaussianMixture, x: NDArray[np.floating]) -> NDArray[np.int64] | None:
    means = mixture.means
    if not 2 <= len(means) <= MAX_MODES or torch.pdist(means).min() < SEPARATION * mixture.std:
        return None
    return torch.cdist(torch.from_numpy(x.astype(np.float64)), means).argmin(1).numpy()


def mode_error(mixture: GaussianMixture, end: NDArray[np.floating]) -> Sampled | None:
    """Total variation between the shares of the modes and their weights; None if the data has no separate modes."""
    nearest = _nearest_modes(mixture, end)
    if nearest is None:
        return None
    weights, count = mixture.weights.numpy(), len(end)
    apart = np.bincount(nearest, minlength=len(weights)) / count - weights
    fair = np.random.default_rng(0).multinomial(count, weights, 1000) / count - weights  # what as many fair draws give
    fair_values, value = 0.5 * np.abs(fair).sum(1), 0.5 * float(np.abs(apart).sum())
    plain = Sampled(value, 0.5 * np.sign(apart)[nearest])
    ratio = float(np.square(fair_values).mean()) / value**2 if value > 0.0 else 1.0
    return Sampled(value, plain.influence, share_of(plain.first_order, float(fair_values.var()), ratio))


def level_excess(
    mixture: GaussianMixture, schedule: NoiseSchedule, times: NDArray[np.int64], paths: Sequence[NDArray[np.floating]]
) -> Curve:
    """The excess NLL of particles [N, D] in each of paths [K], beside the data at the noise level of each of times [K]: 0 for
    true samples of q(x_t). Of a long run as many of its first particles as FOLLOWED states allow."""
    found, count = [], max(FEWEST_FOLLOWED, FOLLOWED // len(times))
    for t, x in zip(times.tolist(), paths, strict=True):
        check_time()
        level = float(schedule.alpha[t]), float(schedule.sigma[t])
        energies = -mixture.log_density(torch.from_numpy(x[:count].astype(np.float64)), *level).numpy()
        found.append(mean_of(energies, ERROR_NATS).less(marginal(mixture, *level).entropy_nats).estimate)
    values, errors = (np.array([getattr(each, name) for each in found]) for name in ("value", "stderr"))
    return Curve("excess NLL", times, values, "nats", errors)


def excess_nll(mixture: GaussianMixture, end: NDArray[np.floating]) -> Sampled:
    """E[-log q(x)] of all particles [N, 2] less the entropy of the data, in nats: 0 for true samples."""
    nll = -mixture.log_density(torch.from_numpy(end.astype(np.float64))).numpy()
    return mean_of(nll - marginal(mixture, 1.0, 0.0).entropy_nats, ERROR_NATS)
