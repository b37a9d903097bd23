"""A training on disk: killed at any moment it goes on to the same weights, and what is damaged is refused."""

import errno
import json
import os
import signal
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from diffviz.__main__ import main
from diffviz.checkpoints import STATE, CheckpointError
from diffviz.domains.plane.training import Recipe, begin
from diffviz.files import WriteError
from diffviz.training.saved import load_state, save_state
from tests.forks import forked

RECIPE = Recipe("rings", hidden=8, layers=2, features=4, updates=40, batch=24)
LONG = ["--hidden", "16", "--layers", "2", "--features", "4", "--updates", "1500", "--batch", "64", "--every", "100"]


@pytest.fixture(autouse=True)
def kept_threads():
    """The command trains on one thread; the tests after it do as they did."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path):
    """kill -9, three times, at moments that have nothing to do with its intervals."""
    assert main(["train", "--dataset", "rings", *LONG, "--out", str(tmp_path / "whole")]) == 0
    folder, arguments, kills = tmp_path / "broken", ["--dataset", "rings", *LONG, "--out", tmp_path / "broken"], 0
    for wait in (0.0, 0.13, 0.29, None):
        before = (folder / STATE).stat().st_mtime_ns if (folder / STATE).exists() else 0
        process = forked(main, ["train", *map(str, arguments)])
        while wait is not None and process.is_alive():
            if (folder / STATE).exists() and (folder / STATE).stat().st_mtime_ns > before:
                time.sleep(wait)
                process.kill()
                break
            time.sleep(0.005)
        process.join()
        kills += process.exitcode == -signal.SIGKILL
        if (folder / STATE).exists():
            reached = int(load_state(folder)[2]["update"])
            assert reached % 100 == 0
            arguments = ["--resume", folder, "--every", 100]
    assert kills >= 2
    assert (folder / "model.safetensors").read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()
    assert (folder / "README.md").read_text() == (tmp_path / "whole" / "README.md").read_text()
    assert not (folder / STATE).exists()


@pytest.fixture
def folder(tmp_path):
    """With the state of a training half under way."""
    training = begin(RECIPE)
    training.advance(21)
    save_state(tmp_path, training)
    return tmp_path


def test_what_was_saved_goes_on(folder):
    form, recipe, state = load_state(folder)
    assert (form.name, recipe) == ("diffviz-mlp-1", RECIPE)
    resumed, whole = begin(recipe), begin(recipe)
    resumed.restore(state)
    resumed.advance(100)
    whole.advance(100)
    for one, other in zip(resumed.average.parameters(), whole.average.parameters(), strict=True):
        assert torch.equal(one, other)


def refused(folder, capsys, *more):
    with pytest.raises(CheckpointError):
        load_state(folder)
    assert main(["train", "--resume", str(folder), *more]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    sentence = told.err.strip()
    assert sentence.startswith("resume cannot continue the training in")
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("length", [0, 4, 8, 200, 3000, -1])
def test_a_truncated_file_is_refused(folder, length, capsys):
    path = folder / STATE
    path.write_bytes(path.read_bytes()[:length])
    refused(folder, capsys)


def test_a_flipped_bit_and_a_foreign_file_are_refused(folder, capsys):
    path = folder / STATE
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    refused(folder, capsys)
    save_file({"weight": torch.zeros(3)}, path)
    refused(folder, capsys)
    torch.save({"weight": torch.zeros(3)}, path)
    refused(folder, capsys)
    path.unlink()
    refused(folder, capsys)


def test_settings_and_resume_exclude_one_another(folder, capsys):
    assert main(["train", "--resume", str(folder), "--lr", "0.1"]) == 2
    assert capsys.readouterr().err.startswith("lr must be left out with resume")


def test_on_a_full_disk_the_last_state_stays(folder, monkeypatch):
    """The system refuses when the file is flushed, as some file systems do only then."""
    before = (folder / STATE).read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    training = begin(RECIPE)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="the disk is full"):
        save_state(folder, training)
    monkeypatch.undo()
    assert (folder / STATE).read_bytes() == before
    assert [path.name for path in Path(folder).iterdir()] == [STATE]


def test_a_loss_that_is_not_finite_ends_in_a_sentence_and_the_last_good_weights(tmp_path, capsys):
    size = ["--hidden", "8", "--layers", "2", "--features", "4", "--updates", "400", "--batch", "16"]
    wild = ["--optimiser", "sgd", "--lr", "1", "--weighting", "bound"]
    assert main(["train", "--dataset", "rings", *size, *wild, "--out", str(tmp_path / "wild")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    sentence = told.err.strip().splitlines()[-1]
    assert "lr may be too large: the loss of update " in sentence
    state = load_file(tmp_path / "wild" / STATE)
    assert f"after update {int(state['update'])}, are kept in" in sentence
    assert all(torch.isfinite(value).all() for name, value in state.items() if name.startswith(("network", "average")))


def test_the_answer_has_loss_floor_and_gap(tmp_path, capsys):
    size = ["--hidden", "8", "--layers", "1", "--features", "4", "--updates", "5", "--batch", "16"]
    assert main(["train", "--dataset", "two_moons", *size, "--objective", "eps", "--out", str(tmp_path / "one")]) == 0
    told = capsys.readouterr()
    answer = json.loads(told.out)
    (loss, stderr), floor = answer["loss"], answer["floor"]
    assert loss == pytest.approx(floor + answer["excess"][0])
    assert 0 < stderr < loss - floor
    assert answer["measured"]["gap_nats"] > answer["measured"]["exact_gap_nats"]
