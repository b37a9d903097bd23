import itertools
import math
from functools import cache

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from diffviz import Experiment, checkpoints
from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.information import MOST, information, network_errors
from diffviz.domains.plane.thermodynamics import noise_levels, terminal_kl_nats
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from diffviz.gaussian.kernels import VARIANCES, reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.schedules import SCHEDULES, make_schedule
from diffviz.spacings import visited_times
from diffviz.views.plane.measure import analyse
from tests import naive


def measure(mixture, schedule, kind="optimal", times=None, denoiser=None, samples=4096):
    times = np.arange(schedule.steps + 1) if times is None else np.asarray(times)
    errors = None if denoiser is None else network_errors(denoiser, mixture, schedule, times, samples=samples)
    levels = noise_levels(mixture, schedule, times)
    return information(mixture, schedule, reverse_variances(kind, schedule, times, mixture), times, levels, errors)


def shrunk(mixture):
    """A denoiser that is wrong on purpose: nine tenths of the truth."""
    exact = ExactDenoiser(mixture, variance=False)
    return lambda x_t, alpha, sigma: Prediction(0.9 * exact(x_t, alpha, sigma).x0_hat)


def learned(name):
    return NetworkDenoiser(checkpoints.load(name).network)


DENOISERS = {"exact": lambda name: None, "shrunk": lambda name: shrunk(make_dataset(name)), "learned": learned}
every_denoiser = pytest.mark.parametrize("which", DENOISERS)


def x0_hat(denoiser, mixture, schedule, t, x_t):
    """[N, 2] of the denoiser, or of the truth where it is None."""
    alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
    if denoiser is None:
        return naive.posterior(mixture, x_t, alpha, sigma)[0]
    with torch.inference_mode():
        return denoiser(torch.from_numpy(x_t).float(), alpha, sigma).x0_hat.double().numpy()


def log_reverse(schedule, s, t, variance, x_s, x_t, estimate):
    """[N] log p(x_s|x_t) of the chain that puts `estimate` in the place of x_0."""
    c_t, c_0, _ = naive.reverse(schedule, s, t)
    return naive.log_normal(x_s, c_t * x_t + c_0 * estimate, variance)


def within(value, stderr, samples, errors=3.0):
    """Is a figure with its standard error the mean of these independent samples, within `errors` of both together?"""
    mean, error = naive.mean_and_error(samples)
    return abs(value - mean) < errors * math.hypot(error, stderr) + 1e-9


@pytest.mark.parametrize("std", [0.5, 1.0])
@pytest.mark.parametrize("steps", [5, 20, 100, 1000])
@pytest.mark.parametrize("name", SCHEDULES)
def test_gaussian_data_cost_nothing_but_the_prior(name, steps, std):
    """Every reverse kernel is Gaussian, so no T is too small: the gap is KL(q(x_T) || N(0, I)), in closed form."""
    schedule = make_schedule(name, steps)
    found = measure(make_dataset("gaussian", std), schedule)
    variance = (schedule.alpha[-1] * std) ** 2 + schedule.sigma[-1] ** 2
    prior = variance - 1 - math.log(variance)  # two coordinates, half a nat each
    assert found.mismatch_nats == pytest.approx(prior, abs=1e-8)
    assert abs(found.gap.value - found.mismatch_nats) < 3 * found.gap.stderr
    assert np.abs(found.dissipation_nats).max() < 1e-7
    assert found.entropy.value == pytest.approx(math.log(2 * math.pi * math.e * std**2), abs=1e-8)


@pytest.mark.parametrize("kind", VARIANCES)
@pytest.mark.parametrize("name", DATASETS)
def test_the_gap_is_the_sum_of_the_dissipations_and_the_prior(name, kind):
    for schedule in ("cosine", "rectified_flow"):
        found = measure(make_dataset(name), make_schedule(schedule, 20), kind)
        assert found.gap.value == pytest.approx(found.dissipation_nats.sum() + found.mismatch_nats, abs=1e-8)
        assert found.gap.value == pytest.approx(found.kl_nats.sum() - found.entropy.value, abs=1e-8)
        assert (found.dissipation_nats >= 0).all()
        assert found.mismatch_nats >= 0


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_step_of_any_schedule_gains(name):
    for dataset in ("eight_gaussians", "smiley"):
        for steps in (2, 3, 10, 100):
            found = measure(make_dataset(dataset), make_schedule(name, steps), "beta")
            assert (found.dissipation_nats >= 0).all()
            assert (found.kl_nats[1:] >= 0).all()
            assert found.mismatch_nats >= -1e-9


