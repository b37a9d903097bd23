"""What a chain of steps costs on heartbeats, and how near samples are to them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffviz.binomial.costs import BitCosts, Values, exact_costs, excess_nats
from diffviz.binomial.kernels import entropy_nats, marginal_kernels
from diffviz.domains.heartbeat.data import LENGTH, RATE, heartbeat
from diffviz.estimates import Sampled
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule

NULL_NATS = -LENGTH * (RATE * math.log(RATE) + (1.0 - RATE) * math.log(1.0 - RATE))  # of a heartbeat, coded as noise


@dataclass(frozen=True, eq=False)
class BitInformation:
    """The costs of a chain of K steps.

    exact: of the exact denoiser, to rounding
    excess: [K, S] what another denoiser's errors cost in each step at S random sequences, in nats; [K, 0] of the exact one
    entropy_nats: of the data
    """

    exact: BitCosts
    excess: Values
    entropy_nats: float

    def with_excess(self, nats: float) -> Sampled:
        """A sum over the chain of the exact denoiser's costs, and what the denoiser in use adds to it."""
        added = self.excess.sum(0)
        return Sampled(nats + (float(added.mean()) if added.size else 0.0), added)

    @property
    def bound(self) -> Sampled:
        """The variational bound, in nats a sequence."""
        return self.with_excess(float(self.exact.kl.sum()))

    def paper_bound(self, into_data_nats: float) -> Sampled:
        """The variational bound as the 2015 paper counts it: the step into data costs forward_coding_nats, whatever the denoiser
        says."""
        later = self.excess[1:].sum(0)
        nats = into_data_nats + float(self.exact.kl[1:].sum())
        return Sampled(nats + (float(later.mean()) if later.size else 0.0), later)

    @property
    def added(self) -> tuple[Values, Values]:
        """[K] the mean of the excess in each step, and its standard error."""
        if not self.excess.size:
            return np.zeros(len(self.excess)), np.zeros(len(self.excess))
        return self.excess.mean(1), self.excess.std(1, ddof=1) / np.sqrt(self.excess.shape[1])


def information(
    schedule: NoiseSchedule, times: NDArray[np.int64], denoiser: Denoiser | None = None, device: object = "cpu", seed: int = 0
) -> BitInformation:
    """Along the chain times [K+1], ascending from 0. denoiser: None for the exact one."""
    data = heartbeat()
    excess = np.empty((len(times) - 1, 0))
    if denoiser is not None:
        excess = excess_nats(denoiser, data, schedule, times, RATE, device, seed=seed)
    return BitInformation(exact_costs(data, schedule, times, RATE), excess, data.entropy_nats)


def forward_coding_nats(schedule: NoiseSchedule) -> float:
    """E[-log p(x_0|x_1)] where p(x_0|x_1) is the forward kernel (Sohl-Dickstein et al. 2015, app. B.2): H_q(X_1|X_0), as the
    kernel leaves single bits as they are distributed."""
    _, kernel = marginal_kernels(schedule, np.arange(2), RATE)
    ones = float(heartbeat().mean.sum())
    return float(np.array([LENGTH - ones, ones]) @ entropy_nats(kernel[:, 1]))


def wrong_bits(end: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of sequences [N, 20] the phase of the nearest heartbeat [N] and the number of bits in which they differ from it [N]."""
    states = heartbeat().states.numpy()
    apart = (end[:, None] != states).sum(2)
    return apart.argmin(1), apart.min(1)
