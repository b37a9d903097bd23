"""Bits that flip in files, clocks that jump, and the README's table of faults."""

import re
import time
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diffviz import checkpoints
from diffviz.checkpoints import CheckpointError
from diffviz.deadline import Deadline
from diffviz.domains.plane.training import Recipe, begin, new_network
from diffviz.trained import file_of, open_file

ROOT = Path(__file__).parents[1]
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")
RECIPE = Recipe("rings", hidden=8, layers=2, features=4, updates=20, batch=16, ema=0.9)
FLIPS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=3, unique=True)
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def flipped(data, flips):
    """With these bits turned: the place as a share of the file, and which bit of the byte."""
    found = bytearray(data)
    for place, bit in flips:
        found[int(place * len(found))] ^= 1 << bit
    return bytes(found)


def one_sentence(error):
    said = str(error)
    assert said.isprintable()
    assert said.endswith(".")


def answer(network):
    x = torch.linspace(-2, 2, 16).view(8, 2)
    return network(x, torch.full((8,), 0.3)).detach()


@pytest.fixture(scope="module")
def training():
    made = begin(RECIPE)
    made.advance(5)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    network = new_network(RECIPE)
    checkpoints.save(root / "good", network, RECIPE, {}, "card")
    return root, {name: (root / "good" / name).read_bytes() for name in ("model.safetensors", "config.json")}, answer(network)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
@MANY
@given(flips=FLIPS)
def test_a_checkpoint_with_flipped_bits_is_refused_or_gives_the_same_numbers(folder, name, flips):
    root, whole, expected = folder
    for each, data in whole.items():
        (root / "good" / each).write_bytes(flipped(data, flips) if each == name else data)
    try:
        loaded = checkpoints.load("good", root)
    except CheckpointError as error:
        one_sentence(error)
    else:
        assert name != "model.safetensors", "its SHA-256 is another"
        assert torch.equal(answer(loaded.network), expected)


@MANY
@given(flips=FLIPS)
def test_a_file_of_a_training_with_flipped_bits_is_refused_or_gives_the_same_numbers(training, flips):
    data = file_of(training.average, RECIPE, {}, training.state())
    try:
        loaded, state = open_file(flipped(data, flips))
    except CheckpointError as error:
        one_sentence(error)
    else:
        assert torch.equal(answer(loaded.network), answer(training.average))
        assert state is None or all(torch.equal(value, state[name]) for name, value in training.state().items())


@pytest.mark.parametrize("by", [-1e9, 1e9])
def test_a_clock_that_jumps_moves_no_deadline(monkeypatch, by):
    now, deadline = time.time(), Deadline(20.0)
    monkeypatch.setattr(time, "time", lambda: now + by)
    assert 19.0 < deadline.left <= 20.0


def test_only_the_age_of_files_is_told_by_the_clock_on_the_wall():
    """Deadlines, pauses and idle times are counted by clocks that do not jump."""
    wall = re.compile(r"\btime\.time\(|datetime\.(now|utcnow)\(|\bfrom time import .*\btime\b")
    found = {str(path.relative_to(ROOT)) for path in (ROOT / "diffviz").rglob("*.py") if wall.search(path.read_text("utf-8"))}
    assert found == {"diffviz/ui/leftovers.py"}


def promises():
    promised = README.split("\n## SECURITY\n")[1].split("\nNot promised")[0]
    return [" ".join(each.split()) for each in promised.split("\n- ")[1:]]


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise[:30])
def test_every_promise_of_security_names_tests_that_are_there(promise):
    named = re.findall(r"`([\w/]*test_\w+\.py)`", promise)
    assert named
    assert all((ROOT / "tests" / name).is_file() for name in named)


def rows():
    """(fault, what happens, tests) of the table."""
    table = README.split("\n## Faults\n")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_fault_of_the_readme_is_held_by_a_test_that_is_there(row):
    fault, happens, held = row
    assert fault
    assert happens
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", held)
    assert named
    for path, name in named:
        assert f"def {name}(" in ROOT.joinpath("tests", path).read_text(encoding="utf-8"), f"{path} has no {name}"