@cache
def transitions(which):
    """For five t of 20: t, x_s and x_t [N, 2], the log of q(x_s|x_t) [N] by Bayes' rule, and x0_hat(x_t) [N, 2]."""
    mixture, schedule, rng = make_dataset("eight_gaussians"), make_schedule("cosine", 20), np.random.default_rng(1)
    denoiser, found = DENOISERS[which]("eight_gaussians"), []
    for t in (2, 4, 8, 12, 18):
        s = t - 1
        _, x_s, x_t = naive.pair(mixture, schedule, s, t, 40_000, rng)
        a, v = naive.forward(schedule, s, t)
        truth = naive.log_normal(x_t, a * x_s, v)
        truth += naive.log_density(mixture, x_s, schedule.alpha[s], schedule.sigma[s])
        truth -= naive.log_density(mixture, x_t, schedule.alpha[t], schedule.sigma[t])
        found.append((t, x_s, x_t, truth, x0_hat(denoiser, mixture, schedule, t, x_t)))
    return found


@every_denoiser
@pytest.mark.parametrize("kind", VARIANCES)
def test_dissipation_is_the_divergence_of_true_and_modelled_steps(kind, which):
    """E KL(q(x_s|x_t) || p(x_s|x_t)) by simulation: Bayes' rule with mixture densities, and no closed form of the engine."""
    name, steps = "eight_gaussians", 20
    mixture, schedule, denoiser = make_dataset(name), make_schedule("cosine", steps), DENOISERS[which](name)
    found = measure(mixture, schedule, kind, denoiser=denoiser)
    values = reverse_variances(kind, schedule, np.arange(steps + 1), mixture).values
    for t, x_s, x_t, truth, estimate in transitions(which):
        s = t - 1
        model = log_reverse(schedule, s, t, values[s], x_s, x_t, estimate)
        assert within(found.dissipation_nats[s], found.kl_stderr[s], truth - model)


@every_denoiser
def test_dissipation_of_the_step_into_data(which):
    """s = 0, where q(x_s) is the density of the data itself, of which the engine uses only the entropy."""
    name = "two_moons"
    mixture, schedule, denoiser = make_dataset(name), make_schedule("linear", 10), DENOISERS[which](name)
    found = measure(mixture, schedule, denoiser=denoiser)
    variance = reverse_variances("optimal", schedule, np.arange(11), mixture).values[0]
    x_0, _, x_1 = naive.pair(mixture, schedule, 0, 1, 20_000, np.random.default_rng(2))
    alpha, sigma = schedule.alpha[1], schedule.sigma[1]
    truth = naive.log_normal(x_1, alpha * x_0, sigma**2) + naive.log_density(mixture, x_0)
    truth -= naive.log_density(mixture, x_1, alpha, sigma)
    model = log_reverse(schedule, 0, 1, variance, x_0, x_1, x0_hat(denoiser, mixture, schedule, 1, x_1))
    assert within(found.dissipation_nats[0], found.kl_stderr[0], truth - model)


@cache
def noised_spirals(times, which):
    """x_0 [N, 2] and, for each of times[1:], x_t and x0_hat(x_t) [N, 2]: x_t drawn anew at each."""
    mixture, schedule, rng = make_dataset("spiral"), make_schedule("rectified_flow", 12), np.random.default_rng(3)
    x_0, denoiser, found = naive.draw(mixture, 6000, rng), DENOISERS[which]("spiral"), []
    for t in times[1:]:
        x_t = schedule.alpha[t] * x_0 + schedule.sigma[t] * rng.standard_normal(x_0.shape)
        found.append((x_t, x0_hat(denoiser, mixture, schedule, t, x_t)))
    return x_0, found


