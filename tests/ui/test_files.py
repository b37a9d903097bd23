"""The files that a visitor asks for: whole, gone from the server afterwards, and one sentence where they cannot be made."""

import json
import tempfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from diffviz import Experiment
from diffviz.ui.files import KINDS, make_file

RUN = Experiment(steps=3, particles=5).to_query()
DIGITS = Experiment(dataset="digits", steps=3, particles=3).to_query()


def silent(share, desc):
    """Instead of a progress bar."""


@pytest.fixture(autouse=True)
def temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def asked(*runs, overlays=()):
    return json.dumps({"runs": runs, "overlays": overlays})


@pytest.mark.parametrize("ending", [f".{kind.lower()}" for kind in KINDS if kind not in ("GIF", "MP4")])
@pytest.mark.parametrize("runs", [(RUN,), (RUN, RUN), (DIGITS,)], ids=["one", "two", "pictures"])
def test_a_file_of_what_is_shown_is_there_until_it_is_taken(runs, ending, tmp_path):
    making = make_file(asked(*runs, overlays=["density"] if runs[0] == RUN else []), ending, silent)
    path = Path(next(making))
    name = "comparison" if len(runs) == 2 else "digits-cosine" if runs[0] == DIGITS else "eight_gaussians-cosine"
    assert path.name == f"diffviz-{name}{ending}"
    if ending == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            assert "experiment" in {key.removeprefix("a_") for key in archive}
    assert path.stat().st_size > 300
    assert not any(part.startswith(".") for part in path.parts)  # Gradio serves no hidden file
    assert list(making) == []
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("runs", "ending"), [((RUN,), ".npz"), ((RUN,), ".gif"), ((RUN, RUN), ".csv")])
def test_a_file_that_cannot_be_written_is_one_sentence(runs, ending, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    sentence = r"A temporary file \(TMPDIR says where\) could not be written: its folder is not there\."
    with pytest.raises(gr.Error, match=f"^'?{sentence}'?$"):
        next(make_file(asked(*runs), ending, silent))


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        ("", "run must be shown"),
        ("[1", "run must be shown"),
        ("[]", "run must be shown"),
        (asked(), "run must be shown"),
        (asked(RUN, RUN, RUN), "run must be shown"),
        (asked("steps=0"), "steps must be"),
        (asked("particles=20000&steps=4000"), "particles must be at most"),
        (asked(RUN, DIGITS), "dataset must be of the kind"),
        (asked(RUN, overlays=["arrows"]), "overlays must be some of density"),
    ],
)
def test_what_cannot_be_made_is_told_in_one_sentence(shown, sentence):
    with pytest.raises(gr.Error, match=f"^['\"]?{sentence}"):
        next(make_file(shown, ".npz", silent))
