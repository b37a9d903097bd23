import hashlib
import itertools
import json
import os
import struct
from dataclasses import replace
from functools import partial

import pytest
import torch
from safetensors.torch import load_file, save_file

from diffviz import checkpoints
from diffviz.checkpoints import MAX_CONFIG_BYTES, CheckpointError, Format, register
from diffviz.domains import domain_of
from diffviz.domains.plane.training import Recipe, new_network

RECIPE = Recipe("rings", hidden=8, layers=2, features=4, updates=7)
MEASURED = {"gap_nats": 0.25}


def network(recipe=RECIPE, seed=0):
    torch.manual_seed(seed)
    made = new_network(recipe)
    made.draw_frequencies(torch.Generator().manual_seed(seed))
    return made.eval()


@pytest.fixture
def root(tmp_path):
    """A folder with one good checkpoint, "good"."""
    checkpoints.save(tmp_path / "good", network(), RECIPE, MEASURED, "# A card\n")
    return tmp_path


@pytest.fixture
def config(root):
    """Rewrite good's configuration with some of its values changed."""
    path = root / "good" / "config.json"

    def change(in_recipe=None, **others):
        values = json.loads(path.read_text())
        values["recipe"].update(in_recipe or {})
        path.write_text(json.dumps(values | others))

    return change


def rewrite(root, weights):
    """Other weights in good, which its configuration takes for its own."""
    path = root / "good" / "model.safetensors"
    save_file(weights, path)
    values = json.loads((root / "good" / "config.json").read_text())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (root / "good" / "config.json").write_text(json.dumps(values | {"sha256": digest}))


def forget_digest(root):
    """As a checkpoint was saved before there was a SHA-256 in its configuration."""
    path = root / "good" / "config.json"
    values = json.loads(path.read_text())
    del values["sha256"]
    path.write_text(json.dumps(values))


def refused(root, name="good"):
    with pytest.raises(CheckpointError) as error:
        checkpoints.load(name, root)
    message = str(error.value)
    assert message.isprintable()
    assert message.startswith("checkpoint")
    assert message.endswith(".")
    assert len(message) < 300
    return message


def test_what_was_saved_is_loaded(root):
    loaded = checkpoints.load("good", root)
    assert (loaded.name, loaded.recipe, loaded.measured) == ("good", RECIPE, MEASURED)
    u, log_snr = torch.randn(20, 2), torch.linspace(-5, 5, 20)
    torch.testing.assert_close(loaded.network(u, log_snr), network()(u, log_snr), rtol=0, atol=0)
    assert not loaded.network.training
    assert not any(parameter.requires_grad for parameter in loaded.network.parameters())
    assert (root / "good" / "README.md").read_text() == "# A card\n"


def test_only_folders_with_a_configuration_have_a_name(root):
    checkpoints.save(root / "another", network(), RECIPE, {}, "")
    (root / "empty").mkdir()
    (root / "file").write_text("")
    assert checkpoints.names(root) == ["another", "good"]
    assert checkpoints.names(root / "empty") == []


@pytest.mark.parametrize("name", ["exact", "Ideal", "network", "closed_form"])
def test_a_name_that_means_another_denoiser_is_refused(root, name):
    with pytest.raises(checkpoints.CheckpointError, match=f"no other denoiser's: {name} is (exact|learned)"):
        checkpoints.save(root / name, network(), RECIPE, {}, "")
    assert not (root / name).exists()


@pytest.mark.parametrize(
    "there",
    [["thesis.tex"], ["README.md"], ["config.json", "holiday/"], ["README.md", "config.json", "model.safetensors", ".git/"]],
    ids=str,
)
def test_a_folder_that_holds_other_files_is_left_as_it_is(tmp_path, there):
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in there:
        (folder / name).mkdir() if name.endswith("/") else (folder / name).write_text("mine")
    with pytest.raises(checkpoints.CheckpointError, match=r"^checkpoint must be .* of its own: 'mine' holds '.*'\.$"):
        checkpoints.save(folder, network(), RECIPE, {}, "")
    assert sorted(path.name for path in folder.iterdir()) == sorted(name.strip("/") for name in there)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("there", [[], ["training.safetensors"], ["training.safetensors", ".diffviz-0123456789abcdef"]], ids=str)
def test_a_folder_of_a_training_alone_becomes_the_checkpoint_s(tmp_path, there):
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in there:
        (folder / name).write_text("")
    checkpoints.save(folder, network(), RECIPE, {}, "")
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]


