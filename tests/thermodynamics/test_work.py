"""The work of paths: its mean increments are the dissipation that quadrature and sums know, and of one Gaussian it is closed."""

import math

import numpy as np
import pytest
import torch

from diffviz import Experiment
from diffviz.domains.heartbeat.information import information
from diffviz.engine import Setup, run
from diffviz.experiment import ExperimentError
from diffviz.reproduce import EXPERIMENTS
from diffviz.reproduce.results import recorded
from diffviz.thermodynamics.work import check_paths, increments_of, path_law, work_of_run
from diffviz.views.plane.measure import analyse

PATHS, RARE = 4000, 10.0
ROLL, _ = EXPERIMENTS["swiss_roll"].opened(recorded()["swiss_roll"])  # at the noise levels that its network was trained at
RUNS = [
    {"dataset": "eight_gaussians", "steps": 20, "variance": "optimal"},
    {"dataset": "two_moons", "steps": 15, "variance": "posterior", "schedule": "linear"},
    {"dataset": "rings", "steps": 8, "variance": "beta", "schedule": "rectified_flow"},
    {"dataset": "eight_gaussians", "steps": 40, "sampler_steps": 10, "spacing": "leading", "sampler": "ddim"},
    {"dataset": "checkerboard", "steps": 10, "zero_snr": True, "variance": "optimal"},
    {"dataset": "eight_gaussians", "steps": 60, "sampler_steps": 10, "variance": "posterior", "bug": "previous_step"},
    {"dataset": "eight_gaussians", "steps": 20, "denoiser": "learned", "variance": "optimal"},
    {"dataset": "two_gaussians", "steps": 20, "start": "late", "start_time": 0.5, "variance": "optimal"},
    {"dataset": "two_moons", "steps": 10, "variance": "learned"},
    ROLL.changed(),
    {"dataset": "heartbeat", "steps": 10},
    {"dataset": "heartbeat", "steps": 20, "sampler_steps": 8, "schedule": "linear"},
    {"dataset": "heartbeat", "steps": 10, "denoiser": "learned"},
]


def known(setup):
    """[K+1] what each increment is on average, and [K+1] the errors of that."""
    if setup.experiment.dataset == "heartbeat":
        found = information(setup.schedule, setup.times, None if setup.experiment.denoiser == "exact" else setup.denoiser, seed=5)
        production, stderr = found.of_steps(found.dissipation)
        return np.append(production, found.mismatch), np.append(stderr, 0.0)
    found = analyse(setup, setup.times)
    return np.append(found.dissipation_nats, found.mismatch_nats), found.kl_stderr


@pytest.mark.parametrize("fields", RUNS, ids=lambda fields: "-".join(map(str, fields.values())))
def test_the_mean_of_every_increment_is_the_dissipation_of_its_step(fields):
    setup = Setup(Experiment(**fields))
    work, (mean, error) = work_of_run(setup, PATHS), known(setup)
    # a small dissipation may be that of rare paths, none of which is drawn: of RARE nats each they have this variance at least
    variance = np.maximum(work.forward.var(1, ddof=1), RARE * mean)
    stderr = np.hypot(np.sqrt(variance / PATHS), error) + 1e-6
    away = (work.forward.mean(1) - mean) / stderr
    assert np.abs(away).max() < 4.5
    assert np.square(away).mean() < 1 + 4 * math.sqrt(2 / len(away))
    total = work.work_forward
    assert total.mean() == pytest.approx(mean.sum(), abs=4 * math.hypot(total.std() / PATHS**0.5, np.linalg.norm(error)))


@pytest.mark.parametrize("data_std", [0.5, 1.0, 1.4])
def test_of_one_gaussian_only_the_prior_costs_work_and_that_in_closed_form(data_std):
    setup = Setup(Experiment(dataset="gaussian", data_std=data_std, steps=6, schedule="linear", variance="optimal"))
    work = work_of_run(setup, 500)
    assert np.abs(work.forward[:-1]).max() < 1e-4  # the optimal variance is known to a millionth, by quadrature
    assert np.abs(work.reverse[:-1]).max() < 1e-4
    variance = float((setup.schedule.alpha[-1] * data_std) ** 2 + setup.schedule.sigma[-1] ** 2)
    expected = variance - 1.0 - math.log(variance)  # KL(N(0, variance I) || N(0, I)) of two coordinates
    spread = abs(variance - 1.0)  # log q - log p = (variance - 1)|z|^2/2 - log variance, z standard normal in the plane
    assert work.forward[-1].mean() == pytest.approx(expected, abs=4 * spread / 500**0.5 + 1e-12)
    assert work.forward[-1].std() == pytest.approx(spread, rel=0.15, abs=1e-12)


