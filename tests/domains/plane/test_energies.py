import math
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from diffviz import Experiment, checkpoints, run
from diffviz.domains.plane.datasets import make_dataset, mixture_of
from diffviz.domains.plane.energies import LOSSES, SEARCHED, EnergyRecipe, EnergyTask, begin_energy, new_energy
from diffviz.domains.plane.own_points import points_text
from diffviz.energies.report import report
from diffviz.experiment import ExperimentError
from diffviz.levels import level_of
from diffviz.training.settings import is_read
from diffviz.views.plane.card_energy import card, measure
from tests.benchmarks.energies import mirrored
from tests.measured import measured

SMALL = EnergyRecipe("eight_gaussians", loss="pcd", hidden=24, layers=2, features=16, updates=30, batch=64, buffer=200, moves=3)
SHIPPED = ["eight_gaussians_energy", "two_moons_energy"]


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_and_the_same_recipe_gives_the_same_weights(loss):
    recipe = replace(SMALL, loss=loss, penalty=0.001)
    steps = [begin_energy(recipe).advance(30) for _ in range(2)]
    one, other = (step.network.state_dict() for step in steps)
    assert all(math.isfinite(value) for value in steps[0].losses)
    assert all(torch.equal(one[name], other[name]) for name in one)
    untrained = begin_energy(recipe).average.state_dict()
    assert any(not torch.equal(one[name], untrained[name]) for name in one)


@pytest.mark.parametrize("loss", ["cd", "pcd", "recovery", "mle"])
def test_a_training_that_is_restored_goes_on_to_the_same_weights(loss):
    recipe = replace(SMALL, loss=loss)
    whole, first = begin_energy(recipe), begin_energy(recipe)
    whole.advance(30)
    first.advance(13)
    state = first.state()
    first.advance(5)  # what happens after it is of no account
    second = begin_energy(recipe)
    second.restore(state)
    at_13 = {"pcd": state.get("task.buffer"), "cd": state.get("task.reached")}.get(loss)
    assert (second.task.negatives is None) == (at_13 is None)
    assert at_13 is None or torch.equal(second.task.negatives, at_13)
    second.advance(17)
    one, other = whole.state(), second.state()
    assert {name for name, value in one.items() if not torch.equal(value, other[name])} == set()
    assert ("task.buffer" in one) == (loss == "pcd")
    assert ("task.reached" in one) == (loss == "cd")
    assert ("task.reach" in one) == (loss == "mle")


def test_maximum_likelihood_comes_near_the_entropy_of_the_data():
    recipe = replace(SMALL, dataset="two_gaussians", loss="mle", log_snr=2.0, hidden=48, updates=250, batch=256, lr=1e-2, ema=0.9)
    training = begin_energy(recipe)
    training.advance(250)
    assert report(training.average, make_dataset("two_gaussians"), 2.0).kl_data_model.value < 0.02


class Well:
    """An energy whose density is a Gaussian of variance 0.2 at (x, 0)."""

    time_frequencies = torch.zeros(1)

    def __init__(self, x):
        self._at = torch.tensor([x, 0.0])

    def energy(self, u, log_snr):
        return (u - self._at).square().sum(1) / 0.4


@pytest.mark.parametrize(("x", "reach"), [(0.0, 3.6), (1.5, 3.6), (3.6, 5.4), (6.0, 8.1), (8.1, math.inf), (50.0, math.inf)])
def test_mass_outside_the_square_of_maximum_likelihood_is_counted(x, reach):
    """From the next search on the likelihood is exact, or infinite where the mass is too far away for any square."""
    well, task = Well(x), EnergyTask(replace(SMALL, loss="mle", log_snr=2.0))
    drawn = task.draw(1, torch.Generator().manual_seed(0))[0]
    task.after(well, SEARCHED)
    assert float(task.tensors()["reach"]) == pytest.approx(reach)
    exact = float(well.energy(drawn.u, None).mean()) + math.log(2 * math.pi * 0.2)
    assert float(task.loss(well, drawn, SEARCHED + 1)[1]) == pytest.approx(exact if math.isfinite(reach) else reach, abs=2e-3)
    task.after(Well(0.0), 2 * SEARCHED)
    assert float(task.tensors()["reach"]) == 3.6


