import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import brentq

from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import clone_probability
from diffviz.gaussian.symmetry import (
    DENSITY,
    DRIFT,
    clone_probabilities,
    commit_times,
    committed,
    curvatures,
    split_level,
    time_at,
)
from diffviz.levels import level_of
from diffviz.schedules import SCHEDULES, make_schedule

COSINE = make_schedule("cosine", 100)


def on_a_line(std, weights=(0.5, 0.5)):
    """Two Gaussians at -1 and 1."""
    return GaussianMixture(torch.tensor([[-1.0], [1.0]]).double(), torch.tensor(weights).double(), std)


@pytest.mark.parametrize(
    ("mixture", "density", "drift"),
    [
        (on_a_line(1e-4), 0.7071, 0.6436),  # Raya & Ambrogioni 2023, eq. 9: alpha^2 = sqrt(2) - 1
        (on_a_line(0.2), 0.7143, 0.6474),
        (make_dataset("two_gaussians"), 0.7143, 0.6474),
    ],
)
def test_two_gaussians_split_where_papers_say(mixture, density, drift):
    found = commit_times(mixture, COSINE)
    assert found.density_split.alpha == pytest.approx(density, abs=5e-5)
    assert found.drift_split.alpha == pytest.approx(drift, abs=5e-5)


@pytest.mark.parametrize("std", [0.05, 0.2, 0.6])
def test_splits_agree_with_their_closed_forms(std):
    found = commit_times(on_a_line(std), COSINE)

    def drift(alpha):
        v = alpha**2 * std**2 + 1 - alpha**2
        return v**2 / 2 - v + alpha**2

    assert found.density_split.alpha == pytest.approx((2 - std**2) ** -0.5, abs=1e-9)
    assert found.drift_split.alpha == pytest.approx(brentq(drift, 0.01, 0.99), abs=1e-9)


def test_speciation_is_where_the_largest_variance_of_the_signal_is_one():
    """Lambda = 1.04; with the noise kept, it is where the signal's variance is the noise's."""
    found = commit_times(make_dataset("two_gaussians"), COSINE)
    assert found.speciation.alpha == pytest.approx(1.04**-0.5)
    assert found.speciation_with_noise.alpha == pytest.approx(2.04**-0.5)
    assert math.exp(found.speciation_with_noise.log_snr) == pytest.approx(1 / 1.04)


def test_with_points_and_the_noise_kept_speciation_is_the_split_of_the_density():
    found = commit_times(on_a_line(1e-6), COSINE)
    assert found.speciation_with_noise.alpha == pytest.approx(found.density_split.alpha, abs=1e-9)


