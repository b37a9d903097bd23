"""The exact posterior of each pair of nodes, for a family of graphs (that of denoisers.ExactCategorical, sooner).

Absorbing. The posterior is a share of the graphs of the family that agree with what is shown, of which a comparison of codes
finds all. Where none agrees (a chain may arrive there) those that contradict it least are asked, as of any list.

Uniform. What is seen of a graph from one of its pairs is one of a few hundred cases (symmetry.py), in each of which the posterior
of that pair is a sum over distances (costs.py). They are computed for each noise level, and looked up for each graph.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from diffviz.binomial.kernels import lost_at, redrawing
from diffviz.categorical.denoisers import Categorical, ExactCategorical
from diffviz.categorical.kernels import Absorbing
from diffviz.categorical.walsh import distance_weights
from diffviz.domains.graphs.costs import neighbours
from diffviz.domains.graphs.families import bits_of, distribution_of, members, pairs
from diffviz.domains.graphs.symmetry import orbits, seen_from_pairs

ROWS = 256  # graphs looked for together: bounds memory


class ShownPairs:
    """Under masks."""

    def __init__(self, dataset: str, nodes: int, device: torch.device | str = "cpu") -> None:
        family, dim = np.flatnonzero(members(dataset, nodes)), len(pairs(nodes))
        self._codes = torch.from_numpy(family.astype(np.int32)).to(device)
        counted = np.column_stack([bits_of(family, dim), np.ones(len(family))])
        self._counted = torch.from_numpy(counted.astype(np.float32)).to(device)  # [M, D+1]
        self._place = 2 ** torch.arange(dim, dtype=torch.int32, device=device)
        self._nearest = ExactCategorical(distribution_of(dataset, nodes), Absorbing(2), device)

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        one = torch.cat([self._joined(part) for part in x_t.split(ROWS)])
        told = torch.stack([1.0 - one, one], 2)
        lost = one.isnan().any(1)
        if lost.any():
            told[lost] = self._nearest(x_t[lost], alpha, sigma).probabilities
        return Categorical(told)

    def _joined(self, x_t: Tensor) -> Tensor:
        """[N, D] the share of the graphs that agree with x_t in which each pair is joined; not a number where none does."""
        seen = ((x_t == 1.0) * self._place).sum(1, dtype=torch.int32)
        shown = ((x_t != 2.0) * self._place).sum(1, dtype=torch.int32)
        agree = (self._codes & shown[:, None]) == seen[:, None]
        counts = agree.to(self._counted) @ self._counted
        return counts[:, :-1] / counts[:, -1:]


class SeenPairs:
    """Under uniform noise."""

    def __init__(self, dataset: str, nodes: int, device: torch.device | str = "cpu") -> None:
        self._share = neighbours(dataset, nodes).share
        alike = orbits(nodes, with_pair=True)
        case = np.searchsorted(np.unique(alike[::2]), seen_from_pairs(nodes) & ~1)  # those of a first pair that is not joined
        self._case = torch.from_numpy(case.T.copy()).to(device)  # [2^D, D]
        self._place = 2 ** torch.arange(self._case.shape[1], device=device)

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        seen = x_t.long()
        case = self._case[(seen * self._place).sum(1)]  # [N, D]
        return Categorical(self._told(float(lost_at(alpha, sigma))).to(x_t)[case, seen])

    def _told(self, lost: float) -> Tensor:
        """[C, 2, 2] P(x_0^i = b|x_t) at case, x_t^i, b."""
        before = self._share @ distance_weights(lost, self._share.shape[2] - 1)  # [C, 2] P(x_0^i = b, y)
        joint = before[:, None] * redrawing(lost, 0.5).T
        return torch.from_numpy(joint / joint.sum(2, keepdims=True))


EXACT = {"absorbing": ShownPairs, "uniform": SeenPairs}  # by categorical.fields.PROCESSES
