"""The commands of Share on the Train tab: pasted into a shell they train the recipes on screen."""

import shlex

import numpy as np
import pytest
import torch

from diffviz.__main__ import main
from diffviz.domains.plane.own_points import on_lattice, write_points
from diffviz.ui import training as served
from diffviz.ui.training_form import read_recipe, table
from tests.ui.trainings import SMALL, ask, more

pytestmark = pytest.mark.usefixtures("own_jobs")

MANY_POINTS = write_points(on_lattice(np.random.default_rng(0).normal(size=(4000, 2))))
RUNS = {
    "presets": [run for preset in table()["presets"] for run in preset["runs"]],
    "own points": [{"dataset": "own_points", "own_points": "0,0;1.5,-1;-2,1", "bandwidth": 0.2, "seed": 3}],
    "own mixture": [{"dataset": "own_mixture", "own_mixture": "-1,0,0.2,1;1,0,0.3,2", "lr": 1e-5, "weight_decay": 0.01}],
    "one low level": [{"objective": "energy", "loss": "dsm_one", "log_snr": -2.5}],
    "many points": [{"dataset": "own_points", "own_points": MANY_POINTS}],
}


@pytest.fixture
def pasted(tmp_path, monkeypatch):
    """The recipe that a command of Share trains in an empty folder."""
    found, threads = [], torch.get_num_threads()
    monkeypatch.chdir(tmp_path)

    def stop(training, folder, every):
        found.append(training.recipe)
        raise KeyboardInterrupt

    monkeypatch.setattr("diffviz.train_command._run", stop)

    def paste(command):
        start, *arguments = shlex.split(command)[2:]
        assert start == "diffviz"
        main(arguments)
        return found[-1]

    yield paste
    torch.set_num_threads(threads)


@pytest.mark.parametrize("what", RUNS)
def test_the_command_of_share_is_of_the_same_recipe(what, pasted, tmp_path):
    (tmp_path / "points.txt").write_text(MANY_POINTS)
    for run_of in RUNS[what]:
        answer = ask(served.train_command, job=None, recipes=[run_of], of=None)
        assert answer["file"] == ("points.txt" if what == "many points" else None)
        (command,) = answer["commands"]
        recipe = read_recipe(run_of)
        assert pasted(command) == recipe
        assert "--ema 0.99" in command  # the page's own default is not the command's
        assert len(command) < 1000


def test_both_sides_and_a_lengthened_training_have_their_commands_also_when_it_is_gone(pasted):
    recipes = [SMALL, SMALL | {"objective": "eps"}]
    answer = more(None, *recipes, updates=5)
    begun = answer["begin"]["recipes"]
    commands = ask(served.train_command, job=answer["job"], recipes=begun, of=12)["commands"]
    assert [pasted(command) for command in commands] == [read_recipe(each) for each in begun]
    assert [command.split("--out ")[1] for command in commands] == ["network-a", "network-b"]
    assert ask(served.train_command, job="gone", recipes=begun, of=12)["commands"] == commands
    more(answer["job"], updates=1, of=20)
    longer = [pasted(command) for command in ask(served.train_command, job=answer["job"], recipes=begun, of=20)["commands"]]
    assert [(each.updates, each.earlier) for each in longer] == [(20, "5/12")] * 2
    assert ask(served.train_command, job="gone", recipes=begun, of=20)["gone"]
