"""The floor, the loss beside it, and when training no longer helps."""

import numpy as np
import pytest
import torch

from diffviz import checkpoints
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.progress import chain_costs, floor, gap, level_axis, loss_by_level, plateau, shares
from diffviz.domains.plane.training import DenoisingTask, Recipe, begin
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from tests import naive
from tests.gaussian.denoisers.test_predictions import Answering

MOONS, AXIS = make_dataset("two_moons"), level_axis(12)
RECIPES = [
    {},
    {"objective": "eps", "weighting": "min_snr"},
    {"objective": "x0", "weighting": "simple", "levels": "cosine"},
    {"objective": "score", "weighting": "bound"},
    {"objective": "flow", "weighting": "edm", "levels": "linear"},
    {"objective": "energy"},
    {"variance_weight": 0.1},
]


@pytest.mark.parametrize("settings", RECIPES, ids=str)
def test_with_the_exact_denoiser_the_loss_is_its_floor_at_every_level(settings):
    recipe = Recipe("two_moons", **settings)
    found = loss_by_level(ExactDenoiser(MOONS), MOONS, recipe, AXIS, samples=20_000)
    assert (np.abs(found.loss - floor(MOONS, recipe, AXIS)) < 4.5 * found.stderr).all()
    assert (found.stderr < 0.03 * found.loss).all()
    assert found.excess.max() < 1e-8 * floor(MOONS, recipe, AXIS).max()


@pytest.mark.parametrize("settings", RECIPES[:5], ids=str)
def test_the_loss_of_a_training_with_the_exact_answer_is_the_floor_of_all_levels(settings):
    """As the loop itself draws and weighs."""
    recipe = Recipe("two_moons", batch=4096, **settings)
    task, answering = DenoisingTask(recipe), Answering(MOONS, recipe.objective)

    def network(x_t, log_snr):
        rows = [answering(u[None].double(), value) for u, value in zip(x_t, log_snr.double(), strict=True)]
        return torch.cat(rows).float()

    batches = task.draw(2, torch.Generator().manual_seed(0))
    parts = [type(batch)(*(None if part is None else part[::8] for part in batch)) for batch in batches]
    errors = [network(part.x_t, part.log_snr) - part.target for part in parts]
    values = [e.square() * (1.0 if part.weight is None else part.weight) for e, part in zip(errors, parts, strict=True)]
    values = torch.cat(values).mean(1).double().numpy()
    fine = level_axis(240)
    wanted = shares(recipe, fine) @ floor(MOONS, recipe, fine)
    assert abs(values.mean() - wanted) < 4 * values.std(ddof=1) / len(values) ** 0.5


def test_a_network_s_loss_is_floor_and_excess():
    recipe, denoiser = Recipe("two_moons"), NetworkDenoiser(checkpoints.load("two_moons").network)
    found = loss_by_level(denoiser, MOONS, recipe, AXIS, samples=20_000)
    assert (np.abs(found.loss - found.excess - floor(MOONS, recipe, AXIS)) < 4.5 * found.stderr).all()
    assert (found.excess > 3 * found.excess_stderr).all()
    loss, excess = found.overall(recipe)
    assert loss.value == pytest.approx(found.loss.mean())
    assert excess.stderr < loss.stderr / 20
    value, error = naive.mean_and_error(found.excess_of_points(recipe))
    assert value == pytest.approx(excess.value)
    assert error == pytest.approx(excess.stderr, rel=0.03)  # the levels' points are independent
    again = loss_by_level(denoiser, MOONS, recipe, AXIS, samples=20_000)
    np.testing.assert_array_equal(found.excess, again.excess)  # the same points


def test_the_gap_is_that_of_the_card():
    loaded = checkpoints.load("two_moons")
    denoiser = NetworkDenoiser(loaded.network)
    found = gap(denoiser, MOONS)
    assert abs(found.value - loaded.measured["gap_nats"]) < 4 * found.stderr
    assert found.value > chain_costs(denoiser, MOONS, 64).exact_gap.value


def measured_on(values, noise, seed, common=0.02, count=64):
    """[R, N] the excess of points whose mean falls as the values do. Each point has an error of its own that it has in every
    report; reports scatter, as the weights do (half of the variance), and each point in them."""
    random = np.random.default_rng(seed)
    weights, points = random.standard_normal((len(values), 1)), random.standard_normal((len(values), count))
    moved = noise * (weights + count**0.5 * points) / 2**0.5
    return np.asarray(values)[:, None] + common * count**0.5 * random.standard_normal(count) + moved


