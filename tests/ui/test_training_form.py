"""The form of the Train tab: its settings, and what is refused because it would cost too much."""

import re
from dataclasses import replace

import pytest

from diffviz.domains.plane.energies import EnergyRecipe
from diffviz.domains.plane.training import Recipe
from diffviz.exports import fields_of
from diffviz.fields import ExperimentError
from diffviz.training.settings import is_read
from diffviz.ui.training_form import check_training, parameters, point_cost, read_recipe, settings_of, table, update_cost
from tests.benchmarks.training_cost import largest, longest, seconds
from tests.ui.trainings import LOSSES, more

pytestmark = pytest.mark.usefixtures("own_jobs")


def test_langevin_moves_and_nodes_of_a_quadrature_are_counted():
    usual = {"objective": "energy", "batch": 512}
    few, many = (read_recipe({**usual, "loss": "cd", "moves": moves, "updates": 100}) for moves in (1, 20))
    assert update_cost(many) > 4 * update_cost(few)
    for loss in (*LOSSES, "dsm"):
        read_recipe({**usual, "loss": loss})  # the settings with which the form begins are within the bounds
    for changed, field, message in (
        ({"loss": "cd", "moves": 200}, "moves", "Moves k must be at most"),
        ({"loss": "pcd", "updates": 50_000}, "updates", "Updates must be at most"),
        ({"loss": "mle", "hidden": 200}, "hidden", "Width must be less here: log Z takes the energies of 9216 points"),
        ({"loss": "cd", "log_snr": 40}, "log_snr", "Noise level must be from"),
        ({"loss": "gan"}, "loss", "Loss must be one of"),
    ):
        (notice,) = more(None, {**usual, **changed})["notices"]
        assert (notice["field"], notice["message"][: len(message)]) == (field, message)
    (notice,) = more(None, {**usual, "loss": "cd", "moves": 200})["notices"]
    most = int(re.search(r"at most (\d+)", notice["message"])[1])
    read_recipe({**usual, "loss": "cd", "moves": most, "updates": 1000})


def test_the_form_shows_each_setting_of_a_loss_with_it_alone():
    rules = table()["rules"]

    def shown(**settings):
        values, names = table()["defaults"] | settings, set()
        for rule in rules:
            if all(field in names and (values[field] in among) == wanted for field, among, wanted in rule["when"]):
                names |= set(rule["uses"])
        return names

    for chosen in ({}, {"objective": "energy"}, *({"objective": "energy", "loss": loss} for loss in LOSSES)):
        recipe = read_recipe(chosen)
        read = {name for name, item in fields_of(recipe).items() if is_read(recipe, item)}
        means = {"objective", "loss"} if chosen.get("objective") == "energy" else {"objective"}
        assert shown(**chosen) == read | means, chosen
        assert chosen.items() <= settings_of(recipe).items()
    assert shown(weighting="min_snr") - shown() == {"gamma"}
    assert shown(loss="cd", moves=3) == shown()  # a loss counts of an energy alone
    defaults = [{name: item.default for name, item in fields_of(kind("two_moons")).items()} for kind in (Recipe, EnergyRecipe)]
    assert all(defaults[1].get(name, value) == value for name, value in defaults[0].items() if name != "dataset")


def test_every_preset_is_a_training_that_the_page_affords():
    for preset in table()["presets"]:
        recipes = [read_recipe(settings) for settings in preset["runs"]]
        assert len({recipe.updates for recipe in recipes}) == 1
    assert any("run away" in preset["title"] for preset in table()["presets"])


@pytest.mark.parametrize(
    ("recipe", "field", "message"),
    [
        ({"lr": 2}, "lr", "Learning rate must be from"),
        ({"updates": 900_000}, "updates", "Updates must be at most"),
        ({"hidden": 1024}, "hidden", "Width must be less here"),
        ({"batch": 65_536}, "batch", "Batch must be at most"),
        ({"batch": True}, "batch", "Batch must be a whole number"),
        ({"dataset": "nothing"}, "dataset", "Data distribution must be one of"),
        ({"dataset": "own_points", "own_points": "zz"}, "own_points", "Points must be points"),
        ({"dataset": "own_points", "bandwidth": "wide"}, "bandwidth", "Kernel bandwidth h must be"),
        ({"objective": "z"}, "objective", "Prediction must be one of"),
    ],
)
def test_a_refusal_names_the_field_as_the_form_does(recipe, field, message):
    (notice,) = more(None, recipe)["notices"]
    assert (notice["field"], notice["side"]) == (field, None)
    assert notice["message"].startswith(message)


@pytest.mark.parametrize("objective", ["v", "energy"])
@pytest.mark.parametrize("shape", [(1, 1, 512), (8, 16, 4), (128, 3, 32)])
def test_the_largest_batch_is_an_update_of_a_moment(objective, shape):
    """Whatever costs: products, or the functions of many units, or an energy's second derivatives."""
    recipe = largest(objective, *shape)
    check_training(recipe)
    assert recipe.batch * parameters(recipe) < 200_000_000
    assert seconds(recipe, 2) < 0.25
    with pytest.raises(ExperimentError, match="must be at most"):
        check_training(replace(recipe, batch=recipe.batch + 1))


@pytest.mark.parametrize("loss", ["pcd", "recovery", "mle"])
def test_the_longest_update_of_an_energy_takes_a_moment(loss):
    recipe = longest(loss)
    check_training(recipe)
    assert seconds(recipe, 2) < 0.25
    if recipe.chain_moves:
        with pytest.raises(ExperimentError, match="must be at most"):
            check_training(replace(recipe, moves=recipe.moves + 2))


def test_features_and_an_energy_s_derivatives_are_counted():
    few = {"hidden": 1, "layers": 1, "batch": 16_384, "objective": "energy"}
    assert more(None, few | {"features": 512})["notices"][0]["message"].startswith("Batch must be at most")
    costs = [point_cost(Recipe("two_moons", **few | each)) for each in ({"objective": "v"}, {}, {"features": 512})]
    assert costs[0] < costs[1] < costs[2] / 5
