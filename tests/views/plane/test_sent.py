"""What is sent of points, against what is declared and what the engine computes."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment
from diffviz.energies.partition import grid
from diffviz.engine import Setup, stream
from diffviz.gaussian.kernels import reverse_kernel
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.noise import Stream
from diffviz.player.protocol import RANGE
from diffviz.process import reverse_process
from diffviz.views.plane import sent
from diffviz.views.plane.sent import FIELD_REACH, FIELD_SIDE, MAX_DRAWN, TRACED, field_points

FEW = {"dataset": "two_moons", "steps": 4}


@pytest.mark.parametrize(("denoiser", "particles"), [("exact", 7), ("learned", 300), ("exact", MAX_DRAWN + 5)])
def test_every_frame_is_of_the_declared_arrays(denoiser, particles):
    setup = Setup(Experiment(**FEW, denoiser=denoiser, particles=particles))
    declared, drawn = sent.arrays(setup), sent.drawn(setup)
    assert drawn == min(particles, MAX_DRAWN)
    assert declared["x0_hat"].shape == (min(particles, TRACED), 2)
    assert ("field" in declared) == (denoiser != "exact")
    seen = set()
    for frame in stream(setup.experiment, setup):
        arrays = dict(sent.frame_arrays(setup, frame))
        seen |= set(arrays)
        assert set(arrays) <= set(declared)
        for name, values in arrays.items():
            assert (values.shape, values.dtype) == (declared[name].shape, np.float32)
        np.testing.assert_array_equal(arrays[frame.direction], frame.x[:drawn].numpy())
        assert ("field" in arrays) == (denoiser != "exact" and frame.direction == "reverse" and frame.t > 0)
    assert seen == set(declared)


def test_the_field_is_what_the_network_answers_on_the_grid():
    setup = Setup(Experiment(**FEW, denoiser="learned", particles=2))
    frame = next(f for f in stream(setup.experiment, setup) if f.direction == "reverse" and 0 < f.t < 4)
    alpha, sigma = setup.schedule.alpha[frame.t], setup.schedule.sigma[frame.t]
    wanted = setup.denoiser(torch.from_numpy(field_points()), float(alpha), float(sigma)).x0_hat
    np.testing.assert_array_equal(dict(sent.frame_arrays(setup, frame))["field"], wanted.detach().numpy())


def test_the_view_is_told_the_data_distribution_and_the_grid():
    setup = Setup(Experiment(**FEW, particles=2))
    data = sent.data(setup)
    np.testing.assert_allclose(data["mixture"]["means"], setup.distribution.means.numpy(), atol=5e-6)
    np.testing.assert_allclose(data["mixture"]["weights"], setup.distribution.weights.numpy(), atol=5e-8)
    assert data["mixture"]["std"] == setup.distribution.std
    assert data["exact"]
    assert not sent.data(Setup(Experiment(**FEW, denoiser="learned", particles=2)))["exact"]
    assert (data["field_side"], data["field_reach"]) == (FIELD_SIDE, FIELD_REACH)


def _end_with(setup, seed):
    """The samples from the run's x_T with another seed's noise in the steps."""
    noise = Setup(replace(setup.experiment, seed=seed)).noise(Stream.REVERSE)
    start = setup.process.prior(setup.noise(Stream.REVERSE)(0))
    *_, last = reverse_process(setup.denoiser, setup.sampler, setup.schedule, setup.times, start, noise)
    return last.x


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_is_said_to_draw_noise_if_its_own_noise_moves_the_samples(name):
    for changes in ({}, {"eta": 0.5}, {"bug": "max_churn"}):
        experiment = Experiment(**FEW, sampler=name, particles=8, **changes)
        setup = Setup(experiment)
        first, second = (_end_with(setup, seed) for seed in (1, 2))
        assert (sent.data(setup)["eta"] > 0.0) == (not torch.equal(first, second))


def test_the_field_is_asked_row_by_row_from_the_lower_left():
    points = field_points()
    assert points.shape == (FIELD_SIDE**2, 2)
    assert points[0] == pytest.approx([-FIELD_REACH, -FIELD_REACH])
    assert points[1, 0] > points[0, 0]
    assert points[1, 1] == points[0, 1]


def test_the_drift_is_that_of_the_step_to_the_visited_time_before():
    """(c_t, c_0) of each displayed time, those of q(x_s|x_t, x_0); none leaves t = 0."""
    setup = Setup(Experiment(dataset="rings", steps=20, sampler_steps=5, particles=3))
    told = sent.drifts(setup, setup.times)
    assert told[0] is None
    for (s, t), kernel in zip(itertools.pairwise(setup.times.tolist()), told[1:], strict=True):
        wanted = reverse_kernel(setup.schedule, s, t)
        assert kernel == pytest.approx((wanted.c_t, wanted.c_0), rel=1e-6)
    assert sent.drifts(setup, setup.times[[0, 3]])[1] == told[3]  # of a time that is displayed without the one before


def test_an_energy_model_sends_its_learned_energy_at_every_noise_level():
    e = Experiment(denoiser="eight_gaussians_energy", particles=20, steps=4)
    setup = Setup(e)
    spec = sent.arrays(setup)["learned"]
    assert "learned" not in sent.arrays(Setup(replace(e, denoiser="learned")))
    for frame in stream(e, setup):
        told = dict(sent.frame_arrays(setup, frame))
        assert ("learned" in told) == (frame.direction == "reverse" and frame.t > 0)
        if "learned" not in told:
            continue
        assert told["learned"].shape == spec.shape
        share = (told["learned"].astype(np.float64) + RANGE) / (2 * RANGE)
        energy = spec.low + share * (spec.high - spec.low)
        nodes, cell = grid(sent.FIELD_REACH, sent.LEARNED_SIDE)
        assert np.exp(-energy).sum() * cell == pytest.approx(1.0, abs=0.01)
        alpha, sigma = float(setup.schedule.alpha[frame.t]), float(setup.schedule.sigma[frame.t])
        exact = -setup.distribution.log_density(nodes.reshape(-1, 2), alpha, sigma).numpy()
        likely = exact < exact.min() + 3
        assert np.abs(energy - exact)[likely].mean() < 0.1  # it is near the truth where the data are