def test_energies_run_away_without_a_penalty_where_chains_do_not_mix():
    """Persistent chains at little noise: their energies rise without bound, the penalty holds them."""
    heights = {}
    for penalty in (0.0, 0.001):
        recipe = replace(SMALL, loss="pcd", updates=300, hidden=64, lr=4e-3, penalty=penalty)
        training = begin_energy(recipe)
        step = training.advance(300)
        heights[penalty] = max(abs(value) for value in step.losses)
    assert heights[0.0] > 20 * heights[0.001]


@pytest.mark.parametrize("loss", ["cd", "dsm", "mle"])
def test_own_data_are_trained_on_and_their_card_names_them(loss):
    own = replace(SMALL, dataset="own_mixture", own_mixture="-1,0,0.3,1;1,0,0.3,3", loss=loss, updates=3)
    assert replace(own, own_points="0,0;1,1", bandwidth=0.2) == own  # of other data
    training = begin_energy(own)
    exact = mixture_of(own)
    assert exact.weights.tolist() == pytest.approx([0.25, 0.75])
    drawn = training.task.draw(1, torch.Generator().manual_seed(0))[0]
    assert drawn.u.shape == (own.batch, 2)
    if loss == "cd":  # at little noise: they are near the two means, three of four near the second
        assert float((drawn.u[:, 0] > 0).float().mean()) == pytest.approx(0.75, abs=0.2)
    training.advance(3)
    told = card(own, measure(training.average, own), 0.1)
    assert "| own_mixture | -1,0,0.3,1;1,0,0.3,3 |" in told
    assert "whose weights are 0.25, 0.75" in told
    assert "--own-mixture='-1,0" in told or "--own-mixture '-1,0" in told


def test_own_points_are_kept_as_the_text_that_they_are_made_into():
    typed, made = (replace(SMALL, dataset="own_points", own_points=text) for text in ("0,0;1,-1", points_text("0,0;1,-1")))
    assert typed == made
    assert len(mixture_of(typed).means) >= 2


def test_what_a_recipe_may_not_be_is_told_in_a_sentence():
    for bad, sentence in (
        ({"dataset": "own_points", "own_points": "zz"}, "own_points must be points"),
        ({"dataset": "own_points", "bandwidth": -1.0}, "bandwidth must be from"),
        ({"dataset": "own_mixture", "own_mixture": "1,2"}, "own_mixture "),
        ({"dataset": "digits"}, "dataset must be one of"),
        ({"loss": "gan"}, "loss must be one of dsm, dsm_one, cd, pcd, recovery, mle"),
        ({"moves": 0}, "moves must be from 1 to 200"),
        ({"fresh": 1.5}, "fresh must be from 0 to 1"),
    ):
        with pytest.raises(ValueError, match=sentence):
            replace(SMALL, **bad)


def test_settings_that_a_loss_does_not_read_change_nothing():
    recipe, settings = replace(SMALL, updates=5), {item.name: item for item in fields(EnergyRecipe)}
    others = {
        "log_snr": 3.0,
        "moves": 5,
        "step": 0.1,
        "buffer": 7,
        "fresh": 0.5,
        "penalty": 1.0,
        "spacing": 2.0,
        "temperature": 2.0,
    }
    for loss in LOSSES:
        usual = begin_energy(replace(recipe, loss=loss)).advance(5).losses
        for name, value in others.items():
            read = is_read(replace(recipe, loss=loss), settings[name])
            changed = replace(recipe, loss=loss)
            assert (replace(changed, **{name: value}) != changed) == read
            object.__setattr__(changed, name, value)  # past the check, which returns what is not read to its default
            assert (begin_energy(changed).advance(5).losses != usual) == read, (loss, name)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_energies_are_near_their_data_and_as_their_cards_say(name):
    loaded = checkpoints.load(name)
    for level in loaded.measured["levels"]:
        found = report(loaded.network, make_dataset(loaded.recipe.dataset), level["log_snr"], precise=True)
        assert found.log_z.value == pytest.approx(level["log_z"], abs=2e-3)
        assert found.kl_data_model.value == pytest.approx(level["kl_data_model"], abs=1e-4)
        assert level["ais"][0] == pytest.approx(level["log_z"], abs=4 * level["ais"][1])
    near, far = (
        next(row for row in loaded.measured["levels"] if abs(row["log_snr"] + 2 * math.log(s)) < 1e-3) for s in (0.03, 0.3)
    )
    assert near["kl_data_model"] < 0.05  # wanted: 0.15
    assert far["kl_data_model"] < 0.002  # wanted: 0.005


