"""What a chain of steps costs on heartbeats, and how near samples are to them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diffviz.binomial.costs import exact_costs, excess_nats
from diffviz.binomial.kernels import entropy_nats, marginal_kernels
from diffviz.categorical.information import SymbolInformation, exactly
from diffviz.domains.heartbeat.data import LENGTH, RATE, heartbeat
from diffviz.estimates import Sampled
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule

NULL_NATS = -LENGTH * (RATE * math.log(RATE) + (1.0 - RATE) * math.log(1.0 - RATE))  # of a heartbeat, coded as noise


def information(
    schedule: NoiseSchedule, times: NDArray[np.int64], denoiser: Denoiser | None = None, device: object = "cpu", seed: int = 0
) -> SymbolInformation:
    """Along the chain times [K+1], ascending from 0. denoiser: None for the exact one."""
    data = heartbeat()
    excess = np.empty((len(times) - 1, 0))
    if denoiser is not None:
        excess = excess_nats(denoiser, data, schedule, times, RATE, device, seed=seed)
    return exactly(exact_costs(data, schedule, times, RATE), excess, data)


def paper_bound(found: SymbolInformation, into_data_nats: float) -> Sampled:
    """The variational bound as the 2015 paper counts it: the step into data costs forward_coding_nats, whatever the denoiser
    says."""
    later = replace(found, kl=found.kl[1:], excess=found.excess[1:])
    return later.bound.less(-into_data_nats)


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
