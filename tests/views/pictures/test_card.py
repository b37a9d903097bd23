import json
import math

import pytest
import torch

from diffviz import checkpoints
from diffviz.__main__ import main
from diffviz.domains.pictures.classifier import ClassifierRecipe, accuracy
from diffviz.domains.pictures.images import make_images
from diffviz.domains.pictures.training import ImageRecipe
from diffviz.exports import training_command
from diffviz.views.pictures import card

NETWORKS = checkpoints.CHECKPOINTS / "pictures"
CLASSIFIER = checkpoints.load("digits", checkpoints.CHECKPOINTS / "classifiers")


@pytest.mark.parametrize("name", checkpoints.names(NETWORKS))
def test_a_shipped_network_is_what_its_card_says(name):
    loaded = checkpoints.load(name, NETWORKS)
    data = make_images(loaded.recipe.dataset)
    x0, label = data.held_out, data.held_out_labels  # of digits all: the first ones are of few hands
    x0 = x0[:32] if label is None else x0
    for level, mean, stderr, f in loaded.measured["v_mse_by_log_snr"]:
        eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(5))
        log_snr = torch.full((len(x0),), level)
        square, said = card._answers(loaded.network, loaded.recipe.prediction, x0, label, eps, log_snr)
        each = square.mean((1, 2, 3))
        assert abs(float(each.mean()) - mean) < 4 * math.hypot(stderr, float(each.std()) / math.sqrt(len(x0)))
        assert float(said.mean()) == pytest.approx(f, rel=0.25)


def test_there_is_a_network_for_every_set_of_pictures():
    assert {"digits", "dead_leaves", "digits_linear", "digits_cosine"} == set(checkpoints.names(NETWORKS))
    recipes = [checkpoints.load(f"digits_{name}", NETWORKS).recipe for name in ("linear", "cosine")]
    assert [recipe.weighting for recipe in recipes] == ["linear", "cosine"]
    assert recipes[0] == ImageRecipe(**{**recipes[1].__dict__, "weighting": "linear"})


def test_the_classifier_reads_what_it_has_not_seen():
    data = make_images("digits")
    found = accuracy(CLASSIFIER.network, data.held_out, data.held_out_labels)
    assert found >= 0.97
    assert found == pytest.approx(CLASSIFIER.measured["accuracy"], abs=2e-4)
    assert CLASSIFIER.network.features(data.held_out).shape == (297, CLASSIFIER.recipe.features)


def test_the_cards_name_the_commands_that_train_again():
    recipe = ImageRecipe("dead_leaves", multipliers="1 2 2", label_dropout=0.2)
    assert training_command(recipe) == "python -m diffviz train --dataset dead_leaves --multipliers '1 2 2' --label-dropout 0.2"
    assert training_command(ClassifierRecipe("digits")) == "python -m diffviz train --dataset digits --classifier"


@pytest.fixture
def kept_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_the_command_trains_networks_of_pictures(capsys, tmp_path, monkeypatch, kept_threads):
    monkeypatch.setattr(card, "PASSES", 1)
    size = ["--channels", "8", "--blocks", "1", "--updates", "2", "--batch", "4", "--multipliers", "1 1"]
    assert main(["train", "--dataset", "digits", *size, "--out", str(tmp_path / "tiny")]) == 0
    answer, loaded = json.loads(capsys.readouterr().out), checkpoints.load("tiny", tmp_path)
    assert answer["measured"] == loaded.measured
    assert loaded.recipe == ImageRecipe("digits", channels=8, multipliers="1 1", blocks=1, updates=2, batch=4)
    assert main(["train", "--dataset", "digits", "--classifier", "--updates", "2", "--out", str(tmp_path / "reader")]) == 0
    assert checkpoints.load("reader", tmp_path).recipe == ClassifierRecipe("digits", updates=2)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--dataset", "digits", "--hidden", "8"], "hidden"),
        (["--dataset", "rings", "--channels", "8"], "channels"),
        (["--dataset", "digits", "--channels", "9"], "channels"),
        (["--dataset", "rings", "--classifier"], "dataset"),
        (["--dataset", "digits", "--label-dropout", "nan"], "label_dropout"),
    ],
)
def test_what_cannot_be_trained_is_refused(capsys, arguments, word):
    assert main(["train", *arguments]) == 2
    assert capsys.readouterr().err.startswith(word + " ")


def test_the_command_runs_pictures_and_draws_them(capsys, tmp_path):
    few = ["--dataset", "digits", "--denoiser", "learned", "--label", "3", "--steps", "3", "--particles", "2"]
    assert main(["run", *few, "--out", str(tmp_path / "run.npz")]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["experiment"]["label"] == 3
    assert report["bound_bits_per_dim"][0] == pytest.approx(report["rate_bits_per_dim"][0] + report["distortion_bits_per_dim"][0])
    assert (tmp_path / "run.npz").is_file()
    assert main(["render", *few, "--out", str(tmp_path / "run.png")]) == 0
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")
