"""Each mistake is the one that its row tells: the numbers of the steps are those of the wrong formula, and of no other."""

import itertools
import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.gaussian.bugs import BUGS, CHOICES
from diffviz.gaussian.kernels import forward_kernel, reverse_kernel
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.gaussian.wrong_parts import REACH, PutAt
from diffviz.noise import ParticleNoise, Stream
from diffviz.schedules import make_schedule
from diffviz.spacings import visited_times
from tests.gaussian.samplers import chains
from tests.measured import measured

FEW = {"steps": 20, "sampler_steps": 5, "particles": 4, "device": "cpu"}
WRONG = {  # by name, a run in which it bites
    "stride": Experiment(**FEW, sampler="ddim", spacing="linspace", bug="stride"),
    "betas_skipped": Experiment(**FEW, variance="beta", bug="betas_skipped"),
    "previous_step": Experiment(**FEW, variance="posterior", bug="previous_step"),
    "last_noise": Experiment(**FEW, variance="beta", bug="last_noise"),
    "eta": Experiment(**FEW, sampler="ddim", eta=0.3, bug="eta"),
    "final_sigma": Experiment(**FEW, sampler="ddim", bug="final_sigma"),
    "alpha_bar": Experiment(**FEW, sampler="ddim", bug="alpha_bar"),
    "eps_at_zero_snr": Experiment(**FEW, zero_snr=True, bug="eps_at_zero_snr"),
    "max_churn": Experiment(**FEW, sampler="ddim", bug="max_churn"),
}


def steps(experiment):
    """(t, s, info) of every step, and the schedule."""
    trajectory, schedule = run(experiment), Setup(experiment).schedule
    times = trajectory.t.tolist()
    return [(t, s, info) for (t, s), info in zip(itertools.pairwise(times), trajectory.info[:-1], strict=True)], schedule


def test_every_row_says_what_is_wrong_where_it_was_reported_and_when_it_bites():
    for row in BUGS.values():
        assert row.title
        assert row.why.endswith(".")
        assert row.bites.endswith(".")
        assert re.search(r"[\w-]+/[\w-]+#\d+", row.source)
        assert bool(row.fields) != bool(row.samplers)
    assert WRONG.keys() == CHOICES.keys() - {"none"}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_changes_the_run_where_it_bites(name):
    wrong = WRONG[name]
    assert wrong.bug == name
    right = replace(wrong, bug="none")
    assert not np.array_equal(run(right).reverse, run(wrong).reverse)
    assert Experiment.from_query(wrong.to_query()) == wrong


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("stride", {"spacing": "leading"}),
        ("stride", {"spacing": "trailing"}),
        ("stride", {"sampler_steps": None}),
        ("betas_skipped", {"variance": "posterior"}),
        ("betas_skipped", {"sampler_steps": 20}),
        ("previous_step", {"sampler_steps": 11, "spacing": "leading"}),
        ("last_noise", {"variance": "optimal"}),
        ("eta", {"eta": 0.0}),
        ("eta", {"eta": 1.0}),
        ("alpha_bar", {"sampler_steps": 1}),
        ("eps_at_zero_snr", {"zero_snr": False}),
        ("max_churn", {"eta": 0.5}),
        ("final_sigma", {"sampler": "heun"}),
        ("final_sigma", {"denoiser": "learned"}),
        ("final_sigma", {"dataset": "digits"}),
    ],
)
def test_where_it_changes_nothing_it_is_no_other_run(name, changes):
    assert replace(WRONG[name], **changes) == replace(WRONG[name], **changes, bug="none")


def test_the_stride_goes_down_by_T_over_K_whatever_the_list_says():
    found, schedule = steps(WRONG["stride"])
    assert [(t, s) for t, s, _ in found] == [(20, 15), (15, 11), (11, 6), (6, 1), (1, 0)]
    for (t, _, info), level in zip(found, (16, 11, 7, 2, 0), strict=True):
        assert info.c_t == pytest.approx(schedule.sigma[level] / schedule.sigma[t])


@pytest.mark.parametrize("eta", [0.0, 0.5])
def test_the_wrong_stride_is_step_by_step_that_of_the_library_that_has_it(eta):
    schedule, row = make_schedule("linear", 50), BUGS["stride"]
    times = visited_times(schedule, 10, "linspace")
    scheduler = DDIMScheduler(50, clip_sample=False, prediction_type="sample", timestep_spacing="linspace")
    chains.in_double(scheduler, schedule.beta)
    scheduler.set_timesteps(10)

    def step(output, t, sample):
        return scheduler.step(output, t, sample, eta=eta, variance_noise=chains.noise(t + 1) if eta else None)

    ours, theirs = (
        chains.ours(PutAt(DDIM(eta), row.level, 10), schedule, times),
        chains.theirs(scheduler, schedule, times, step),
    )
    assert chains.largest_difference(ours, theirs) < 1e-8
    assert chains.largest_difference(chains.ours(DDIM(eta), schedule, times), theirs) > 1e-2


@pytest.mark.parametrize(("name", "level"), [("alpha_bar", lambda s: max(s - 1, 0)), ("final_sigma", lambda s: max(s, 1))])
def test_x_is_put_at_the_noise_level_of_another_time(name, level):
    found, schedule = steps(WRONG[name])
    for t, s, info in found:
        alpha, sigma = schedule.alpha[level(s)], schedule.sigma[level(s)]
        assert info.c_t == pytest.approx(sigma / schedule.sigma[t])
        assert info.c_0 == pytest.approx(alpha - info.c_t * schedule.alpha[t])


