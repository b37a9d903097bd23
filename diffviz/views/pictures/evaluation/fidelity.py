"""Generated pictures beside real ones: in the features of a classifier, and pixel by pixel beside what was trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from diffviz.estimates import Estimate, Sampled, mean_of, share_of

NEIGHBOURS = 3  # k of Kynkaanniemi et al. 2019, sec. 3.1
FAIR_SETS = 8  # draws from the reference, to learn what the first order of the Frechet distance is near 0
LEAST_PARTS, PARTS = 4, 10  # of samples and of the reference, whose spread tells the error of precision and recall
SPAN = 1e-10  # of the largest variance: below it there is none
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


def _potential(samples: Values, reference: Values) -> Values:
    """[N] first-order change of the Frechet distance with each sample, up to a constant: Kantorovich's potential between the two
    Gaussians, |x|^2 - x^T A x - 2 x (m_b - m_a) about m_a, where A = S_a^(-1/2) (S_a^(1/2) S_b S_a^(1/2))^(1/2) S_a^(-1/2).

    Where there are fewer samples than features A is known on their span alone, and they are within it.
    """
    x, shift = samples - samples.mean(0), reference.mean(0) - samples.mean(0)
    values, axes = np.linalg.eigh(np.cov(x.T))
    kept = values > SPAN * values[-1]
    std, axes = np.sqrt(values[kept]), axes[:, kept]
    inner, turn = np.linalg.eigh(std[:, None] * (axes.T @ np.cov(reference.T) @ axes) * std)
    white = (x @ axes / std) @ turn  # x^T A x is a sum of squares of these, each with its root
    return np.square(x).sum(1) - np.square(white) @ np.sqrt(np.maximum(inner, 0.0)) - 2.0 * x @ shift


def frechet_estimate(samples: Values, reference: Values, seed: int = 0) -> Estimate:
    """The distance of samples [N, F] from a reference [M, F], and the error that the choice of samples makes.

    Near the reference itself the first order is twice the variance (estimates.py); how large it is there is seen on as many draws
    from the reference.
    """
    rng, count = np.random.default_rng(seed), len(samples)
    drawn = [reference[rng.integers(len(reference), size=count)] for _ in range(FAIR_SETS)]
    fair = float(np.mean([Sampled(0.0, _potential(x, reference)).first_order for x in drawn]))
    plain = Sampled(frechet(samples, reference), _potential(samples, reference))
    share = share_of(plain.first_order, fair / 2.0, fair / max(plain.first_order, fair / 2.0))
    return replace(plain, share=share).estimate


def frechet_floor(reference: Values, count: int, seed: int = 0, splits: int = 8) -> Estimate:
    """Real beside real: `count` of the reference against all others, mean over random splits and its standard error. A finite
    number of samples is at a distance from its own distribution; this is how far."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(splits):
        order = rng.permutation(len(reference))
        found.append(frechet(reference[order[:count]], reference[order[count:]]))
    return mean_of(np.array(found)).estimate


def _share(inside: NDArray[np.bool_]) -> Estimate:
    """A share of independent draws. Its error is the standard deviation that Jeffreys' prior leaves (Brown, Cai & DasGupta 2001),
    which is not 0 for none or all."""
    count = len(inside)
    likely = (float(inside.sum()) + 0.5) / (count + 1.0)
    return Estimate(float(inside.mean()), math.sqrt(likely * (1.0 - likely) / (count + 2.0)))


def _covered(points: Values, others: Values, k: int) -> NDArray[np.bool_]:
    """[N] which points [N, F] are no farther from one of the others [M, F] than the k-th nearest other is from that one."""
    own = cdist(others, others)
    radius = np.partition(own, k, axis=1)[:, k]  # the 0-th is itself
    return (cdist(points, others) <= radius).any(1)


def precision_recall(samples: Values, reference: Values, k: int = NEIGHBOURS) -> tuple[Estimate, Estimate]:
    """Kynkaanniemi et al. 2019, eq. 1-2: the share of samples within reach of some reference picture, and the other way round.

    A picture reaches as far as its k-th nearest neighbour of its own kind. [N, F] both, best of equal number. Both sides are
    draws, and how far they reach is one as well, so that the errors are those of the mean over up to PARTS pairs of parts of
    both, but no less than a share has; of too few pictures for LEAST_PARTS, a share's.
    """
    sides = (samples, reference), (reference, samples)
    found = [_share(_covered(*pair, k)) for pair in sides]
    count = min(PARTS, min(len(samples), len(reference)) // (2 * k + 2))
    if count >= LEAST_PARTS:
        parts = [[np.array_split(x, count) for x in pair] for pair in sides]
        spreads = [np.std([_covered(*both, k).mean() for both in zip(*pair, strict=True)], ddof=1) for pair in parts]
        found = [Estimate(e.value, max(e.stderr, float(s) / math.sqrt(count))) for e, s in zip(found, spreads, strict=True)]
    return found[0], found[1]


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


def memory(samples: Values, train: Values, held_out: Values) -> Memory:
    """samples [N, D], train [K, D], held_out [M, D]."""
    found = []
    for points in (samples, held_out):
        far = cdist(points, train)
        first, second = np.partition(far, 1, axis=1)[:, :2].T
        found.append((mean_of(first).estimate, _share(first < COPY * second), far.argmin(1), first))
    (ours, copies, nearest, distances), (theirs, their_copies, _, _) = found
    ratio = ours.value / theirs.value
    error = ratio * math.hypot(ours.stderr / max(ours.value, 1e-12), theirs.stderr / theirs.value)
    return Memory(ours, theirs, Estimate(ratio, error), copies, their_copies, nearest, distances)
