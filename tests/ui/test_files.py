"""The files that a visitor asks for: whole, gone from the server afterwards, and one sentence where they cannot be made."""

import json
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from diffviz import Experiment
from diffviz.ui import files, limits
from diffviz.ui.files import KINDS, LESSON_ONLY, file_asked
from diffviz.ui.leftovers import own_folder
from diffviz.ui.turns import LONG, Turns

RUN = Experiment(steps=3, particles=5)
DIGITS = Experiment(dataset="digits", steps=3, particles=3)


def silent(share, desc):
    """Instead of a progress bar."""


@pytest.fixture(autouse=True)
def temporary_files(tmp_path, monkeypatch):
    own_folder()  # that of the process lies elsewhere
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def asked(kind, *runs, layers=()):
    """Outputs (path, words to the page), one after another."""
    event = gr.EventData(None, {"runs": [run.to_dict() for run in runs], "view": {"layers": list(layers)}, "kind": kind})
    return file_asked(event, silent)


@pytest.mark.parametrize("kind", [kind.lower() for kind in KINDS if kind not in ("GIF", "MP4", LESSON_ONLY)])
@pytest.mark.parametrize("runs", [(RUN,), (RUN, RUN), (DIGITS,)], ids=["one", "two", "pictures"])
def test_a_file_of_what_is_shown_is_there_until_it_is_taken(runs, kind, tmp_path):
    making = asked(kind, *runs, layers=["density", "error", "conditional", "of_all"] if runs[0] == RUN else [])
    path, said = next(making)
    path = Path(path)
    name = "comparison" if len(runs) == 2 else "digits-cosine" if runs[0] == DIGITS else "eight_gaussians-cosine"
    assert path.name == f"diffviz-{name}.{kind}"
    assert json.loads(said)["file"] == kind
    if kind == "npz":
        with np.load(path, allow_pickle=False) as archive:
            assert "experiment" in {key.removeprefix("a_") for key in archive}
    assert path.stat().st_size > 300
    assert not any(part.startswith(".") for part in path.parts)  # Gradio serves no hidden file
    assert list(making) == []
    assert not any(tmp_path.iterdir())


def test_a_class_that_downloads_at_once_is_not_refused():
    making = [asked("csv", replace(RUN, seed=seed)) for seed in range(30)]
    paths = [next(each)[0] for each in making]  # of none of them has Gradio made its copy
    assert len({str(path) for path in paths if Path(path).is_file()}) == 30
    assert [list(each) for each in making] == [[]] * 30


def test_a_file_that_was_taken_is_removed_without_waiting_for_a_turn(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "TURNS", gate := Turns(1))
    making = asked("csv", RUN)
    next(making)
    with gate.one(LONG):
        taken = threading.Thread(target=lambda: list(making), daemon=True)
        taken.start()
        taken.join(10.0)
        assert not taken.is_alive()
    assert not any(tmp_path.iterdir())


def handout(lesson, seed):
    """Outputs of a handout, asked for in a step of a lesson whose run has that seed."""
    event = {"runs": [replace(RUN, seed=seed).to_dict()], "view": {}, "kind": LESSON_ONLY.lower(), "lesson": lesson}
    return file_asked(gr.EventData(None, event), silent)


def test_a_lesson_has_a_handout_of_the_seed_on_screen(monkeypatch, tmp_path):
    seeds = []
    monkeypatch.setattr(files, "write_handout", lambda name, out, seed, progress: seeds.append(seed) or out.write_bytes(b"%PDF"))
    making = handout({"lesson": "noise", "step": "root"}, 7)
    path, said = next(making)
    assert Path(path).name == "diffviz-noise.pdf"
    assert json.loads(said)["file"] == "handout"
    assert seeds == [7]
    assert list(making) == []
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("lesson", [None, {"lesson": "nose"}, "noise", {"lesson": ["noise"]}])
def test_outside_of_a_lesson_there_is_no_handout(lesson):
    assert "Lesson must be one of noise" in complaint(handout(lesson, 0))


def test_a_handout_is_made_in_time(monkeypatch):
    monkeypatch.setattr(limits, "DEADLINE_SECONDS", 0.0)
    assert "need more than 0 seconds" in complaint(handout({"lesson": "noise"}, 0))


def complaint(making):
    [(_, said)] = list(making)
    [told] = json.loads(said)["notices"]
    return told["message"]


@pytest.mark.parametrize(("runs", "kind"), [((RUN,), "npz"), ((RUN,), "gif"), ((RUN, RUN), "csv")])
def test_a_file_that_cannot_be_written_is_one_sentence(runs, kind, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    told = complaint(asked(kind, *runs))
    assert told.endswith("A temporary file (TMPDIR says where) could not be written: its folder is not there.")


@pytest.mark.parametrize(
    ("kind", "runs", "layers", "sentence"),
    [
        ("npz", (), (), "Run must be one set of values or two."),
        ("npz", (RUN, RUN, RUN), (), "Run must be one set of values or two."),
        ("exe", (RUN,), (), "File must be one of HTML, GIF"),
        ("npz", (replace(RUN, particles=20000, steps=400),), (), "must be at most"),
        ("npz", (RUN, DIGITS), (), "Data distribution must be"),
        ("npz", (RUN,), ("arrows",), "Overlays must be some of density"),
    ],
)
def test_what_cannot_be_made_is_told_in_one_sentence(kind, runs, layers, sentence):
    assert sentence in complaint(asked(kind, *runs, layers=layers))
