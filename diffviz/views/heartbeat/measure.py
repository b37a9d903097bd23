"""What is measured of a run of bit sequences: its costs, in nats and in bits, and how many samples are heartbeats."""

from __future__ import annotations

import math

import numpy as np

from diffviz.categorical.information import SymbolInformation
from diffviz.diagnostics.measured import EFFORT, Measured, Metric, exactly
from diffviz.domains.heartbeat.data import PERIOD
from diffviz.domains.heartbeat.information import NULL_NATS, information, wrong_bits
from diffviz.engine import Setup
from diffviz.estimates import mean_of_counts
from diffviz.trajectory import Curve, Trajectory
from diffviz.views.symbols.priced import priced

BITS = 1.0 / math.log(2.0)  # in a nat


METRICS: dict[str, Metric] = {
    "terminal_snr": Metric(
        "SNR where the reverse process starts",
        "",
        "",
        "ᾱ/(1 − ᾱ) at the largest time visited: how many bits are still the data's for each that was redrawn; 0 is pure noise.",
        lambda m: exactly(m.setup.schedule.snr[m.times[-1]]),
    ),
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
    "entropy_nats": Metric(
        "Entropy of the data", "nats", "", "ln 5: one of five phases.", lambda m: exactly(m.details.entropy_nats)
    ),
    "bound_nats": Metric(
        "Negative ELBO", "nats", "", "The variational bound of this chain: entropy and gap.", lambda m: m.details.bound
    ),
    "discretisation_gap_nats": Metric(
        "Discretisation gap of all steps",
        "nats",
        "low",
        "The sum of the steps' dissipations: what the bits of x_s know of one another given x_t, and independent draws lose.",
        lambda m: m.details.discretisation,
    ),
    "mismatch_nats": Metric(
        "Mismatch where the reverse process starts",
        "nats",
        "low",
        "The KL divergence of x at T from B(0.2): the reverse process starts from independent bits, the forward process may not "
        "be there yet.",
        lambda m: m.details.mismatch_at_start,
        term="prior_loss",
    ),
    "gap_nats": Metric(
        "ELBO gap",
        "nats",
        "low",
        "Negative ELBO less entropy: the discretisation gap and the mismatch at T. KL(data ‖ samples) is at most so much.",
        lambda m: m.details.gap,
        term="gap",
    ),
    "exact_gap_nats": Metric(
        "ELBO gap of the exact denoiser",
        "nats",
        "",
        "The gap that the same steps would leave with the exact denoiser.",
        lambda m: m.details.exact_gap,
    ),
    "gap_bits": Metric("ELBO gap", "bits/sequence", "", "The same gap in bits.", lambda m: m.details.gap.times(BITS)),
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


def measure(setup: Setup, trajectory: Trajectory, most: int | None = None) -> Measured[SymbolInformation]:
    """Of a finished run. most: of no effect here, where costs are known exactly or have sequences of their own."""
    e, times = setup.experiment, setup.times
    found = information(setup.schedule, times, None if e.denoiser == "exact" else setup.denoiser, setup.device, e.seed)
    costs = priced(found, times)
    phases = np.bincount(wrong_bits(trajectory.reverse[-1])[0], minlength=PERIOD) / trajectory.reverse.shape[1]
    return Measured.of_run(
        setup,
        trajectory,
        METRICS,
        costs=costs["costs"],
        exact_costs=costs["exact_costs"],
        curves={
            **costs["curves"],
            "phase_shares": Curve("Samples of each phase", np.arange(PERIOD), phases, "", over="phase"),
        },
        details=found,
    )
