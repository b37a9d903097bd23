"""Consoles of few letters, closed ones and such as cannot take the answer (of which test_files.py has more)."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from diffviz.__main__ import app, main
from diffviz.console import STAND_INS, any_console, stand_ins

ROOT = Path(__file__).parents[1]
COMMANDS = [command.name or command.callback.__name__ for command in app.registered_commands]


def on_console(monkeypatch, encoding, *arguments):
    """Exit code and what standard output and standard error receive."""
    written = {name: io.BytesIO() for name in ("stdout", "stderr")}
    for name, bytes_ in written.items():
        monkeypatch.setattr(sys, name, io.TextIOWrapper(bytes_, encoding=encoding))
    code = main([*arguments])
    for name in written:
        getattr(sys, name).flush()
    return code, *(bytes_.getvalue().decode(encoding) for bytes_ in written.values())


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("α_t x₀ + σ_t ε", "alpha_t x0 + sigma_t epsilon"),
        ("ᾱ, β̃ and x̂₀", "alpha, beta and x0"),
        ("Σ, 2 × 2, −1 … 10⁻³ ± 0.5, η ≥ 0", "Sigma, 2 x 2, -1 ... 10-3 +/- 0.5, eta >= 0"),
        ("Fréchet", "Frechet"),
        ("漢\udcc3", "??"),
    ],
)
def test_what_stands_for_letters_that_are_not_there(text, plain):
    assert stand_ins(text) == plain
    assert text.encode("ascii", STAND_INS).decode() == plain
    if "\udcc3" not in text:
        assert text.encode("utf-8", STAND_INS).decode() == text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "cp1252", "utf-8"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help_on_every_console(monkeypatch, command, encoding):
    monkeypatch.setenv("COLUMNS", "200")
    code, page, complaint = on_console(monkeypatch, encoding, command, "--help")
    assert (code, complaint) == (0, "")
    assert "--help" in page
    if encoding != "utf-8":
        assert page.count("?") == on_console(monkeypatch, "utf-8", command, "--help")[1].count("?")  # each has a stand-in


@pytest.mark.parametrize("wrong", [["--steps", "−5"], ["--dataset", "größer"], ["--out", "größer\udcc3.txt"], ["--größe", "1"]])
def test_every_complaint_is_one_sentence_on_every_console(monkeypatch, wrong):
    code, answer, complaint = on_console(monkeypatch, "ascii", "run", *wrong)
    assert (code, answer, complaint.count("\n")) == (2, "", 1)
    assert "Error" not in complaint


def test_a_console_is_left_as_it_was(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", None)
    with any_console():
        print("β")
        print("β", file=sys.stderr)
    assert (sys.stdout, sys.stderr, stream.errors) == (stream, None, "strict")
    stream.flush()
    assert stream.buffer.getvalue().split() == [b"beta"]


def test_a_process_in_the_c_locale_answers():
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "diffviz", "run", "--help"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    assert done.stdout.isascii()
    assert b"--help" in done.stdout
    assert done.stderr == b""


def test_a_closed_output_is_no_mistake(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["run", "--steps", "3", "--particles", "4", "--out", str(tmp_path / "run.npz")]) == 0
    assert (tmp_path / "run.npz").is_file()


def test_progress_does_not_take_the_place_of_an_answer(monkeypatch, capsys):
    """print and progress bars fall back to standard output where standard error is closed."""
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["run", "--steps", "3", "--particles", "4"]) == 0
    assert json.loads(capsys.readouterr().out)["experiment"]["steps"] == 3
