import itertools

import numpy as np
import pytest
import torch

from diffviz import Experiment, run, stream
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.mlp import MLP
from diffviz.gaussian.quadrature import marginal
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.schedules import SCHEDULES
from diffviz.spacings import SPACINGS
from diffviz.trajectory import StepInfo
from tests import naive


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_forward_path_is_markov(schedule):
    """What a step adds, divided by its standard deviation, is white: no trace of x_{t-1}, of x_0 or of the steps before."""
    steps, count = 12, 4000
    path = run(Experiment(schedule=schedule, steps=steps, particles=count, seed=1)).forward.astype(np.float64)
    table = Setup(Experiment(schedule=schedule, steps=steps)).schedule
    added = np.stack(
        [(path[t] - a * path[t - 1]) / np.sqrt(v) for t in range(1, steps + 1) for a, v in [naive.forward(table, t - 1, t)]]
    )
    bound = 4.5 / np.sqrt(2 * count)
    assert np.abs(added.mean((1, 2))).max() < bound
    assert np.abs((added**2).mean((1, 2)) - 1).max() < bound * np.sqrt(2)
    flat = np.concatenate([path[:1], added]).reshape(steps + 1, -1)
    assert np.abs(np.corrcoef(flat) - np.eye(steps + 1)).max() < bound
    assert max(abs((added[t - 1] * path[t - 1]).mean()) for t in range(1, steps + 1)) < bound


def test_the_reverse_process_does_not_repeat_the_noise_of_the_forward_process():
    setup = Setup(Experiment(steps=10, particles=4000))
    path = run(setup.experiment, setup)
    for index, t in enumerate(path.t[:-1]):
        info, (a, v) = path.info[index], naive.forward(setup.schedule, t - 1, t)
        there = (path.forward[t] - a * path.forward[t - 1]) / np.sqrt(v)
        mean = info.c_t * path.reverse[index] + info.c_0 * path.x0_hat[index]
        back = (path.reverse[index + 1] - mean) / info.noise_std
        assert back.std() == pytest.approx(1, abs=0.04)
        assert abs(np.corrcoef(there.ravel(), back.ravel())[0, 1]) < 4.5 / np.sqrt(there.size)


@pytest.mark.parametrize("dataset", ["eight_gaussians", "spiral", "smiley"])
def test_the_forward_path_has_the_closed_forms_marginals(dataset):
    """Mean, variance, and the likelihood, whose mean is minus the entropy known by quadrature."""
    count, steps = 3000, 20
    setup = Setup(Experiment(dataset=dataset, schedule="linear", steps=steps, particles=count, seed=2))
    path = run(setup.experiment, setup).forward.astype(np.float64)
    assert path.shape == (steps + 1, count, 2)
    mixture, schedule = setup.distribution, setup.schedule
    second = float((mixture.weights @ mixture.means.square()).sum()) / 2 + mixture.std**2
    for t in (0, 1, 4, 10, 20):
        alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
        for values, expected in (
            (path[t, :, 0], 0.0),
            (path[t, :, 1], 0.0),
            ((path[t] ** 2).mean(1), alpha**2 * second + sigma**2),
            (-naive.log_density(mixture, path[t], alpha, sigma), marginal(mixture, alpha, sigma).entropy_nats),
        ):
            mean, error = naive.mean_and_error(values)
            assert abs(mean - expected) < 4 * error