@pytest.mark.parametrize("log_snr", [-6.0, -0.5, 0.0, 2.0, 8.0])
def test_clone_probability_is_that_of_an_integral(log_snr):
    alpha, sigma = level_of(log_snr)
    v = alpha**2 * 0.04 + sigma**2

    def integrand(x):
        parts = [math.exp(-((x - sign * alpha) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v) / 2 for sign in (-1, 1)]
        return sum(part**2 for part in parts) / max(sum(parts), 1e-300)

    truth = quad(integrand, -9, 9, points=[-alpha, 0, alpha], limit=200)[0]
    assert clone_probability(on_a_line(0.2), alpha, sigma) == pytest.approx(truth, abs=1e-7)
    assert clone_probability(make_dataset("two_gaussians"), alpha, sigma) == pytest.approx(truth, abs=1e-7)  # y tells nothing


def test_clone_probability_at_the_splits():
    """Of s = 0.2: 0.718 and 0.769 where points split, 0.721 and 0.775 where this mixture does."""
    mixture = on_a_line(0.2)
    for alpha, phi in ((math.sqrt(math.sqrt(2) - 1), 0.718), (math.sqrt(0.5), 0.769)):
        assert clone_probability(mixture, alpha, math.sqrt(1 - alpha**2)) == pytest.approx(phi, abs=5e-4)
    found = commit_times(mixture, COSINE)
    assert found.drift_split.clones == pytest.approx(0.721, abs=5e-4)
    assert found.density_split.clones == pytest.approx(0.775, abs=5e-4)


@pytest.mark.parametrize("name", ["eight_gaussians", "smiley"])
def test_clone_probability_goes_from_that_of_the_weights_to_that_of_the_data(name):
    mixture = make_dataset(name)
    found = clone_probabilities(mixture, COSINE, np.arange(0, 101, 10))
    assert (np.diff(found) < 0).all()
    assert found[-1] == pytest.approx(float(mixture.weights.square().sum()), abs=1e-6)
    x = mixture.sample(torch.rand(20_000, generator=torch.manual_seed(0)).double(), torch.randn(20_000, 2).double())
    drawn = mixture.shares(x, 1.0, 0.0).square().sum(1)
    assert found[0] == pytest.approx(float(drawn.mean()), abs=4 * float(drawn.std()) / math.sqrt(len(x)))


@pytest.mark.parametrize("name", DATASETS)
def test_a_split_is_known_or_told_why_it_is_not(name):
    """The drift splits at more noise than the density: a half less of curvature is asked for."""
    found = commit_times(make_dataset(name), COSINE)
    for moment in vars(found).values():
        assert (moment.alpha is None) == (moment.log_snr is None) == (moment.t is None) == bool(moment.reason)
        if moment.t is not None:
            assert 0 <= moment.t <= 100
            assert moment.log_snr == pytest.approx(math.log(moment.alpha**2 / (1 - moment.alpha**2)))
    if found.density_split.t is not None:
        assert found.density_split.t < found.drift_split.t


@pytest.mark.parametrize("name", ["two_moons", "rings", "pinwheel"])
def test_of_symmetric_data_the_centre_is_what_splits(name):
    """By finite differences of the log density at 0: its largest curvature changes sign at the level found."""
    mixture, h = make_dataset(name), 1e-4
    angles = torch.arange(360).double() * math.pi / 360
    along = torch.stack([angles.cos(), angles.sin()], 1)
    for off, sign in ((-0.02, -1), (0.02, 1)):
        alpha, sigma = level_of(split_level(mixture, DENSITY) + off)
        points = torch.cat([h * along, -h * along, torch.zeros(1, 2).double()])
        ahead, behind, centre = mixture.log_density(points, alpha, sigma).split([360, 360, 1])
        assert sign * float((ahead + behind - 2 * centre).max()) > 0


def test_the_heavier_of_two_modes_never_splits():
    found = commit_times(on_a_line(0.2, (0.3, 0.7)), COSINE)
    assert found.density_split.alpha is None
    assert "stays one" in found.density_split.reason


def test_one_gaussian_has_no_moments():
    assert all("One Gaussian" in moment.reason for moment in vars(commit_times(make_dataset("gaussian"), COSINE)).values())


def test_a_schedule_that_ends_early_does_not_reach_the_split():
    schedule = make_schedule("linear", 10, scale_betas=False)
    split = commit_times(make_dataset("two_gaussians"), schedule).density_split
    assert split.alpha == pytest.approx(0.7143, abs=5e-5)
    assert split.t is None
    assert "does not reach" in split.reason


@pytest.mark.parametrize("name", SCHEDULES)
def test_t_of_a_level_is_between_the_times_around_it(name):
    schedule = make_schedule(name, 30)
    for t in (1, 7, 29):
        assert time_at(schedule, float(schedule.log_snr[t])) == pytest.approx(t, abs=1e-6)
    assert 6 < time_at(schedule, float(schedule.log_snr[6:8].mean())) < 7


@pytest.mark.parametrize("growth", [DENSITY, DRIFT])
def test_curvature_at_the_centre_is_the_closed_form(growth):
    """v times -1/v + alpha^2/v^2 + growth; it changes sign at the split."""
    times = np.arange(5, 100, 5)
    found = curvatures(make_dataset("two_gaussians"), COSINE, times, growth)
    alpha2 = COSINE.alpha[times] ** 2
    v = alpha2 * 0.04 + 1 - alpha2
    np.testing.assert_allclose(found, v * (-1 / v + alpha2 / v**2 + growth), atol=1e-9)
    split = time_at(COSINE, split_level(make_dataset("two_gaussians"), growth))
    np.testing.assert_array_equal(found > 0, times < split)


def test_particles_commit_as_the_mixture_says():
    """Those of the exact posterior: the share whose mode at t is the last one is E max_k p(k|x_t)."""
    mixture, generator, count = make_dataset("two_gaussians"), torch.manual_seed(0), 20_000
    x_0 = mixture.sample(torch.rand(count, generator=generator).double(), torch.randn(count, 2, generator=generator).double())
    times = np.array([100, 50, 0])
    noise = torch.randn(count, 2, generator=generator).double()
    paths = torch.stack([COSINE.alpha[t] * x_0 + COSINE.sigma[t] * noise for t in times])
    found = committed(mixture, paths.numpy(), COSINE, times)
    expected = [
        float(mixture.shares(x, COSINE.alpha[t], COSINE.sigma[t]).amax(1).mean()) for x, t in zip(paths, times, strict=True)
    ]
    assert found[-1] == 1.0
    np.testing.assert_allclose(found, expected, atol=4 * 0.5 / math.sqrt(count))
    assert found[0] == pytest.approx(0.5, abs=0.02)