def test_score_matching_at_little_noise_does_not_see_the_weights_of_separate_modes():
    levels = checkpoints.load("eight_gaussians_energy").measured["levels"]
    apart = [max(abs(weight - 0.125) for weight in level["weights"]) for level in levels]
    assert apart[0] > 0.04
    assert apart[0] > 5 * apart[2]


def test_an_energy_serves_every_sampler_and_has_a_density():
    for chosen in ({"sampler": "ancestral"}, {"sampler": "heun"}, {"sampler": "ula"}, {"sampler": "mala"}):
        e = Experiment(denoiser="eight_gaussians_energy", particles=400, steps=40, **chosen)
        found = measured(e, run(e))
        error = found.estimate("sliced_wasserstein")
        assert error.value < found.estimate("sliced_wasserstein_floor").value + 0.2, chosen
    assert found.estimate("accepted").value > 0.5
    with pytest.raises(ExperimentError, match="denoiser eight_gaussians_energy predicts no variance"):
        run(Experiment(denoiser="eight_gaussians_energy", variance="learned", particles=2, steps=3))


def test_an_energy_of_one_level_samples_there_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    recipe = replace(SMALL, loss="dsm_one", log_snr=5.0)
    torch.manual_seed(0)
    checkpoints.save(tmp_path / "own", new_energy(recipe), recipe, {}, "")
    run(Experiment(denoiser="own", sampler="mala", langevin_level=5.0, particles=4, steps=3))
    for other in ({"sampler": "mala", "langevin_level": 4.0}, {}):
        with pytest.raises(
            ExperimentError, match=r"^denoiser own was trained at log SNR 5 alone, not at the noise levels of this run: it is"
        ):
            run(Experiment(denoiser="own", particles=4, steps=3, **other))


def test_the_readme_s_figures_of_shipped_energies_are_those_of_the_cards():
    readme = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")
    for start, name in (("| denoising score matching, 6000", SHIPPED[0]), ("| the same on two moons", SHIPPED[1])):
        cells = next(line for line in readme.splitlines() if line.startswith(start)).split("|")[2:4]
        levels = {round(math.exp(-row["log_snr"] / 2), 2): row for row in checkpoints.load(name).measured["levels"]}
        for sigma, cell in zip((0.03, 0.3), cells, strict=True):
            digits = len(cell.strip().partition(".")[2])
            assert float(cell) == round(levels[sigma]["kl_data_model"], digits)
    weights = checkpoints.load(SHIPPED[0]).measured["levels"][0]["weights"]
    assert f"weights from {min(weights):.3f} to {max(weights):.3f} at σ = 0.03" in readme


def test_the_likelihood_itself_does_not_tell_mirrored_moons():
    network, mixture = checkpoints.load("two_moons_energy").network, make_dataset("two_moons")
    for sigma, share in ((0.03, 0.82), (1.0, 0.53)):
        level = -2 * math.log(sigma)
        learned = mirrored("two_moons", lambda x, log_snr: network.energy(x.float(), torch.tensor([log_snr])), level)
        exact = mirrored("two_moons", lambda x, log_snr: -mixture.log_density(x, *level_of(log_snr)), level)
        assert learned == pytest.approx(share, abs=0.02)
        assert exact == pytest.approx(share, abs=0.02)
