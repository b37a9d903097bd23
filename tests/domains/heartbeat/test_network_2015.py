"""The network of the 2015 paper's heartbeats, and its training."""

import math

import numpy as np
import pytest
import torch

from diffviz import Experiment, ExperimentError
from diffviz.binomial.costs import exact_costs
from diffviz.binomial.denoisers import ExactBits
from diffviz.domains.heartbeat.data import LENGTH, RATE, heartbeat
from diffviz.domains.heartbeat.information import information, paper_bound
from diffviz.domains.heartbeat.network_2015 import StepBits, StepMLP
from diffviz.domains.heartbeat.training_2015 import SIZES, Objective, StepRecipe, _split, begin_steps, new_step_network
from diffviz.engine import Setup
from diffviz.schedules import make_schedule

SHORT = {"steps": 80, "updates": 240, "batch": 16}


def level(t, steps):
    schedule = make_schedule("sohl_dickstein", steps)
    return float(schedule.alpha[t]), float(schedule.sigma[t])


def test_every_step_has_a_read_out_of_its_own_above_the_same_units():
    network = StepMLP(LENGTH, 7, 3, 10)
    torch.nn.init.normal_(network.weight)
    x = torch.randint(0, 2, (10, 4, LENGTH)).float()
    assert len(network.hidden) == 3
    together = network(x)
    for t in range(1, 11):
        torch.testing.assert_close(network.at(x[t - 1], t), together[t - 1])
    with torch.no_grad():
        network.weight[3] += 1.0
    changed = (network(x) - together).abs().amax((1, 2)) > 0
    assert changed.tolist() == [t == 4 for t in range(1, 11)]


def test_without_read_outs_a_bit_knows_of_itself_alone():
    """Bayes' rule for one bit, q(x_t = 1|x_0 = 1) q(1)/q(x_t = 1)."""
    denoiser = StepBits(StepMLP(LENGTH, 5, 1, 20), RATE)
    x = (torch.arange(LENGTH) % 2).float()[None]
    for t in (1, 7, 20):
        kept = 1.0 - t / 20
        one, zero = kept + RATE * (1 - kept), (1 - RATE) * (1 - kept)
        found = denoiser(x, *level(t, 20)).probabilities[0, :2].tolist()
        assert found == pytest.approx([RATE * zero / (RATE * zero + (1 - RATE) * (1 - RATE * (1 - kept))), one], abs=1e-6)


def test_it_answers_at_the_levels_of_its_chain_and_of_chains_whose_t_divides_its_own():
    denoiser = StepBits(StepMLP(LENGTH, 5, 1, 40), RATE, "mine")
    assert [denoiser.step_of(*level(t, 40)) for t in (1, 17, 40)] == [1, 17, 40]
    assert [denoiser.step_of(*level(t, 8)) for t in (1, 8)] == [5, 40]
    for other in (level(1, 80), level(3, 7)):
        with pytest.raises(ExperimentError, match=r"^denoiser mine knows .*: sohl_dickstein, with T = 40 or a T"):
            denoiser(torch.zeros(1, LENGTH), *other)


def test_the_objective_is_the_bound():
    """Its mean for the own log odds of bits is what information() finds for that denoiser; each KL is 0 where the network knows
    x_0, and the exact denoiser's costs bound it from below."""
    steps, network = 20, StepMLP(LENGTH, 5, 1, 20)
    objective = Objective(steps)
    x_0, x_t = objective.draw(20_000, torch.Generator().manual_seed(0))
    with torch.no_grad():
        costs = objective.kl_nats(network, x_0, x_t).sum(2)
    schedule, times = make_schedule("sohl_dickstein", steps), np.arange(steps + 1)
    found = information(schedule, times, StepBits(network, RATE))
    stderr = math.hypot(float((costs.var(1) / 20_000).sum().sqrt()), found.bound.estimate.stderr)
    assert abs(float(costs.mean(1).sum()) - found.bound.value) < 4 * stderr
    assert stderr < 0.05 < 0.02 * found.bound.value
    exact = exact_costs(heartbeat(), schedule, times, RATE)
    assert exact.kl[-1] == pytest.approx(0.0, abs=1e-12)  # so that nothing is missing at T
    assert float(costs.mean(1).sum()) > float(exact.kl.sum())


