"""The command that trains: whose folder it writes into, and what it says on the way."""

import json
import os
import re
import shlex
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from diffviz import checkpoints
from diffviz.__main__ import main
from diffviz.checkpoints import CARD, CONFIG, STATE, WEIGHTS
from diffviz.domains import DOMAINS
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.progress import chain_costs
from diffviz.domains.plane.training import Recipe, begin
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from diffviz.training.saved import load_state, save_state
from diffviz.views.base import CardRow
from tests.forks import forked

SMALL = ["--hidden", "8", "--layers", "1", "--features", "4", "--batch", "16", "--updates", "4"]
RECIPE = Recipe("rings", hidden=8, layers=1, features=4, batch=16, updates=4)


@pytest.fixture(autouse=True)
def kept_threads():
    """The command trains on one thread; the tests after it do as they did."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def refusal(capsys, *arguments):
    assert main([*map(str, arguments)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err.strip()


@pytest.fixture
def moons(tmp_path):
    """A finished training of RECIPE, and the bytes of its weights."""
    training = begin(RECIPE)
    training.advance(RECIPE.updates)
    checkpoints.save(tmp_path / "moons", training.average, RECIPE, {}, "# A card")
    return tmp_path / "moons", (tmp_path / "moons" / WEIGHTS).read_bytes()


@pytest.fixture
def begun(monkeypatch):
    """The recipe and the folder of each training that was begun; none is gone on with."""
    found = []

    def stop(training, folder, every):
        found.append((training.recipe, folder.resolve()))
        raise KeyboardInterrupt

    monkeypatch.setattr("diffviz.train_command._run", stop)
    return found


def test_another_recipes_checkpoint_is_replaced_on_demand_alone(moons, begun, capsys):
    folder, weights = moons
    other = ["train", "--dataset", "rings", *SMALL, "--lr", "0.001", "--objective", "eps", "--out", folder]
    told = refusal(capsys, *other)
    assert told == (
        "out must be another folder, or be replaced by --replace: 'moons' holds the checkpoint of another recipe (objective, lr)."
    )
    assert (folder / WEIGHTS).read_bytes() == weights
    assert not begun
    assert main([*map(str, other), "--replace"]) == 130
    assert [recipe.objective for recipe, _ in begun] == ["eps"]


def test_the_same_recipe_may_be_trained_again_in_its_place(moons, begun):
    assert main(["train", "--dataset", "rings", *SMALL, "--out", str(moons[0])]) == 130
    assert begun == [(RECIPE, moons[0])]


def test_another_kind_of_network_and_a_damaged_checkpoint_are_not_overwritten_either(moons, capsys):
    folder, weights = moons
    told = refusal(capsys, "train", "--dataset", "rings", "--energy", "--updates", "1", "--out", folder)
    assert told.endswith("holds the checkpoint of another recipe (another kind of network).")
    (folder / CONFIG).write_text("{")
    assert "damaged" in refusal(capsys, "train", "--dataset", "rings", *SMALL, "--out", folder)
    assert (folder / WEIGHTS).read_bytes() == weights


def test_another_recipes_unfinished_training_is_replaced_on_demand_alone(tmp_path, begun, capsys):
    training = begin(RECIPE)
    training.advance(2)
    state = save_state(tmp_path / "half", training).read_bytes()
    other = ["train", "--dataset", "rings", *SMALL, "--seed", "1", "--out", tmp_path / "half"]
    assert refusal(capsys, *other).endswith("'half' holds the unfinished training of another recipe (seed).")
    assert (tmp_path / "half" / STATE).read_bytes() == state
    assert not begun
    assert main([*map(str, other), "--replace"]) == 130
    assert [recipe.seed for recipe, _ in begun] == [1]


def shipped():
    """The folders of the shipped checkpoints, and their recipes."""
    for domain in DOMAINS.values():
        for row in domain.training.values():
            for name in checkpoints.names(row.root):
                if isinstance(recipe := checkpoints.recipe_in(row.root / name), row.format.recipe):
                    yield pytest.param(row.root / name, recipe, id=name)


@pytest.mark.parametrize(("folder", "recipe"), shipped())
def test_the_command_on_a_shipped_card_trains_in_that_cards_folder_or_is_refused(folder, recipe, begun, capsys):
    """It is refused for a second recipe of the same data, which needs --out: the first one's network is not overwritten."""
    arguments = shlex.split(re.search(r"^    python -m diffviz (train .*)$", (folder / CARD).read_text(), re.M).group(1))
    if folder.name in ("digits_linear", "digits_cosine", "trees_uniform", "names_uniform"):
        assert f"'{recipe.dataset}' holds the checkpoint of another recipe" in refusal(capsys, *arguments)
        arguments += ["--out", str(folder)]
    assert main(arguments) == 130
    assert begun == [(recipe, folder)]