@every_denoiser
@pytest.mark.parametrize("kind", VARIANCES)
@pytest.mark.parametrize("times", [tuple(range(13)), (0, 1, 5, 12), (0, 1, 5, 9)], ids=["all", "few", "leading"])
def test_every_term_of_the_bound_and_their_sum_agree_with_simulation(times, kind, which):
    """Each L from its definition, on one set of paths with x_t and x_0 drawn anew; the bound from the same terms, by path."""
    x_0, noised = noised_spirals(times, which)
    mixture, schedule, denoiser = make_dataset("spiral"), make_schedule("rectified_flow", 12), DENOISERS[which]("spiral")
    times = np.array(times)
    found = measure(mixture, schedule, kind, times, denoiser)
    values = reverse_variances(kind, schedule, times, mixture).values
    total = np.zeros(len(x_0))
    for j, ((s, t), (x_t, estimate)) in enumerate(zip(itertools.pairwise(times), noised, strict=True)):
        _c_t, c_0, variance = naive.reverse(schedule, s, t)
        if s == 0:
            term = -log_reverse(schedule, s, t, values[j], x_0, x_t, estimate)
        else:
            square = ((c_0 * (x_0 - estimate)) ** 2).sum(1)
            term = variance / values[j] - 1 - math.log(variance / values[j]) + square / (2 * values[j])
        assert within(found.kl_nats[j], found.kl_stderr[j], term)
        total += term
    mean, variance = schedule.alpha[times[-1]] * x_0, schedule.sigma[times[-1]] ** 2
    prior = variance - 1 - math.log(variance) + (mean**2).sum(1) / 2
    assert within(found.kl_nats[-1], 0.0, prior)
    assert within(found.bound.value, found.bound.stderr, total + prior)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_chain_that_starts_below_T_pays_for_what_noise_is_not_there(name):
    """Gaussian data, whose gap is KL(q(x_t) || N(0, I)) at the last visited time t, in closed form: here t = 37 of 40."""
    schedule = make_schedule(name, 40)
    times = visited_times(schedule, 10, "leading")
    found = measure(make_dataset("gaussian", 0.5), schedule, times=times)
    variance = (schedule.alpha[37] * 0.5) ** 2 + schedule.sigma[37] ** 2
    assert times[-1] == 37
    assert found.mismatch_nats == pytest.approx(variance - 1 - math.log(variance), abs=1e-8)
    assert found.gap.value == pytest.approx(found.mismatch_nats, abs=1e-6)
    assert found.kl_nats[-1] == pytest.approx(terminal_kl_nats(make_dataset("gaussian", 0.5), schedule, 37), abs=1e-12)


@every_denoiser
def test_the_excess_of_each_step_is_what_the_denoiser_gets_wrong(which):
    """Only the step into data and those that hide something can tell; the truth has no excess, another never a negative one."""
    name = "eight_gaussians"
    found = measure(make_dataset(name), make_schedule("cosine", 50), denoiser=DENOISERS[which](name), samples=512)
    excess = found.kl_nats - found.exact_kl_nats
    assert (excess >= 0).all()
    assert excess[-1] == 0
    assert (excess[:-1] == 0).all() if which == "exact" else (excess[:-1] > 0).all()
    np.testing.assert_allclose(found.dissipation_nats - found.exact_dissipation_nats, excess[:-1], atol=1e-12)
    assert found.gap.value - found.exact_gap.value == pytest.approx(excess.sum(), abs=1e-9)


@pytest.mark.parametrize("name", ["eight_gaussians", "two_moons", "rings"])
def test_a_networks_steps_cost_no_less_than_the_truths(name):
    """Independent of the engine's split into floor and excess: both costs simulated on the same points."""
    mixture, schedule, rng = make_dataset(name), make_schedule("cosine", 50), np.random.default_rng(4)
    denoiser = learned(name)
    for t in (2, 5, 15, 30, 48):
        x_0, _, x_t = naive.pair(mixture, schedule, t - 1, t, 5000, rng)
        square = [((x_0 - x0_hat(each, mixture, schedule, t, x_t)) ** 2).sum(1) for each in (denoiser, None)]
        excess, error = naive.mean_and_error(square[0] - square[1])
        assert excess > -3 * error


def path_work(mixture, schedule, values, count, rng, denoiser=None):
    """[N] W = log q(x_{0:T}) - log p(x_{0:T}) along whole forward paths."""
    x = naive.draw(mixture, count, rng)
    work = naive.log_density(mixture, x)
    for t in range(1, schedule.steps + 1):
        a, v = naive.forward(schedule, t - 1, t)
        following = a * x + math.sqrt(v) * rng.standard_normal(x.shape)
        work += naive.log_normal(following, a * x, v)
        estimate = x0_hat(denoiser, mixture, schedule, t, following)
        work -= log_reverse(schedule, t - 1, t, values[t - 1], x, following, estimate)
        x = following
    return work - naive.log_normal(x, 0.0, 1.0)


