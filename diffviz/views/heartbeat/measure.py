"""What is measured of a run of bit sequences: its costs, in nats and in bits, and how many samples are heartbeats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.categorical.information import SymbolInformation
from diffviz.diagnostics.measured import EFFORT, Measured, Metric
from diffviz.domains.heartbeat.data import PERIOD
from diffviz.domains.heartbeat.information import NULL_NATS, information, wrong_bits
from diffviz.engine import Setup
from diffviz.estimates import mean_of_counts
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Curve, Trajectory
from diffviz.views.heartbeat.words import NOUNS
from diffviz.views.symbols.measure import measured
from diffviz.views.symbols.priced import BITS, cost_metrics

_COSTS = cost_metrics(NOUNS)  # but for those in bits, of which K is one
IN_NATS = ("entropy_nats", "bound_nats", "discretisation_gap_nats", "mismatch_nats", "gap_nats", "exact_gap_nats")
METRICS: dict[str, Metric] = {
    "terminal_snr": _COSTS["terminal_snr"],
    "log_likelihood_bits": Metric(
        "Bound on the log-likelihood K",
        "bits/sequence",
        "",
        "A lower bound on E[log₂ p(x₀)], that of Sohl-Dickstein et al. (2015), but with x₀ drawn from the denoiser in the last "
        "step; the truth, minus the entropy, is −2.32. The paper draws x₀ by the forward kernel: its own K of the exact denoiser "
        "is −2.368 with the 2015 schedule and T = 2000.",
        lambda m: m.details.bound.times(-BITS),
    ),
    "over_null_bits": Metric(
        "K above that of noise",
        "bits/sequence",
        "",
        "K less the log-likelihood of sequences of independent bits, B(0.2): how much was learned.",
        lambda m: m.details.bound.less(NULL_NATS).times(-BITS),
    ),
    **{name: _COSTS[name] for name in IN_NATS},
    "gap_bits": _COSTS["gap_bits"],
    **EFFORT,
    "broken_share": Metric(
        "Samples that are no heartbeat",
        "",
        "low",
        "The share of samples that differ from every heartbeat in one bit or more.",
        lambda m: mean_of_counts(wrong_bits(m.end)[1] > 0),
        of_cloud=True,
    ),
    "wrong_bits": Metric(
        "Wrong bits",
        "bits/sequence",
        "low",
        "How many bits must be flipped to make a heartbeat of a sample, on average.",
        lambda m: mean_of_counts(wrong_bits(m.end)[1]),
        of_cloud=True,
    ),
}


def _information(e: Any, schedule: NoiseSchedule, times: NDArray[np.int64], *of: Any) -> SymbolInformation:
    return information(schedule, times, *of, seed=e.seed)


def measure(setup: Setup, trajectory: Trajectory, most: int | None = None) -> Measured[SymbolInformation]:
    """Of a finished run. most: of no effect here, where costs are known exactly or have sequences of their own."""
    phases = np.bincount(wrong_bits(trajectory.reverse[-1])[0], minlength=PERIOD) / trajectory.reverse.shape[1]
    shares = Curve("Samples of each phase", np.arange(PERIOD), phases, "", over="phase")
    return measured(_information, METRICS, setup, trajectory, {}, {"phase_shares": shares})
