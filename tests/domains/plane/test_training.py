import itertools
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from diffviz import checkpoints
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.information import information, network_errors
from diffviz.domains.plane.progress import level_axis, loss_by_level
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.domains.plane.training import DenoisingTask, Recipe, begin, new_network
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE, NetworkDenoiser
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import make_schedule
from diffviz.training.settings import is_read
from tests import naive

SMALL = Recipe("two_moons", hidden=32, layers=2, features=16, updates=600, batch=256, lr=8e-3, ema=0.95)


def last(recipe):
    *_, step = begin(recipe).steps()
    return step


@pytest.fixture(scope="module")
def trained():
    return list(begin(SMALL).steps(every=1))


def gaps_nats(network):
    """Of the exact denoiser and of the network: cosine, T = 20, optimal variance."""
    mixture, schedule, times = make_dataset(SMALL.dataset), make_schedule("cosine", 20), np.arange(21)
    errors = network_errors(NetworkDenoiser(network), mixture, schedule, times)
    variances = reverse_variances("optimal", schedule, times, mixture)
    found = information(mixture, schedule, variances, times, noise_levels(mixture, schedule, times), errors)
    return found.exact_gap.value, found.gap.value


def test_the_same_recipe_gives_the_same_weights():
    recipe = Recipe("rings", hidden=16, layers=2, features=8, updates=30, batch=64)
    torch.manual_seed(123)
    one = last(recipe)
    torch.manual_seed(456)  # what others drew before is of no account
    other, another = last(recipe), last(Recipe("rings", hidden=16, layers=2, features=8, updates=30, batch=64, seed=1))
    assert one.loss == other.loss
    for (name, a), (_, b) in zip(one.network.state_dict().items(), other.network.state_dict().items(), strict=True):
        assert torch.equal(a, b), name
    assert not torch.equal(one.network.outputs.weight, another.network.outputs.weight)
    assert not torch.equal(one.network.frequencies, another.network.frequencies)


def test_training_leaves_other_randomness_alone():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    last(Recipe("rings", hidden=4, layers=1, features=2, updates=2, batch=8))
    assert torch.equal(torch.rand(3), expected)


def test_the_loss_falls_to_what_no_denoiser_can_avoid(trained):
    """The mean squared error of v that the truth leaves: E|v - v_hat|^2 = MMSE/sigma^2, evenly over log SNR."""
    mixture, log_snr = make_dataset("two_moons"), np.linspace(*LOG_SNR_RANGE, 200)
    levels = [((1 + np.exp(-value)) ** -0.5, (1 + np.exp(value)) ** -0.5) for value in log_snr]
    floor = np.mean([marginal(mixture, float(alpha), float(sigma)).mmse / sigma**2 / 2 for alpha, sigma in levels])
    losses = np.array([step.loss for step in trained])
    first, (reached, error) = losses[:3].mean(), naive.mean_and_error(losses[-100:])
    assert reached > floor - 3 * error
    assert reached - floor < 0.2 * (first - floor)


def test_a_few_hundred_updates_come_most_of_the_way(trained):
    exact, untrained = gaps_nats(last(replace(SMALL, updates=1)).network)
    _, reached = gaps_nats(trained[-1].network)
    assert exact < reached < exact + 0.25
    assert reached - exact < 0.2 * (untrained - exact)


def test_it_reports_when_asked_to_and_at_the_end():
    recipe = Recipe("rings", hidden=4, layers=1, features=2, updates=25, batch=8)
    assert [step.update for step in begin(recipe).steps(every=10)] == [10, 20, 25]
    assert [step.update for step in begin(recipe).steps(every=100)] == [25]


def test_it_can_be_stopped():
    endless = Recipe("rings", hidden=4, layers=1, features=2, updates=10**6, batch=8)
    steps = begin(endless).steps(every=5)
    assert [step.update for step in itertools.islice(steps, 2)] == [5, 10]
    steps.close()


def test_the_network_is_of_the_recipes_size():
    network = new_network(Recipe("rings", hidden=24, layers=4, features=6))
    assert network.frequencies.shape == (2, 6)
    assert network.inputs.out_features == 24
    assert len(network.hidden) == 3


def test_an_unknown_data_set_is_refused():
    with pytest.raises(ValueError, match=r"^dataset must be one of gaussian, "):
        Recipe("no such data")


@pytest.mark.parametrize(
    "change",
    [
        {"objective": "noise"},
        {"weighting": "even"},
        {"levels": "sigmoid"},
        {"gamma": 0.0},
        {"sigma_data": float("nan")},
        {"variance_weight": 2.0},
        {"optimiser": "lbfgs"},
        {"weight_decay": -1.0},
        {"time_features": 65},
    ],
    ids=str,
)
def test_a_recipe_that_cannot_be_is_refused_in_one_sentence(change):
    with pytest.raises(ValueError, match=f"^{next(iter(change))} must be .*\\.$"):
        Recipe("rings", **change)


