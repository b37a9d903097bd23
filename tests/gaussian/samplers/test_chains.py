"""Langevin dynamics at one noise level: what it samples, on data whose answer is known."""

import math

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.domains.plane.datasets import make_dataset
from diffviz.engine import Setup
from diffviz.experiment import ExperimentError
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.samplers.chains import MALA, ULA
from diffviz.process import Position, Step
from diffviz.schedules import held
from tests.measured import measured

LEVEL = 1.0  # log SNR
SCHEDULE = held(10, LEVEL)
ALPHA, SIGMA = float(SCHEDULE.alpha[1]), float(SCHEDULE.sigma[1])
NARROW = GaussianMixture(torch.zeros(1, 2, dtype=torch.float64), torch.ones(1, dtype=torch.float64), 0.3)
V = ALPHA**2 * 0.3**2 + SIGMA**2


def moved(sampler, x, moves, seed=0, mixture=NARROW):
    """The chains after so many steps of the clock, and the share accepted in each."""
    denoise, generator = ExactDenoiser(mixture, dtype=torch.float64, energy=True), torch.Generator().manual_seed(seed)
    state, accepted = sampler.init(x), []
    for _ in range(moves):
        step = Step(2, 1, SCHEDULE, lambda draw: torch.randn(x.shape, generator=generator, dtype=torch.float64), denoise)
        state, info = sampler.step(state, denoise(state.x, ALPHA, SIGMA), step)
        accepted.append(info.accepted)
    return state.x, accepted


def drawn(mixture, count, seed=1):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(2, count, 2, generator=generator, dtype=torch.float64)
    return ALPHA * mixture.sample(torch.rand(count, generator=generator, dtype=torch.float64), z[0]) + SIGMA * z[1]


@pytest.mark.parametrize("size", [0.1, 1.0])
@pytest.mark.parametrize("temperature", [1.0, 0.3])
def test_unadjusted_steps_reach_the_variance_that_theory_gives_them(size, temperature):
    """V T/(1 - e/(2V)), from far away on either side."""
    wanted = temperature * V / (1 - size * V / (2 * V))
    x, _ = moved(ULA(size * V, temperature), 3.0 * drawn(NARROW, 20_000), 150 if size < 1 else 30)
    assert float(x.var()) == pytest.approx(wanted, rel=6 * math.sqrt(1 / 20_000))
    assert float(x.mean()) == pytest.approx(0.0, abs=5 * math.sqrt(wanted / 40_000))


def test_unadjusted_steps_of_twice_the_variance_diverge():
    start = drawn(NARROW, 100)
    x, _ = moved(ULA(2.2 * V), start, 60)
    assert float(x.abs().max()) > 1e3 * float(start.abs().max())


@pytest.mark.parametrize(("size", "temperature"), [(1.0, 1.0), (1.8, 1.0), (1.0, 0.3)])
def test_accepted_steps_have_the_right_variance_however_long_they_are(size, temperature):
    x, accepted = moved(MALA(size * V, temperature), 2.0 * drawn(NARROW, 20_000), 80)
    assert float(x.var()) == pytest.approx(temperature * V, rel=6 * math.sqrt(1 / 20_000))
    assert accepted[-1] < 0.98  # so that something had to be refused


def test_accepted_steps_keep_detailed_balance():
    """From the stationary law as many go from one region to another as back: E[f(x) g(y) - g(x) f(y)] = 0, for data that are no
    Gaussian and steps that often are refused."""
    mixture = make_dataset("two_moons")
    x = drawn(mixture, 100_000)
    y, accepted = moved(MALA(0.3), x, 1, mixture=mixture)
    assert 0.2 < accepted[0] < 0.9
    for f, g in (
        (lambda p: p[:, 0], lambda p: p[:, 1]),
        (lambda p: p[:, 0] ** 2, lambda p: p[:, 1]),
        (lambda p: (p[:, 0] > 0.4).double(), lambda p: (p[:, 1] > 0.3).double()),
    ):
        flux = f(x) * g(y) - g(x) * f(y)
        assert abs(float(flux.mean())) < 4 * float(flux.std()) / math.sqrt(len(x))
    plain, _ = moved(ULA(0.3), x, 1, mixture=mixture)  # without refusals the same test fails
    drift = y.square().sum(1) - x.square().sum(1)
    wrong = plain.square().sum(1) - x.square().sum(1)
    assert abs(float(drift.mean())) < 4 * float(drift.std()) / math.sqrt(len(x))
    assert abs(float(wrong.mean())) > 8 * float(wrong.std()) / math.sqrt(len(x))