def test_of_a_wrong_variance_the_increments_have_the_distribution_that_two_gaussians_give():
    """q(x_s|x_t) and p(x_s|x_t) have one mean and the variances v and b: d = log(b/v) - (1/v - 1/b) chi/2 with chi/v chi squared
    of two degrees of freedom, so that under q its mean is b-dependent and its standard deviation |1 - v/b|."""
    setup = Setup(Experiment(dataset="gaussian", data_std=0.5, steps=4, variance="beta"))
    best = Setup(Experiment(dataset="gaussian", data_std=0.5, steps=4, variance="optimal")).process.variances.values
    wide, work = setup.process.variances.values, work_of_run(setup, PATHS)
    for j in range(4):
        ratio = best[j] / wide[j]
        assert work.forward[j].mean() == pytest.approx(ratio - 1 - math.log(ratio), abs=4 * abs(1 - ratio) / PATHS**0.5 + 1e-6)
        assert work.forward[j].std() == pytest.approx(abs(1 - ratio), rel=0.1, abs=1e-6)
        under_p = 1 / ratio - 1 + math.log(ratio)  # KL(p || q)
        assert -work.reverse[j].mean() == pytest.approx(under_p, abs=5 * abs(1 / ratio - 1) / PATHS**0.5 + 1e-6)


@pytest.mark.parametrize("fields", [RUNS[0], RUNS[6], RUNS[10]], ids=["exact", "network", "bits"])
def test_a_path_is_the_same_whatever_the_number_of_paths(fields):
    setup = Setup(Experiment(**fields))
    few, many = work_of_run(setup, 7), work_of_run(setup, 60)
    tolerance = 1e-3 if setup.experiment.denoiser == "learned" else 1e-8  # float32 adds up otherwise in larger batches
    np.testing.assert_allclose(few.forward, many.forward[:, :7], atol=tolerance)
    np.testing.assert_allclose(few.reverse, many.reverse[:, :7], atol=tolerance)
    other = work_of_run(setup, 7, seed=setup.experiment.seed + 1)
    assert not np.allclose(other.forward, few.forward, atol=tolerance)


@pytest.mark.parametrize("fields", [{"steps": 12, "sampler_steps": 6}, {"dataset": "heartbeat", "steps": 8}])
def test_paths_of_a_run_have_increments_too(fields):
    setup = Setup(Experiment(**fields, particles=50))
    trajectory = run(setup.experiment, setup)
    forward = increments_of(setup, trajectory.forward[setup.times])
    reverse = increments_of(setup, trajectory.reverse[::-1])
    assert forward.shape == reverse.shape == (len(setup.times), 50)
    law, x = path_law(setup), torch.from_numpy(trajectory.forward[setup.times]).double()
    q = law.log_marginal(x[0], 0) + sum(law.log_forward(x[j - 1], x[j], j) for j in range(1, len(x)))
    p = law.log_prior(x[-1]) + sum(law.log_reverse(x[j - 1], x[j], law.exact(x[j], j), j) for j in range(1, len(x)))
    np.testing.assert_allclose(forward.sum(0), q - p, atol=1e-8)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"dataset": "digits"}, "dataset"),
        ({"sampler": "ddim", "eta": 0.5, "bug": "eta"}, "bug"),
        ({"dataset": "digits", "measurement": "inpaint"}, "measurement"),
        ({"measurement": "half_plane"}, "measurement"),
        ({"dataset": "digits", "start": "picture"}, "start"),
    ],
)
def test_a_run_whose_paths_have_no_known_probability_says_so(fields, field):
    with pytest.raises(ExperimentError) as refused:
        path_law(Setup(Experiment(**fields)))
    assert refused.value.field == field
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("paths", [0, 1, 10**9])
def test_too_few_or_too_many_paths_are_refused(paths):
    law = path_law(Setup(Experiment(steps=100)))
    with pytest.raises(ExperimentError, match="paths must be a whole number from 2 to 198019 with so many steps"):
        check_paths(law, paths)