def test_resume_of_a_finished_training_says_so(moons, capsys):
    folder, _ = moons
    told = refusal(capsys, "train", "--resume", folder)
    assert told.startswith("resume must be the folder of a training that was interrupted, or that kept its state (--keep-state)")
    assert told.endswith("is finished.")


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_finished_training_that_kept_its_state_goes_on_with_more_updates_as_on_the_page(moons, tmp_path):
    folder, _ = moons
    finished = begin(RECIPE)
    finished.advance(4)
    save_state(folder, finished)
    assert main(["train", "--resume", str(folder), "--updates", "9"]) == 0
    assert not (folder / STATE).exists()  # it was not asked for
    page = begin(RECIPE)
    page.advance(4)
    page = page.lengthened(9)
    page.advance(9)
    recipe = checkpoints.recipe_in(folder)
    assert (recipe.updates, recipe.earlier) == (9, "4/4")
    assert recipe == page.recipe
    kept, again = checkpoints.load(folder.name, tmp_path).network, begin(recipe)
    again.advance(9)
    assert same(kept, page.average)
    assert same(kept, again.average)  # what is on the card trains the same network from the beginning


def test_an_interrupted_training_is_lengthened_and_interrupted_and_goes_on(tmp_path, capsys):
    """State, longer recipe, state, end: the folder has what a training with these two lengths has from the beginning."""
    training, folder = begin(RECIPE), tmp_path / "half"
    training.advance(2)
    save_state(folder, training)
    assert main(["train", "--resume", str(folder), "--updates", "8", "--every", "3", "--keep-state"]) == 0
    assert {CARD, CONFIG, WEIGHTS, STATE} == {file.name for file in folder.iterdir()}
    recipe = checkpoints.recipe_in(folder)
    assert (recipe.updates, recipe.earlier) == (8, "2/4")
    never = begin(recipe)
    never.advance(8)
    assert same(checkpoints.load(folder.name, tmp_path).network, never.average)
    capsys.readouterr()
    assert refusal(capsys, "train", "--resume", folder) == "updates must be given, more than 8: the training is finished."
    assert refusal(capsys, "train", "--resume", folder, "--updates", "7") == "updates must be at least 8: so many were made."
    assert refusal(capsys, "train", "--resume", folder, "--lr", "0.1").startswith("lr must be left out with resume")


def test_a_network_whose_recipe_has_one_length_is_not_lengthened(tmp_path, capsys):
    row = DOMAINS["heartbeat"].training["network"]
    training = row.begin(row.format.recipe("heartbeat", updates=2))
    save_state(tmp_path / "beats", training)
    told = refusal(capsys, "train", "--resume", tmp_path / "beats", "--updates", "3")
    assert told == "updates cannot be changed with resume: a network of heartbeat has one length."


@pytest.mark.parametrize("kind", [[], ["--energy"]])
def test_own_points_may_be_a_file_as_in_every_other_command(kind, begun, tmp_path, capsys):
    """A CSV and the text that `points` makes of it give the recipe of the text itself."""
    table, text = tmp_path / "points.csv", tmp_path / "points.txt"
    table.write_text("x,y\n10,10\n20,30\n12,14\n")
    assert main(["points", str(table), "--out", str(text)]) == 0
    command = ["train", *kind, "--dataset", "own_points", *SMALL, "--out", str(tmp_path / "net"), "--own-points"]
    for given in (table, text, text.read_text().strip()):
        main([*command, str(given)])
    recipes = [recipe for recipe, _ in begun]
    assert len(recipes) == 3
    assert recipes[0].own_points == text.read_text().strip()
    assert len(set(recipes)) == 1
    capsys.readouterr()
    table.write_text("1,2,3\n")
    assert refusal(capsys, *command, table).startswith("own_points must have two numbers a line")