def of(values, noise, seed, **more):
    return plateau(np.arange(1, len(values) + 1) * 100, measured_on(values, noise, seed, **more))


def test_training_that_no_longer_pays_is_told_and_one_that_does_is_not():
    flat = [of(np.full(40, 0.1), 0.01, seed) for seed in range(200)]
    assert np.mean([sentence is not None for sentence in flat]) > 0.92  # but for one in forty
    falling = [of(np.linspace(0.3, 0.1, 40), 0.01, seed) for seed in range(200)]
    assert not any(falling)
    assert not any(of(np.full(7, 0.1), 0.01, seed) for seed in range(20))


def test_the_sentence_gives_its_numbers():
    sentence = of(np.full(40, 0.1), 0.01, 1, common=0.0)
    assert sentence.startswith("More training no longer helps: over the last 1900 updates")
    assert " 0.1 ± " in sentence
    still = np.full((20, 8), 0.1)
    assert plateau([1] * 20, still) is None
    assert plateau(range(20), np.nan * still) is None


def test_reports_that_come_densely_at_the_end_do_not_stand_for_a_plateau():
    """As when somebody makes single updates: a few of them are flat, and the half before was not."""
    spread, dense = np.linspace(100, 2200, 22), np.arange(2201, 2257)
    updates = np.concatenate([spread, dense])
    falling = measured_on(0.1 - 2e-5 * updates, 3e-3, 0)
    assert plateau(updates[22:], falling[22:]) is not None
    assert plateau(updates, falling) is None
    assert plateau([1, 2, 3, 4, 5, 6, 7, 4000], falling[:8]) is None  # one report of the second half


def test_an_error_that_all_reports_share_hides_no_fall():
    """On the same points it cancels: however large it is, 16 reports that fall evenly are training that helps."""
    for common in (0.012, 0.1):
        assert of(np.linspace(0.12, 0.09, 16), 1e-4, 0, common=common) is None
    left = of(np.full(16, 0.1), 1e-4, 3, common=0.1).removesuffix(" is left.").rpartition(" ± ")[2]
    assert float(left) == pytest.approx(0.1, abs=0.03)  # where it does not cancel


def slopes_of_points(seed):
    """32 reports of 64 points that fall or rise evenly, each at its own rate, whose mean over all points there are is 0."""
    rates = np.random.default_rng(seed).standard_normal(64)
    return 0.1 + 0.05 * rates * np.linspace(0.0, 1.0, 32)[:, None]


@pytest.mark.parametrize(
    "points",
    [
        lambda seed: measured_on(np.full(64, 0.1), 0.01, seed),
        lambda seed: measured_on(np.full(64, 0.1), 0.01, seed, count=16),
        lambda seed: 0.1 + 0.01 * np.random.default_rng(seed).standard_normal((64, 1)) + np.linspace(-1, 1, 8),
        lambda seed: 0.1 + 0.01 * np.random.default_rng(seed).standard_normal((64, 64)),
        slopes_of_points,
    ],
    ids=["weights and points", "few points", "weights", "points", "slopes"],
)
def test_a_fall_is_seen_by_chance_as_often_as_two_standard_errors_say(points):
    """On one side of a normal distribution that is 0.023; seeds: 1500, so that the error of the share is 0.004."""
    drawn = [points(seed) for seed in range(1500)]
    seen = np.mean([plateau(100 * np.arange(1, len(each) + 1), each) is None for each in drawn])
    assert 0.012 < seen < 0.042


def wrong(recipe):
    """Mean squared error of v beside the exact one at the levels between, after a short training; the floor there."""
    *_, step = begin(recipe).steps()
    between, of_v = np.linspace(-3.0, 5.0, 9), Recipe(recipe.dataset)
    found = loss_by_level(NetworkDenoiser(step.network.eval()), MOONS, of_v, between, 2000)
    return found.excess.mean(), floor(MOONS, of_v, between).mean()


@pytest.mark.parametrize("objective", ["eps", "score", "x0", "flow", "energy"])
def test_whatever_is_predicted_a_short_training_comes_as_near(objective):
    """Between the ends: at high noise an error of eps is a large one in x_0, at low noise one of x_0 is a large one in eps."""
    short = {"hidden": 32, "layers": 2, "features": 16, "updates": 400, "batch": 256, "lr": 8e-3, "ema": 0.95}
    recipes = [Recipe("two_moons", objective=name, weighting="min_snr", levels="edm", **short) for name in ("v", objective)]
    (usual, least), (other, _) = (wrong(recipe) for recipe in recipes)
    assert other < 2.5 * usual
    assert other < 0.1 * least
