"""What each step costs on bits: exactly, for a finite distribution and its exact denoiser, and by sampling for a network.

For a chain of times 0 = t_0 < ... < t_K = T, with s = t_{j-1} and t = t_j, all H in nats and the data D bits long:

    H(x_s|x_t, x_0) = H(x_s|x_0) + H(x_t|x_s) - H(x_t|x_0),     H(x_s|x_t) = H(x_s) + H(x_t|x_s) - H(x_t)

    L_{j-1}       = E KL(q(x_s|x_t, x_0) || p(x_s|x_t)) = sum_i H(x_s^i|x_t) - H(x_s|x_t, x_0),  L_0 = E[-log p(x_0|x_{t_1})]
    dissipation_j = E KL(q(x_s|x_t) || p(x_s|x_t))      = sum_i H(x_s^i|x_t) - H(x_s|x_t)
    L_K           = E KL(q(x_T|x_0) || B(p)),             mismatch = KL(q(x_T) || B(p))

    bound = sum of all L >= entropy of the data,          bound - entropy = sum of dissipations + mismatch

The reverse kernel draws the bits of x_s independently, so a step dissipates the total correlation of x_s given x_t. The bound is
minus the K of Sohl-Dickstein et al. 2015 (eq. 14), but that x_0 is drawn from the denoiser, too, where the paper goes by the
forward kernel (app. B.2).

The conditional entropies given x_0 or x_s are sums over single bits. H(x_t) and H(x_s^i|x_t) are sums over all x_t, of which
far fewer differ than 2^D: bits that are equal in all states are exchangeable, so it matters only how many of each such group are
1; and groups that may change places without changing the distribution are exchangeable as well. The heartbeat's 2^20 sequences
are 126.

A network's reverse kernel has the same form with other probabilities, and costs sum_i KL(q(x_s^i|x_t) || p(x_s^i|x_t)) more,
which is estimated on random x_t.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from diffviz.binomial.finite import BitDistribution
from diffviz.binomial.kernels import bits, entropy_nats, marginal_kernels, one_before, reverse_kernels, step_kernels
from diffviz.categorical.costs import CERTAIN, ExactCosts, at_least_0
from diffviz.deadline import check_time
from diffviz.estimates import affordable
from diffviz.noise import ParticleNoise, Stream, at_time, particle_uniform
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule

Values = NDArray[np.float64]
MAX_CLASSES = 1 << 16  # of sequences that differ in more than the order of exchangeable bits
CHUNK = 1 << 20  # numbers held at once: bounds memory


@dataclass(frozen=True, eq=False)
class Classes:
    """The sequences of D bits, up to the order of exchangeable ones.

    size: [G] bits in each group; states: [M, G] the bit of each group in each state; log_prior: [M] of the states
    ones: [C, G] how many of each group are 1; log_count: [C] how many sequences a class has
    """

    size: Values
    states: Values
    log_prior: Values
    ones: Values
    log_count: Values


def classes_of(distribution: BitDistribution) -> Classes:
    """Raises ValueError where there are more than MAX_CLASSES before groups change places."""
    prior = distribution.probabilities.cpu().double().numpy()
    states, size = np.unique(distribution.states.cpu().double().numpy(), axis=1, return_counts=True)
    if math.prod((size + 1).tolist()) > MAX_CLASSES:
        raise ValueError(f"the distribution must have at most {MAX_CLASSES} classes of sequences")
    ones = np.array(list(itertools.product(*(range(count + 1) for count in size))), dtype=float)
    log_count = (gammaln(size + 1) - gammaln(ones + 1) - gammaln(size - ones + 1)).sum(1)
    for together in _exchangeable(states, size, prior):
        ones[:, together] = np.sort(ones[:, together], axis=1)
    ones, place = np.unique(ones, axis=0, return_inverse=True)
    return Classes(size.astype(float), states, np.log(prior), ones, np.log(np.bincount(place.ravel(), np.exp(log_count))))


def _exchangeable(states: Values, size: NDArray[np.int64], prior: Values) -> list[list[int]]:
    """Sets of groups any two of which may change places: transpositions generate all permutations."""

    def listed(order: list[int]) -> list[tuple[float, ...]]:
        return sorted((*row, weight) for row, weight in zip(states[:, order].tolist(), prior.tolist(), strict=True))

    def may_change(a: int, b: int) -> bool:
        order = list(range(len(size)))
        order[a], order[b] = b, a
        return size[a] == size[b] and listed(order) == listed(sorted(order))

    sets: list[list[int]] = []
    for group in range(len(size)):
        found = next((known for known in sets if may_change(known[0], group)), None)
        if found is None:
            sets.append([group])
        else:
            found.append(group)
    return sets


@dataclass(frozen=True, eq=False)
class BitCosts(ExactCosts):
    """mmse: [K+1] E|x_0 - x0_hat|^2."""

    mmse: Values


def exact_costs(distribution: BitDistribution, schedule: NoiseSchedule, times: NDArray[np.int64], rate: float) -> BitCosts:
    """Of the chain times [K+1], ascending from 0. Raises ValueError as classes_of does."""
    classes, mean = classes_of(distribution), distribution.mean.cpu().double().numpy()
    marginal, step = (kernels(schedule, times, rate) for kernels in (marginal_kernels, step_kernels))
    reverse = reverse_kernels(schedule, times, rate)
    count = len(times) - 1
    entropy, bitwise, mmse = np.full(count + 1, distribution.entropy_nats), np.empty(count), np.zeros(count + 1)
    chunk = max(1, CHUNK // (classes.ones.size + len(classes.ones) * len(classes.states)))
    for start in range(0, count, chunk):
        check_time()
        part, after = slice(start, start + chunk), slice(start + 1, start + 1 + chunk)
        mass, log_q, x0_hat = _levels(classes, marginal[after])
        entropy[after] = -np.einsum("kc,kc->k", mass, log_q)
        mmse[after] = mean.sum() - np.einsum("kc,kcg,g->k", mass, x0_hat**2, classes.size)
        bitwise[part] = _bitwise(classes, mass, x0_hat, reverse[part])

    ones = np.einsum("a,kab->kb", [len(mean) - mean.sum(), mean.sum()], marginal)  # [K+1, 2] expected bits that are 0 and 1
    given_data = entropy_nats(marginal[:, :, 1]) @ [len(mean) - mean.sum(), mean.sum()]
    given_before = np.einsum("kb,kb->k", ones[:-1], entropy_nats(step[:, :, 1]))
    prior_code = -float(ones[-1] @ np.log([1.0 - rate, rate]))
    return BitCosts(
        kl=at_least_0(np.append(bitwise - (given_data[:-1] + given_before - given_data[1:]), prior_code - given_data[-1])),
        dissipation=at_least_0(bitwise - (entropy[:-1] + given_before - entropy[1:])),
        mismatch=prior_code - float(entropy[-1]),
        entropy=entropy,
        mmse=mmse,
    )


def _levels(classes: Classes, marginal: Values) -> tuple[Values, Values, Values]:
    """Behind the kernels q(x_t|x_0) [K, 2, 2]: of each class its probability [K, C], the log probability of one of its sequences
    [K, C], and the probability that a bit of each group was 1 in the data [K, C, G]."""
    by_state = np.log(marginal)[:, classes.states.astype(int)]  # [K, M, G, 2]
    zero, one = by_state[..., 0], by_state[..., 1]
    joint = classes.ones @ (one - zero).swapaxes(1, 2) + (zero @ classes.size + classes.log_prior)[:, None]
    top = joint.max(2, keepdims=True)
    weights = np.exp(joint - top)
    total = weights.sum(2, keepdims=True)
    log_q = (np.log(total) + top)[..., 0]
    return np.exp(log_q + classes.log_count), log_q, (weights / total) @ classes.states


def _bitwise(classes: Classes, mass: Values, x0_hat: Values, reverse: Values) -> Values:
    """[K] sum_i H(x_s^i|x_t)."""
    total = np.zeros(len(mass))
    for value, number in enumerate((classes.size - classes.ones, classes.ones)):
        of_zero, of_one = reverse[:, value, 0, None, None], reverse[:, value, 1, None, None]
        one = np.clip(of_zero + (of_one - of_zero) * x0_hat, 0.0, 1.0)  # x0_hat may be rounded to above 1
        total += np.einsum("kc,cg,kcg->k", mass, number, entropy_nats(one))
    return total


LEAST, MOST = 512, 4096  # sequences on which a network's excess is estimated at each time
ALTOGETHER = 1 << 17  # of all times: the sum over a long chain needs fewer at each


def excess_nats(
    denoiser: Denoiser,
    distribution: BitDistribution,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    rate: float,
    device: torch.device | str = "cpu",
    samples: int | None = None,
    seed: int = 0,
) -> Values:
    """[K, samples] what a denoiser's errors cost in each step of the chain times [K+1], at random x_t:
    sum_i KL(q(x_s^i|x_t) || p(x_s^i|x_t)).

    Each time has sequences of its own (noise.at_time), and columns are independent of one another.
    samples: by default as many as the length of the chain allows; seed: of the sequences.
    """
    count = len(times) - 1
    samples = affordable(count, LEAST, MOST, ALTOGETHER) if samples is None else samples
    shape = (distribution.dim,)
    normal = ParticleNoise(seed, Stream.DIAGNOSTICS, samples, shape, dtype=torch.float64)
    uniform = particle_uniform(seed, Stream.DIAGNOSTICS, samples)
    marginal, reverse = marginal_kernels(schedule, times, rate), reverse_kernels(schedule, times, rate)
    excess = np.empty((count, samples))
    with torch.inference_mode():
        for row, t in enumerate(times[1:].tolist()):
            check_time()
            x0 = distribution.sample(at_time(uniform, t))
            channel = marginal[row + 1]
            one_from_zero, one_from_one = channel[:, 1].tolist()
            x_t = bits(one_from_zero + (one_from_one - one_from_zero) * x0, normal(t))
            level = float(schedule.alpha[t]), float(schedule.sigma[t])
            x0_hat = denoiser(x_t.float().to(device), *level).x0_hat.cpu().double()
            q = one_before(reverse[row], x_t, distribution.posterior(x_t, channel)).numpy()
            p = one_before(reverse[row], x_t, x0_hat).numpy()
            excess[row] = _bit_kl(q, p).sum(1)
    return excess


def _bit_kl(q: Values, p: Values) -> Values:
    """[...] KL(B(q) || B(p)) in nats. A p that was rounded to 0 or 1 is taken for the number next to it."""
    p = np.clip(p, CERTAIN, 1.0 - CERTAIN)
    return xlogy(q, q / p) + xlogy(1.0 - q, (1.0 - q) / (1.0 - p))
