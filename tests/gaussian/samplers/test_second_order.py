"""Solvers of the probability-flow ODE: the order of each against an independent reference, and diffusers' own solvers."""

from functools import cache

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, DPMSolverSinglestepScheduler, HeunDiscreteScheduler
from torchdiffeq import odeint

from diffviz import Experiment, run
from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.distances import wasserstein
from diffviz.domains.plane.nearness import fresh_clouds
from diffviz.domains.plane.thermodynamics import thermodynamic_metric
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.base import eps_hat, v_hat
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.samplers import SAMPLERS, Options
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.gaussian.samplers.dpm_solver import DPMSolver
from diffviz.gaussian.samplers.heun import Heun, HeunEDM
from diffviz.gaussian.samplers.ode import Adaptive, Euler
from diffviz.noise import ParticleNoise, Stream
from diffviz.process import Counting, reverse_process
from diffviz.schedules import SCHEDULES, NoiseSchedule, from_log_snr, make_schedule
from tests.gaussian.samplers import chains

DATA = {"gaussian": make_dataset("gaussian", 0.4), "eight_gaussians": make_dataset("eight_gaussians")}
ORDERS = {
    "ddim": (DDIM, 1),
    "euler": (Euler, 1),
    "heun": (Heun, 2),
    "heun_edm": (HeunEDM, 2),
    "2m": (DPMSolver, 2),
    "2s": (lambda: DPMSolver(single=True), 2),
}
HIGH, LOW = 4.0, -6.0  # log SNR between which the order is measured


def even(steps):
    """Even in log SNR from LOW at T to HIGH at t = 1."""
    return NoiseSchedule("even", *from_log_snr(np.linspace(HIGH, LOW, steps)))


def at_one(denoiser, sampler, schedule):
    """The particles at t = 1, the last level before data, from the same x_T."""
    frames = reverse_process(denoiser, sampler, schedule, np.arange(schedule.steps + 1), chains.noise(0), chains.noise)
    return next(frame.x for frame in frames if frame.t == 1)


@cache
def reference(data):
    """The same by torchdiffeq, in y = x/alpha and the noise-to-signal ratio r: dy/dr = (y - x0_hat)/r."""
    denoiser = ExactDenoiser(DATA[data], dtype=torch.float64)
    ratio = torch.tensor([np.exp(-LOW / 2), np.exp(-HIGH / 2)], dtype=torch.float64)
    alpha = lambda r: float((1 + r**2) ** -0.5)  # noqa: E731

    def slope(r, y):
        return (y - denoiser(y * alpha(r), alpha(r), float(r) * alpha(r)).x0_hat) / r

    y = odeint(slope, chains.noise(0) / alpha(ratio[0]), ratio, rtol=1e-10, atol=1e-11, method="dopri5")[-1]
    return y * alpha(ratio[1])


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("data", DATA)
def test_the_error_falls_with_the_order_of_the_method(name, data):
    make, order = ORDERS[name]
    denoiser = ExactDenoiser(DATA[data], dtype=torch.float64)
    counts, target = np.array([61, 121, 241, 481]), reference(data)
    errors = [float((at_one(denoiser, make(), even(int(count))) - target).square().mean().sqrt()) for count in counts]
    slope = np.polyfit(np.log(counts - 1), np.log(errors), 1)[0]
    assert -order - 0.35 < slope < -order + 0.25, errors
    assert errors[-1] < (0.02 if order == 1 else 1e-3)


MOONS = make_dataset("two_moons")
STEPS_OF_THE_ODE = [name for name, row in SAMPLERS.items() if row.follows_ode and name != "adaptive"]
LEAST_FALL = {"constant": 1.7}  # sigma_1 is 0.32 and 0.1: wider than the moons, so that the step into data is no short one
ENDS = [
    (name, zero_snr) for name, row in SCHEDULES.items() for zero_snr in (False, True) if "zero_snr" in row.uses or not zero_snr
]
LAST_STEP = 6e-4  # what the step into data costs from a log SNR of 9, with which a drawn schedule begins at every T


@pytest.mark.parametrize(("schedule", "zero_snr"), ENDS)
def test_every_solver_converges_on_every_schedule_whatever_its_ends(schedule, zero_snr):
    """From T = 50 to 500 the distance to the adaptive reference falls by the factor of 10 of a first-order method, less what a
    long last step leaves, and the rest is small. EDM's Heun alone has a long first step left on one schedule: least dissipation
    hurries where there is hardly any signal."""
    denoiser = ExactDenoiser(MOONS, dtype=torch.float64, variance=False)
    errors = {name: [] for name in STEPS_OF_THE_ODE}
    for steps in (50, 500):
        experiment = Experiment(dataset="two_moons", schedule=schedule, steps=steps, zero_snr=zero_snr)
        table = Setup(experiment).schedule

        def end(name, times, table=table):
            sampler, x_T = SAMPLERS[name].make(Options(times)), chains.noise(0)[:16]
            *_, last = reverse_process(denoiser, sampler, table, times, x_T, no_noise)
            return last.x

        target = end("adaptive", np.array([0, steps]))
        for name, found in errors.items():
            found.append(float((end(name, np.arange(steps + 1)) - target).square().sum(1).mean().sqrt()))
    for name, (few, many) in errors.items():
        assert many < max(few / LEAST_FALL.get(schedule, 3.3), LAST_STEP), (name, few, many)
        assert many < (0.5 if name == "heun_edm" else 0.05), (name, many)  # EDM's up to 0.41, by which the 16 are


