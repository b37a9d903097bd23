"""Generated pictures beside real ones: in the features of a classifier, and pixel by pixel beside what was trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from diffviz.diagnostics.estimates import Estimate

NEIGHBOURS = 3  # k of Kynkaanniemi et al. 2019, sec. 3.1
RESAMPLES = 40  # of the bootstrap
COPY = 1.0 / 3.0  # Yoon et al. 2023: so much nearer to the nearest training picture than to the next one
Values = NDArray[np.float64]


def frechet(a: Values, b: Values) -> float:
    """|m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)), W2^2 of Gaussians with their moments (Dowson & Landau 1982).

    a: [N, F], b: [M, F]. The trace of the root is the sum of singular values of S_a^(1/2) S_b^(1/2), taken as X_a^T and X_b^T
    through their QR factors: no root of a matrix that is not symmetric, and none of a number below 0.
    """
    roots = [np.linalg.qr((x - x.mean(0)) / math.sqrt(len(x) - 1), mode="r") for x in (a, b)]
    shift = np.square(a.mean(0) - b.mean(0)).sum()
    return float(
        shift + sum(np.square(r).sum() for r in roots) - 2.0 * np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    )


def frechet_estimate(samples: Values, reference: Values, seed: int = 0) -> Estimate:
    """The distance, and the error that the choice of samples [N, F] makes: the spread of a bootstrap, whose mean is too high."""
    rng = np.random.default_rng(seed)
    drawn = [frechet(samples[rng.integers(len(samples), size=len(samples))], reference) for _ in range(RESAMPLES)]
    return Estimate(frechet(samples, reference), float(np.std(drawn, ddof=1)))


def frechet_floor(reference: Values, count: int, seed: int = 0, splits: int = 8) -> Estimate:
    """Real beside real: `count` of the reference against all others, mean and spread over random splits. A finite number of
    samples is at a distance from its own law; this is how far."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(splits):
        order = rng.permutation(len(reference))
        found.append(frechet(reference[order[:count]], reference[order[count:]]))
    return Estimate(float(np.mean(found)), float(np.std(found, ddof=1)))


def _share(inside: NDArray[np.bool_]) -> Estimate:
    share = float(inside.mean())
    return Estimate(share, math.sqrt(share * (1.0 - share) / len(inside)))


def precision_recall(samples: Values, reference: Values, k: int = NEIGHBOURS) -> tuple[Estimate, Estimate]:
    """Kynkaanniemi et al. 2019, eq. 1-2: the share of samples within reach of some reference picture, and the other way round.

    A picture reaches as far as its k-th nearest neighbour of its own kind. [N, F] both, best of equal number; errors are those of
    a share, the other side taken as it is.
    """

    def within(points: Values, others: Values) -> Estimate:
        own = cdist(others, others)
        radius = np.partition(own, k, axis=1)[:, k]  # the 0-th is itself
        return _share((cdist(points, others) <= radius).any(1))

    return within(samples, reference), within(reference, samples)


@dataclass(frozen=True, eq=False)
class Memory:
    """How near samples come to training pictures, in pixels (root of the sum of squares, values in [-1, 1]).

    distance, held_out: of a sample and of a held-out picture to their nearest training pictures; ratio of the two: about 1 where
    new pictures are as new as unseen ones, near 0 where they are copies. copies, held_out_copies: shares that are
    COPY times nearer to one training picture than to the next. nearest: [N] which it is; distances: [N].
    """

    distance: Estimate
    held_out: Estimate
    ratio: Estimate
    copies: Estimate
    held_out_copies: Estimate
    nearest: NDArray[np.int64]
    distances: Values


def _mean(values: Values) -> Estimate:
    return Estimate(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values)))


def memory(samples: Values, train: Values, held_out: Values) -> Memory:
    """samples [N, D], train [K, D], held_out [M, D]."""
    found = []
    for points in (samples, held_out):
        far = cdist(points, train)
        first, second = np.partition(far, 1, axis=1)[:, :2].T
        found.append((_mean(first), _share(first < COPY * second), far.argmin(1), first))
    (ours, copies, nearest, distances), (theirs, their_copies, _, _) = found
    ratio = ours.value / theirs.value
    error = ratio * math.hypot(ours.stderr / max(ours.value, 1e-12), theirs.stderr / theirs.value)
    return Memory(ours, theirs, Estimate(ratio, error), copies, their_copies, nearest, distances)