def test_at_temperature_0_energies_only_fall():
    mixture = make_dataset("eight_gaussians")
    x = drawn(mixture, 500)
    y, _ = moved(MALA(0.01, 0.0), x, 20, mixture=mixture)
    before, after = (-mixture.log_density(points, ALPHA, SIGMA) for points in (x, y))
    assert (after <= before + 1e-9).all()
    assert float(after.mean()) < float(before.mean()) - 0.3


def test_several_moves_are_as_many_steps():
    x = drawn(NARROW, 50)
    generator = torch.Generator().manual_seed(5)
    draws = [torch.randn(x.shape, generator=generator, dtype=torch.float64) for _ in range(3)]
    denoise = ExactDenoiser(NARROW, dtype=torch.float64)
    together = Step(2, 1, SCHEDULE, lambda draw: draws[draw], denoise)
    at_once, info = ULA(0.1, moves=3).step(Position(x), denoise(x, ALPHA, SIGMA), together)
    one = Position(x)
    for z in draws:
        one, _ = ULA(0.1).step(one, denoise(one.x, ALPHA, SIGMA), Step(2, 1, SCHEDULE, lambda draw, z=z: z, denoise))
    torch.testing.assert_close(at_once.x, one.x)
    assert info.corrector_steps == 2


def test_the_last_step_is_the_denoised_estimate():
    x, told = torch.randn(5, 2), Prediction(torch.randn(5, 2))
    for sampler in (ULA(0.1), MALA(0.1)):
        state, _ = sampler.step(Position(x), told, Step(1, 0, SCHEDULE, lambda draw: x, lambda *_: told))
        assert torch.equal(state.x, told.x0_hat)


@pytest.mark.parametrize("sampler", ["ula", "mala"])
def test_a_run_stays_at_its_noise_level_and_has_no_elbo(sampler):
    e = Experiment(dataset="two_moons", sampler=sampler, steps=300, particles=2000, langevin_level=5.0, schedule="linear")
    assert e.schedule == "cosine"  # no schedule is read
    setup, trajectory = Setup(e), run(e)
    np.testing.assert_allclose(setup.schedule.log_snr[1:], 5.0)
    found = measured(e, trajectory)
    assert found.costs is None
    assert "gap_nats" not in found.metrics
    assert trajectory.evaluations == {"ula": 300, "mala": 599}[sampler]
    error = found.estimate("level_excess_nll_nats")
    assert abs(error.value) < 4 * error.stderr + {"ula": 0.5, "mala": 0.0}[sampler]
    if sampler == "mala":
        assert 0.5 < found.estimate("accepted").value < 1.0
        assert all(0.0 <= info.accepted <= 1.0 for info in trajectory.info[:-2])


def test_mala_is_refused_for_networks_without_a_density():
    with pytest.raises(ExperimentError, match=r"sampler must not be mala: .*without a density"):
        Experiment(sampler="mala", denoiser="learned")
    with pytest.raises(ExperimentError, match="sampler must not be mala: spiral is a network without a density"):
        run(Experiment(sampler="mala", denoiser="spiral", particles=3, steps=3))
    run(Experiment(sampler="ula", denoiser="learned", particles=3, steps=3))


def test_chains_are_not_conditioned_and_their_paths_have_no_probability():
    with pytest.raises(ExperimentError, match="sampler must be"):
        Experiment(sampler="ula", measurement="half_plane", condition="exact")
    setup = Setup(Experiment(sampler="ula"))
    with pytest.raises(ExperimentError, match="sampler must be one along a schedule"):
        setup.domain.path_law(setup.experiment, setup.process)