def test_every_setting_has_a_title_and_a_help_and_names_have_reasons():
    for item in fields(Recipe):
        if item.name != "dataset":
            assert item.metadata["title"]
            assert item.metadata["help"].endswith(".")
            free = item.name in ("own_points", "own_mixture", "earlier")
            assert (item.metadata["choices"] is None) == (item.type != "str" or free)
            assert item.metadata["choices"] is None or len(item.metadata["choices"]) == len(item.metadata["whys"])
    unread = {item.name for item in fields(Recipe) if not is_read(SMALL, item)}
    assert unread == {"gamma", "sigma_data", "weight_decay", "own_points", "bandwidth", "own_mixture", "earlier"}
    chosen = replace(SMALL, weighting="min_snr", optimiser="adamw", dataset="own_points")
    assert {item.name for item in fields(Recipe) if not is_read(chosen, item)} == {"sigma_data", "own_mixture", "earlier"}


@pytest.mark.parametrize(
    "unread",
    [
        {"gamma": 2.0},
        {"sigma_data": 0.5, "weighting": "min_snr"},
        {"weight_decay": 0.5, "optimiser": "sgd"},
        {"own_points": 1000 * "no points "},
        {"own_mixture": "1,2", "bandwidth": 0.2},
        {"own_points": "0,0;1,1", "bandwidth": 0.2, "dataset": "own_mixture"},
    ],
    ids=lambda change: "-".join(change),
)
def test_fields_that_are_not_read_return_to_their_defaults(unread):
    """So that recipes that train the same weights are one value, and no text is kept that nothing has checked."""
    read = {name: value for name, value in unread.items() if name in ("dataset", "weighting", "optimiser")}
    assert replace(SMALL, **unread) == replace(SMALL, **read)


@pytest.mark.parametrize(
    ("own", "mean"),
    [
        ({"dataset": "own_points", "own_points": "1,0;1,1", "bandwidth": 0.2}, (1.0, 0.5)),
        ({"dataset": "own_mixture", "own_mixture": "-1,0,0.3,1;1,2,0.3,3"}, (0.5, 1.5)),
    ],
    ids=["points", "mixture"],
)
def test_a_network_is_trained_on_a_person_s_own_data(own, mean, tmp_path):
    recipe = replace(SMALL, updates=3, batch=4096, **own)
    x0_mean = DenoisingTask(replace(recipe, objective="x0")).draw(1, torch.Generator().manual_seed(0))[0].target.mean(0)
    torch.testing.assert_close(x0_mean, torch.tensor(mean), rtol=0, atol=0.06)
    checkpoints.save(tmp_path / "mine", last(recipe).network, recipe, {}, "")
    assert checkpoints.load("mine", tmp_path).recipe == recipe


@pytest.mark.parametrize(
    "change",
    [{"dataset": "own_points", "own_points": "one"}, {"dataset": "own_mixture", "own_mixture": "1,2"}, {"bandwidth": -1.0}],
    ids=str,
)
def test_own_data_that_are_none_are_refused(change):
    with pytest.raises(ValueError, match=f"^{list(change)[-1]} .*\\.$"):
        replace(SMALL, **change)


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_other_optimisers_learn_too(optimiser):
    recipe = replace(SMALL, optimiser=optimiser, updates=150, lr=8e-3 if optimiser == "adamw" else 0.2)
    training, axis, mixture = begin(recipe), level_axis(12), make_dataset(SMALL.dataset)
    before, after = (
        loss_by_level(NetworkDenoiser(training.advance(updates).network), mixture, SMALL, axis).excess.mean()
        for updates in (0, 150)
    )
    assert after < 0.7 * before


def test_the_learned_variance_is_the_mean_square_of_the_error_and_leaves_the_prediction_alone():
    recipe = replace(SMALL, variance_weight=0.5, updates=400)
    batch = DenoisingTask(recipe).draw(1, torch.Generator().manual_seed(0))[0]
    network = new_network(recipe)
    (with_variance, reported), without = DenoisingTask(recipe).loss(network, batch, 1), replace(recipe, variance_weight=1e-9)
    plain, _ = DenoisingTask(without).loss(network, batch, 1)
    weights = network.outputs.weight
    one, other = torch.autograd.grad(with_variance, weights)[0], torch.autograd.grad(plain, weights)[0]
    torch.testing.assert_close(one[:2], other[:2])
    assert one[2:].abs().max() > 1e6 * other[2:].abs().max()
    assert reported.item() == pytest.approx(plain.item(), rel=1e-6)
    network = begin(recipe).advance(400).network
    mixture, generator = make_dataset("two_moons"), np.random.default_rng(0)
    for log_snr in (-4.0, 0.0, 3.0):
        alpha, sigma = (1 + np.exp(-log_snr)) ** -0.5, (1 + np.exp(log_snr)) ** -0.5
        x0 = naive.draw(mixture, 4000, generator)
        x_t = torch.from_numpy(alpha * x0 + sigma * generator.standard_normal(x0.shape)).float()
        with torch.no_grad():
            told = NetworkDenoiser(network)(x_t, float(alpha), float(sigma))
        error = (told.x0_hat - torch.from_numpy(x0)).square().mean()
        assert float(told.variance.mean()) == pytest.approx(float(error), rel=0.15)
