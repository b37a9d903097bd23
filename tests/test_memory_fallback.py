"""CUDA's memory runs out: a stand-in denoiser raises what a device without memory raises, on any machine."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.memory_fallback import MemoryFallback
from diffviz.ui import broadcast
from tests.experiments import complaint

KINDS = {
    "points": Experiment(dataset="two_moons", denoiser="learned", steps=6, particles=24),
    "images": Experiment(dataset="digits", denoiser="learned", steps=4, particles=6),
    "bits": Experiment(dataset="heartbeat", steps=6, particles=24),
    "measured": Experiment(dataset="digits", measurement="inpaint", condition="pigdm", steps=4, particles=4),
}


class Small:
    """A denoiser with memory for so many particles at once. asked: how many it was asked about."""

    def __init__(self, denoiser, most):
        self._denoiser, self._most, self.asked = denoiser, most, []

    def __call__(self, x_t, alpha, sigma):
        self.asked.append(len(x_t))
        if len(x_t) > self._most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return self._denoiser(x_t, alpha, sigma)


def limited(experiment, most):
    """A setup whose denoiser has that memory, and the denoiser."""
    setup = Setup(experiment)
    small = Small(setup.denoiser, most)
    vars(setup)["denoiser"] = MemoryFallback(small, lambda: Setup(experiment).denoiser)
    return setup, small


@pytest.mark.parametrize("kind", KINDS)
def test_too_many_particles_at_once_are_halved_until_they_fit_and_the_run_is_the_same(kind):
    experiment = KINDS[kind]
    particles, usual = experiment.particles, run(experiment)
    setup, small = limited(experiment, particles // 2)
    found = run(experiment, setup)
    assert small.asked[:3] == [particles, particles // 2, particles // 2]
    assert max(small.asked[1:]) == particles // 2  # what was learned is not tried again
    np.testing.assert_allclose(found.reverse, usual.reverse, atol=2e-4)
    assert found.evaluations == usual.evaluations
    assert found.device == f"cpu, {particles // 2} particles at once, because memory ran out"


@pytest.mark.parametrize("kind", KINDS)
def test_where_one_particle_is_too_many_the_cpu_answers_and_it_is_said(kind):
    experiment = KINDS[kind]
    setup, small = limited(experiment, 0)
    found = run(experiment, setup)
    assert small.asked[0] == experiment.particles
    assert small.asked[-1] == 1
    assert len(small.asked) < 8  # it is asked no more
    np.testing.assert_array_equal(found.reverse, run(experiment).reverse)
    assert found.device == "cpu, its denoiser on the CPU, because memory ran out"


def test_memory_that_is_enough_needs_no_fallback():
    setup, small = limited(KINDS["points"], 24)
    assert run(setup.experiment, setup).device == "cpu"
    assert set(small.asked) == {24}


def test_a_run_on_cuda_has_such_a_denoiser_and_its_stand_in_is_the_cpu_s():
    setup = Setup(KINDS["points"])
    small = Small(setup.free_denoiser, 0)
    vars(setup).update(device=torch.device("cuda"), free_denoiser=small)
    x, level = torch.randn(5, 2), (0.6, 0.8)
    told = setup.denoiser(x, *level).x0_hat
    assert torch.equal(told, Setup(setup.experiment).denoiser(x, *level).x0_hat)
    assert small.asked == [5, 3, 2, 1]
    assert setup.where == "cuda, its denoiser on the CPU, because memory ran out"


def test_memory_that_is_not_enough_for_the_particles_alone_is_told_in_a_sentence():
    class Full(Setup):
        def data(self):
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    error = complaint(run, KINDS["points"], Full(KINDS["points"]))
    assert str(error) == "device has too little memory for so many particles; take fewer, or the CPU."


def test_the_page_says_it(monkeypatch):
    experiment = replace(KINDS["points"], seed=12)
    with monkeypatch.context() as patched:
        patched.setattr(broadcast, "Setup", lambda e: limited(e, 12)[0])
        said = broadcast._finished(experiment).final.summary
    assert said.endswith(" · cpu, 12 particles at once, because memory ran out")
    assert "ELBO gap" in said
