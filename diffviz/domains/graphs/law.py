"""The probabilities of paths of graphs, and the entropies of x_t under both processes: from tables, not from lists of graphs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from diffviz.binomial.kernels import entropy_nats
from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.law import CategoricalLaw
from diffviz.domains.graphs.costs import costs_of
from diffviz.domains.graphs.denoiser import EXACT, Exact
from diffviz.process import Entropies


@dataclass(frozen=True, eq=False)
class GraphLaw(CategoricalLaw):
    """Of a family on some nodes, under a process of categorical.fields.PROCESSES."""

    dataset: str
    nodes: int
    process: str

    @cached_property
    def _told(self) -> Exact:
        return EXACT[self.process](self.dataset, self.nodes)

    def _level(self, j: int) -> tuple[float, float]:
        t = self.times[j]
        return float(self.schedule.alpha[t]), float(self.schedule.sigma[t])

    def exact(self, x_t: Tensor, j: int) -> Categorical:
        return self._told(x_t, *self._level(j))

    def log_marginal(self, x: Tensor, j: int) -> Tensor:
        return self._told.log_probability(x, *self._level(j))

    def entropies(self) -> Entropies:
        schedule, times, dim = self.schedule, self.times, self.distribution.dim
        lost, step = schedule.signal_lost[times], schedule.lost_between(times)
        marginal = costs_of(self.dataset, self.nodes, self.process, schedule, times).entropy
        if self.process == "uniform":
            return Entropies(marginal, dim * entropy_nats(step / 2.0), dim * entropy_nats(lost / 2.0))
        return Entropies(marginal, dim * (1.0 - lost[:-1]) * entropy_nats(step), dim * entropy_nats(lost))
