"""The files that a visitor asks for: whole, gone from the server afterwards, and one sentence where they cannot be written."""

import json
import tempfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.ui.compare import file_of_pair
from diffviz.ui.explore import file_of

EXPERIMENT = Experiment(steps=3, particles=5)
PAIR = json.dumps([EXPERIMENT.to_query(), EXPERIMENT.to_query()])


def silent(share, desc):
    """Instead of a progress bar."""


@pytest.fixture(autouse=True)
def temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_file_is_there_until_it_is_copied(tmp_path):
    made = file_of(EXPERIMENT.to_query(), ".npz", silent)
    path = Path(next(made))
    assert not any(part.startswith(".") for part in path.parts)  # Gradio serves no hidden file
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["reverse"], run(EXPERIMENT).reverse)
    assert next(made, None) is None
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "make",
    [
        lambda: file_of(EXPERIMENT.to_query(), ".npz", silent),
        lambda: file_of(EXPERIMENT.to_query(), ".gif", silent),
        lambda: file_of_pair(PAIR, ".npz", silent),
    ],
    ids=["npz", "gif", "pair"],
)
def test_a_file_that_cannot_be_written_is_one_sentence(make, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(
        gr.Error, match=r"^'?A temporary file \(TMPDIR says where\) could not be written: its folder is not there\.'?$"
    ):
        next(make())
