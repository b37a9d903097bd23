"""`points`: a file becomes the text that every command takes, or one sentence."""

import json
import re

import numpy as np
import pytest

from diffviz.__main__ import main
from diffviz.domains.plane.own_points import read_points


def answer(capsys, *arguments):
    assert main(list(arguments)) == 0
    return json.loads(capsys.readouterr().out)


def test_a_file_becomes_a_text_that_runs_and_round_trips(tmp_path, capsys):
    file, out = tmp_path / "moons.csv", tmp_path / "points.txt"
    np.savetxt(file, np.random.default_rng(0).normal(size=(200, 2)) * 5 + 3, delimiter=",", header="x,y", comments="")
    told = answer(capsys, "points", str(file), "--out", str(out))
    assert told["points"] == read_points(told["own_points"]).total == 200
    assert told["least"] <= told["bandwidth"]
    assert told["silverman"] == pytest.approx(200 ** (-1 / 6), abs=1e-3)
    assert answer(capsys, "points", str(out)) == told
    by_file = answer(capsys, "dataset", "--dataset", "own_points", "--own-points", str(out))
    by_text = answer(capsys, "dataset", "--dataset", "own_points", "--own-points", told["own_points"])
    assert by_file == by_text
    assert by_file["std"] == told["bandwidth"]


def test_points_that_coincide_once_scaled_are_told_by_their_places(tmp_path, capsys):
    file = tmp_path / "far.csv"
    file.write_text("1,2\n3,4\n1e300,1e300\n4e200,5\n")
    told = answer(capsys, "points", str(file))
    assert (told["points"], told["places"]) == (4, 2)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["points", "none.csv"], "file must be a file that can be read: it is not there."),
        (["points", "none/none.csv"], "file must be a file that can be read: its folder is not there."),
        (["points", "."], "file must be a file that can be read: a folder is in its place."),
        (["dataset", "--own-points", "bad.csv"], "own_points must have two numbers a line, .*; no line has."),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, capsys, monkeypatch, arguments, why):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("1,2,3\n")
    assert main(arguments) == 2
    assert re.fullmatch(f"{why}\n", capsys.readouterr().err)