def no_noise(t, draw):
    raise AssertionError("a solver of the ODE drew noise")


@pytest.mark.parametrize(
    "fields",
    [
        {"schedule": "cosine"},
        {"schedule": "linear", "zero_snr": True},
        {"schedule": "rectified_flow"},
        {"schedule": "sohl_dickstein"},
    ],
)
@pytest.mark.parametrize("sampler", ["ode_euler", "heun"])
def test_a_gaussian_ends_as_wide_as_it_is(sampler, fields):
    """The flow multiplies by 0.3 over the width of x_T. A discretisation for small beta ended twice as wide, at every T: its
    first step has a fixed size in log alpha."""
    for steps, allowed in ((100, 0.1), (1000, 0.015)):
        trajectory = run(Experiment(dataset="gaussian", data_std=0.3, sampler=sampler, steps=steps, particles=50, **fields))
        start = np.hypot(0.3 * trajectory.alpha[-1], trajectory.sigma[-1])
        np.testing.assert_allclose(trajectory.reverse[-1], trajectory.reverse[0] * 0.3 / start, rtol=allowed, atol=1e-3)


@pytest.mark.parametrize(("make", "method"), [(Euler, "euler"), (Heun, "heun2")])
@pytest.mark.parametrize("zero_snr", [False, True])
def test_along_the_circle_every_step_is_torchdiffeqs_in_the_angle(make, method, zero_snr):
    schedule = make_schedule("cosine", 40, zero_snr=zero_snr)
    angle = torch.from_numpy(np.arctan2(schedule.sigma, schedule.alpha)[:0:-1].copy())

    def slope(theta, u):
        alpha, sigma = float(theta.cos()), float(theta.sin())
        return v_hat(u, chains.DENOISER(u, alpha, sigma).x0_hat, alpha, sigma)

    theirs = odeint(slope, chains.noise(0), angle, method=method)
    frames = reverse_process(chains.DENOISER, make(), schedule, np.arange(41), chains.noise(0), no_noise)
    for frame, x in zip(frames, theirs, strict=False):  # theirs ends before data
        assert chains.largest_difference(frame.x, x) < 1e-9


def test_on_rectified_flow_eulers_step_is_lius():
    """x_s = x_t + (s - t)/T (eps_hat - x0_hat), in one, few and all steps, which is DDIM's."""
    schedule = make_schedule("rectified_flow", 50)
    for times in (np.array([0, 50]), np.array([0, 10, 20, 50]), np.arange(51)):
        x, path = chains.noise(0), [chains.noise(0)]
        for t, s in zip(times[:0:-1], times[-2::-1], strict=True):
            x0_hat = chains.DENOISER(x, 1 - t / 50, t / 50).x0_hat
            x = x + (s - t) / 50 * (eps_hat(x, x0_hat, 1 - t / 50, t / 50) - x0_hat)
            path.append(x)
        for sampler in (Euler(), DDIM()):
            frames = reverse_process(chains.DENOISER, sampler, schedule, times, chains.noise(0), no_noise)
            for frame, x in zip(frames, path, strict=True):
                assert chains.largest_difference(frame.x, x) < 1e-9


@pytest.mark.parametrize("schedule", ["cosine", "karras", "least_dissipation"])
def test_few_steps_of_heun_along_the_path_do_not_overshoot(schedule):
    """Ten steps on two moons end nearer to the reference than DDIM's, and out of almost pure noise than EDM's."""
    denoiser, times = ExactDenoiser(MOONS, dtype=torch.float64, variance=False), np.arange(0, 1001, 100)
    table = make_schedule(schedule, 1000, metric=thermodynamic_metric(MOONS))
    x_T = ParticleNoise(0, Stream.REVERSE, 1000, dtype=torch.float64)(0)  # of 64, a few near the saddle decide
    ends = {}
    for name in ("adaptive", "heun", "heun_edm", "ddim"):
        *_, last = reverse_process(denoiser, SAMPLERS[name].make(Options(times)), table, times, x_T, no_noise)
        ends[name] = last.x
    errors = {name: float((x - ends["adaptive"]).square().sum(1).mean().sqrt()) for name, x in ends.items()}
    assert errors["heun"] < 0.5 * errors["ddim"], errors
    assert errors["heun"] < 0.5 * errors["heun_edm"], errors


