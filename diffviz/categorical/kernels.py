"""Kernels of symbols between two noise levels s < t of one schedule: "redraw from nu" (Austin et al. 2021, D3PM).

The data are sequences of D coordinates, each one of V symbols. A step from s to t keeps a coordinate with probability a and
redraws it from nu with probability 1 - a, alone:

    q(x_t|x_s) = a 1[x_t = x_s] + (1 - a) nu(x_t),               a = abar_t / abar_s
    q(x_t|x_0) = abar_t 1[x_t = x_0] + (1 - abar_t) nu(x_t)

    absorbing   nu is a further symbol, the mask: what was redrawn is hidden, and stays so (D3PM; MDLM, Sahoo et al. 2024)
    uniform     nu = 1/V: what was redrawn cannot be told from another symbol (multinomial diffusion, Hoogeboom et al. 2021)

abar_t is the schedule's share of the signal, as for bits (binomial/kernels.py), whose kernel is the same with nu = B(rate).
Bayes' rule for one coordinate, averaged over what the denoiser says of x_0 (D3PM, eq. 3 and 4), is

    p(x_s = w|x_t = v) = sum_b P(x_0 = b|x_t) q(v|x_s = w) q(w|x_0 = b) / q(v|x_0 = b)

Under the absorbing process a masked coordinate is therefore shown with probability rho = (abar_s - abar_t)/(1 - abar_t), as the
symbol b with probability P(b), and one that is shown stays as it is.

Particles are float32 [N, D] of symbol numbers 0..V-1; the mask is V. Every draw is made of one standard normal number for each
coordinate, so that two runs can share their noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from diffviz.schedules import NoiseSchedule

Values = NDArray[np.float64]


class Likelihoods(NamedTuple):
    """q(x_t|x_0) of one coordinate, at one noise level: of a symbol that is x_0, of a symbol that is not, of the mask."""

    agree: float
    differ: float
    masked: float


class Jump(NamedTuple):
    """What a step between s and t needs of the schedule.

    lost_s, lost_t: 1 - abar, the probability that a coordinate was redrawn; lost: 1 - abar_t/abar_s, that the step redraws it
    rho: (abar_s - abar_t)/(1 - abar_t), the probability that one that was redrawn by t was not by s
    """

    lost_s: float
    lost_t: float
    lost: float
    rho: float


def jumps(schedule: NoiseSchedule, times: NDArray[np.int64]) -> list[Jump]:
    """K, of each step of the chain times [K+1], ascending."""
    share, lost = schedule.signal_share[times], schedule.signal_lost[times]
    near = share[:-1] > 0.5  # where the difference of what is lost has more digits than that of what is left
    rho = np.where(near, np.diff(lost), -np.diff(share)) / lost[1:]
    return [Jump(*row) for row in zip(lost[:-1], lost[1:], schedule.lost_between(times), rho, strict=True)]


class Redrawing(Protocol):
    """One member of the family. symbols: V; shown: V', how many symbols x_t may have."""

    symbols: int

    @property
    def shown(self) -> int: ...

    def kernel(self, lost: float) -> Values:
        """[V', V'] q(y|x) from row x to column y, where a coordinate is redrawn with probability lost."""

    def likelihoods(self, lost: float) -> Likelihoods:
        """Of x_t whose coordinates were redrawn with probability lost."""

    def start(self, share: float) -> Values:
        """[V'] the prior of one coordinate where abar = share: what noise makes of symbols that are all equally probable. So it
        knows nothing of the data, and what a schedule leaves of them at T is a finite mismatch."""

    def after(self, x_s: Tensor, lost: Tensor | float, z: Tensor) -> Tensor:
        """x_t [N, D] drawn from x_s [N, D] with z [N, D], each coordinate redrawn with probability lost, of all or of each
        sequence [N, 1]: where Phi(z) < lost."""

    def before(self, x_t: Tensor, probabilities: Tensor, jump: Jump) -> Tensor:
        """[N, D, V'] p(x_s|x_t) of each coordinate of x_t [N, D], whose data have these probabilities [N, D, V]."""

    def rates(self, x_t: Tensor, probabilities: Tensor, lost: float) -> Tensor:
        """[N, D, V'] how often each coordinate of x_t [N, D] jumps to each symbol in the reverse process, for each unit of abar
        (continuous.py); 0 to the symbol that it is. lost: 1 - abar_t, between 0 and 1."""