def test_frames_come_in_order_forward_first():
    experiment = Experiment(steps=7, sampler_steps=3, particles=4)
    frames = list(stream(experiment))
    assert [(f.direction, f.index, f.t) for f in frames[:8]] == [("forward", t, t) for t in range(8)]
    assert [(f.direction, f.index) for f in frames[8:]] == [("reverse", j) for j in range(4)]
    assert [f.t for f in frames[8:]] == [7, 5, 2, 0]
    assert all(f.x.shape == (4, 2) and f.x.dtype == torch.float32 for f in frames)
    assert all(f.x0_hat is None for f in frames[:8])
    assert all(f.x0_hat.shape == (4, 2) for f in frames[8:])
    infos = [f.info for f in frames[8:]]
    assert [info[3:] for info in infos[:3]] == [StepInfo(evaluations=1)[3:]] * 3  # a sum of x_t, x0_hat and noise alone
    assert all(None not in info[:3] for info in infos[:3])
    assert infos[3] is None


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("denoiser", ["exact", "learned"])
def test_the_same_experiment_gives_the_same_bits(denoiser, sampler):
    experiment = Experiment(denoiser=denoiser, sampler=sampler, eta=0.7, steps=15, particles=100, seed=9)
    one, other = run(experiment), run(experiment)
    for name in ("forward", "reverse", "x0_hat", "t"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    another = run(Experiment(denoiser=denoiser, sampler=sampler, eta=0.7, steps=15, particles=100, seed=10))
    assert (one.forward != another.forward).mean() > 0.99
    assert (one.reverse != another.reverse).mean() > 0.99


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("denoiser", ["exact", "learned"])
def test_a_particle_goes_its_way_whoever_else_is_there(denoiser, sampler):
    """Up to the order of sums in matrix products, which may depend on their size. Heun's steps in sigma are unstable where
    the exact field is stiff: a particle there enlarges one rounding to 1e-5."""
    few, many = (
        run(Experiment(dataset="rings", denoiser=denoiser, sampler=sampler, eta=0.5, steps=30, particles=n)) for n in (10, 1000)
    )
    np.testing.assert_array_equal(few.forward, many.forward[:, :10])
    shared = sampler == "adaptive"  # all particles take its steps, which are as small as the one in most need asks for
    atol = 1e-3 if shared else 5e-5 if sampler == "heun_edm" else 1e-5
    np.testing.assert_allclose(few.reverse, many.reverse[:, :10], rtol=0, atol=atol)


@pytest.mark.parametrize("sampler", ["ancestral", "ddim", "dpm_solver_2m", "langevin"])
@pytest.mark.parametrize("few", [16, 197])
def test_a_particle_of_the_network_keeps_its_bits_whoever_else_is_there(few, sampler):
    """From 16 particles on: of fewer rows a matrix product may be summed in another order."""
    shape = {"dataset": "rings", "denoiser": "learned", "sampler": sampler, "eta": 0.5, "steps": 30}
    some, many = (run(Experiment(**shape, particles=n)) for n in (few, 1000))
    for name in ("forward", "reverse", "x0_hat"):
        np.testing.assert_array_equal(getattr(some, name), getattr(many, name)[:, :few])


def test_a_run_embeds_its_noise_levels_once(monkeypatch):
    asked, embed = [], MLP.embed
    monkeypatch.setattr(MLP, "embed", lambda network, log_snr: asked.append(len(log_snr)) or embed(network, log_snr))
    run(Experiment(denoiser="learned", steps=100, sampler_steps=20, particles=3))
    assert asked == [20]


def test_what_was_not_changed_stays_the_same_in_a_comparison():
    """Another schedule, sampler or denoiser: the same data, the same x_T, the same noise."""
    base = {"dataset": "two_moons", "steps": 20, "particles": 50}
    one = run(Experiment(**base))
    for change in ({"schedule": "linear"}, {"sampler": "ddim"}, {"denoiser": "learned"}, {"sampler_steps": 5}):
        other = run(Experiment(**base, **change))
        np.testing.assert_array_equal(one.forward[0], other.forward[0])
        np.testing.assert_array_equal(one.reverse[0], other.reverse[0])


def test_starting_from_forward_starts_where_the_forward_path_ended():
    forward = run(Experiment(start="forward", steps=10, particles=20))
    np.testing.assert_array_equal(forward.reverse[0], forward.forward[-1])
    noise = run(Experiment(start="noise", steps=10, particles=5000))
    assert abs(np.corrcoef(noise.reverse[0].ravel(), noise.forward[-1].ravel())[0, 1]) < 0.04
    assert noise.reverse[0].std() == pytest.approx(1, abs=0.04)


def test_a_stream_can_be_stopped_early_and_has_computed_no_more():
    asked = []

    class Watched(Setup):
        @property
        def denoiser(self):
            def denoise(x_t, alpha, sigma):
                asked.append(alpha)
                return real(x_t, alpha, sigma)

            real = Setup(self.experiment).denoiser
            return denoise

    experiment = Experiment(steps=10, particles=5)
    frames = stream(experiment, Watched(experiment))
    taken = list(itertools.islice(frames, 13))
    frames.close()
    assert (taken[-1].direction, taken[-1].t) == ("reverse", 9)
    assert len(asked) == 2


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_run_visits_the_times_it_says(spacing):
    trajectory = run(Experiment(steps=50, sampler_steps=8, spacing=spacing, particles=10))
    assert trajectory.forward.shape == (51, 10, 2)
    assert trajectory.reverse.shape == trajectory.x0_hat.shape == (9, 10, 2)
    assert trajectory.t[0] == (1 + 7 * 6 if spacing == "leading" else 50)
    assert trajectory.t[-1] == 0
    assert (np.diff(trajectory.t) < 0).all()
    assert trajectory.evaluations == 8
    assert len(trajectory.info) == 9
    assert len(trajectory.alpha) == len(trajectory.sigma) == 51
    np.testing.assert_array_equal(trajectory.x0_hat[-1], trajectory.reverse[-1])


def test_the_reverse_path_has_the_law_of_the_forward_path():
    """With many exact steps both clouds have the same law at every time: compare their likelihoods."""
    setup = Setup(Experiment(dataset="two_moons", steps=400, particles=3000))
    trajectory = run(setup.experiment, setup)
    for t in (0, 20, 100, 200, 300):
        alpha, sigma = float(setup.schedule.alpha[t]), float(setup.schedule.sigma[t])
        reverse = trajectory.reverse[int(np.flatnonzero(trajectory.t == t)[0])].astype(np.float64)
        mean, error = naive.mean_and_error(-naive.log_density(setup.distribution, reverse, alpha, sigma))
        assert abs(mean - marginal(setup.distribution, alpha, sigma).entropy_nats) < 4 * error + 0.02


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("denoiser", ["exact", "learned"])
def test_cuda_goes_the_same_way(denoiser):
    settings = {"dataset": "rings", "denoiser": denoiser, "steps": 50, "particles": 200}
    cpu, cuda = (run(Experiment(**settings, device=device)) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(cuda.forward, cpu.forward, rtol=0, atol=1e-4)
    assert np.median(np.abs(cuda.reverse - cpu.reverse)) < 1e-3
