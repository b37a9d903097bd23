"""What the steps of a chain of symbols cost, by the names that Measured and its metrics have for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.categorical.information import SymbolInformation, means
from diffviz.diagnostics.curves import produced_curves
from diffviz.diagnostics.measured import Costs, Measured, Metric, exactly
from diffviz.estimates import Sampled
from diffviz.trajectory import Curve
from diffviz.views.symbols.nouns import Nouns

BITS = 1.0 / math.log(2.0)  # in a nat
SymbolsMeasured = Measured[SymbolInformation | None]
# a domain's: of an Experiment, its schedule and the times [K+1]; of another denoiser than the exact one with it and its device
Information = Callable[..., SymbolInformation | None]


def priced(found: SymbolInformation, times: NDArray[np.int64]) -> dict[str, Any]:
    """Of the visited times [K+1], ascending."""
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


def _entropy(m: SymbolsMeasured) -> Sampled:
    return m.setup.distribution.entropy


def _in_bits(value: Sampled | None) -> Sampled | None:
    return None if value is None else value.times(BITS)


def _with_entropy(m: SymbolsMeasured, bound: Sampled | None) -> Sampled | None:
    """A bound is the entropy, which may have an error of its own, and a gap, whose error is the bound's here."""
    return bound and replace(bound, tolerance=_entropy(m).estimate.stderr)


def _bound(m: SymbolsMeasured) -> Sampled | None:
    return _with_entropy(m, m.details and m.details.bound)


def _continuous(m: SymbolsMeasured) -> Sampled | None:
    return _with_entropy(m, m.details and m.details.continuous_bound)


def _gap(m: SymbolsMeasured) -> Sampled | None:
    return m.details and m.details.gap


def cost_metrics(nouns: Nouns) -> dict[str, Metric]:
    """By name."""
    one, parts = nouns.sample, nouns.parts
    return {
        "terminal_snr": Metric(
            "SNR where the reverse process starts",
            "",
            "",
            f"ᾱ/(1 − ᾱ) at the largest time visited: how many {parts} are still the data's for each that was lost; 0 is noise.",
            lambda m: exactly(m.setup.schedule.snr[m.times[-1]]),
        ),
        "entropy_nats": Metric(
            "Entropy of the data",
            "nats",
            "",
            f"The least that a {one} costs.",
            _entropy,
        ),
        "entropy_bits": Metric(
            "Entropy of the data", f"bits/{one}", "", "The same entropy in bits.", lambda m: _in_bits(_entropy(m))
        ),
        "bound_nats": Metric(
            "Negative ELBO",
            "nats",
            "",
            "The variational bound of this chain, entropy and gap. Of a corrector it is that of the chain without it; where the "
            "order depends on what is drawn none is known.",
            _bound,
        ),
        "bound_bits": Metric("Negative ELBO", f"bits/{one}", "", "The same bound in bits.", lambda m: _in_bits(_bound(m))),
        "bound_continuous_nats": Metric(
            "Negative ELBO in continuous time",
            "nats",
            "",
            "What the bound of ever more steps down from the same ᾱ tends to, whatever the schedule between: the entropy, the "
            "mismatch at T and a network's errors. Of masks it is what papers report.",
            _continuous,
            term="continuous_bound",
        ),
        "bound_continuous_bits": Metric(
            "Negative ELBO in continuous time",
            f"bits/{one}",
            "",
            "The same bound in bits.",
            lambda m: _in_bits(_continuous(m)),
            term="continuous_bound",
        ),
        "discretisation_gap_nats": Metric(
            "Discretisation gap of all steps",
            "nats",
            "low",
            f"The sum of the steps' dissipations, of what {parts} that are drawn together know of one another and lose, and what "
            "a network's errors add.",
            lambda m: m.details and m.details.discretisation,
        ),
        "mismatch_nats": Metric(
            "Mismatch where the reverse process starts",
            "nats",
            "low",
            "The KL divergence of x at T from the prior: what the schedule leaves to be seen of the data. None where the reverse "
            "process starts from the x at T of its own forward path.",
            lambda m: m.details and m.details.mismatch_at_start,
            term="prior_loss",
        ),
        "gap_nats": Metric(
            "ELBO gap",
            "nats",
            "low",
            "Negative ELBO less entropy: the discretisation gap and the mismatch at T. Of the samples of this chain KL(data ‖ "
            "samples) is at most so much.",
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
        "gap_bits": Metric("ELBO gap", f"bits/{one}", "", "The same gap in bits.", lambda m: _in_bits(_gap(m))),
    }