def test_betas_are_those_of_single_steps():
    found, schedule = steps(WRONG["betas_skipped"])
    for t, s, info in found:
        assert info.noise_std**2 == pytest.approx(schedule.beta[t - 1] if s > 0 else 0.0)
        assert info.c_t == pytest.approx(reverse_kernel(schedule, s, t).c_t)
        assert forward_kernel(schedule, s, t).variance > schedule.beta[t - 1]


def test_the_posterior_is_that_of_the_step_to_the_time_before():
    found, schedule = steps(WRONG["previous_step"])
    for t, _, info in found:
        kernel = reverse_kernel(schedule, t - 1, t)
        assert (info.c_t, info.c_0) == (kernel.c_t, kernel.c_0)
        assert info.noise_std**2 == pytest.approx(kernel.variance)


def test_noise_of_the_size_of_beta_is_added_in_the_last_step():
    found, schedule = steps(WRONG["last_noise"])
    t, s, info = found[-1]
    assert s == 0
    assert info.noise_std == pytest.approx(schedule.sigma[t])  # beta of the whole step into data
    assert steps(replace(WRONG["last_noise"], bug="none"))[0][-1][2].noise_std == 0.0


def test_eta_without_its_square_loses_variance():
    found, schedule = steps(WRONG["eta"])
    for t, s, info in found:
        variance = reverse_kernel(schedule, s, t).variance
        lost = schedule.sigma[s] ** 2 - (info.c_t * schedule.sigma[t]) ** 2 - info.noise_std**2
        assert lost == pytest.approx((0.3 - 0.09) * variance, abs=1e-12)
        assert info.noise_std == pytest.approx(0.3 * math.sqrt(variance))


def test_churn_raises_the_noise_by_the_square_root_of_two_and_then_steps_down():
    experiment = WRONG["max_churn"]
    setup, trajectory = Setup(experiment), run(experiment)
    noise, (alpha, sigma) = ParticleNoise(experiment.seed, Stream.REVERSE, 4), (setup.schedule.alpha, setup.schedule.sigma)
    for j, (t, s) in enumerate(zip(trajectory.t[:-1].tolist(), trajectory.t[1:].tolist(), strict=True)):
        scale = alpha[t] if alpha[t] > 0 else 1.0
        x, ratio = torch.from_numpy(trajectory.reverse[j]).double() / scale, math.sqrt(2.0) * sigma[t] / scale  # EDM's x
        x = x + sigma[t] / scale * noise(t)
        level = 1.0 / math.hypot(1.0, ratio), ratio / math.hypot(1.0, ratio)
        x0_hat, _ = setup.distribution.posterior(x * level[0], *level, variance=False)
        x = x0_hat + (x - x0_hat) * (sigma[s] / alpha[s]) / ratio
        np.testing.assert_allclose(trajectory.reverse[j + 1], alpha[s] * x, atol=2e-4)
    assert trajectory.evaluations == 10


def test_eps_at_zero_snr_gives_a_corner_of_the_data_and_elsewhere_nearly_the_truth():
    trajectory, mixture = run(WRONG["eps_at_zero_snr"]), Setup(WRONG["eps_at_zero_snr"]).distribution
    reach = float(mixture.means.abs().max()) + REACH * mixture.std
    np.testing.assert_allclose(np.abs(trajectory.x0_hat[0]), reach, rtol=1e-6)
    for j, t in enumerate(trajectory.t[1:-1].tolist(), 1):
        x = torch.from_numpy(trajectory.reverse[j]).double()
        right, _ = mixture.posterior(x, float(trajectory.alpha[t]), float(trajectory.sigma[t]), variance=False)
        off = 2.0**-10 * 4 * trajectory.sigma[t] / trajectory.alpha[t]  # half precision of |eps| below 4
        np.testing.assert_allclose(trajectory.x0_hat[j], np.clip(right, -reach, reach), atol=max(off, 1e-4))


@pytest.mark.parametrize("name", ["betas_skipped", "previous_step"])
def test_a_wrong_chain_is_priced_as_what_it_is(name):
    """Against a mean over draws of x_0 and x_t of the wrong Gaussian's KL divergence or, in the step into data, -log p."""
    wrong = WRONG[name]
    m, setup, count = measured(wrong), Setup(wrong), 40_000
    mixture, schedule, times = setup.distribution, setup.schedule, setup.times.tolist()
    draws = torch.Generator().manual_seed(3)
    for j, (s, t) in enumerate(itertools.pairwise(times)):
        normal = [torch.randn(count, 2, generator=draws, dtype=torch.float64) for _ in range(2)]
        x_0 = mixture.sample(torch.rand(count, generator=draws, dtype=torch.float64), normal[0])
        alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
        x_t = alpha * x_0 + sigma * normal[1]
        x0_hat, _ = mixture.posterior(x_t, alpha, sigma, variance=False)
        q, p = reverse_kernel(schedule, s, t), setup.process.options.kernel(schedule, s, t)
        variance = float(setup.process.variances.values[j])
        apart = (q.c_t * x_t + q.c_0 * x_0 - p.c_t * x_t - p.c_0 * x0_hat).square().sum(1) / (2 * variance)
        constant = math.log(2 * math.pi * variance)
        if s > 0:
            ratio = q.variance / variance
            constant = ratio - 1.0 - math.log(ratio)
        error = float(apart.std()) / math.sqrt(count)
        assert m.costs.kl_nats[j] == pytest.approx(constant + float(apart.mean()), abs=4.5 * error)
