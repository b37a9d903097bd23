import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from diffviz import Experiment, run
from diffviz.domains.plane.datasets import make_dataset
from diffviz.engine import Setup
from diffviz.experiment import ExperimentError
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.prior import Prior, moments

OBLIQUE = GaussianMixture(
    torch.tensor([[0.0, 1.0], [2.0, 0.5], [1.0, -1.0]]).double(), torch.tensor([0.2, 0.3, 0.5]).double(), 0.3
)


def test_moments_are_those_of_draws():
    generator, count = torch.manual_seed(0), 200_000
    x_0 = OBLIQUE.sample(torch.rand(count, generator=generator).double(), torch.randn(count, 2, generator=generator).double())
    x_t = 0.6 * x_0 + 0.8 * torch.randn(count, 2, generator=generator).double()
    mean, covariance = moments(OBLIQUE, 0.6, 0.8)
    torch.testing.assert_close(mean, x_t.mean(0), rtol=0, atol=0.02)
    torch.testing.assert_close(covariance, torch.cov(x_t.T), rtol=0, atol=0.02)


def test_draws_and_density_are_those_of_the_gaussian():
    prior = Prior.matched(OBLIQUE, 0.6, 0.8)
    x = prior.draw(torch.randn(200_000, 2, generator=torch.manual_seed(0)))
    assert x.dtype == torch.float32
    torch.testing.assert_close(x.mean(0).double(), prior.mean, rtol=0, atol=0.02)
    torch.testing.assert_close(torch.cov(x.T).double(), prior.covariance, rtol=0, atol=0.02)
    points = x[:50].double()
    truth = multivariate_normal(prior.mean.numpy(), prior.covariance.numpy()).logpdf(points.numpy())
    np.testing.assert_allclose(prior.log_density(points).numpy(), truth, rtol=1e-12)


def test_cross_entropy_is_a_mean_of_the_density():
    """Of the mixture it has the moments of, it is the Gaussian's own entropy; of another one, the mean over draws."""
    prior, generator, count = Prior.matched(OBLIQUE, 0.6, 0.8), torch.manual_seed(1), 100_000
    entropy = 0.5 * float(torch.linalg.slogdet(2 * math.pi * math.e * prior.covariance).logabsdet)
    assert prior.cross_entropy_nats(OBLIQUE, 0.6, 0.8) == pytest.approx(entropy, abs=1e-12)
    other = make_dataset("two_gaussians")
    x = other.sample(torch.rand(count, generator=generator).double(), torch.randn(count, 2, generator=generator).double())
    x = 0.3 * x + 0.9 * torch.randn(count, 2, generator=generator).double()
    costs = -prior.log_density(x)
    assert prior.cross_entropy_nats(other, 0.3, 0.9) == pytest.approx(
        float(costs.mean()), abs=4 * float(costs.std()) / count**0.5
    )


@pytest.mark.parametrize("sampler", ["ancestral", "ddim", "dpm_solver_2m"])
def test_a_late_run_starts_there_from_the_gaussian(sampler):
    experiment = Experiment(dataset="two_gaussians", sampler=sampler, particles=4000, start="late", start_time=0.55)
    trajectory, setup = run(experiment), Setup(experiment)
    assert trajectory.t[0] == experiment.reverse_steps == 55
    assert len(trajectory.forward) == 101
    start = torch.from_numpy(trajectory.reverse[0]).double()
    _, covariance = moments(setup.distribution, setup.schedule.alpha[55], setup.schedule.sigma[55])
    torch.testing.assert_close(torch.cov(start.T), covariance, rtol=0, atol=0.09)  # four standard errors
    assert (start[:, 0].abs() < 0.1).double().mean() > 0.03  # no gap between the modes: one Gaussian
    ends = trajectory.reverse[-1]
    assert abs(np.mean(ends[:, 0] > 0) - 0.5) < 0.03
    assert np.mean(np.abs(np.abs(ends[:, 0]) - 1) < 0.8) > 0.97


def test_with_one_gaussian_nothing_is_lost_wherever_it_starts():
    """The Gaussian is q(x_t) itself: the bound is the entropy, whatever t_0 is."""
    from diffviz.views.plane.measure import analyse

    for share in (0.0, 0.3, 1.0):
        setup = Setup(Experiment(dataset="gaussian", data_std=0.4, steps=10, start="late", start_time=share))
        assert analyse(setup, setup.times).gap.value == pytest.approx(0.0, abs=1e-6)
        assert len(setup.times) == max(1, round(10 * share)) + 1


def test_the_start_is_found_among_the_times_that_are_visited():
    """On a schedule found for the data, whose times even in log SNR are others than without them."""
    experiment = Experiment(
        dataset="two_moons", schedule="least_dissipation", sampler_steps=20, spacing="log_snr", start="late", start_time=0.5
    )
    setup = Setup(experiment)
    assert abs(setup.times[-1] - 50) == np.abs(setup.visited - 50).min()
    assert run(experiment, setup).t[0] == setup.times[-1]


@pytest.mark.parametrize("dataset", ["digits", "heartbeat"])
def test_other_data_have_no_late_start(dataset):
    with pytest.raises(ExperimentError, match="start must be one of"):
        Experiment(dataset=dataset, start="late")


def test_a_start_time_without_effect_returns_to_its_default():
    assert Experiment(start_time=0.3).start_time == Experiment().start_time
    assert Experiment(start="late", start_time=0.3).start_time == 0.3
