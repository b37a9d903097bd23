"""The report of a run: what the command line prints, the page shows and the API returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.domains.pictures.costs import PictureCosts, picture_costs
from diffviz.domains.pictures.images import IMAGES
from diffviz.domains.plane.information import Information, information, network_errors
from diffviz.domains.plane.nearness import excess_nll, sliced_among_data, sliced_to_data
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.engine import Setup
from diffviz.estimates import Estimate, pair
from diffviz.experiment import Experiment, ExperimentError
from diffviz.gaussian.kernels import reverse_variances
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Trajectory
from diffviz.views.pictures.posterior import distance_to_picture, posterior_summary, round_trip


def require_points(experiment: Experiment) -> None:
    """Raises ExperimentError for pictures, whose costs no quadrature gives."""
    if experiment.shows_pictures:
        raise ExperimentError(
            "dataset", f"must be points in the plane here, not {experiment.dataset}: there is no quadrature for pictures."
        )


def analyse(setup: Setup, times: NDArray[np.int64] | None = None) -> Information:
    """Information of an Experiment's denoiser and variance along times: every step of the schedule by default.

    Raises ExperimentError for pictures.
    """
    require_points(setup.experiment)
    times = np.arange(setup.schedule.steps + 1) if times is None else times
    errors = None
    if setup.experiment.denoiser != "exact":
        errors = network_errors(setup.denoiser, setup.mixture, setup.schedule, times, setup.device, seed=setup.experiment.seed)
    variances = reverse_variances(setup.experiment.variance, setup.schedule, times, setup.mixture)
    levels = noise_levels(setup.mixture, setup.schedule, times)
    return information(setup.mixture, setup.schedule, variances, times, levels, errors)


@dataclass(frozen=True)
class SampleQuality:
    """How near the generated particles are to the data.

    sliced: sliced W2 to fresh data, in the data's unit; floor: the same between two clouds of data, which is what the finite
    number of particles alone accounts for
    excess_nll: E[-log q] of the particles less the entropy of the data, in nats
    """

    sliced: Estimate
    floor: Estimate
    excess_nll: Estimate


def sample_quality(setup: Setup, trajectory: Trajectory) -> SampleQuality:
    """How near the end of the reverse path is to the data. Raises ExperimentError for pictures."""
    require_points(setup.experiment)
    mixture, end, seed = setup.mixture, trajectory.reverse[-1], setup.experiment.seed
    return SampleQuality(
        sliced_to_data(mixture, end, seed).estimate,
        sliced_among_data(mixture, len(end)).mean,
        excess_nll(mixture, end).estimate,
    )


def schedule_json(schedule: NoiseSchedule) -> dict[str, Any]:
    """The table of a schedule for JSON; null where log SNR is infinite."""
    return {
        "schedule": schedule.name,
        "steps": schedule.steps,
        "alpha": schedule.alpha.tolist(),
        "sigma": schedule.sigma.tolist(),
        "alpha_bar": schedule.alpha_bar.tolist(),
        "beta": schedule.beta.tolist(),
        "log_snr": [float(value) if math.isfinite(value) else None for value in schedule.log_snr],
    }


def picture_analysis(setup: Setup, trajectory: Trajectory, most: int | None = None) -> PictureCosts:
    """The bound on the run's own forward path, of at most so many pictures. The chain is the ancestral one: no other sampler has
    a bound."""
    chain = Setup(replace(setup.experiment, sampler="ancestral"))
    forward = (torch.from_numpy(trajectory.forward[t, :most]).to(setup.device) for t in setup.times)
    row = IMAGES[setup.experiment.dataset]
    return picture_costs(chain.denoiser, chain.schedule, chain.variances, chain.times, row, forward)


def _given_json(setup: Setup, trajectory: Trajectory) -> dict[str, Any]:
    """Of a run whose pictures are given, which has no bound: the chain is that of generation no more."""
    e = setup.experiment
    if e.start == "picture":
        return {"to_picture_mse": pair(distance_to_picture(setup, trajectory.reverse[-1]).estimate)}
    if e.start == "between":
        lost = zip(("first", "last"), round_trip(setup, trajectory.reverse[-1]), strict=True)
        return {f"round_trip_{which}_rmse": [value, 0.0] for which, value in lost}  # both ways without noise: there is no draw
    found = posterior_summary(setup, trajectory.reverse[-1])
    return {
        "mean_to_truth_mse": pair(found.to_truth.estimate),
        "exact_mean_to_truth_mse": found.exact_to_truth,
        "mean_to_exact_mse": pair(found.to_exact.estimate),
        "spread": pair(found.spread.estimate),
        "exact_spread": found.exact_spread,
    }


def _pictures_json(costs: PictureCosts) -> dict[str, Any]:
    terms = {
        "bound_bits_per_dim": costs.bits_per_dim,
        "rate_bits_per_dim": costs.rate_bits_per_dim,
        "distortion_bits_per_dim": costs.distortion_bits_per_dim,
    }
    known = {name: pair(e) for name, e in terms.items()}
    known_errors = [error if math.isfinite(error) else None for error in costs.stderr().tolist()]
    return {**known, "times": costs.times.tolist(), "kl_nats": costs.mean().tolist(), "kl_stderr_nats": known_errors}


def report_json(setup: Setup, trajectory: Trajectory) -> dict[str, Any]:
    """Everything measured in a run. Pairs are [value, standard error]; kl_nats[k] is L_k, dissipation of step t at t-1.

    Of pictures: the bound by Monte Carlo on the run's own, along the times the sampler visited; of a run that measures a picture
    or starts from one, how near its samples come to it, and to the exact posterior.
    """
    common = {
        "experiment": setup.experiment.to_dict(),
        "device": trajectory.device,
        "seconds": trajectory.seconds,
        "evaluations": trajectory.evaluations,
    }
    if not setup.experiment.plain:
        return common | _given_json(setup, trajectory)
    if setup.experiment.shows_pictures:
        return common | _pictures_json(picture_analysis(setup, trajectory))
    info, quality = analyse(setup), sample_quality(setup, trajectory)
    sliced = pair(quality.sliced)
    return {
        **common,
        "entropy_nats": [info.entropy.value, info.entropy.stderr],
        "bound_nats": [info.bound.value, info.bound.stderr],
        "gap_nats": [info.gap.value, info.gap.stderr],
        "exact_gap_nats": [info.exact_gap.value, info.exact_gap.stderr],
        "kl_nats": info.kl_nats.tolist(),
        "kl_stderr_nats": info.kl_stderr.tolist(),
        "exact_kl_nats": info.exact_kl_nats.tolist(),
        "dissipation_nats": info.dissipation_nats.tolist(),
        "dissipation_stderr_nats": info.kl_stderr[:-1].tolist(),  # the same error: both are off by what the network gets wrong
        "exact_dissipation_nats": info.exact_dissipation_nats.tolist(),
        "mismatch_nats": info.mismatch_nats,
        "sliced_wasserstein": sliced[0],
        "sliced_wasserstein_stderr": sliced[1],
        "sliced_wasserstein_floor": quality.floor.value,
        "sliced_wasserstein_floor_stderr": quality.floor.stderr,
        "excess_nll_nats": pair(quality.excess_nll),
    }