@pytest.mark.parametrize("data", DATA)
def test_the_adaptive_reference_agrees_with_an_independent_one_whatever_the_steps(data):
    denoiser = ExactDenoiser(DATA[data], dtype=torch.float64)
    target = reference(data)
    for steps in (2, 5, 40):
        assert chains.largest_difference(at_one(denoiser, Adaptive(), even(steps)), target) < 3e-4


def test_the_adaptive_reference_reaches_the_data_of_a_gaussian():
    """The flow multiplies by the ratio of standard deviations, here from alpha = 0 to sigma = 0."""
    denoiser = ExactDenoiser(DATA["gaussian"], dtype=torch.float64)
    schedule = make_schedule("rectified_flow", 5)
    *_, end = reverse_process(denoiser, Adaptive(), schedule, np.arange(6), chains.noise(0), chains.noise)
    assert chains.largest_difference(end.x, 0.4 * chains.noise(0)) < 1e-3


def test_each_counts_its_function_evaluations():
    schedule, evaluations = make_schedule("cosine", 12), {}
    for name, (make, _) in ORDERS.items():
        asked = Counting(chains.DENOISER)
        frames = list(reverse_process(asked, make(), schedule, np.arange(13), chains.noise(0), chains.noise))
        evaluations[name] = asked.evaluations
        assert sum(frame.info.evaluations for frame in frames[:-1]) == asked.evaluations
    assert evaluations == {"ddim": 12, "euler": 12, "heun": 23, "heun_edm": 23, "2m": 12, "2s": 12}


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("count", [20, 16])
def test_dpm_solver_takes_the_steps_of_diffusers(single, count):
    schedule = make_schedule("linear", 1000)
    theirs = (DPMSolverSinglestepScheduler if single else DPMSolverMultistepScheduler)(
        1000, trained_betas=schedule.beta, algorithm_type="dpmsolver++", prediction_type="sample", lower_order_final=True
    )
    theirs.set_timesteps(count)
    times = np.concatenate([[0], (theirs.timesteps.numpy() + 1)[::-1]]).astype(int)
    path = [chains.noise(0)]
    for t in theirs.timesteps:
        alpha, sigma = float(schedule.alpha[int(t) + 1]), float(schedule.sigma[int(t) + 1])
        path.append(theirs.step(chains.DENOISER(path[-1], alpha, sigma).x0_hat, t, path[-1]).prev_sample)
    # their chain begins at the first time they visit, which is ours if T is cut off there
    ours = cut(schedule, times)
    frames = reverse_process(chains.DENOISER, DPMSolver(single), ours, np.arange(len(times)), chains.noise(0), chains.noise)
    for frame, x in zip(frames, path, strict=True):
        assert chains.largest_difference(frame.x, x) < 1e-4


def test_heun_takes_the_steps_of_diffusers():
    schedule = make_schedule("linear", 1000)
    theirs = HeunDiscreteScheduler(1000, trained_betas=schedule.beta, timestep_spacing="leading")
    theirs.set_timesteps(15)
    visited = theirs.timesteps.numpy()[::2] + 1  # every level but the last is looked at twice
    ours = cut(schedule, np.concatenate([[0], visited[::-1]]).astype(int))
    sigma_T, alpha_T = float(ours.sigma[-1]), float(ours.alpha[-1])
    y, path = chains.noise(0) / alpha_T, [chains.noise(0)]
    for k, t in enumerate(theirs.timesteps):
        alpha, sigma = float(schedule.alpha[int(t) + 1]), float(schedule.sigma[int(t) + 1])
        x = y * alpha
        eps = eps_hat(x, chains.DENOISER(x, alpha, sigma).x0_hat, alpha, sigma)
        y = theirs.step(eps, t, y).prev_sample
        if k % 2 == 1 or k == len(theirs.timesteps) - 1:  # predicted, then corrected; the last step is Euler's
            reached = ours.alpha[::-1][len(path)]
            path.append(y * float(reached))
    assert sigma_T > 0
    frames = reverse_process(chains.DENOISER, HeunEDM(), ours, np.arange(len(visited) + 1), chains.noise(0), chains.noise)
    for frame, x in zip(frames, path, strict=True):
        assert chains.largest_difference(frame.x, x) < 1e-4


def cut(schedule, times):
    """The schedule that has only these times."""
    return NoiseSchedule("cut", schedule.alpha[times], schedule.sigma[times])


def test_with_ten_function_evaluations_second_order_comes_nearer_to_the_data():
    """Exact W2 to fresh data, DPM-Solver++ (2M) against DDIM: on at least 8 of the 10 data sets."""
    wins = []
    for dataset in DATASETS:
        reached = {}
        for sampler in ("ddim", "dpm_solver_2m"):
            setup = Setup(Experiment(dataset=dataset, sampler=sampler, schedule="linear", steps=1000, sampler_steps=10))
            end = run(setup.experiment, setup).reverse[-1].astype(float)[:500]
            reached[sampler] = np.mean([wasserstein(end, cloud) for cloud in fresh_clouds(setup.distribution, 500, 0, 2)])
        wins.append(reached["dpm_solver_2m"] < reached["ddim"])
    assert sum(wins) >= 8
