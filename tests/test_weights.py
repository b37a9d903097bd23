"""Which network a run reads, and which it refuses; other people's networks are in pretrained/test_names.py."""

import os
from dataclasses import replace

import pytest
import torch

from diffviz import Experiment, ExperimentError, checkpoints
from diffviz.domains import DATASETS, domain_of, trainable
from diffviz.domains.pictures.training import ImageRecipe
from diffviz.domains.plane.training import Recipe, new_network
from diffviz.engine import Setup
from diffviz.weights import TRAIN_ONE, load_network, on_device, weights_digest

POINTS = Experiment(dataset="rings", denoiser="learned")
DIGITS = Experiment(dataset="digits", denoiser="learned", particles=1)


def test_a_network_is_that_of_the_data_or_the_one_that_is_named():
    assert load_network(POINTS, checkpoints.CHECKPOINTS, Recipe).name == "rings"
    assert load_network(replace(POINTS, denoiser="spiral"), checkpoints.CHECKPOINTS, Recipe).name == "spiral"
    assert load_network(DIGITS, checkpoints.CHECKPOINTS / "pictures", ImageRecipe).recipe.dataset == "digits"


def test_a_network_of_other_data_is_refused():
    with pytest.raises(ExperimentError, match=r"^denoiser rings is a network for another kind of data\.$"):
        load_network(POINTS, checkpoints.CHECKPOINTS, ImageRecipe)
    with pytest.raises(ExperimentError, match=r"^denoiser must be trained on images like digits; dead_leaves was trained on"):
        Setup(replace(DIGITS, denoiser="dead_leaves")).prepare()


def test_the_loaded_network_stays_where_it_is():
    network = load_network(POINTS, checkpoints.CHECKPOINTS, Recipe).network
    assert on_device(network, torch.device("cpu")) is network
    moved = on_device(network, torch.device("meta"))
    assert next(moved.parameters()).device.type == "meta"
    assert next(network.parameters()).device.type == "cpu"


def test_the_stamp_tells_a_network_from_one_saved_in_its_place(tmp_path, monkeypatch):
    stamp = domain_of("rings").weights_stamp
    recipe = Recipe("rings", hidden=4, layers=1, features=2)
    checkpoints.save(tmp_path / "rings", new_network(recipe), recipe, {}, "")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    first = stamp(POINTS)
    assert first == stamp(replace(POINTS, seed=1))
    os.utime(tmp_path / "rings" / "model.safetensors", ns=(0, 0))
    assert stamp(POINTS) != first
    assert stamp(replace(POINTS, denoiser="exact")) is None
    (tmp_path / "rings" / "model.safetensors").unlink()
    assert stamp(POINTS) is None


def test_the_digest_tells_networks_by_what_their_files_hold(tmp_path):
    def stamp(folder):
        return tuple((str(path), path.stat().st_mtime_ns) for path in sorted((tmp_path / folder).iterdir()))

    for folder, contents in {"a": "xy", "moved": "xy", "b": "xz"}.items():
        (tmp_path / folder).mkdir()
        for name, content in zip(("config.json", "model.safetensors"), contents, strict=True):
            (tmp_path / folder / name).write_text(content)
    first = weights_digest(stamp("a"))
    assert len(first) == 16
    assert weights_digest(stamp("moved")) == first != weights_digest(stamp("b"))
    os.utime(tmp_path / "a" / "config.json", ns=(1, 1))
    assert weights_digest(stamp("a")) == first
    assert weights_digest((("nowhere", 1),)) is None


def test_data_without_a_network_say_where_one_is_trained(tmp_path):
    for dataset, row in DATASETS.items():
        if row.network:
            continue
        with pytest.raises(ExperimentError, match="on which no network was trained") as refused:
            Experiment(dataset=dataset, denoiser="learned")
        assert str(refused.value).endswith(TRAIN_ONE) == trainable(dataset)
    assert [name for name in DATASETS if not trainable(name)] == ["own", "own_words"]  # one picture; a list of one's own
    with pytest.raises(ExperimentError, match="on which no network was trained") as refused:
        load_network(Experiment(dataset="spiral", denoiser="learned"), tmp_path)  # whose checkpoint is not there
    assert str(refused.value).endswith(TRAIN_ONE)
