"""The report of a run: what the command line prints, the page shows and the API returns."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.diagnostics.distances import sliced_wasserstein
from diffviz.diagnostics.information import Estimate, Information, information, network_errors
from diffviz.diagnostics.pictures import PictureCosts, picture_costs
from diffviz.diagnostics.posterior import distance_to_picture, posterior_summary, round_trip
from diffviz.engine import Setup
from diffviz.experiment import Experiment, ExperimentError
from diffviz.images import IMAGES
from diffviz.kernels import reverse_variances
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.schedules import NoiseSchedule
from diffviz.thermodynamics import noise_levels
from diffviz.trajectory import Trajectory

REFERENCES = 8  # fresh clouds of data a result is compared with


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
        errors = network_errors(setup.denoiser, setup.mixture, setup.schedule, times, setup.device)
    variances = reverse_variances(setup.experiment.variance, setup.schedule, times, setup.mixture)
    levels = noise_levels(setup.mixture, setup.schedule, times)
    return information(setup.mixture, setup.schedule, variances, times, levels, errors)


@dataclass(frozen=True)
class SampleQuality:
    """Sliced W2 between the generated particles and fresh data, in the data's unit.

    mean over REFERENCES fresh clouds, its standard error over them, and floor: the same between two clouds of data, which
    is what the finite number of particles alone accounts for.
    """

    mean: float
    stderr: float
    floor: float


def fresh_clouds(setup: Setup, count: int = REFERENCES) -> list[NDArray[np.float64]]:
    """count clouds [N, D] of fresh data, as many points each as the run has particles; others for every seed."""
    e, clouds = setup.experiment, []
    for index in range(count):
        seed = e.seed * count + index
        normal = ParticleNoise(seed, Stream.REFERENCE, e.particles)(0)
        uniform = particle_uniform(seed, Stream.REFERENCE, e.particles)
        clouds.append(setup.mixture.sample(uniform, normal.double()).numpy())
    return clouds


def sample_quality(setup: Setup, trajectory: Trajectory) -> SampleQuality:
    """How far the end of the reverse path is from the data. Raises ExperimentError for pictures."""
    require_points(setup.experiment)
    clouds = fresh_clouds(setup)
    generated = trajectory.reverse[-1].astype(np.float64)
    distances = [sliced_wasserstein(generated, cloud) for cloud in clouds]
    floors = [sliced_wasserstein(a, b) for a, b in itertools.pairwise(clouds)]
    stderr = float(np.std(distances, ddof=1)) / math.sqrt(REFERENCES)
    return SampleQuality(float(np.mean(distances)), stderr, float(np.mean(floors)))


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


def _pair(estimate: Estimate) -> list[float | None]:
    return [estimate.value, estimate.stderr if math.isfinite(estimate.stderr) else None]


def _given_json(setup: Setup, trajectory: Trajectory) -> dict[str, Any]:
    """Of a run whose pictures are given, which has no bound: the chain is that of generation no more."""
    e = setup.experiment
    if e.start == "picture":
        return {"to_picture_mse": _pair(distance_to_picture(setup, trajectory.reverse[-1]))}
    if e.start == "between":
        return {"round_trip_rmse": list(round_trip(setup, trajectory.reverse[-1]))}
    found = posterior_summary(setup, trajectory.reverse[-1])
    return {
        "mean_to_truth_mse": _pair(found.to_truth),
        "exact_mean_to_truth_mse": found.exact_to_truth,
        "mean_to_exact_mse": _pair(found.to_exact),
        "spread": _pair(found.spread),
        "exact_spread": found.exact_spread,
    }


def _pictures_json(costs: PictureCosts) -> dict[str, Any]:
    terms = {
        "bound_bits_per_dim": costs.bits_per_dim,
        "rate_bits_per_dim": costs.rate_bits_per_dim,
        "distortion_bits_per_dim": costs.distortion_bits_per_dim,
    }
    known = {name: _pair(e) for name, e in terms.items()}
    return {**known, "times": costs.times.tolist(), "kl_nats": costs.mean().tolist(), "kl_stderr_nats": costs.stderr().tolist()}


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
        "sliced_wasserstein": quality.mean,
        "sliced_wasserstein_stderr": quality.stderr,
        "sliced_wasserstein_floor": quality.floor,
    }