def test_ctrl_c_keeps_the_state_and_says_how_to_go_on(tmp_path):
    """SIGINT to a process of its own; what it says to type ends in the weights of a training that was never interrupted."""
    size = ["--hidden", "16", "--layers", "2", "--features", "4", "--updates", "100000", "--batch", "64", "--every", "50"]
    folder = tmp_path / "in two"
    out, told = tmp_path / "out", tmp_path / "told"
    process = forked(main, ["train", "--dataset", "rings", *size, "--out", str(folder)], stdout=out, stderr=told)
    while not (folder / STATE).exists():
        assert process.is_alive()
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGINT)
    process.join()
    assert (process.exitcode, out.read_text()) == (130, "")
    sentence = told.read_text().strip().splitlines()[-1]
    stopped, of, command = re.fullmatch(
        r"Stopped after update (\d+) of (\d+)\. To go on: python -m diffviz (train --resume .+)", sentence
    ).groups()
    assert int(of) == 100_000
    assert int(load_state(folder)[2]["update"]) == int(stopped) < 100_000
    assert command == f"train --resume '{folder}'"
    _, recipe, state = load_state(folder)
    resumed, never = begin(recipe), begin(recipe)
    resumed.restore(state)
    resumed.advance(100)
    never.advance(resumed.update)
    assert never.update == resumed.update == int(stopped) + 100
    assert all(
        torch.equal(one, other) for one, other in zip(resumed.average.parameters(), never.average.parameters(), strict=True)
    )


@pytest.mark.parametrize("same_recipe", [False, True])
def test_ctrl_c_while_the_network_is_measured_goes_on_with_no_other_recipe(tmp_path, capsys, monkeypatch, same_recipe):
    folder, learning_rate = tmp_path / "half", str(RECIPE.lr if same_recipe else 0.1)
    training = begin(RECIPE)
    training.advance(2)
    save_state(folder, training)

    def interrupted(*_):
        raise KeyboardInterrupt

    cards = {"network": CardRow(interrupted, interrupted)}
    monkeypatch.setattr("diffviz.train_command.view", lambda name: SimpleNamespace(cards=cards))
    assert main(["train", "--dataset", "rings", *SMALL, "--lr", learning_rate, "--out", str(folder), "--replace"]) == 130
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.startswith("Stopped after update 4 of 4.")
    assert told.endswith("Nothing was written yet.") == (not same_recipe)
    assert ("--resume" in told) == same_recipe


def test_progress_is_told_without_a_terminal(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("diffviz.console.SECONDS", 0.0)
    size = [*SMALL[:-1], "40"]
    assert main(["train", "--dataset", "rings", *size, "--out", str(tmp_path / "told")]) == 0
    told = capsys.readouterr()
    json.loads(told.out)
    lines = re.findall(r"updates: (\d+) of 40, about \d+ s left", told.err)
    assert [int(line) for line in lines] == [10, 20, 30, 40]


def test_the_readmes_example_works_as_it_says_and_eps_does_not():
    """Of a smaller network: what README says of v and eps with EDM's levels."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert "train --dataset two_moons --weighting min_snr --levels edm --out moons" in readme
    assert Recipe("two_moons").objective == "v"
    costs = {}
    for objective in ("v", "eps"):
        recipe = Recipe("two_moons", hidden=64, updates=600, batch=256, objective=objective, weighting="min_snr", levels="edm")
        training = begin(recipe)
        training.advance(recipe.updates)
        costs[objective] = chain_costs(NetworkDenoiser(training.average.eval()), make_dataset("two_moons"), 1024)
    wrong = costs["eps"].dissipation_nats - costs["eps"].exact_dissipation_nats
    assert costs["v"].gap.value < 2.0
    assert costs["eps"].gap.value > 10.0
    assert wrong[-1] > 0.9 * wrong.sum()
