"""What the lesson on energies explains in words, without a number of its runs, holds as well."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import run
from diffviz.engine import Setup
from diffviz.lessons.energies import ENERGIES
from diffviz.lessons.energies_numbers import by_chance, mode_variance
from tests.lessons.test_lessons import of

STEPS = {step.name: step for step in ENERGIES.steps}


def test_steps_have_what_their_texts_say():
    a, b = STEPS["modes"].runs
    assert run(a).evaluations == run(b).evaluations
    assert {run(each).evaluations for each in STEPS["levels"].runs} == {99}
    assert STEPS["levels"].a.denoiser == STEPS["levels"].b.denoiser
    data = Setup(STEPS["weights"].a).distribution
    assert (len(data.means), data.weights.unique().tolist()) == (8, [0.125])
    assert Setup(a).distribution.weights.unique().tolist() == pytest.approx([1 / 25])


def test_noise_and_step_balance_at_the_variance_of_a_mode():
    """v = (1 - e/V)^2 v + 2e leads to V/(1 - e/(2V)), and from e = 2V on nowhere."""
    V = mode_variance(Setup(STEPS["bias"].a))

    def after(moves, e):
        v = 1.0
        for _ in range(moves):
            v = (1 - e / V) ** 2 * v + 2 * e
        return v

    for e in (0.0002, 0.002, 0.02, 1.9 * V):
        assert after(2000, e) == pytest.approx(V / (1 - e / (2 * V)), rel=1e-6)
    assert after(2000, 2.01 * V) > 1e6


def test_one_nat_of_energy_is_missing_at_the_temperature_0():
    """d/2 of a Gaussian in d dimensions, here 2."""
    z = np.random.default_rng(0).standard_normal((100_000, 2))
    assert (z**2).sum(1).mean() / 2 == pytest.approx(1.0, abs=0.01)


def test_chains_end_in_the_mode_that_is_downhill_and_do_not_cross():
    """Nearly all chains of the lesson are, after a tenth of their moves, in the mode in which they end."""
    step = STEPS["modes"]
    trajectory, setup = run(step.a), Setup(step.a)
    alpha = float(setup.schedule.alpha[-1])
    at = [
        torch.cdist(torch.from_numpy(trajectory.reverse[i]).double(), alpha * setup.distribution.means).argmin(1)
        for i in (10, -2)
    ]
    assert float((at[0] == at[1]).double().mean()) > 0.95


def test_what_chance_does_to_shares_is_that_of_true_samples():
    setup = Setup(STEPS["modes"].a)
    weights, count = setup.distribution.weights.numpy(), setup.experiment.particles
    shares = np.random.default_rng(0).multinomial(count, weights, 4000) / count
    assert 0.5 * np.abs(shares - weights).sum(1).mean() == pytest.approx(by_chance(setup), rel=0.01)


def test_more_moves_bring_the_moons_nearer():
    assert "With enough moves A comes nearer" in STEPS["levels"].why
    a = of(STEPS["levels"])[0]
    (longer,) = of(replace(STEPS["levels"], a=replace(STEPS["levels"].a, steps=300), b=None))
    assert longer.estimate("sliced_wasserstein").value < a.estimate("sliced_wasserstein").value - 0.04
