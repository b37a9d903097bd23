"""Which network a run reads, and which it refuses; other people's networks are in denoisers/test_others.py."""

import os
from dataclasses import replace

import pytest

from diffviz import Experiment, ExperimentError, checkpoints
from diffviz.domains.plane.training import Recipe, new_network
from diffviz.weights import load_own, weights_stamp

POINTS = Experiment(dataset="rings", denoiser="learned")
DIGITS = Experiment(dataset="digits", denoiser="learned", particles=1)


def test_a_network_is_that_of_the_data_or_the_one_that_is_named():
    assert load_own(POINTS, (2,)).name == "rings"
    assert load_own(replace(POINTS, denoiser="spiral"), (2,)).name == "spiral"
    assert load_own(DIGITS, (1, 8, 8)).recipe.dataset == "digits"


def test_a_network_of_other_pictures_is_refused():
    with pytest.raises(ExperimentError, match=r"^denoiser dead_leaves was trained on dead_leaves, other pictures than digits\.$"):
        load_own(replace(DIGITS, denoiser="dead_leaves"), (1, 8, 8))


def test_the_stamp_tells_a_network_from_one_saved_in_its_place(tmp_path, monkeypatch):
    recipe = Recipe("rings", hidden=4, layers=1, features=2)
    checkpoints.save(tmp_path / "rings", new_network(recipe), recipe, {}, "")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    first = weights_stamp(POINTS)
    assert first == weights_stamp(replace(POINTS, seed=1))
    os.utime(tmp_path / "rings" / "model.safetensors", ns=(0, 0))
    assert weights_stamp(POINTS) != first
    assert weights_stamp(replace(POINTS, denoiser="exact")) is None
    (tmp_path / "rings" / "model.safetensors").unlink()
    assert weights_stamp(POINTS) is None
