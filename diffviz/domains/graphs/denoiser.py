"""The exact posterior of each pair of nodes, for a family of graphs (that of denoisers.ExactCategorical, sooner).

Absorbing. How many graphs of the family agree with what is shown is counted for all 3^15 partly hidden graphs at once. A pair is
joined in as many of them as agree once it is shown so. Where none agrees (a chain may arrive there) those that contradict it
least are asked, as of any list.

Uniform. What is seen of a graph from one of its pairs is one of a few hundred cases (symmetry.py), in each of which the posterior
of that pair is a sum over distances (costs.py). They are computed for each noise level, and looked up for each graph.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from diffviz.binomial.kernels import lost_at, redrawing
from diffviz.categorical.denoisers import Categorical, ExactCategorical
from diffviz.categorical.kernels import Absorbing
from diffviz.categorical.walsh import distance_weights
from diffviz.domains.graphs.costs import neighbours
from diffviz.domains.graphs.families import completions, distribution_of, pairs
from diffviz.domains.graphs.symmetry import orbits, seen_from_pairs


class ShownPairs:
    """Under masks."""

    def __init__(self, dataset: str, nodes: int, device: torch.device | str = "cpu") -> None:
        self._count = torch.from_numpy(completions(dataset, nodes)).to(device)
        self._digit = 3 ** torch.arange(len(pairs(nodes)), device=device)
        self._of_list = partial(ExactCategorical, distribution_of(dataset, nodes), Absorbing(2), device)

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        seen = x_t.long()
        place = (seen * self._digit).sum(1, keepdim=True)
        joined = self._count[place + (1 - seen) * self._digit].to(x_t) / self._count[place].to(x_t)
        one = torch.where(seen == 2, joined, x_t)
        told = torch.stack([1.0 - one, one], 2)
        lost = self._count[place[:, 0]] == 0
        if lost.any():
            told[lost] = self._of_list()(x_t[lost], alpha, sigma).probabilities
        return Categorical(told)


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