@pytest.mark.parametrize("make", [lambda mixture: None, shrunk], ids=["exact", "shrunk"])
def test_the_work_of_paths_obeys_the_fluctuation_theorem_and_its_mean_is_the_gap(make):
    """<exp(-W)> = 1 and <W> = bound - entropy (Jarzynski 1997; Sohl-Dickstein et al. 2015, sec. 2.4).

    Three overlapping Gaussians: the less work is lost, the sooner the average of exp(-W) settles.
    """
    means = torch.tensor([[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]], dtype=torch.float64)
    mixture = GaussianMixture(means, torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64), 0.5)
    steps, denoiser = 20, make(mixture)
    schedule = make_schedule("linear", steps)
    found = measure(mixture, schedule, denoiser=denoiser)
    values = reverse_variances("optimal", schedule, np.arange(steps + 1), mixture).values
    work = path_work(mixture, schedule, values, 40_000, np.random.default_rng(5), denoiser)
    assert found.gap.value > 0.04
    assert within(found.gap.value, found.gap.stderr, work)
    mean, error = naive.mean_and_error(np.exp(-work))
    assert error < 0.02
    assert abs(mean - 1) < 3 * error


@pytest.mark.parametrize("kind", ["posterior", "beta", "optimal"])
@pytest.mark.parametrize("which", ["exact", "learned"])
@pytest.mark.parametrize("name", ["eight_gaussians", "swiss_roll"])
def test_the_gap_is_the_mean_of_log_q_over_p_along_paths(name, which, kind):
    """By its definition, E log q(x_{0:T})/p(x_{0:T}), of the exact denoiser and the shipped networks, for every variance."""
    mixture, schedule, denoiser = make_dataset(name), make_schedule("cosine", 10), DENOISERS[which](name)
    found = measure(mixture, schedule, kind, denoiser=denoiser, samples=10_000)
    values = reverse_variances(kind, schedule, np.arange(11), mixture).values
    work = path_work(mixture, schedule, values, 3000, np.random.default_rng(8), denoiser)
    assert within(found.gap.value, found.gap.stderr, work)
    assert naive.mean_and_error(work)[1] < 0.05 * found.gap.value


@pytest.mark.parametrize("name", ["cosine", "linear"])
def test_the_gap_falls_like_one_over_the_number_of_steps(name):
    """The quasi-static limit; the prior's share, which no number of steps removes, is left out."""
    steps = np.array([50, 100, 200, 400, 800])
    mixture = make_dataset("eight_gaussians")
    found = [measure(mixture, make_schedule(name, int(count))) for count in steps]
    gaps = np.array([each.gap.value - each.mismatch_nats for each in found])
    slope = np.polyfit(np.log(steps), np.log(gaps), 1)[0]
    assert -1.3 < slope < -0.7


def test_visiting_fewer_times_costs_more():
    mixture, schedule = make_dataset("rings"), make_schedule("cosine", 60)
    gaps = [measure(mixture, schedule, times=range(0, 61, stride)).gap.value for stride in (1, 2, 5, 15, 60)]
    assert (np.diff(gaps) > 0).all()


def test_the_bound_is_above_the_entropy_for_every_variance_and_least_for_the_optimal():
    mixture, schedule = make_dataset("pinwheel"), make_schedule("cosine", 30)
    bounds = {kind: measure(mixture, schedule, kind) for kind in VARIANCES}
    assert all(each.bound.value > each.entropy.value for each in bounds.values())
    assert bounds["optimal"].bound.value < min(bounds["beta"].bound.value, bounds["posterior"].bound.value)


