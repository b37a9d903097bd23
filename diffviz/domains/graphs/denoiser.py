"""The exact posterior of each pair of nodes, for a family of graphs (that of denoisers.ExactCategorical, sooner).

Absorbing. How many graphs of the family agree with what is shown is counted for all 3^15 partly hidden graphs at once. A pair is
joined in as many of them as agree once it is shown so. Where none agrees (a chain may arrive there) those that contradict it in
the fewest pairs are asked, as of any list; how many of them differ in a pair that is shown, the graph with the other state tells.

Uniform. What is seen of a graph from one of its pairs is one of a few hundred cases (symmetry.py), in each of which the posterior
of that pair is a sum over distances (costs.py). They are computed for each noise level, and looked up for each graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from diffviz.binomial.kernels import redrawing
from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.finite import IMPOSSIBLE, CategoricalDistribution
from diffviz.categorical.kernels import Absorbing, Redrawing
from diffviz.categorical.walsh import distance_weights
from diffviz.domains.graphs.costs import Values, neighbours
from diffviz.domains.graphs.families import distribution_of, members, nearest, pairs
from diffviz.domains.graphs.symmetry import orbits, seen_from_pairs
from diffviz.levels import lost_at

MASKS = Absorbing(2)


class Exact(Protocol):
    """A denoiser that also knows how probable what it sees is. All is in the precision of x_t."""

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical: ...

    def log_probability(self, x_t: Tensor, alpha: float, sigma: float) -> Tensor:
        """[N] log q(x_t) in nats, -inf where there is no noise and the family has no such graph."""


class ShownPairs:
    """Under masks."""

    def __init__(self, dataset: str, nodes: int, device: torch.device | str = "cpu") -> None:
        self._apart, self._count = (torch.from_numpy(each).to(device) for each in nearest(dataset, nodes))
        self._digit = 3 ** torch.arange(len(pairs(nodes)), device=device)
        self._family = float(members(dataset, nodes).sum())

    def _place(self, seen: Tensor) -> Tensor:
        """[N, 1] the number of a partly hidden graph [N, D]."""
        return (seen * self._digit).sum(1, keepdim=True)

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        seen = x_t.long()
        hidden, place = seen == 2, self._place(seen)
        other = place + torch.where(hidden, 1 - seen, 1 - 2 * seen) * self._digit  # the pair shown as joined, or the other way
        among = self._apart[other] == self._apart[place] - (~hidden).to(self._apart)  # are these among the nearest to x_t?
        share = torch.where(among, self._count[other].to(x_t) / self._count[place].to(x_t), 0.0)
        one = torch.where(hidden, share, (x_t - share).abs())
        return Categorical(torch.stack([1.0 - one, one], 2))

    def log_probability(self, x_t: Tensor, alpha: float, sigma: float) -> Tensor:
        """Of a graph that contradicts all of the family, as law.CategoricalLaw has it: finite where there is noise."""
        lost, seen = float(lost_at(alpha, sigma)), x_t.long()
        place, hidden = self._place(seen)[:, 0], (seen == 2).sum(1).to(x_t)
        apart, nearest = self._apart[place].to(x_t), self._count[place].to(x_t)
        agree, _, masked = (math.log(each) if each else IMPOSSIBLE for each in MASKS.likelihoods(lost))
        found = (nearest / self._family).log() + hidden * masked + (seen.shape[1] - hidden) * agree + apart * IMPOSSIBLE
        return found.masked_fill((hidden + apart > 0.0), -torch.inf) if lost == 0.0 else found


class SeenPairs:
    """Under uniform noise."""

    def __init__(self, dataset: str, nodes: int, device: torch.device | str = "cpu") -> None:
        self._share = neighbours(dataset, nodes).share
        alike = orbits(nodes, with_pair=True)
        case = np.searchsorted(np.unique(alike[::2]), seen_from_pairs(nodes) & ~1)  # those of a first pair that is not joined
        self._case = torch.from_numpy(case.T.copy()).to(device)  # [2^D, D]
        self._digit = 2 ** torch.arange(self._case.shape[1], device=device)

    def _cases(self, seen: Tensor) -> Tensor:
        """[N, D] of each pair of graphs [N, D]."""
        return self._case[(seen * self._digit).sum(1)]

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        joint, seen = self._joint(alpha, sigma), x_t.long()
        told = torch.from_numpy(joint / joint.sum(2, keepdims=True)).to(x_t)
        return Categorical(told[self._cases(seen), seen])

    def log_probability(self, x_t: Tensor, alpha: float, sigma: float) -> Tensor:
        seen = x_t.long()
        found = torch.from_numpy(self._joint(alpha, sigma).sum(2)).log().to(x_t)
        return found[self._cases(seen)[:, 0], seen[:, 0]]

    def _joint(self, alpha: float, sigma: float) -> Values:
        """[C, 2, 2] P(x_0^i = b, x_t) at case, x_t^i, b."""
        lost = float(lost_at(alpha, sigma))
        before = self._share @ distance_weights(lost, self._share.shape[2] - 1)  # [C, 2] P(x_0^i = b, y)
        return before[:, None] * redrawing(lost, 0.5).T


EXACT: dict[str, Callable[..., Exact]] = {"absorbing": ShownPairs, "uniform": SeenPairs}  # by categorical.fields.PROCESSES


@dataclass(frozen=True, eq=False)
class FromTables(CategoricalDistribution):
    """The same distribution, whose posterior behind one kind of noise is read from tables: told knows it."""

    noise: Redrawing
    told: Exact

    def posterior(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        if noise != self.noise:
            return super().posterior(x, noise, lost)
        return self.told(x, math.sqrt(1.0 - lost), math.sqrt(lost)).probabilities


def from_tables(dataset: str, nodes: int, process: str) -> FromTables:
    """Uniform over a family, float64 on the CPU."""
    data = distribution_of(dataset, nodes)
    noise = PROCESSES[process].make(data.symbols)
    return FromTables(data.states, data.probabilities, data.symbols, noise, EXACT[process](dataset, nodes))
