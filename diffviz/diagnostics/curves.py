"""What a run has over its times as curves: its schedule, what its steps cost, and what its domain measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.estimates import mean_of
from diffviz.schedules import HELD, NoiseSchedule
from diffviz.trajectory import Curve


def schedule_curves(schedule: NoiseSchedule) -> dict[str, Curve]:
    """By name, over t = 0..T; beta from 1 on. signal_share is alpha^2/(alpha^2 + sigma^2), the data's share of the variance.
    Nothing of a chain at one noise level, whose table is flat."""
    if schedule.name == HELD:
        return {}
    every = np.arange(schedule.steps + 1)
    return {
        "alpha": Curve("α", every, schedule.alpha, ""),
        "sigma": Curve("σ", every, schedule.sigma, ""),
        "beta": Curve("β", every[1:], schedule.beta, ""),
        "signal_share": Curve("signal left", every, schedule.signal_share, ""),
        "log10_snr": Curve("log10 SNR", every, schedule.log_snr / math.log(10.0), ""),
    }


def cost_curves(measured: Measured[Any]) -> dict[str, Curve]:
    """By name, what the steps cost over the visited time that each leaves, L_0 first, and the negative ELBO summed from the noise
    down to each visited time. Of a sampler that is not ancestral they are those of the ancestral chain of the same steps."""
    found, times = {}, measured.times
    for name, costs in (("kl_nats", measured.costs), ("exact_kl_nats", measured.exact_costs)):
        if costs is not None:
            found[name] = Curve("KL of a step", times[1:], costs.kl_nats[:-1], "nats", costs.stderr[:-1])
    if measured.costs is None:
        return found
    found["cumulative_nats"] = Curve("negative ELBO", times, np.cumsum(measured.costs.kl_nats[::-1])[::-1], "nats")
    if measured.costs.each is not None:
        bits = np.cumsum(measured.costs.each[::-1], axis=0)[::-1] / (measured.end[0].size * math.log(2.0))
        sums = [mean_of(row).estimate for row in bits]
        values, errors = np.array([each.value for each in sums]), np.array([each.stderr for each in sums])
        found["cumulative_bits_per_dim"] = Curve("negative ELBO", times, values, "bits/dim", errors)
    return found


def produced(dissipation_nats: NDArray[np.float64], mismatch_nats: float) -> NDArray[np.float64]:
    """[K+1] The entropy produced from the noise down to each visited time: the mismatch at the last of them, and what the steps
    [K] add. At t = 0 it is the ELBO gap."""
    return mismatch_nats + np.append(np.cumsum(dissipation_nats[::-1])[::-1], 0.0)


def produced_curves(
    times: NDArray[np.int64], dissipation_nats: NDArray[np.float64], exact_nats: NDArray[np.float64], mismatch_nats: float
) -> dict[str, Curve]:
    """By name, the same of the denoiser in use and of the exact one."""
    steps = {"produced_nats": dissipation_nats, "exact_produced_nats": exact_nats}
    return {name: Curve("entropy produced", times, produced(each, mismatch_nats), "nats") for name, each in steps.items()}


def curves_of(measured: Measured[Any], schedule: NoiseSchedule) -> dict[str, Curve]:
    """All curves of a run, by name."""
    return schedule_curves(schedule) | cost_curves(measured) | dict(measured.curves)