def test_two_kinds_of_networks_have_two_names_and_two_recipes():
    row = domain_of("rings").training["network"].format
    register(row)  # the same again
    for other in (replace(row, new=network), Format(row.name, dict, network), Format("diffviz-other-1", Recipe, network)):
        with pytest.raises(ValueError, match="another format"):
            register(other)


def test_a_checkpoint_saved_again_is_the_new_one(root):
    assert checkpoints.load("good", root).measured == MEASURED
    checkpoints.save(root / "good", network(seed=1), RECIPE, {"gap_nats": 0.1}, "")
    loaded = checkpoints.load("good", root)
    assert loaded.measured == {"gap_nats": 0.1}
    torch.testing.assert_close(loaded.network.outputs.weight, network(seed=1).outputs.weight, rtol=0, atol=0)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../good", "good/", "/good", "./good", "good\n", "goo d", "good\0", "x" * 300, "..\\good", "göod", "missing"],
    ids=repr,
)
def test_only_the_plain_name_of_a_folder_that_is_there_is_accepted(root, name):
    (root / "inner").mkdir()
    assert "good" in refused(root, name)  # the message says what there is
    refused(root / "inner", name)


@pytest.mark.parametrize("length", [0, 4, 8, 60, 200, 1000, -1])
def test_truncated_weights_are_refused(root, length):
    path = root / "good" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    refused(root)
    forget_digest(root)
    refused(root)


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x95pickle",
        b"PK\x03\x04zip",
        b"<html>",
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 2) + b"{}",
        b"\0" * 64,
    ],
    ids=["pickle", "zip", "html", "huge-header", "no-tensors", "zeros"],
)
def test_foreign_files_are_refused(root, content):
    (root / "good" / "model.safetensors").write_bytes(content)
    refused(root)
    forget_digest(root)
    refused(root)


def test_a_pickle_is_not_even_opened(root):
    """torch.save's format runs code when it is loaded."""
    torch.save(network().state_dict(), root / "good" / "model.safetensors")
    forget_digest(root)
    refused(root)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused(root, value):
    path = root / "good" / "model.safetensors"
    weights = load_file(path)
    weights["hidden.0.weight"][3, 2] = value
    rewrite(root, weights)
    assert "finite" in refused(root)


def test_weights_too_large_for_single_precision_are_refused(root):
    path = root / "good" / "model.safetensors"
    weights = {name: value.double() for name, value in load_file(path).items()}
    weights["hidden.0.weight"][3, 2] = 1e300
    rewrite(root, weights)
    refused(root)


@pytest.mark.parametrize("change", ["rename", "reshape", "drop", "add"])
def test_other_shapes_than_the_configurations_are_refused(root, change):
    path = root / "good" / "model.safetensors"
    weights = load_file(path)
    if change == "rename":
        weights["output.weight"] = weights.pop("outputs.weight")
    elif change == "reshape":
        weights["outputs.weight"] = weights["outputs.weight"].T.contiguous()
    elif change == "drop":
        del weights["outputs.bias"]
    else:
        weights["extra"] = torch.zeros(1)
    rewrite(root, weights)
    assert "shapes" in refused(root)


@pytest.mark.parametrize("size", [{"hidden": 16}, {"layers": 3}, {"features": 5}], ids=str)
def test_a_configuration_for_another_size_is_refused(root, config, size):
    config(size)
    assert "shapes" in refused(root)


@pytest.mark.parametrize(("name", "limit"), [("hidden", 1024), ("layers", 16), ("features", 512)])
@pytest.mark.parametrize("excess", [1, 10**6, 10**400, None])
def test_a_configuration_cannot_ask_for_the_moon(root, config, name, limit, excess):
    config({name: 0 if excess is None else limit + excess})
    message = refused(root)
    assert name in message
    assert str(limit) in message


@pytest.mark.parametrize(
    "recipe",
    [
        {"hidden": "8"},
        {"hidden": 8.0},
        {"hidden": True},
        {"hidden": None},
        {"lr": "fast"},
        {"dataset": 5},
        {"bogus": 1},
        {"seed": []},
    ],
    ids=str,
)
def test_a_configuration_of_other_types_is_refused(root, config, recipe):
    config(recipe)
    refused(root)


def test_a_configuration_of_before_there_was_a_setting_has_its_default(root):
    path = root / "good" / "config.json"
    values = json.loads(path.read_text())
    del values["recipe"]["objective"], values["recipe"]["gamma"]
    path.write_text(json.dumps(values))
    assert checkpoints.load("good", root).recipe == RECIPE
    del values["recipe"]["dataset"]
    path.write_text(json.dumps(values))
    refused(root)


