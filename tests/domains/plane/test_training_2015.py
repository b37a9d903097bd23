"""The 2015 paper's network of points, its training and its bound."""

import math

import numpy as np
import pytest
import torch

from diffviz import Experiment, ExperimentError, checkpoints
from diffviz.domains.plane.bound_2015 import NULL_BITS, k_nats, noise_nats
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.information import information, variance_errors
from diffviz.domains.plane.learned_schedule import frozen
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.domains.plane.training_2015 import ChainRecipe, begin_chain, negative_k_nats, new_chain_network
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.rbf import ChainDenoiser
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import make_schedule

ROLL, BITS = make_dataset("swiss_roll"), 1 / math.log(2)
SHORT = ChainRecipe("swiss_roll", steps=20, updates=250, batch=64)


def chain_of(network):
    steps = len(network.levels)
    return ROLL, make_schedule("drawn", steps, points=network.drawn), np.arange(steps + 1)


@pytest.fixture(scope="module")
def trained():
    *_, last = begin_chain(SHORT).steps(every=100)
    return last.network.eval().requires_grad_(False)


def test_training_raises_k_and_learns_a_schedule_that_runs_can_name(trained):
    learned, untrained = (
        k_nats(*chain_of(n), ChainDenoiser(n), 4000).times(BITS).estimate for n in (trained, new_chain_network(SHORT))
    )
    assert learned.value > untrained.value + 1.0
    assert float(trained.levels[0]) == pytest.approx(SHORT.first, abs=1e-5)  # held
    assert trained.drawn != new_chain_network(SHORT).drawn
    assert not trained.readouts[0].any()  # at t = 1 nothing is learned


def test_the_objective_is_k_as_it_is_counted(trained):
    """The batch's mean against quadrature and the excess."""
    mixture, generator = ROLL.to("cpu", torch.float32), torch.Generator().manual_seed(1)
    with torch.no_grad():
        found = [-float(negative_k_nats(trained, *frozen(mixture, 20, 4000, generator), trained.levels)) for _ in range(10)]
    wanted = k_nats(*chain_of(trained), ChainDenoiser(trained), 8000).estimate
    stderr = math.hypot(np.std(found, ddof=1) / math.sqrt(10), wanted.stderr)
    assert abs(np.mean(found) - wanted.value) < 4 * stderr
    assert stderr < 0.02


def test_k_is_minus_the_bound_of_the_page_as_the_step_into_data_is_the_forward_kernel(trained):
    mixture, schedule, times = chain_of(trained)
    variances, levels = reverse_variances("learned", schedule, times, mixture), noise_levels(mixture, schedule, times)
    errors = variance_errors(ChainDenoiser(trained), mixture, schedule, times, samples=8000)
    bound = information(mixture, schedule, variances, times, levels, errors).bound
    k = k_nats(mixture, schedule, times, ChainDenoiser(trained), 8000).estimate
    assert abs(bound.value + k.value) < 4 * math.hypot(bound.stderr, k.stderr)


def test_no_k_exceeds_minus_the_entropy_of_x_1():
    schedule = make_schedule("drawn", 40, points="8 6.67 5.39 4.45 3.89 3.35 2.9 2.47 1.91 1.38 0.61 -0.72")
    k = k_nats(ROLL, schedule, np.arange(41)).value
    x_1 = -marginal(ROLL, schedule.alpha.item(1), schedule.sigma.item(1)).entropy_nats
    assert k < x_1 < -marginal(ROLL, 1.0, 0.0).entropy_nats
    assert k > x_1 - 0.06  # what finite steps and the mismatch cost


def test_one_gaussian_loses_nothing():
    """With data N(0, I) every reverse kernel is exact, x_T is noise, and K = -H(X_1) = L_null."""
    schedule, times = make_schedule("cosine", 12), np.arange(13)
    assert k_nats(make_dataset("gaussian"), schedule, times).value * BITS == pytest.approx(NULL_BITS, abs=1e-5)
    assert noise_nats(schedule, times) == pytest.approx(2 * math.log(schedule.sigma[-1] / schedule.sigma[1]) + NULL_BITS / BITS)


def test_the_same_recipe_gives_the_same_weights_and_leaves_torch_s_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, other = (
        begin_chain(ChainRecipe("rings", updates=5, batch=8, steps=6)).advance(5).network.state_dict() for _ in range(2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_what_cannot_be_trained_is_refused():
    with pytest.raises(ValueError, match="dataset must be one of"):
        ChainRecipe("heartbeat")
    with pytest.raises(ValueError, match=r"^first must be from 0 to 20\.$"):
        ChainRecipe("rings", first=-1.0)


def test_a_network_that_tells_no_variance_is_refused_and_one_of_another_chain_is():
    with pytest.raises(
        ExperimentError, match=r"^variance must be one of .*, optimal for the denoiser learned, which predicts no"
    ):
        Experiment(dataset="rings", denoiser="learned", variance="learned")
    with pytest.raises(ExperimentError, match=r"^denoiser rings predicts no variance"):
        Setup(Experiment(dataset="spiral", denoiser="rings", variance="learned", particles=5)).prepare()
    with pytest.raises(ExperimentError, match=r"^denoiser swiss_roll_2015 knows .* alone: drawn through 8 .*, with T = 40\.$"):
        Setup(Experiment(dataset="swiss_roll", denoiser="swiss_roll_2015", particles=5)).prepare()
    points = checkpoints.load("swiss_roll_2015").network.drawn
    Setup(Experiment(dataset="swiss_roll", denoiser="swiss_roll_2015", schedule="drawn", points=points, steps=40)).prepare()
