import math

import numpy as np
import pytest
import torch

from diffviz import Experiment
from diffviz.binomial.costs import exact_costs
from diffviz.binomial.finite import BitDistribution
from diffviz.binomial.law import BinomialLaw
from diffviz.engine import Setup
from diffviz.gaussian.kernels import reverse_kernel
from diffviz.thermodynamics.brackets import brackets
from diffviz.views.plane.measure import analyse

RUNS = [
    {"dataset": "eight_gaussians", "steps": 20},
    {"dataset": "swiss_roll", "steps": 15, "schedule": "linear", "variance": "optimal"},
    {"dataset": "checkerboard", "steps": 30, "sampler_steps": 9, "zero_snr": True},
    {"dataset": "eight_gaussians", "steps": 100, "sampler_steps": 10, "spacing": "leading", "denoiser": "learned"},
    {"dataset": "two_gaussians", "steps": 20, "start": "late", "start_time": 0.6},
    {"dataset": "gaussian", "data_std": 0.3, "steps": 12},
    {"dataset": "heartbeat", "steps": 20},
    {"dataset": "heartbeat", "steps": 12, "schedule": "sohl_dickstein", "denoiser": "learned"},
]


def of(**fields):
    setup = Setup(Experiment(**fields))
    return setup, brackets(setup)


@pytest.mark.parametrize("fields", RUNS, ids=lambda fields: "-".join(map(str, fields.values())))
def test_brackets_are_never_violated(fields):
    setup, found = of(**fields)
    assert len(found.exact) == len(setup.times) - 1
    assert (found.lower <= found.exact + 1e-6).all()
    assert (found.exact <= found.upper + 1e-6).all()
    assert found.reason == ""


@pytest.mark.parametrize("dataset", ["two_moons", "rings", "pinwheel"])
def test_in_the_plane_the_ends_are_the_posteriors_variance_and_the_forward_one_and_the_best_lies_between(dataset):
    setup, found = of(dataset=dataset, steps=25, variance="optimal")
    pairs = [reverse_kernel(setup.schedule, t - 1, t) for t in range(1, 26)]
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(found.lower, np.log(2 * np.pi * np.e * np.array([k.variance for k in pairs])))
    np.testing.assert_allclose(found.upper, np.log(2 * np.pi * np.e * np.array([k.forward_variance for k in pairs])))
    assert (found.exact <= found.model + 1e-6).all()  # no density of that variance has more entropy than a Gaussian
    assert (found.model <= found.upper + 1e-6).all()
    assert found.model_stderr.max() < 1e-12
    wide, narrow = of(dataset=dataset, steps=25, variance="beta")[1], of(dataset=dataset, steps=25, variance="posterior")[1]
    np.testing.assert_allclose(wide.model, found.upper)
    np.testing.assert_allclose(narrow.model[1:], found.lower[1:])


def test_the_brackets_need_no_more_of_the_data_than_the_mean_of_bits():
    points = [of(dataset=dataset, steps=12, variance="optimal")[1] for dataset in ("two_moons", "eight_gaussians")]
    setup = Setup(Experiment(dataset="heartbeat", steps=12))

    def of_bits(states, probabilities):
        data = BitDistribution(torch.tensor(states).double(), torch.tensor(probabilities).double())
        return BinomialLaw(data, setup.schedule, setup.times, 0.2).entropies()

    beats = BinomialLaw(setup.distribution, setup.schedule, setup.times, 0.2).entropies()
    same_mean, other_mean = (of_bits([[0.0] * 20, [1.0] * 20], shares) for shares in ([0.8, 0.2], [0.5, 0.5]))
    for name in ("forward", "given_data"):
        np.testing.assert_allclose(getattr(same_mean, name), getattr(beats, name))
        assert not np.allclose(getattr(other_mean, name), getattr(beats, name))
    assert not np.allclose(same_mean.marginal, beats.marginal)
    for one, two in ((points[0].lower, points[1].lower), (points[0].upper, points[1].upper)):
        np.testing.assert_array_equal(one, two)
    assert not np.allclose(points[0].exact, points[1].exact)


def test_what_the_best_variance_has_more_than_the_exact_entropy_is_dissipated():
    setup, found = of(dataset="eight_gaussians", steps=12, variance="optimal")
    np.testing.assert_allclose(found.model - found.exact, analyse(setup, setup.times).dissipation_nats, atol=2e-6)


@pytest.mark.parametrize("data_std", [0.3, 1.0, 1.5])
def test_of_one_gaussian_all_is_closed(data_std):
    """x_s given x_t is Gaussian with the variance v tau_s^2/tau_t^2."""
    setup, found = of(dataset="gaussian", data_std=data_std, steps=10, schedule="linear", variance="optimal")
    alpha, sigma = setup.schedule.alpha, setup.schedule.sigma
    tau2 = alpha**2 * data_std**2 + sigma**2
    forward = np.array([reverse_kernel(setup.schedule, t - 1, t).forward_variance for t in range(1, 11)])
    np.testing.assert_allclose(found.exact, np.log(2 * np.pi * np.e * forward * tau2[:-1] / tau2[1:]), atol=2e-6)
    np.testing.assert_allclose(found.model, found.exact, atol=2e-6)
    assert (found.lower <= found.exact).all()
    if data_std > 1.0:  # x_t shrinks: its entropy falls, and the statement says so
        assert found.above[:5].all()
        assert "the entropy of x_t falls with t" in found.reason.lower()
    else:
        assert not found.above.any()


def test_where_only_some_steps_lose_entropy_their_number_is_told():
    """The straight path from data to noise passes through narrower distributions than either."""
    _, found = of(dataset="gaussian", data_std=1.0, steps=10, schedule="rectified_flow")
    assert 0 < found.above.sum() < 10
    assert f"{found.above.sum()} of 10 steps" in found.reason


def test_on_bits_the_exact_entropy_and_the_dissipation_make_the_models():
    setup, found = of(dataset="heartbeat", steps=15)
    law = setup.domain.path_law(setup.experiment, setup.process)
    costs = exact_costs(law.distribution, law.schedule, law.times, law.rate)
    away = (found.model - found.exact - costs.dissipation) / np.maximum(found.model_stderr, 1e-3)
    assert np.abs(away).max() < 4.5
    assert found.lower[0] == pytest.approx(0.0, abs=1e-12)
    assert found.exact[0] >= 0.0
    assert costs.entropy[0] == pytest.approx(math.log(5))
