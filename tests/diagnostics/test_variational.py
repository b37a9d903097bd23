"""The bound, term by term, beside one written from the papers (tests/oracles/variational.py)."""

import numpy as np
import pytest
import torch

from diffviz import Experiment
from diffviz.domains.pictures.costs import picture_costs
from diffviz.domains.pictures.images import IMAGES, image_mixture, make_images
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.information import information
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.kernels import reverse_variances
from diffviz.schedules import make_schedule
from tests.measured import measured
from tests.oracles.variational import Chain

STEPS = 12
SCHEDULES = ("linear", "cosine", "quadratic", "sigmoid")
KINDS = {"posterior": "fixed_small", "fixed_large": "fixed_large", "learned": "learned_range"}
every_schedule = pytest.mark.parametrize("name", SCHEDULES)


def chain_of(name):
    schedule = make_schedule(name, STEPS)
    return schedule, Chain(schedule.beta)


@every_schedule
@pytest.mark.parametrize("kind", ["posterior", "fixed_large"])
@pytest.mark.parametrize("dataset", ["eight_gaussians", "two_moons"])
def test_points_in_the_plane(dataset, kind, name):
    """Every L in expectation: KL and density are linear in the squared error, whose least mean is the MMSE."""
    mixture, (schedule, chain), times = make_dataset(dataset), chain_of(name), np.arange(STEPS + 1)
    levels = noise_levels(mixture, schedule, times)
    found = information(mixture, schedule, reverse_variances(kind, schedule, times, mixture), times, levels)
    dim, expected = mixture.dim, []
    for t in range(1, STEPS + 1):
        square = chain.of_x0[t] ** 2 * levels.mmse[t] / dim
        variance = getattr(chain, KINDS[kind])(t)
        expected.append(dim * (chain.density if t == 1 else lambda *of, t=t: chain.expected_step(t, *of))(square, variance))
    expected.append(dim * chain.prior(mixture.mean_square / dim))
    np.testing.assert_allclose(found.kl_nats, expected, rtol=1e-10, atol=1e-10)
    assert found.bound.value == pytest.approx(sum(expected), abs=1e-9)


@every_schedule
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dataset", ["digits", "dead_leaves"])
def test_pictures(dataset, kind, name):
    """Every L of every picture, pixel by pixel, on unseen ones; the learned range is asked for the v that says the same."""
    (schedule, chain), times, row = chain_of(name), np.arange(STEPS + 1), IMAGES[dataset]
    x_0 = make_images(dataset).held_out[:3].double()
    normal = torch.randn(STEPS + 1, *x_0.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    forward = [float(a) * x_0 + float(s) * z for a, s, z in zip(schedule.alpha, schedule.sigma, normal, strict=True)]
    denoiser = ExactDenoiser(image_mixture(dataset), dtype=torch.float64)
    variances = reverse_variances(kind, schedule, times, None)
    found = picture_costs(denoiser, schedule, variances, times, row, forward)
    x_0 = x_0.numpy()
    for t in range(1, STEPS + 1):
        x_t = forward[t].numpy()
        answer = denoiser(forward[t], float(schedule.alpha[t]), float(schedule.sigma[t]))
        if kind == "learned":
            wanted = chain.beta_tilde[t] + chain.of_x0[t] ** 2 * answer.variance.numpy()
            share = np.log(wanted / chain.beta_tilde[t]) / np.log(chain.beta[t] / chain.beta_tilde[t])
            variance = chain.learned_range(t, share)
        else:
            variance = getattr(chain, KINDS[kind])(t)
        x0_hat = answer.x0_hat.numpy()
        if t == 1:
            terms = chain.discretised(x_0, x_t, x0_hat, variance, row.bin_width)
        else:
            terms = chain.step(t, x_0, x_t, x0_hat, variance)
        np.testing.assert_allclose(found.nats[t - 1], terms.reshape(3, -1).sum(1), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.nats[-1], chain.prior(x_0**2).reshape(3, -1).sum(1), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dataset", ["two_moons", "heartbeat"])
def test_the_entropy_produced_begins_with_the_mismatch_and_ends_at_the_gap(dataset):
    found = measured(Experiment(dataset=dataset, steps=6, particles=8))
    curve = found.curves["produced_nats"]
    assert curve.x.tolist() == found.times.tolist()
    assert curve.values[-1] == pytest.approx(found.value("mismatch_nats").value, abs=1e-9)
    assert curve.values[0] == pytest.approx(found.value("gap_nats").value, rel=1e-6)
    assert (np.diff(curve.values) <= 0).all()
    np.testing.assert_allclose(-np.diff(curve.values), found.curves["dissipation_nats"].values, atol=1e-12)
