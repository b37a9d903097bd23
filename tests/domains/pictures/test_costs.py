"""The bound on pictures against closed forms and naive sums."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from diffviz.domains.pictures.costs import discretised_nats, drawn_costs, picture_costs
from diffviz.domains.pictures.images import IMAGES, ImageRow, make_images
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.kernels import PICTURE_VARIANCES, gaussian_kl_nats, reverse_kernel, reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.schedules import make_schedule

ROW = ImageRow("Test", "", (1, 2, 2), 0, 5, lambda: None)
GENERATOR = torch.Generator().manual_seed(3)


def path(schedule, times, x_0):
    """x_t at the times, with noise of its own at each: the bound's terms need no joint law."""
    normal = torch.randn(len(times), *x_0.shape, generator=GENERATOR, dtype=torch.float64)
    return [float(schedule.alpha[t]) * x_0 + float(schedule.sigma[t]) * z for t, z in zip(times, normal, strict=True)]


def test_grey_levels_have_probabilities_that_sum_to_one():
    levels = torch.linspace(-1, 1, ROW.levels, dtype=torch.float64)
    for mean, variance in ((0.3, 0.2), (-0.9, 0.001), (2.0, 1.0)):
        nats = [float(discretised_nats(v.view(1, 1), torch.tensor([[mean]]).double(), variance, ROW.bin_width)) for v in levels]
        assert sum(math.exp(-n) for n in nats) == pytest.approx(1.0, abs=1e-9)
    inner = discretised_nats(torch.tensor([[0.5]]), torch.tensor([[0.4]]), 0.04, 0.5)
    assert float(inner) == pytest.approx(-math.log(norm.cdf(0.75, 0.4, 0.2) - norm.cdf(0.25, 0.4, 0.2)), rel=1e-6)


@pytest.mark.parametrize("x", [-1.0, -0.5, 0.5, 1.0])
def test_unlikely_grey_levels_keep_their_digits(x):
    """On both sides of the mean, at probabilities of 10^-11: 1 + erf loses them, and so do differences of numbers near 1."""
    mean, std = -0.66 * np.sign(x) + x, 0.0625
    found = float(discretised_nats(torch.tensor([[x]]).double(), torch.tensor([[mean]]).double(), std**2, ROW.bin_width))
    far, near = (0.66 + ROW.bin_width / 2) / std, (0.66 - ROW.bin_width / 2) / std
    log_tail, log_beyond = norm.logsf(near), norm.logsf(far) if abs(x) < 1 else -np.inf
    assert found == pytest.approx(-log_tail - math.log1p(-math.exp(log_beyond - log_tail)), rel=1e-12)
    assert 23 < found < 26


@pytest.mark.parametrize("last", [8, 7])
@pytest.mark.parametrize("kind", PICTURE_VARIANCES)
def test_the_terms_are_those_of_a_naive_sum(kind, last):
    """Pixel by pixel, with the kernel's own formulas; the chain may end below T."""
    schedule, times = make_schedule("cosine", 8), np.array([0, 1, 4, last])
    x_0 = torch.randint(0, 5, (3, 1, 2, 2), generator=GENERATOR).double() / 2 - 1
    forward = path(schedule, times, x_0)

    def denoiser(x_t, alpha, sigma):
        return Prediction(0.5 * x_t, 0.1 + 0.05 * x_t.abs())

    variances = reverse_variances(kind, schedule, times, None)
    costs = picture_costs(denoiser, schedule, variances, times, ROW, forward)
    for n in range(3):
        for j, (s, t) in enumerate(((1, 4), (4, last)), start=1):
            kernel, answer = reverse_kernel(schedule, s, t), denoiser(forward[j + 1][n], 0, 0)
            own = answer.variance.mean().expand_as(answer.variance) if kind == "optimal" else answer.variance
            total = 0.0
            for x, estimate, extra in zip(x_0[n].flatten(), answer.x0_hat.flatten(), own.flatten(), strict=True):
                sigma2 = {
                    "posterior": kernel.variance,
                    "beta": kernel.forward_variance,
                    "fixed_large": kernel.forward_variance,
                }.get(kind, kernel.variance + kernel.c_0**2 * float(extra))
                total += gaussian_kl_nats((kernel.c_0 * float(x - estimate)) ** 2, kernel.variance, sigma2, 1)
            assert costs.nats[j, n] == pytest.approx(total, rel=1e-9)
        prior = sum(
            gaussian_kl_nats(float(schedule.alpha[last] * x) ** 2, float(schedule.sigma[last]) ** 2, 1.0, 1)
            for x in x_0[n].flatten()
        )
        assert costs.nats[-1, n] == pytest.approx(prior, rel=1e-9)
    assert costs.bits_per_dim.value == pytest.approx(
        costs.rate_bits_per_dim.value + costs.distortion_bits_per_dim.value, rel=1e-12
    )