@pytest.mark.parametrize(
    "others",
    [
        {"format": "diffviz-mlp-2"},
        {"format": None},
        {"recipe": []},
        {"recipe": None},
        {"measured": 5},
        {"sha256": "0" * 63},
        {"sha256": None},
    ],
    ids=str,
)
def test_a_configuration_of_another_form_is_refused(root, config, others):
    config(**others)
    refused(root)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"text"',
        b"\xff\xfe",
        b"{}",
        b"[" * 50_000,
        b'{"a":' * 10_000,
        b'{"format": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda content: repr(content)[:16],
)
def test_a_configuration_that_is_none_is_refused(root, content):
    (root / "good" / "config.json").write_bytes(content)
    refused(root)


def test_a_configuration_too_large_to_be_one_is_not_read(root):
    path = root / "good" / "config.json"
    path.write_text(path.read_text() + " " * MAX_CONFIG_BYTES)
    assert str(MAX_CONFIG_BYTES) in refused(root)


@pytest.mark.parametrize("missing", ["model.safetensors", "config.json"])
def test_half_a_checkpoint_is_refused(root, missing):
    (root / "good" / missing).unlink()
    refused(root)


@pytest.mark.parametrize("where", [0, 9, 0.5, -1], ids=["length", "header", "middle", "end"])
def test_a_flipped_bit_in_the_weights_is_refused(root, where):
    """All but the first give a file that is whole, of the right shapes and finite."""
    path = root / "good" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[int(where * len(data)) if isinstance(where, float) else where] ^= 1
    path.write_bytes(data)
    assert "SHA-256" in refused(root)


def test_a_checkpoint_of_before_there_was_a_digest_is_loaded(root):
    forget_digest(root)
    assert checkpoints.load("good", root).measured == MEASURED


@pytest.mark.parametrize("path", sorted(checkpoints.CHECKPOINTS.rglob("config.json")), ids=lambda path: path.parent.name)
def test_every_checkpoint_of_ours_says_the_digest_of_its_weights(path):
    digest = json.loads(path.read_text())["sha256"]
    assert hashlib.sha256((path.parent / "model.safetensors").read_bytes()).hexdigest() == digest


def test_numbers_that_are_no_fractions_are_refused(root):
    """Of the same size, so that the file is whole: read as they are they would be weights of up to four thousand million."""
    forget_digest(root)
    path = root / "good" / "model.safetensors"
    path.write_bytes(path.read_bytes().replace(b'"F32"', b'"U32"'))
    assert "floating-point" in refused(root)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_while_writing_leaves_the_old_checkpoint_or_the_new(tmp_path, monkeypatch, moment):
    """Killed at each of the renames in turn, before it or after it: the weights and the figures beside them belong together."""
    old, new = Recipe("rings", hidden=8, layers=2, features=4), Recipe("rings", hidden=16, layers=2, features=4)
    real = {name: getattr(os, name) for name in ("replace", "rename")}  # pathlib and shutil go through these
    for fatal in itertools.count():
        root, seen = tmp_path / str(fatal), itertools.count()
        checkpoints.save(root / "good", network(old), old, {"which": "old"}, "old")

        def fatal_call(*arguments, name, seen=seen, fatal=fatal):
            last = next(seen) == fatal
            if last and moment == "before":
                raise Killed
            real[name](*arguments)
            if last:
                raise Killed

        for name in real:
            monkeypatch.setattr(os, name, partial(fatal_call, name=name))
        try:
            checkpoints.save(root / "good", network(new), new, {"which": "new"}, "new")
        except Killed:
            pass
        else:
            break
        finally:
            monkeypatch.undo()
        loaded = checkpoints.load("good", root)
        assert (loaded.recipe, loaded.measured) in [(old, {"which": "old"}), (new, {"which": "new"})]
        reference = network(loaded.recipe)
        torch.testing.assert_close(loaded.network.outputs.weight, reference.outputs.weight, rtol=0, atol=0)
    assert fatal > 0


def test_a_network_that_is_first_loaded_in_inference_mode_still_lets_gradients_through():
    """It is kept for all runs, and guidance by a measurement takes gradients."""
    checkpoints._load.cache_clear()
    with torch.inference_mode():
        loaded = checkpoints.load("rings")
    assert not any(parameter.is_inference() for parameter in loaded.network.parameters())
