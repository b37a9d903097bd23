"""What is measured of a run of words: its costs, in nats and in bits, and how many samples are words of the list."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.curves import produced_curves
from diffviz.diagnostics.measured import EFFORT, Costs, Measured, Metric, exactly
from diffviz.domains.words.information import WordInformation, expected_distinct, information, keys, means, on_list
from diffviz.domains.words.lists import text_of
from diffviz.engine import Setup
from diffviz.estimates import Sampled, mean_of
from diffviz.trajectory import Curve, Trajectory

BITS = 1.0 / math.log(2.0)  # in a nat
Words = Measured[WordInformation | None]


def _entropy(m: Words) -> float:
    return m.setup.distribution.entropy_nats


def _in_bits(value: Sampled | None) -> Sampled | None:
    return None if value is None else value.times(BITS)


def _bound(m: Words) -> Sampled | None:
    return m.details and m.details.bound


def _gap(m: Words) -> Sampled | None:
    return m.details and m.details.gap


def _valid_share(m: Words) -> Sampled:
    """Known to one part in N at best: N samples that are all on the list do not say that every one is."""
    return mean_of(on_list(m.setup.distribution, m.end).astype(float), tolerance=1.0 / len(m.end))


def _distinct(m: Words) -> Sampled:
    """Without a sample that comes up once there is one fewer."""
    _, place, count = np.unique(keys(m.end), return_inverse=True, return_counts=True)
    return Sampled(float(len(count)), len(m.end) * (count[place] == 1).astype(float))


METRICS: dict[str, Metric] = {
    "terminal_snr": Metric(
        "SNR where the reverse process starts",
        "",
        "",
        "ᾱ/(1 − ᾱ) at the largest time visited: how many letters are still the data's for each one that was lost; 0 is noise.",
        lambda m: exactly(m.setup.schedule.snr[m.times[-1]]),
    ),
    "entropy_nats": Metric(
        "Entropy of the data",
        "nats",
        "",
        "Of the list with its frequencies: the least that a word costs.",
        lambda m: exactly(_entropy(m)),
    ),
    "entropy_bits": Metric(
        "Entropy of the data", "bits/word", "", "The same entropy in bits.", lambda m: exactly(_entropy(m) * BITS)
    ),
    "bound_nats": Metric(
        "Negative ELBO",
        "nats",
        "",
        "The variational bound of this chain, entropy and gap. Of a corrector it is that of the chain without it; where the "
        "order depends on what is drawn none is known.",
        _bound,
    ),
    "bound_bits": Metric("Negative ELBO", "bits/word", "", "The same bound in bits.", lambda m: _in_bits(_bound(m))),
    "discretisation_gap_nats": Metric(
        "Discretisation gap of all steps",
        "nats",
        "low",
        "The sum of the steps' dissipations: what letters that are drawn together know of one another, and lose.",
        lambda m: m.details and m.details.discretisation,
    ),
    "mismatch_nats": Metric(
        "Mismatch where the reverse process starts",
        "nats",
        "low",
        "The KL divergence of x at T from the prior: what the schedule leaves to be seen of the words.",
        lambda m: m.details and m.details.mismatch_at_start,
        term="prior_loss",
    ),
    "gap_nats": Metric(
        "ELBO gap",
        "nats",
        "low",
        "Negative ELBO less entropy: the discretisation gap and the mismatch at T. KL(data ‖ samples) is at most so much.",
        _gap,
        term="gap",
    ),
    "exact_gap_nats": Metric(
        "ELBO gap of the exact denoiser",
        "nats",
        "",
        "The gap that the same steps would leave with the exact denoiser.",
        lambda m: m.details and m.details.exact_gap,
    ),
    "gap_bits": Metric("ELBO gap", "bits/word", "", "The same gap in bits.", lambda m: _in_bits(_gap(m))),
    **EFFORT,
    "valid_share": Metric(
        "Samples that are on the list",
        "",
        "high",
        "The share of samples that are words of the list.",
        _valid_share,
        of_cloud=True,
    ),
    "distinct": Metric(
        "Different samples",
        "",
        "",
        "How many different sequences of letters there are among the samples.",
        _distinct,
        of_cloud=True,
    ),
    "expected_distinct": Metric(
        "Different words of the data",
        "",
        "",
        "How many different words as many draws of the list itself have, on average.",
        lambda m: exactly(expected_distinct(m.setup.distribution, len(m.end))),
        of_cloud=True,
    ),
}


def measure(setup: Setup, trajectory: Trajectory, most: int | None = None) -> Words:
    """Of a finished run. most: of no effect here, where costs are known exactly or have words of their own."""
    e, times = setup.experiment, setup.times
    found = information(e, setup.schedule, times, None if e.denoiser == "exact" else setup.denoiser, setup.device)
    end = trajectory.reverse[-1].copy()
    measured = Measured(
        experiment=e,
        times=times,
        info=trajectory.info[::-1],
        end=end,
        evaluations=trajectory.evaluations,
        seconds=trajectory.seconds,
        device=trajectory.device,
        metrics=METRICS,
        readable={"words": text_of(end)},
        details=found,
    )
    return measured if found is None else replace(measured, **_priced(found, times))


def _priced(found: WordInformation, times: NDArray[np.int64]) -> dict[str, Any]:
    """What the steps cost, by the names that Measured has for it."""
    kl, kl_error = found.of_steps(found.kl[:-1])
    exact_kl, exact_kl_error = means(found.kl)
    dissipation, stderr = found.of_steps(found.dissipation)
    exact, exact_error = means(found.dissipation)
    mismatch = float(found.mismatch.mean())
    return {
        "costs": Costs(np.append(kl, exact_kl[-1]), np.append(kl_error, exact_kl_error[-1])),
        "exact_costs": Costs(exact_kl, exact_kl_error),
        "curves": {
            "dissipation_nats": Curve("discretisation gap", times[1:], dissipation, "nats", stderr),
            "exact_dissipation_nats": Curve(
                "discretisation gap, exact", times[1:], exact, "nats", exact_error if exact_error.any() else None
            ),
            **produced_curves(times, dissipation, exact, mismatch),
        },
    }
