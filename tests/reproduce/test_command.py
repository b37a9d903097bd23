"""python -m diffviz reproduce."""

import json

import pytest

from diffviz import checkpoints
from diffviz.__main__ import main
from diffviz.domains.heartbeat.domain import HEARTBEAT
from diffviz.domains.heartbeat.training_2015 import StepRecipe
from diffviz.domains.plane.training_2015 import ChainRecipe
from diffviz.reproduce import EXPERIMENTS, heartbeat, schedule, swiss_roll, thin_roll
from diffviz.reproduce.results import Outcome

FIELDS = ["experiment", "paper_bits", "ours_bits", "exact_bits", "truth_bits", "seconds", "seed"]


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    """Trainings of a moment, that only show that all parts fit."""
    monkeypatch.setattr(swiss_roll, "QUICK", {"updates": 30, "batch": 8})
    monkeypatch.setattr(swiss_roll, "QUICK_SAMPLES", 64)
    short = {"width": 0.05, "starts": 1, "tried": 5, "polished": 5, "points": 60, "fitted": 100, "rounds": 1, "levels": 6}
    monkeypatch.setattr(thin_roll, "QUICK", short)
    monkeypatch.setattr(thin_roll, "QUICK_SAMPLES", {"k": 256, "exact": 256, "truth": 1024})
    monkeypatch.setattr(heartbeat, "QUICK", {"updates": 3, "batch": 1, "steps": 80})
    monkeypatch.setattr(schedule, "QUICK_UPDATES", 3)


@pytest.mark.parametrize(
    ("name", "ending"), [("swiss_roll", "pdf"), ("thin_roll", "png"), ("heartbeat", "png"), ("schedule", "pdf")]
)
def test_it_reruns_prints_and_draws(name, ending, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("diffviz.console.SECONDS", 0.0)  # between two lines of progress, without a terminal
    out = tmp_path / f"drawn.{ending}"
    assert main(["reproduce", "--experiment", name, "--quick", "--seed", "3", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert list(found)[:7] == FIELDS
    assert found["experiment"] == name
    assert found["seed"] == 3
    assert found["quick"] is True
    value, stderr = found["ours_bits"]
    assert (stderr > 0) == (name != "schedule")  # there nothing is drawn
    assert found["seconds"] == round(found["seconds"])
    assert value < found["exact_bits"] < found["truth_bits"]
    assert all(found[field] is not None or field in found["reasons"] for field in FIELDS)
    assert out.read_bytes().startswith({"pdf": b"%PDF", "png": b"\x89PNG"}[ending])
    assert name in captured.err  # the progress


def test_the_same_seed_gives_the_same_result():
    def figures(seed):
        *_, outcome = EXPERIMENTS["swiss_roll"].rerun(seed, True)
        assert isinstance(outcome, Outcome)
        return outcome.result.ours_bits, outcome.result.more

    assert figures(1) == figures(1)
    assert figures(1) != figures(2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--experiment", "bark"], "experiment must be one of swiss_roll, thin_roll, heartbeat, schedule, not 'bark'."),
        (["--experiment", "schedule", "--seed", "-1"], "seed must be a whole number from 0 to 2147483647, not -1."),
        (["--experiment", "schedule", "--out", "x.gif"], "out must end in .pdf or .png, not 'x.gif'."),
    ],
)
def test_bad_input_is_one_sentence(options, message, capsys):
    assert main(["reproduce", *options]) == 2
    assert capsys.readouterr().err.strip() == message


def test_what_is_shipped_is_what_a_rerun_trains():
    assert checkpoints.load("swiss_roll_2015").recipe == ChainRecipe("swiss_roll")
    assert checkpoints.load("heartbeat_2015", HEARTBEAT.training["network"].root).recipe == StepRecipe()