@dataclass(frozen=True)
class Absorbing:
    """Masks."""

    symbols: int

    @property
    def shown(self) -> int:
        return self.symbols + 1

    def kernel(self, lost: float) -> Values:
        found = (1.0 - lost) * np.eye(self.shown)
        found[:, -1] += lost
        return found

    def likelihoods(self, lost: float) -> Likelihoods:
        return Likelihoods(1.0 - lost, 0.0, lost)

    def start(self, share: float) -> Values:
        return np.append(np.full(self.symbols, share / self.symbols), 1.0 - share)

    def after(self, x_s: Tensor, lost: Tensor | float, z: Tensor) -> Tensor:
        return x_s.masked_fill(torch.special.ndtr(z) < lost, self.symbols)

    def before(self, x_t: Tensor, probabilities: Tensor, jump: Jump) -> Tensor:
        hidden = torch.cat([probabilities * jump.rho, probabilities.new_full((*x_t.shape, 1), 1.0 - jump.rho)], 2)
        return torch.where((x_t == self.symbols)[..., None], hidden, one_hot(x_t.long(), self.shown).to(hidden))

    def rates(self, x_t: Tensor, probabilities: Tensor, lost: float) -> Tensor:
        shown = torch.cat([probabilities / lost, torch.zeros_like(probabilities[..., :1])], 2)
        return shown * (x_t == self.symbols)[..., None]


@dataclass(frozen=True)
class Uniform:
    """Symbols that are all equally probable."""

    symbols: int

    @property
    def shown(self) -> int:
        return self.symbols

    def kernel(self, lost: float) -> Values:
        return (1.0 - lost) * np.eye(self.symbols) + lost / self.symbols

    def likelihoods(self, lost: float) -> Likelihoods:
        return Likelihoods(1.0 - lost + lost / self.symbols, lost / self.symbols, 0.0)

    def start(self, share: float) -> Values:
        return np.full(self.symbols, 1.0 / self.symbols)

    def after(self, x_s: Tensor, lost: Tensor | float, z: Tensor) -> Tensor:
        place = torch.special.ndtr(z)
        if not torch.is_tensor(lost) and lost == 0.0:
            return x_s
        fresh = (place * (self.symbols / lost)).floor_().clamp_(max=self.symbols - 1)
        return torch.where(place < lost, fresh, x_s)

    def before(self, x_t: Tensor, probabilities: Tensor, jump: Jump) -> Tensor:
        """The sum over b of the formula above is two terms, as both kernels are a multiple of 1 and a constant."""
        seen = one_hot(x_t.long(), self.symbols).to(probabilities)
        kept = self._through(seen, probabilities, jump.lost_t, jump.lost_s)
        return ((1.0 - jump.lost) * seen + jump.lost / self.symbols) * kept

    def rates(self, x_t: Tensor, probabilities: Tensor, lost: float) -> Tensor:
        seen = one_hot(x_t.long(), self.symbols).to(probabilities)
        return (1.0 - seen) * self._through(seen, probabilities, lost, lost) / (self.symbols * (1.0 - lost))

    def _through(self, seen: Tensor, probabilities: Tensor, lost_t: float, lost_s: float) -> Tensor:
        """[N, D, V] sum_b P(b) q(x_s = w|b)/q(x_t = v|b). seen: [N, D, V] 1 for v."""
        weight = probabilities / ((1.0 - lost_t) * seen + lost_t / self.symbols)
        return (1.0 - lost_s) * weight + lost_s / self.symbols * weight.sum(2, keepdim=True)


def symbols(probabilities: Tensor, z: Tensor) -> Tensor:
    """Symbol numbers [N, D] that have the given probabilities [N, D, V'], from standard normal numbers z [N, D]: the first symbol
    up to which more than Phi(z) of the whole is cumulated. One that is impossible is never drawn."""
    edges = probabilities.cumsum(2)
    whole = edges[..., -1:]
    place = torch.special.ndtr(z).to(edges)[..., None] * whole
    return ((edges <= place) & (edges < whole)).sum(2).to(z.dtype)