def test_standard_errors_are_those_that_fresh_points_show():
    """Of the whole and of each step, beside 60 other sets of points."""
    mixture, schedule, rng, count = make_dataset("grid_25"), make_schedule("cosine", 10), np.random.default_rng(6), 256
    exact = ExactDenoiser(mixture, variance=False)

    def denoiser(x_t, alpha, sigma):  # as wrong in every step
        return Prediction((1 - 0.1 * sigma) * exact(x_t, alpha, sigma).x0_hat)

    claimed = measure(mixture, schedule, denoiser=denoiser, samples=count)
    values = reverse_variances("optimal", schedule, np.arange(11), mixture).values
    terms = []
    for t in range(1, 11):
        x_0, eps = naive.draw(mixture, 60 * count, rng), rng.standard_normal((60 * count, 2))
        x_t = schedule.alpha[t] * x_0 + schedule.sigma[t] * eps
        wrong = x0_hat(denoiser, mixture, schedule, t, x_t) - x0_hat(None, mixture, schedule, t, x_t)
        terms.append(naive.reverse(schedule, t - 1, t)[1] ** 2 / (2 * values[t - 1]) * (wrong**2).sum(1))
    sets = np.reshape(terms, (10, 60, count)).mean(2)  # [step, set]
    assert 0.75 < sets.sum(0).std(ddof=1) / claimed.gap.stderr < 1.33
    ratio = sets.std(1, ddof=1) / claimed.kl_stderr[:-1]
    assert ((ratio > 0.6) & (ratio < 1.6)).all()


@pytest.mark.parametrize(("name", "points"), [("spiral", None), ("eight_gaussians", MOST // 2)])
def test_a_network_s_gap_is_within_the_errors_that_are_told(name, points):
    """At T = 10 and 30 seeds, with as many points as a run has, or half of them, beside 80 000 others."""
    mixture, schedule, denoiser, times = make_dataset(name), make_schedule("cosine", 10), learned(name), np.arange(11)
    parts = mixture, schedule, reverse_variances("optimal", schedule, times, mixture), times
    levels = noise_levels(mixture, schedule, times)

    def gap(samples, seed):
        errors = network_errors(denoiser, mixture, schedule, times, samples=samples, seed=seed)
        return information(*parts, levels, errors).gap

    truth, found = gap(80_000, 1000), [gap(points, seed) for seed in range(30)]
    z = np.array([(each.value - truth.value) / math.hypot(each.stderr, truth.stderr) for each in found])
    assert (abs(z) < 2).mean() >= 0.85
    assert abs(z).max() < 4
    assert 0.7 < np.sqrt(np.square(z).mean()) < 1.4


def test_a_long_chain_has_fewer_points_at_each_time_and_a_short_one_no_more_than_serve():
    mixture = make_dataset("gaussian")
    for steps, samples in ((5, 4096), (100, 1310), (1000, 512)):
        schedule = make_schedule("cosine", steps)
        times = np.arange(steps + 1)
        assert network_errors(shrunk(mixture), mixture, schedule, times).shape == (steps, samples)


@pytest.mark.parametrize("name", ["two_gaussians", "swiss_roll", "gaussian"])
@pytest.mark.parametrize("schedule", ["cosine", "rectified_flow"])
def test_a_late_start_costs_its_mismatch_beside_the_dissipations(name, schedule):
    """Its mismatch is the KL divergence from the Gaussian of the same moments: what entropy x_t lacks to it."""
    setup = Setup(Experiment(dataset=name, data_std=0.5, schedule=schedule, steps=20, start="late", start_time=0.5))
    found = analyse(setup, setup.times)
    t = int(setup.times[-1])
    assert (t, len(setup.times)) == (10, 11)
    alpha, sigma = setup.schedule.alpha[t], setup.schedule.sigma[t]
    rng, mixture = np.random.default_rng(0), setup.distribution
    x_t = alpha * naive.draw(mixture, 40_000, rng) + sigma * rng.standard_normal((40_000, 2))
    apart = mixture.log_density(torch.from_numpy(x_t), alpha, sigma).numpy()
    apart -= multivariate_normal(np.zeros(2), np.cov(x_t.T)).logpdf(x_t)
    value, error = naive.mean_and_error(apart)
    assert found.mismatch_nats == pytest.approx(value, abs=4 * error + 1e-3)
    assert found.mismatch_nats >= -1e-9
    assert found.gap.value == pytest.approx(found.dissipation_nats.sum() + found.mismatch_nats, abs=1e-8)
    prior = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * setup.process.late.covariance.numpy()).logabsdet
    assert found.kl_nats[-1] == pytest.approx(prior - math.log(2 * math.pi * math.e * sigma**2), abs=1e-9)


def test_the_earlier_a_late_start_the_less_is_lost():
    setups = [Setup(Experiment(dataset="eight_gaussians", start="late", start_time=share)) for share in (0.3, 0.5, 0.7, 1.0)]
    lost = [analyse(setup, setup.times).mismatch_nats for setup in setups]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > 0.05
    assert lost[-1] == pytest.approx(0.0, abs=1e-6)
