"""What is measured of a run in the plane, whose distribution is known: its costs beside the exact ones, and distances."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.curves import produced_curves
from diffviz.diagnostics.measured import EFFORT, LEVELS, Costs, Measured, Metric, Value, exactly
from diffviz.domains.plane.datasets import mixture_of
from diffviz.domains.plane.information import Information, information, network_errors, variance_errors
from diffviz.domains.plane.nearness import (
    SUBSAMPLE,
    energy_to_data,
    excess_nll,
    level_excess,
    mode_curves,
    mode_error,
    sliced_among_data,
    sliced_to_data,
    wasserstein_to_data,
)
from diffviz.domains.plane.thermodynamics import noise_levels, staircase
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment, ExperimentError
from diffviz.fields import option
from diffviz.gaussian.bugs import asks_the_truth, bug_of, chain_variances, unpriced
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import ERROR_NATS
from diffviz.gaussian.samplers import ALL_SAMPLERS
from diffviz.trajectory import Curve, Trajectory
from diffviz.views.plane import chain as of_chain
from diffviz.views.plane import factor


def require_points(experiment: Experiment) -> None:
    """Raises ExperimentError for pictures, whose costs no quadrature gives."""
    if experiment.shows_pictures:
        given = option("dataset", experiment.dataset)
        raise ExperimentError("dataset", f"must be points in the plane here, not {given}: images have no quadrature.")


def analyse(setup: Setup, times: NDArray[np.int64] | None = None) -> Information:
    """Information of an Experiment's denoiser and variance along times: by default every time up to where the reverse process
    starts.

    Raises ExperimentError for pictures.
    """
    require_points(setup.experiment)
    last = int(setup.times[-1]) if setup.experiment.starts_below else setup.schedule.steps
    times = np.arange(last + 1) if times is None else times
    right = reverse_variances(setup.experiment.variance, setup.schedule, times, setup.distribution)
    errors = None
    if not asks_the_truth(setup.experiment):
        errors_of = variance_errors if right.added == "coordinate" else network_errors
        errors = errors_of(setup.denoiser, setup.distribution, setup.schedule, times, setup.device, seed=setup.experiment.seed)
    variances = chain_variances(setup.experiment, setup.schedule, times, right)
    levels, mean = noise_levels(setup.distribution, setup.schedule, times), bug_of(setup.experiment).kernel
    return information(setup.distribution, setup.schedule, variances, times, levels, errors, mean, setup.process.late)


def _several(m: Measured[Information], measure: Callable[[GaussianMixture, Any, int], Value | None]) -> Value | None:
    """A metric of the particles beside the data; None for a single one."""
    if len(m.end) < 2:
        return None
    return measure(mixture_of(m.experiment), m.end, m.experiment.seed)


def _by_quadrature(value: float) -> Estimate:
    """Below its tolerance nothing is known of it: 3e-11 is rounding."""
    return Estimate(float(value) if abs(value) >= ERROR_NATS else 0.0, ERROR_NATS, drawn=False)


METRICS: dict[str, Metric] = {
    "terminal_snr": Metric(
        "SNR where the reverse process starts",
        "",
        "",
        "Signal-to-noise ratio at the largest time visited; 0 is pure noise. That time is T, or less with leading timesteps and "
        "with a late start.",
        lambda m: exactly(m.setup.schedule.snr[m.times[-1]]),
    ),
    "entropy_nats": Metric(
        "Entropy of the data",
        "nats",
        "",
        "Differential entropy: no code of the data is shorter on average. Of a density, so it may be negative.",
        lambda m: m.details.entropy,
    ),
    "bound_nats": Metric(
        "Negative ELBO",
        "nats",
        "",
        "The cost of all steps together: the entropy of the data and the ELBO gap.",
        lambda m: m.details.sampled(m.details.bound.value),
    ),
    "discretisation_gap_nats": Metric(
        "Discretisation gap",
        "nats",
        "low",
        "The part of the ELBO gap that arises in the steps: because they are of finite length, and because a network has errors.",
        lambda m: m.details.sampled(float(m.details.dissipation_nats.sum())),
    ),
    "mismatch_nats": Metric(
        "Mismatch where the reverse process starts",
        "nats",
        "low",
        "The KL divergence of x, at the largest time visited, from what the reverse process starts from: N(0, I) or, with a "
        "late start, a Gaussian. The prior loss counts what x says of its x₀ as well.",
        lambda m: _by_quadrature(m.details.mismatch_nats),
        term="prior_loss",
    ),
    "gap_nats": Metric(
        "ELBO gap",
        "nats",
        "low",
        "Negative ELBO less entropy: the discretisation gap and the mismatch together. KL(data ‖ samples) is at most so much.",
        lambda m: m.details.sampled(m.details.gap.value),
    ),
    "exact_gap_nats": Metric(
        "ELBO gap of the exact denoiser",
        "nats",
        "",
        "The ELBO gap of the same steps with the exact denoiser.",
        lambda m: m.details.exact_gap,
    ),
    "gap_bits_per_dim": Metric(
        "ELBO gap",
        "bits/dim",
        "",
        "The same in the unit of papers on images.",
        lambda m: m.details.sampled(m.details.gap.value).times(1.0 / (2.0 * math.log(2.0))),
    ),
    **EFFORT,
    "excess_nll_nats": Metric(
        "Excess NLL",
        "nats",
        "zero",
        "E[−log q(x)] of the particles less the entropy of the data: 0 for true samples, negative for samples that are too "
        "concentrated, positive for samples where no data are.",
        lambda m: _several(m, lambda mixture, end, seed: excess_nll(mixture, end)),
        of_cloud=True,
        term="excess_nll",
    ),
    "sliced_wasserstein": Metric(
        "Sliced W₂",
        "",
        "low",
        "Wasserstein distance of the particles to new data, over many directions.",
        lambda m: _several(m, sliced_to_data),
        of_cloud=True,
    ),
    "sliced_wasserstein_floor": Metric(
        "Sliced W₂ of two true samples",
        "",
        "",
        "The same between two sets of data of this size, which have a distance because they are finite.",
        lambda m: _several(m, lambda mixture, end, seed: sliced_among_data(mixture, len(end)).mean),
        of_cloud=True,
    ),
    "wasserstein": Metric(
        f"Exact W₂, {SUBSAMPLE} points",
        "",
        "low",
        "How far particles must be moved to become new data; two sets of data are not at 0 either.",
        lambda m: _several(m, wasserstein_to_data),
        of_cloud=True,
    ),
    "energy_distance": Metric(
        "Energy distance",
        "",
        "low",
        "0 for equal distributions; the estimate is unbiased, so chance may take it a little below.",
        lambda m: _several(m, lambda mixture, end, seed: energy_to_data(mixture, end)),
        of_cloud=True,
    ),
    "mode_error": Metric(
        "Modes, total variation",
        "",
        "low",
        "Total variation distance between the shares of particles in each mode and the weights of the modes.",
        lambda m: _several(m, lambda mixture, end, seed: mode_error(mixture, end)),
        of_cloud=True,
    ),
}


OF_ANY_SAMPLER = {name: row for name, row in METRICS.items() if row.of_cloud} | {
    "entropy_nats": replace(METRICS["entropy_nats"], measure=of_chain.entropy_of_data)
}
OF_ELBO = ("bound_nats", "discretisation_gap_nats", "gap_nats", "exact_gap_nats", "gap_bits_per_dim")  # none of an unpriced bug


def metrics_of(e: Experiment) -> dict[str, Metric]:
    """The metrics of a run, by name."""
    if e.conditional:
        return factor.METRICS
    if ALL_SAMPLERS[e.sampler].one_level:
        return of_chain.METRICS | OF_ANY_SAMPLER
    return {name: row for name, row in METRICS.items() if name not in OF_ELBO} if unpriced(e) else METRICS


def measure(setup: Setup, trajectory: Trajectory, most: int | None = None) -> Measured[Any]:
    """Of a finished run. most: of no account here, where costs come from quadrature. A run with a bug is priced as what it is or,
    where it has no ELBO, not priced: never as the right one.

    Raises ExperimentError for pictures.
    """
    if setup.experiment.conditional:
        return factor.measure(setup, trajectory)
    if ALL_SAMPLERS[setup.experiment.sampler].one_level:
        return of_chain.measure(setup, trajectory, OF_ANY_SAMPLER)
    chain, mixture = analyse(setup, setup.times), setup.distribution
    left, priced, curves = chain.times[1:], not unpriced(setup.experiment), {}
    curves["level_excess_nats"] = level_excess(mixture, setup.schedule, chain.times, trajectory.reverse[::-1])
    if priced:
        curves |= {
            "dissipation_nats": Curve("discretisation gap", left, chain.dissipation_nats, "nats", chain.kl_stderr[:-1]),
            "exact_dissipation_nats": Curve("discretisation gap, exact", left, chain.exact_dissipation_nats, "nats"),
        }
        curves |= produced_curves(chain.times, chain.dissipation_nats, chain.exact_dissipation_nats, chain.mismatch_nats)
        stairs, decade = staircase(mixture, setup.schedule, chain.times, chain.kl_nats), math.log(10.0)  # areas stay nats
        for name, x, heights in (("stairs", *stairs.stairs.T), ("half_snr_mmse", stairs.log_snr, stairs.curve)):
            curves[name] = Curve(name.replace("_", " "), x / decade, heights * decade, "nats/decade", over=LEVELS)
    return Measured.of_run(
        setup,
        trajectory,
        metrics_of(setup.experiment),
        costs=Costs(chain.kl_nats, chain.kl_stderr) if priced else None,
        exact_costs=Costs(chain.exact_kl_nats, np.zeros(len(chain.times))) if priced else None,
        curves=curves | mode_curves(mixture, trajectory.reverse[-1]),
        details=chain,
    )