def test_the_exact_denoiser_of_a_gaussian_reaches_its_entropy_with_many_steps():
    """Data N(0, s^2 I) finely binned: -log2 of the bin's probability is the least that can be paid, and 1/T above it is paid."""
    std, count, row = 0.3, 4000, ImageRow("Test", "", (1, 1, 2), 0, 2001, lambda: None)
    mixture = GaussianMixture(torch.zeros(1, 2, dtype=torch.float64), torch.ones(1, dtype=torch.float64), std)
    x_0 = (std * torch.randn(count, 1, 1, 2, generator=GENERATOR, dtype=torch.float64)).clamp(-1, 1)
    x_0 = torch.round(x_0 / row.bin_width) * row.bin_width
    least = 0.5 * math.log2(2 * math.pi * math.e * std**2) - math.log2(row.bin_width)
    excess = []
    for steps in (25, 50, 100):
        schedule, times = make_schedule("cosine", steps), np.arange(steps + 1)
        exact = ExactDenoiser(mixture, dtype=torch.float64)

        def denoiser(x, alpha, sigma, exact=exact):
            p = exact(x.flatten(1), alpha, sigma)
            return Prediction(p.x0_hat.view_as(x), p.variance.view_as(x))

        costs = picture_costs(
            denoiser, schedule, reverse_variances("learned", schedule, times, None), times, row, path(schedule, times, x_0)
        )
        assert costs.bits_per_dim.stderr < 0.02
        excess.append(costs.bits_per_dim.value - least)
    assert abs(excess[-1]) < 4 * costs.bits_per_dim.stderr + 0.02
    with_posterior = picture_costs(
        denoiser, schedule, reverse_variances("posterior", schedule, times, None), times, row, path(schedule, times, x_0)
    )
    assert with_posterior.bits_per_dim.value > costs.bits_per_dim.value + 0.1


def test_the_learned_variance_lowers_the_bound_at_fifty_steps():
    """The shipped digits, on held-out pictures; the difference is taken picture by picture."""
    x_0 = make_images("digits").held_out[:48]
    totals = {}
    for kind in ("posterior", "beta", "optimal", "learned"):
        setup = Setup(Experiment(dataset="digits", denoiser="learned", steps=50, variance=kind, particles=1))
        normal = torch.randn(len(setup.times), *x_0.shape, generator=torch.Generator().manual_seed(0))
        levels = zip(setup.times, normal, strict=True)
        forward = [float(setup.schedule.alpha[t]) * x_0 + float(setup.schedule.sigma[t]) * z for t, z in levels]
        costs = picture_costs(setup.denoiser, setup.schedule, setup.process.variances, setup.times, IMAGES["digits"], forward)
        totals[kind] = costs.nats.sum(0) / (costs.dim * math.log(2.0))
    for kind, least in (("posterior", 0.3), ("beta", 0.3), ("optimal", 0.1)):
        difference = totals[kind] - totals["learned"]
        assert difference.mean() > least, kind
        assert difference.mean() > 5 * difference.std(ddof=1) / math.sqrt(len(difference)), kind


@pytest.fixture(scope="module")
def narrow():
    """Pictures of N(0, 0.3^2 I) on a grid, and drawn(passes, seed): their costs over 60 steps."""
    row = ImageRow("Test", "", (1, 2, 2), 0, 33, lambda: None)
    law = GaussianMixture(torch.zeros(1, 4, dtype=torch.float64), torch.ones(1, dtype=torch.float64), 0.3)
    x_0 = (0.3 * torch.randn(150, 1, 2, 2, generator=GENERATOR, dtype=torch.float64)).clamp(-1, 1)
    x_0 = torch.round(x_0 / row.bin_width) * row.bin_width
    schedule = make_schedule("cosine", 60)
    variances = reverse_variances("learned", schedule, np.arange(61), None)
    exact = ExactDenoiser(law, dtype=torch.float64)
    return lambda passes, seed=0: drawn_costs(exact, schedule, variances, row, x_0, passes, seed)


def test_a_few_drawn_steps_estimate_the_whole_sum_and_know_their_error(narrow):
    whole = narrow(60)
    assert (whole.nats[1:-1] > 0).all()  # every step is computed for every picture
    drawn = [narrow(4, seed) for seed in range(30)]
    for part in ("bits_per_dim", "rate_bits_per_dim", "distortion_bits_per_dim", "prior_bits_per_dim"):
        wanted, found = getattr(whole, part), [getattr(costs, part) for costs in drawn]
        error = float(np.std([e.value for e in found], ddof=1)) / math.sqrt(30)
        assert abs(np.mean([e.value for e in found]) - wanted.value) < 4 * math.hypot(error, 0.2 * wanted.stderr), part
    # of all pictures in the world: not less than the spread over draws on these, nor far above it
    spread = float(np.std([c.bits_per_dim.value for c in drawn], ddof=1))
    told = float(np.mean([c.bits_per_dim.stderr for c in drawn]))
    assert 0.8 * spread < told < 4 * math.hypot(spread, whole.bits_per_dim.stderr)


def test_what_has_been_sent_and_what_is_missing_run_from_the_prior_to_the_rate(narrow):
    whole = narrow(60)
    t, rate, error = whole.rate_distortion(60)
    np.testing.assert_array_equal(t, np.arange(1, 61))
    assert rate[-1] == pytest.approx(whole.prior_bits_per_dim.value, rel=1e-12)
    assert rate[0] == pytest.approx(whole.rate_bits_per_dim.value, rel=1e-12)
    assert (np.diff(rate) < 0).all()
    schedule = make_schedule("cosine", 60)
    mmse = 0.09 * schedule.sigma[1:] ** 2 / (0.09 * schedule.alpha[1:] ** 2 + schedule.sigma[1:] ** 2)
    np.testing.assert_allclose(error**2, mmse, rtol=0.4)
    np.testing.assert_allclose((error**2).mean(), mmse.mean(), rtol=0.05)
    drawn = narrow(4).rate_distortion(6)
    coarse = whole.rate_distortion(6)
    assert [len(part) for part in drawn] == [6, 6, 6]
    np.testing.assert_allclose(drawn[2], coarse[2], rtol=0.25)
