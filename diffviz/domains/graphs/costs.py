"""What each step costs on a family of graphs, exactly, under both processes (categorical/costs.py says what each cost is).

Absorbing. All depends on the entropies of what sets of pairs show. A set's is that of every set it can be relabelled to, so of
2^15 sets of 6 nodes' pairs 156 are counted.

Uniform. A pair is joined or not, so this is binomial noise, B(1/2), on bits. H(x_t) and H(x_s^i|x_t) are sums over all graphs.
All pairs being alike, the second is the same for each. With i the first pair and y the bits of x_t but that one,

    P(x_s^i = b, x_t) = P(x_s^i = b, y) q(x_t^i|x_s^i = b)

in which P(x_0^i = b, y) is a sum over distances (categorical/walsh.py): how many graphs of the family have the bit b and differ
from y in d of the others. That is counted once for each y up to relabellings that leave the pair i as it is.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from diffviz.binomial.kernels import entropy_nats, redrawing
from diffviz.categorical.costs import ExactCosts, absorbing_costs, at_least_0
from diffviz.categorical.entropies import mean_entropies
from diffviz.categorical.walsh import at_distances, distance_weights
from diffviz.domains.graphs.families import members
from diffviz.domains.graphs.symmetry import orbits
from diffviz.schedules import NoiseSchedule

Values = NDArray[np.float64]
CHUNK = 128  # steps computed together: bounds memory


@cache
def entropies_of(dataset: str, nodes: int) -> Values:
    """[2^D] in nats of what each set of pairs shows of a graph of the family, as entropies.subset_entropies."""
    family = np.flatnonzero(members(dataset, nodes))
    sets, place = np.unique(orbits(nodes), return_inverse=True)
    found = np.array([_entropy(np.unique(family & each, return_counts=True)[1]) for each in sets])[place]
    found.flags.writeable = False
    return found


def _entropy(counts: NDArray[np.int64]) -> float:
    return float(entr(counts / counts.sum()).sum())


class Neighbours(NamedTuple):
    """What is near the graphs y but for their first pair, up to relabellings that leave it as it is.

    size: [C] how many y are alike; share: [C, 2, D] which part of the family is b in the first pair and at each distance from y
    """

    size: Values
    share: Values


@cache
def neighbours(dataset: str, nodes: int) -> Neighbours:
    """Of a family."""
    family = members(dataset, nodes).reshape(-1, 2).T.astype(float)  # [2, 2^(D-1)] by the first pair's bit
    alike = orbits(nodes, with_pair=True)[::2] >> 1  # relabellings keep the first bit 0
    found, size = np.unique(alike, return_counts=True)
    share = np.stack([at_distances(part)[:, found].T for part in family], 1) / family.sum()
    return Neighbours(size.astype(float), share)


def uniform_costs(dataset: str, nodes: int, schedule: NoiseSchedule, times: NDArray[np.int64]) -> ExactCosts:
    """Of the exact denoiser under uniform noise, along the chain times [K+1], ascending from 0."""
    dim, near = math.comb(nodes, 2), neighbours(dataset, nodes)
    lost, step = schedule.signal_lost[times], schedule.lost_between(times)
    entropy, each = np.full(len(times), math.log(members(dataset, nodes).sum())), np.empty(len(step))
    for start in range(0, len(step), CHUNK):
        part = slice(start, start + CHUNK)
        entropy[1:][part], each[part] = _sums(near, lost[:-1][part], lost[1:][part], step[part])
    given_data, given_before = dim * entropy_nats(lost / 2.0), dim * entropy_nats(step / 2.0)
    prior = dim * math.log(2.0)
    return ExactCosts(
        kl=at_least_0(np.append(dim * each - (given_data[:-1] + given_before - given_data[1:]), prior - given_data[-1])),
        dissipation=at_least_0(dim * each - (entropy[:-1] + given_before - entropy[1:])),
        mismatch=float(at_least_0(prior - entropy[-1])),
        entropy=entropy,
    )


def _sums(near: Neighbours, lost_s: Values, lost_t: Values, step: Values) -> tuple[Values, Values]:
    """[K] H(x_t) and [K] H(x_s^i|x_t), the same for every pair i."""
    others = distance_weights(lost_t, near.share.shape[2] - 1)
    first = np.einsum("cad,kd->kca", near.share, others)  # P(x_0^i = a, y)
    before = np.einsum("kca,kab->kcb", first, redrawing(lost_s, 0.5))
    joint = before[..., None] * redrawing(step, 0.5)[:, None]  # [K, C, 2, 2] P(x_s^i = b, x_t)
    whole = joint.sum(2)
    entropy = np.einsum("c,kcb->k", near.size, entr(whole))
    return entropy, np.einsum("c,kcab->k", near.size, entr(joint)) - entropy


def costs_of(dataset: str, nodes: int, process: str, schedule: NoiseSchedule, times: NDArray[np.int64]) -> ExactCosts:
    """Of the ancestral chain of the exact denoiser, under either process of categorical.fields.PROCESSES."""
    if process == "uniform":
        return uniform_costs(dataset, nodes, schedule, times)
    return absorbing_costs(mean_entropies(entropies_of(dataset, nodes)), 2, schedule, times)
