"""The probabilities of paths under categorical diffusion of a finite distribution (process.PathLaw), exactly.

    q(x_t|x_s) = prod_i q(x_t^i|x_s^i),      q(x_t) = sum_m pi_m q(x_t|m)
    p(x_s|x_t) = prod_i p(x_s^i|x_t),        p(x_K) = prod_i prior(x_K^i)

p is the ancestral chain. It draws the coordinates of x_s independently of one another, so a path of p may end in a sequence that
the data never are: there log q(x_0) is -inf.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import entr
from torch import Tensor

from diffviz.categorical.costs import CERTAIN, absorbing_costs, log_of
from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.entropies import mean_entropies, subset_entropies
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.kernels import Absorbing, Jump, Redrawing, jumps, symbols
from diffviz.fields import ExperimentError, option
from diffviz.process import Entropies
from diffviz.schedules import NoiseSchedule


@dataclass(frozen=True, eq=False)
class CategoricalLaw:
    """Of the chain times [K+1] of a schedule. distribution: the data, float64 on the CPU; noise: the kind of process."""

    distribution: CategoricalDistribution
    noise: Redrawing
    schedule: NoiseSchedule
    times: NDArray[np.int64]

    @cached_property
    def _jumps(self) -> list[Jump]:
        return jumps(self.schedule, self.times)

    @cached_property
    def _lost(self) -> list[float]:
        """K+1, 1 - abar."""
        return self.schedule.signal_lost[self.times].tolist()

    @cached_property
    def _start(self) -> Tensor:
        """[V'] the prior of one coordinate."""
        return torch.as_tensor(self.noise.start(float(self.schedule.signal_share[self.times[-1]])))

    def exact(self, x_t: Tensor, j: int) -> Categorical:
        return Categorical(self.distribution.posterior(x_t, self.noise, self._lost[j]))

    def log_marginal(self, x: Tensor, j: int) -> Tensor:
        """Where no data lead at j > 0, finite.IMPOSSIBLE for each coordinate that contradicts the nearest state: a symbol
        that is shown under masks stays, so that the path will end at -inf, and its other increments are numbers."""
        if j == 0:
            return self.distribution.log_probability(x, self.noise, 0.0)
        return self.distribution.log_nearest(x, self.noise, self._lost[j])

    def log_forward(self, x_s: Tensor, x_t: Tensor, j: int) -> Tensor:
        kernel = torch.as_tensor(self.noise.kernel(self._jumps[j - 1].lost))
        return kernel[x_s.long(), x_t.long()].log().sum(1)

    def _before(self, x_t: Tensor, prediction: Categorical, j: int) -> Tensor:
        """[N, D, V'] p(x_s|x_t); where a prediction was rounded to 0, the number next to it, as drawn and as priced."""
        return self.noise.before(x_t, prediction.probabilities.clamp(min=CERTAIN), self._jumps[j - 1])

    def log_reverse(self, x_s: Tensor, x_t: Tensor, prediction: Categorical, j: int) -> Tensor:
        return log_of(self._before(x_t, prediction, j), x_s)

    def log_prior(self, x: Tensor) -> Tensor:
        return self._start[x.long()].log().sum(1)

    def _mean_entropies(self) -> NDArray[np.float64]:
        """[D+1] Hbar_k of the data (entropies.py)."""
        return mean_entropies(subset_entropies(self.distribution))

    def entropies(self) -> Entropies:
        """Of the absorbing process. Raises ExperimentError for another, whose H(x_t) is no small sum (costs.py)."""
        if not isinstance(self.noise, Absorbing):
            raise ExperimentError(
                "process", f"must be {option('process', 'absorbing')} for the entropy of x_t to be known exactly."
            )
        mean, dim = self._mean_entropies(), self.distribution.dim
        costs = absorbing_costs(mean, self.noise.symbols, self.schedule, self.times)
        lost, shown = np.array(self._lost), dim * self.schedule.signal_share[self.times[:-1]]
        step = np.array([jump.lost for jump in self._jumps])
        return Entropies(costs.entropy, shown * (entr(step) + entr(1.0 - step)), dim * (entr(lost) + entr(1.0 - lost)))

    def reverse_entropy(self, x_t: Tensor, prediction: Categorical, j: int) -> Tensor:
        return torch.special.entr(self._before(x_t, prediction, j)).sum((1, 2))

    def draw_data(self, uniform: Tensor, z: Tensor) -> Tensor:
        return self.distribution.sample(uniform)

    def draw_forward(self, x_s: Tensor, j: int, z: Tensor) -> Tensor:
        return self.noise.after(x_s, self._jumps[j - 1].lost, z)

    def draw_reverse(self, x_t: Tensor, prediction: Categorical, j: int, z: Tensor) -> Tensor:
        return symbols(self._before(x_t, prediction, j), z)

    def draw_prior(self, z: Tensor) -> Tensor:
        return symbols(self._start.expand(*z.shape, -1), z)
