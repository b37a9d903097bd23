"""What each step costs on sequences of symbols: exactly under the absorbing process, by sampling under the uniform one.

For a chain of times 0 = t_0 < ... < t_K = T, with s = t_{j-1} and t = t_j, all in nats a sequence of D coordinates:

    L_{j-1}       = E KL(q(x_s|x_t, x_0) || p(x_s|x_t)),                  L_0 = E[-log p(x_0|x_{t_1})]
    dissipation_j = E KL(q(x_s|x_t) || p(x_s|x_t)) = sum_i H(x_s^i|x_t) - H(x_s|x_t)
    L_K           = E KL(q(x_T|x_0) || prior),                            mismatch = KL(q(x_T) || prior)

    bound = sum of all L >= entropy of the data,          bound - entropy = sum of dissipations + mismatch

p draws the coordinates of x_s independently, so a step dissipates the total correlation of what it draws together.

Absorbing. Each coordinate of x_t is shown with probability abar_t, whatever it is, so everything is a mean over which are shown,
and depends on the data through one function of abar alone, h(abar) = H(what is shown) (entropies.py). It is concave:

    H(x_t)      = D h_2(abar_t) + h(abar_t)                               h_2: the entropy of a bit
    L_{j-1}     = (abar_s - abar_t) h'(abar_t)
    dissipation = (abar_s - abar_t) h'(abar_t) - (h(abar_s) - h(abar_t))
    L_K         = D abar_T log V,             mismatch = D abar_T log V - h(abar_T)

The bound is a Riemann sum of the integral of h' from 0 to 1, which is the entropy of the data, from above. In continuous time it
is the integral, whatever the schedule (MDLM, Sahoo et al. 2024): one coordinate is shown at a time, and nothing is dissipated.
The prior masks each coordinate with probability 1 - abar_T and else draws a symbol, all equally probable (kernels.py): a schedule
that ends in masks alone has no mismatch, and of any other it is what was left to be seen.

Uniform. H(x_t) is a sum over V^D sequences. It is estimated along paths of the forward process, on which log q is known.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import entr, gammaln, kl_div, xlogy
from torch import Tensor

from diffviz.categorical.entropies import mean_entropies, shown_entropy, shown_rate
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.kernels import Absorbing, Jump, Redrawing, Values, jumps
from diffviz.deadline import check_time
from diffviz.estimates import Sampled, affordable
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule

ROUNDING_NATS = 1e-11


@dataclass(frozen=True, eq=False)
class ExactCosts:
    """Of the exact denoiser along a chain of K steps, in nats. What rounding leaves below 0 is 0.

    kl: [K+1] L_0..L_K; dissipation: [K] of step t_j -> t_{j-1} at index j-1; mismatch: KL(q(x_T) || prior)
    entropy: [K+1] of x_t, that of the data first
    """

    kl: Values
    dissipation: Values
    mismatch: float
    entropy: Values


def absorbing_costs(mean: Values, symbols: int, schedule: NoiseSchedule, times: NDArray[np.int64]) -> ExactCosts:
    """Of the chain times [K+1], ascending from 0. mean: [D+1] Hbar_k of the data (entropies.mean_entropies); symbols: V."""
    dim, share = len(mean) - 1, schedule.signal_share[times]
    shown = np.array([jump.rho * jump.lost_t for jump in jumps(schedule, times)])  # abar_s - abar_t
    kl, known = shown * shown_rate(mean, share[1:]), shown_entropy(mean, share)
    left = math.log(symbols) * dim * float(share[-1])
    return ExactCosts(
        kl=np.append(kl, left),
        dissipation=at_least_0(kl + np.diff(known)),
        mismatch=float(at_least_0(left - known[-1])),
        entropy=dim * (entr(share) + entr(1.0 - share)) + known,
    )


def counted_costs(entropies: Values, shown: NDArray[np.int64], at_once: int, ordered: bool) -> ExactCosts:
    """Of the chain that has shown so many coordinates at each time [K+1] (counted.shown_at) and draws at_once of them with one
    function evaluation, in a random order or, if ordered, from left to right. It starts from masks alone: there is no mismatch.

    entropies: [2^D] of all sets. A move dissipates the total correlation of what it shows, which of one coordinate is 0: then the
    bound is the entropy (of any order: Uria et al. 2014).
    """
    dim, mean = int(shown[0]), mean_entropies(entropies)
    prefix = entropies[2 ** np.arange(dim + 1) - 1]  # [D+1] H of the first k
    known = prefix if ordered else mean
    kl, dissipation = np.zeros(len(shown)), np.zeros(len(shown) - 1)
    for j, (end, start) in enumerate(itertools.pairwise(shown.tolist())):
        for k in range(start, end, at_once):
            r = min(at_once, end - k)
            apart = (
                sum(entropies[2**k - 1 + 2**i] - prefix[k] for i in range(k, k + r)) if ordered else r * (mean[k + 1] - mean[k])
            )
            kl[j] += apart
            dissipation[j] += apart - (known[k + r] - known[k])
    orders = 0.0 if ordered else gammaln(dim + 1) - gammaln(shown + 1) - gammaln(dim - shown + 1)
    return ExactCosts(kl, at_least_0(dissipation), 0.0, known[shown] + orders)


def at_least_0(nats: Values | float) -> Values:
    """What rounding leaves below 0 is 0; what is further below stays, to be seen."""
    return np.where((nats < 0.0) & (nats > -ROUNDING_NATS), 0.0, nats)


@dataclass(frozen=True, eq=False)
class SampledCosts:
    """The same of S paths that are draws of the forward process, in nats: means are the costs.

    kl: [K+1, S] L_0..L_K; dissipation: [K, S]; mismatch: [S]
    entropy_nats: of the data; an error of its own, if it has one, is not in these paths
    For each path the sum of kl less the entropy is the sum of dissipations and mismatch, so that a bound is as precise as a gap.
    """

    kl: Values
    dissipation: Values
    mismatch: Values
    entropy_nats: float

    @cached_property
    def bound(self) -> Sampled:
        """The variational bound."""
        return _mean(self.kl.sum(0))

    @cached_property
    def gap(self) -> Sampled:
        """bound - entropy."""
        return _mean(self.kl.sum(0) - self.entropy_nats)


def _mean(draws: Values) -> Sampled:
    return Sampled(float(draws.mean()), draws)


LEAST, MOST, ALTOGETHER = 8, 4096, 12_800  # paths: of a long chain fewer, as many as make this many evaluations


def paths(count: int) -> int:
    """How many of them are drawn of a chain of so many evaluations."""
    return affordable(count, LEAST, MOST, ALTOGETHER)


def sampled_costs(
    distribution: CategoricalDistribution,
    noise: Redrawing,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    samples: int | None = None,
    seed: int = 0,
) -> SampledCosts:
    """Of the exact denoiser along the chain times [K+1], ascending from 0, under either process, in the distribution's precision.

    A path's dissipation of a step is log q(x_s|x_t) - log p(x_s|x_t); what L_{j-1} has beside it is
    I(x_0; x_s|x_t) = [H(x_t|x_0) - H(x_s|x_0)] - [H(x_t) - H(x_s)], of which the first is exact and the second a path's log q.
    samples: by default as many paths as the length of the chain allows; seed: of the paths.
    """
    count, dim = len(times) - 1, distribution.dim
    samples = paths(count) if samples is None else samples
    x_s = distribution.sample(particle_uniform(seed, Stream.DIAGNOSTICS, samples))
    normal = ParticleNoise(seed, Stream.DIAGNOSTICS, samples, (dim,), x_s.device, x_s.dtype)
    lost = schedule.signal_lost[times].tolist()
    given = np.array([dim * _coordinate_entropy(noise, value) for value in lost])  # [K+1] H(x_t|x_0)
    informed, dissipation = np.empty((count, samples)), np.empty((count, samples))
    entropy = np.full(samples, distribution.entropy_nats)  # a path's share in H(x_s)
    with torch.inference_mode():
        log_s = distribution.log_probability(x_s, noise, 0.0)
        for j, jump in enumerate(jumps(schedule, times), 1):
            check_time()
            x_t = noise.after(x_s, jump.lost, normal(j))
            posterior, log_t = distribution.seen(x_t, noise, jump.lost_t)
            log_p = log_of(noise.before(x_t, posterior, jump), x_s)
            log_q = log_of(_rows(noise, jump.lost, x_s), x_t) + log_s - log_t
            dissipation[j - 1] = (log_q - log_p).cpu().double().numpy()
            entropy_t = -log_t.cpu().double().numpy()
            informed[j - 1] = given[j] - given[j - 1] - (entropy_t - entropy)
            x_s, log_s, entropy = x_t, log_t, entropy_t
    prior = _prior_code(noise, distribution, float(schedule.signal_share[times[-1]]))
    kl = np.vstack([dissipation + informed, np.full((1, samples), prior - given[-1])])
    return SampledCosts(kl, dissipation, prior - entropy, distribution.entropy_nats)


def _rows(noise: Redrawing, lost: float, x: Tensor) -> Tensor:
    """[N, D, V'] q(.|x) of coordinates x [N, D] that are redrawn with probability lost."""
    return torch.as_tensor(noise.kernel(lost), dtype=x.dtype, device=x.device)[x.long()]


def log_of(probabilities: Tensor, x: Tensor) -> Tensor:
    """[N] log probability of x [N, D], each coordinate alone, of probabilities [N, D, V']."""
    return probabilities.gather(2, x.long()[..., None])[..., 0].log().sum(1)


def _coordinate_entropy(noise: Redrawing, lost: float) -> float:
    """H(x_t|x_0) of one coordinate, the same for every symbol."""
    return float(entr(noise.kernel(lost)[0]).sum())


def _prior_code(noise: Redrawing, distribution: CategoricalDistribution, share: float) -> float:
    """E[-log prior(x_T)]."""
    mean = distribution.marginals.sum(0).cpu().double().numpy()  # [V] expected coordinates of each symbol
    return -float(xlogy(mean @ noise.kernel(1.0 - share)[: noise.symbols], noise.start(share)).sum())


CERTAIN = 2.0**-53  # a network's probability that was rounded to 0 is taken for this


def excess_nats(
    denoiser: Denoiser,
    distribution: CategoricalDistribution,
    noise: Redrawing,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    device: torch.device | str = "cpu",
    samples: int | None = None,
    seed: int = 0,
) -> Values:
    """[K, S] what a denoiser's errors add to each step's cost along the chain times [K+1], at random x_t:
    sum_i KL(q(x_s^i|x_t) || p(x_s^i|x_t)).

    Each column is one path of the forward process. samples, seed: as of sampled_costs.
    """
    count = len(times) - 1
    samples = paths(count) if samples is None else samples
    x_t = distribution.sample(particle_uniform(seed, Stream.DIAGNOSTICS, samples))
    normal = ParticleNoise(seed, Stream.DIAGNOSTICS, samples, (distribution.dim,), x_t.device, x_t.dtype)
    alpha, sigma = (table[times[1:]].tolist() for table in (schedule.alpha, schedule.sigma))
    excess = np.empty((count, samples))
    with torch.inference_mode():
        for row, jump in enumerate(jumps(schedule, times)):
            check_time()
            x_t = noise.after(x_t, jump.lost, normal(row + 1))
            told = denoiser(x_t.float().to(device), alpha[row], sigma[row]).probabilities.to(x_t)
            excess[row] = _excess(noise, x_t, distribution.posterior(x_t, noise, jump.lost_t), told, jump)
    return excess


def counted_excess_nats(
    denoiser: Denoiser,
    distribution: CategoricalDistribution,
    shown: NDArray[np.int64],
    at_once: int,
    ordered: bool,
    device: torch.device | str = "cpu",
    samples: int | None = None,
    seed: int = 0,
) -> Values:
    """[K, S] the same of the chain of counted_costs: the sum of KL(q(x^i|x_t) || p(x^i|x_t)) over what each move shows; in a
    random order, its mean over what it may show. Each column is one sequence that is hidden in one order."""
    dim, mask = distribution.dim, distribution.symbols
    samples = paths(-(-dim // at_once)) if samples is None else samples
    x_0 = distribution.sample(particle_uniform(seed, Stream.DIAGNOSTICS, samples))
    z = ParticleNoise(seed, Stream.DIAGNOSTICS, samples, (dim,), x_0.device, x_0.dtype)(0)
    rank = torch.arange(dim, device=x_0.device).expand(samples, dim) if ordered else z.argsort(1).argsort(1)
    noise, excess = Absorbing(mask), np.zeros((len(shown) - 1, samples))
    with torch.inference_mode():
        for j, (end, start) in enumerate(itertools.pairwise(shown.tolist())):
            for k in range(start, end, at_once):
                check_time()
                r, hidden = min(at_once, end - k), rank >= k
                x_t, share = x_0.masked_fill(hidden, mask), k / dim
                told = denoiser(x_t.float().to(device), math.sqrt(share), math.sqrt(1.0 - share)).probabilities.to(x_t)
                each = apart(distribution.posterior(x_t, noise, 1.0 - share), told)
                move = hidden & (rank < k + r) if ordered else hidden * (r / (dim - k))
                excess[j] += (each * move.cpu().double().numpy()).sum(1)
    return excess


def apart(exact: Tensor, told: Tensor) -> Values:
    """[N, D] KL(exact || told) of each coordinate, of probabilities [N, D, V']; of rates, which need not add up to the same, the
    sum of exact log(exact/told) - exact + told."""
    q, p = (probabilities.cpu().double().numpy() for probabilities in (exact, told))
    return kl_div(q, np.maximum(p, CERTAIN)).sum(2)  # with - q + p: no term is below 0


def _excess(noise: Redrawing, x_t: Tensor, exact: Tensor, told: Tensor, jump: Jump) -> Values:
    """[N]."""
    return apart(*(noise.before(x_t, probabilities, jump) for probabilities in (exact, told))).sum(1)
