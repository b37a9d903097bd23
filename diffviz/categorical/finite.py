"""Finite distributions of sequences of symbols: data whose categorical diffusion is known exactly.

    x_0 = state m with probability pi_m;  every coordinate then passes, alone, through q(x_t^i|x_0^i)

Both kinds of noise (kernels.py) treat all symbols alike, so that log q(x_t|m) is a function of how many coordinates are seen, and
how many of those agree with state m:

    log q(x_t|m) = agree_m log q(same) + (seen - agree_m) log q(other) + (D - seen) log q(mask)
    w_m(x_t)     = softmax_m(log pi_m + (seen - agree_m) log(q(other)/q(same))),    P(x_0^i = b|x_t) = sum_m w_m 1[s_mi = b]

With the states written as ones and zeros [M, D V] the counts agree_m are one matrix product and the posterior is another. All is
computed in logarithms. An impossible state has log IMPOSSIBLE for every coordinate that contradicts it, not log 0: what no state
agrees with (a chain may arrive there) is explained by those that contradict it least.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from diffviz.categorical.kernels import Redrawing
from diffviz.estimates import Sampled

IMPOSSIBLE = -1e4  # instead of log 0, of which a product with 0 would not be a number
AT_ONCE = 1 << 20  # weights of states that are computed together


class Seen(NamedTuple):
    """What is known behind noise. posterior: [N, D, V] P(x_0^i = b|x_t); log_q: [N] log q(x_t) in nats, -inf where it is 0."""

    posterior: Tensor
    log_q: Tensor


def _log(probability: float) -> float:
    return float(torch.tensor(probability, dtype=torch.float64).log().clamp(min=IMPOSSIBLE))


@dataclass(frozen=True, eq=False)
class FiniteDistribution:
    """States s_m [M, D], all different, and their probabilities pi_m [M], positive and summing to 1. Raises ValueError where that
    is not so. A subclass says what is known of them behind noise."""

    states: Tensor
    probabilities: Tensor

    def __post_init__(self) -> None:
        states, probabilities = self.states, self.probabilities
        if states.ndim != 2 or not len(states) or len(states.unique(dim=0)) != len(states):
            raise ValueError("states must be [M, D], different sequences")
        if probabilities.shape != states.shape[:1] or not (probabilities > 0.0).all() or abs(probabilities.sum() - 1.0) > 1e-6:
            raise ValueError("probabilities must be [M], positive, and sum to 1")

    has_quadrature = False  # exact sums over its states take its place

    @property
    def dim(self) -> int:
        """D, coordinates in a sequence."""
        return self.states.shape[1]

    @property
    def entropy_nats(self) -> float:
        """Of a sequence."""
        return 0.0 - float(torch.special.xlogy(self.probabilities, self.probabilities).sum())  # not −0

    @property
    def entropy(self) -> Sampled:
        """The same, without an error."""
        return Sampled(self.entropy_nats, np.empty(0))

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"states": self.states.long().tolist(), "probabilities": self.probabilities.tolist()}

    def sample(self, uniform: Tensor) -> Tensor:
        """[N, D] sequences in the probabilities' precision, the state chosen by uniform [N] in [0, 1)."""
        edges = self.probabilities.cumsum(0)
        place = torch.searchsorted(edges, uniform.to(edges) * edges[-1], right=True).clamp_(max=len(edges) - 1)
        return self.states[place].to(self.probabilities)


@dataclass(frozen=True, eq=False)
class CategoricalDistribution(FiniteDistribution):
    """States [M, D] int64 of symbols 0..V-1. symbols: V."""

    symbols: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.states.dtype != torch.int64 or int(self.states.min()) < 0 or int(self.states.max()) >= self.symbols:
            raise ValueError(f"states must have whole numbers from 0 to {self.symbols - 1}, symbols")
        self._ones  # noqa: B018  made now, so that who keeps the distribution knows its size

    @cached_property
    def marginals(self) -> Tensor:
        """[D, V] how often each symbol stands in each place."""
        return (self.probabilities @ self._ones).view(self.dim, self.symbols)

    @cached_property
    def _ones(self) -> Tensor:
        """[M, D V] the states as ones and zeros."""
        return one_hot(self.states, self.symbols).flatten(1).to(self.probabilities)

    def to(self, device: torch.device | str, dtype: torch.dtype) -> CategoricalDistribution:
        """The same distribution on another device or in another precision; there is nothing to check anew."""
        found = object.__new__(CategoricalDistribution)
        tensors = {"states": self.states.to(device), "probabilities": self.probabilities.to(device, dtype)}
        found.__dict__.update(tensors, symbols=self.symbols)
        return found

    def log_weights(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N, M] log pi_m q(x_t = x|m) in nats of x [N, D], each coordinate redrawn with probability lost, less what is the same
        for all states: for each coordinate that contradicts a state, how much less probable that is than agreement. So a
        symbol that is given where masks are all that noise would leave is no less known."""
        seen = (x != self.symbols).sum(1, keepdim=True).to(self.probabilities)
        agree = one_hot(x.long(), self.symbols + 1)[..., :-1].flatten(1).to(self.probabilities) @ self._ones.T
        same, other, _ = noise.likelihoods(lost)
        return (seen - agree) * (_log(other / same) if other else IMPOSSIBLE) + self.probabilities.log()

    def log_joint(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N, M] log pi_m q(x_t = x|m) in nats."""
        return self.log_weights(x, noise, lost) + self._log_agreement(x, noise, lost)

    def _log_agreement(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N, 1] log q(x_t = x|m) of a state that agrees with all of x that is seen."""
        seen = (x != self.symbols).sum(1, keepdim=True).to(self.probabilities)
        same, _, mask = map(_log, noise.likelihoods(lost))
        return seen * same + (self.dim - seen) * mask

    def log_probability(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N] log q(x_t = x) in nats, -inf where the data cannot be x."""
        return self.seen(x, noise, lost).log_q

    def log_nearest(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N] the same, but where the data cannot be x, IMPOSSIBLE for each coordinate that contradicts the nearest state."""
        return torch.cat([self.log_joint(part, noise, lost).logsumexp(1) for part in self._parts(x)])

    def posterior(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N, D, V] P(x_0^i = b|x_t = x)."""
        return self.seen(x, noise, lost).posterior

    def seen(self, x: Tensor, noise: Redrawing, lost: float) -> Seen:
        """Both at once."""
        parts = [self._seen(part, noise, lost) for part in self._parts(x)]
        return Seen(torch.cat([part.posterior for part in parts]), torch.cat([part.log_q for part in parts]))

    def _parts(self, x: Tensor) -> tuple[Tensor, ...]:
        """x [N, D] in parts whose weights of all states are AT_ONCE numbers: more would need much memory and be no faster."""
        return x.split(max(1, AT_ONCE // len(self.states)))

    def _seen(self, x: Tensor, noise: Redrawing, lost: float) -> Seen:
        """The largest weight is its state's share of q(x_t): a logsumexp would take longer than all the rest."""
        joint = self.log_weights(x, noise, lost)
        weights = joint.softmax(1)
        log_q = joint.amax(1) - weights.amax(1).log() + self._log_agreement(x, noise, lost)[:, 0]
        return Seen(self._mean(weights), log_q.masked_fill(log_q < IMPOSSIBLE / 2, -torch.inf))

    def _mean(self, weights: Tensor) -> Tensor:
        return (weights @ self._ones).view(len(weights), self.dim, self.symbols)
