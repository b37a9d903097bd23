"""Mixtures of products: sequences of symbols that are independent of one another once a hidden component is known
(latent classes: Lazarsfeld 1950).

    m with probability pi_m;   x_0^i = b with probability theta_mi(b), each coordinate alone

Both kinds of noise (kernels.py) act on each coordinate alone, so that q(x_t|m) is a product, and all is a sum over components:

    q(x_t^i = v|m)        = sum_b theta_mi(b) q(v|b)
    w_m(x_t)              = softmax_m(log pi_m + sum_i log q(x_t^i|m))
    P(x_0^i = b|x_t)      = sum_m w_m theta_mi(b) q(x_t^i|b) / q(x_t^i|m)

There may be more sequences than can be listed; none has to be. Entropies are sums over sequences, and are estimated. With
H(x|m) and H(m) known in closed form the only draws are of how well x tells its component:

    H(x) = H(x|m) + H(m) - E H(m|x)

which is as true of what is shown of x_0 as of all of it. So a standard error is that of the mean of one bounded number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from diffviz.categorical.finite import AT_ONCE, IMPOSSIBLE, Seen
from diffviz.categorical.kernels import Redrawing, Values
from diffviz.deadline import check_time
from diffviz.estimates import Sampled
from diffviz.noise import Stream, particle_uniform

DRAWS = 1 << 15  # on which the entropy is estimated
PATHS = 1024  # on which entropies of what is shown are
SEED = 0  # of both, whatever run asks

GOLDEN, FIRST, SECOND = (np.uint64(value) for value in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def spread(uniform: NDArray[np.float64], count: int) -> Values:
    """[N, count] uniform numbers in [0, 1) that follow from one of each row [N]: its 53 bits are the seed of SplitMix64 (Steele,
    Lea & Flood 2014)."""
    key = _mixed((uniform * 2.0**53).astype(np.uint64) * GOLDEN)
    with np.errstate(over="ignore"):
        numbers = _mixed(key[:, None] + GOLDEN * np.arange(1, count + 1, dtype=np.uint64))
    return (numbers >> np.uint64(11)) * 2.0**-53


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ z >> np.uint64(30)) * FIRST
    z = (z ^ z >> np.uint64(27)) * SECOND
    return z ^ z >> np.uint64(31)


@dataclass(frozen=True, eq=False)
class ProductMixture:
    """probabilities: [M] pi_m, positive and summing to 1; each: [M, D, V] theta_mi(b), which sum to 1 over b.

    Raises ValueError where that is not so.
    """

    probabilities: Tensor
    each: Tensor

    def __post_init__(self) -> None:
        whole, parts = self.probabilities, self.each
        if whole.ndim != 1 or not (whole > 0.0).all() or abs(whole.sum() - 1.0) > 1e-6:
            raise ValueError("probabilities must be [M], positive, and sum to 1")
        if parts.ndim != 3 or len(parts) != len(whole) or (parts < 0.0).any() or (parts.sum(2) - 1.0).abs().max() > 1e-6:
            raise ValueError("each must be [M, D, V], not below 0, and sum to 1 over V")

    has_quadrature = False  # exact sums over its components take its place

    @property
    def dim(self) -> int:
        """D, coordinates in a sequence."""
        return self.each.shape[1]

    @property
    def symbols(self) -> int:
        """V."""
        return self.each.shape[2]

    @cached_property
    def marginals(self) -> Tensor:
        """[D, V] how often each symbol stands in each place."""
        return torch.einsum("m,mdv->dv", self.probabilities, self.each)

    def to(self, device: torch.device | str, dtype: torch.dtype) -> ProductMixture:
        """The same on another device or in another precision; there is nothing to check anew."""
        found = object.__new__(ProductMixture)
        found.__dict__.update(probabilities=self.probabilities.to(device, dtype), each=self.each.to(device, dtype))
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"probabilities": self.probabilities.tolist(), "each": self.each.tolist()}

    def sample(self, uniform: Tensor) -> Tensor:
        """[N, D] sequences, chosen by uniform [N] in [0, 1): it seeds the numbers that choose the component and each symbol."""
        draws = torch.from_numpy(spread(uniform.cpu().double().numpy(), self.dim + 1)).to(self.each)
        place = self._chosen(self.probabilities.cumsum(0), draws[:, 0])
        edges = self.each[place].cumsum(2)[..., :-1]
        return (edges <= draws[:, 1:, None]).sum(2).to(self.each)

    @staticmethod
    def _chosen(edges: Tensor, uniform: Tensor) -> Tensor:
        return torch.searchsorted(edges, uniform * edges[-1], right=True).clamp_(max=len(edges) - 1)

    def _seen_alone(self, noise: Redrawing, lost: float) -> Tensor:
        """[M, D, V'] q(x_t^i = v|m), the mask last where there is one."""
        same, other, mask = noise.likelihoods(lost)
        found = other + (same - other) * self.each
        masks = self.each.new_full((*self.each.shape[:2], noise.shown - noise.symbols), mask)
        return torch.cat([found, masks], 2)

    def log_joint(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N, M] log pi_m q(x_t = x|m) in nats; IMPOSSIBLE in place of log 0 for each coordinate that contradicts m."""
        log_q = self._seen_alone(noise, lost).log().clamp(min=IMPOSSIBLE)
        return one_hot(x.long(), noise.shown).flatten(1).to(log_q) @ log_q.flatten(1).T + self.probabilities.log()

    def components(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N, M] w_m(x_t = x)."""
        return torch.cat([self.log_joint(part, noise, lost).softmax(1) for part in self._parts(x)])

    def log_nearest(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N] log q(x_t = x) in nats, where the data cannot be x, IMPOSSIBLE for each coordinate that contradicts the nearest
        component."""
        return torch.cat([self.log_joint(part, noise, lost).logsumexp(1) for part in self._parts(x)])

    def log_probability(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N] log q(x_t = x) in nats, -inf where the data cannot be x."""
        found = self.log_nearest(x, noise, lost)
        return found.masked_fill(found < IMPOSSIBLE / 2, -torch.inf)

    def posterior(self, x: Tensor, noise: Redrawing, lost: float) -> Tensor:
        """[N, D, V] P(x_0^i = b|x_t = x)."""
        return self.seen(x, noise, lost).posterior

    def seen(self, x: Tensor, noise: Redrawing, lost: float) -> Seen:
        """The posterior and log q(x_t) at once."""
        alone = self._seen_alone(noise, lost)
        kernel = torch.as_tensor(noise.kernel(lost)).to(alone)[: self.symbols]  # [V, V'] q(v|b)
        told = self.each[:, :, None] * kernel.T / alone.clamp(min=torch.finfo(alone.dtype).tiny)[..., None]  # [M, D, V', V]
        parts = [self._seen(part, noise, lost, told.flatten(1)) for part in self._parts(x)]
        return Seen(torch.cat([part.posterior for part in parts]), torch.cat([part.log_q for part in parts]))

    def _seen(self, x: Tensor, noise: Redrawing, lost: float, told: Tensor) -> Seen:
        joint = self.log_joint(x, noise, lost)
        log_q = joint.logsumexp(1)
        found = (joint.softmax(1) @ told).view(len(x), self.dim, noise.shown, self.symbols)
        posterior = found.take_along_dim(x.long()[..., None, None], 2)[:, :, 0]
        posterior = posterior / posterior.sum(2, keepdim=True)
        return Seen(posterior, log_q.masked_fill(log_q < IMPOSSIBLE / 2, -torch.inf))

    def _parts(self, x: Tensor) -> tuple[Tensor, ...]:
        """x [N, D] in parts whose weights are AT_ONCE numbers."""
        return x.split(max(1, AT_ONCE // len(self.probabilities)))

    @cached_property
    def _alone(self) -> Tensor:
        """[D] in nats, H(x_0^i|m) of each coordinate."""
        return self.probabilities @ torch.special.entr(self.each).sum(2)

    @cached_property
    def component_entropy(self) -> float:
        """H(m) in nats."""
        return float(torch.special.entr(self.probabilities).sum())

    @cached_property
    def entropy(self) -> Sampled:
        """Of a sequence, in nats, with its standard error: a mean over DRAWS sequences, the same in every run."""
        x = self.sample(particle_uniform(SEED, Stream.REFERENCE, DRAWS)).long()
        log_each = self.each.log().clamp(min=IMPOSSIBLE).flatten(1).T
        left = []
        for part in self._parts(x):
            check_time()
            weights = (one_hot(part, self.symbols).flatten(1).to(log_each) @ log_each + self.probabilities.log()).softmax(1)
            left.append(torch.special.entr(weights).sum(1))
        told = torch.cat(left).cpu().double()
        value = float(self._alone.sum()) + self.component_entropy - float(told.mean())
        return Sampled(value, np.empty(0), tolerance=float(told.std()) / math.sqrt(DRAWS))

    @property
    def entropy_nats(self) -> float:
        """Of a sequence, as it is estimated."""
        return self.entropy.value

    @cached_property
    def shown(self) -> Values:
        """[D+1, PATHS] in nats, of each path the entropy of the first k that are shown in a random order."""
        order = torch.rand(PATHS, self.dim, generator=torch.Generator().manual_seed(SEED)).argsort(1)
        return self.shown_entropies(order, np.arange(self.dim), ordered=False)[0]

    def from_left(self, start: NDArray[np.int64]) -> tuple[Values, Values]:
        """Of coordinates that are shown from left to right (shown_entropies)."""
        return self.shown_entropies(torch.arange(self.dim).expand(PATHS // 4, -1), start, ordered=True)

    def shown_entropies(self, order: Tensor, start: NDArray[np.int64], ordered: bool) -> tuple[Values, Values]:
        """Along S sequences of which more and more is shown: estimates whose means over S are right.

        order: [S, D] which coordinate is shown as the k-th; start: [D] how many are known when it is drawn; ordered: is the order
        given, or drawn, so that any of those that are hidden may be next?
        Returned are [D+1, S] the entropy of the first k, and [D, S] that of the k-th given the first start[k], in nats: of each
        path the entropies of the posteriors of what is hidden. A path's entropy of all is entropy_nats: what it misses of that is
        added evenly, coordinate by coordinate, which changes no total correlation.
        """
        count, dim = order.shape
        x = self.sample(particle_uniform(SEED, Stream.DIAGNOSTICS, count)).long()
        each, first = self.each.float(), self.probabilities.log().float()
        log_each, begins, k = each.log().clamp(min=IMPOSSIBLE), torch.as_tensor(start), torch.arange(dim)
        known, apart = np.zeros((dim + 1, count)), np.empty((dim, count))
        at_once = max(1, AT_ONCE // (len(first) * dim))
        for low in range(0, count, at_once):
            check_time()
            part = slice(low, low + at_once)
            places = order[part]
            added = log_each[:, places[:, :-1], x[part].gather(1, places)[:, :-1]].permute(1, 2, 0)
            weights = torch.cat([first.expand(len(places), 1, -1), added], 1).cumsum(1).softmax(2)  # [s, D, M] of the first k
            told = (weights @ each.flatten(1)).view(*weights.shape[:2], dim, self.symbols)
            entropy = (
                torch.special.entr(told).sum(3).take_along_dim(places[:, None], 2)
            )  # [s, k, j] of the j-th given the first k
            if not ordered:
                entropy = (entropy.triu().sum(2) / (dim - k))[:, :, None].expand_as(entropy)
            known[1:, part] = entropy[:, k, k].T.cpu().double().numpy().cumsum(0)
            apart[:, part] = entropy[:, begins, k].T.cpu().double().numpy()
        missing = (self.entropy_nats - known[-1]) / dim
        return known + missing * np.arange(dim + 1)[:, None], apart + missing