def test_a_split_keeps_the_function():
    recipe = StepRecipe(steps=80, hidden=6)
    coarse = new_step_network(recipe, SIZES[0])
    torch.nn.init.normal_(coarse.weight)
    x = torch.randint(0, 2, (80, 3, LENGTH)).float()
    wanted = coarse(x.reshape(2, -1, LENGTH)).view_as(x)
    for size in SIZES[1:]:
        finer = _split(coarse, recipe, size)
        torch.testing.assert_close(finer(x.reshape(80 // size, -1, LENGTH)).view_as(x), wanted)


def test_training_comes_near_the_exact_denoiser_in_seconds():
    schedule, times = make_schedule("sohl_dickstein", 80), np.arange(81)
    *_, last = begin_steps(StepRecipe(**SHORT)).steps(every=100)
    assert last.update == 240
    assert len(last.network.weight) == 80
    learned = information(schedule, times, StepBits(last.network.eval(), RATE)).bound
    untrained = information(schedule, times, StepBits(new_step_network(StepRecipe(**SHORT)), RATE)).bound
    exact = information(schedule, times, None)
    assert exact.bound.value < learned.value - 3 * learned.estimate.stderr
    assert learned.value - exact.bound.value < 0.15 * (untrained.value - exact.bound.value)


def test_the_same_recipe_gives_the_same_weights_and_leaves_torch_s_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    recipe = StepRecipe(steps=40, hidden=5, updates=6, batch=2)
    one, other = ([*begin_steps(recipe).steps()][-1].network.state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dataset": "rings"}, "dataset must be heartbeat"),
        ({"steps": 50}, r"steps must be a multiple of 40\."),
        ({"lr": 0.0}, "lr"),
    ],
)
def test_what_cannot_be_trained_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        StepRecipe(**given)


class Exact:
    """The exact denoiser, asked in place of a network."""

    def __init__(self):
        self._exact = ExactBits(heartbeat(), RATE)

    def __call__(self, x_t, alpha, sigma):
        return self._exact(x_t, alpha, sigma)


def test_the_paper_s_way_to_count_differs_in_the_step_into_data_alone():
    schedule, times = make_schedule("sohl_dickstein", 50), np.arange(51)
    found = information(schedule, times, Exact())
    assert found.bound.value == pytest.approx(found.kl.sum(), abs=1e-6)
    assert paper_bound(found, 0.25).value == pytest.approx(found.bound.value - found.kl[0, 0] + 0.25, abs=1e-6)


def test_the_shipped_network_reaches_what_its_card_says():
    """K of the exact bound's convention, on fewer sequences."""
    setup = Setup(Experiment(dataset="heartbeat", schedule="sohl_dickstein", steps=2000, denoiser="heartbeat_2015", particles=10))
    found = information(setup.schedule, setup.times, setup.denoiser)
    k = found.bound.times(-1 / math.log(2)).estimate
    assert k.value > -2.40
    assert -float(found.kl.sum()) / math.log(2) == pytest.approx(-2.3256, abs=2 * 0.0018)
    assert k.value < -float(found.kl.sum()) / math.log(2)


def test_it_is_refused_at_other_levels_before_a_run_begins():
    for other in ({"schedule": "cosine", "steps": 100}, {"schedule": "sohl_dickstein", "steps": 300}):
        setup = Setup(Experiment(dataset="heartbeat", denoiser="heartbeat_2015", particles=10, **other))
        with pytest.raises(ExperimentError, match=r"^denoiser heartbeat_2015 knows the noise levels of its own chain alone"):
            setup.prepare()
    Setup(Experiment(dataset="heartbeat", denoiser="heartbeat_2015", schedule="sohl_dickstein", steps=100, particles=5)).prepare()
