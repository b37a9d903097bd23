"""What the page is told of time's arrow: a path without a word of where it comes from, then the truth."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.player.protocol import RANGE
from diffviz.ui import arrow
from diffviz.ui.arrow import ROUNDS, time_arrow
from diffviz.ui.turns import LONG, QUICK, Busy
from diffviz.views import VIEWS, view

PLANE = Experiment(dataset="rings", steps=8, seed=3)
HEARTBEAT = Experiment(dataset="heartbeat", steps=6)
BOTH = pytest.mark.parametrize("experiment", [PLANE, HEARTBEAT], ids=["plane", "heartbeat"])


def asked(experiment, part="path", **more):
    what = {"run": experiment.to_dict(), "particles": 4, "game": 11, "round": 0, "part": part} | more
    return json.loads(time_arrow(json.dumps(what)) or "null")


def played(experiment, number):
    return arrow._played({"game": 11, "round": number}, replace(experiment, particles=4))


def unpacked(block, experiment):
    """[m, N, *D]."""
    data = np.frombuffer(base64.b64decode(block["data"]), np.uint8)
    if experiment is HEARTBEAT:
        return np.unpackbits(data.reshape(block["count"], -1), axis=1)[:, :80].reshape(-1, 4, 20)
    low, middle, high = data.reshape(-1, 3).astype(int).T
    pairs = np.stack([low | (middle & 15) << 8, middle >> 4 | high << 4], 1)
    return (pairs / 4095 * 2 * RANGE - RANGE).reshape(block["count"], 4, 2)


@BOTH
def test_the_path_is_the_one_that_is_judged_and_tells_no_more(experiment):
    rounds = {number: (asked(experiment, round=number), asked(experiment, "truth", round=number)) for number in range(ROUNDS)}
    assert {truth["forward"] for _, truth in rounds.values()} == {True, False}
    shown = set()
    for number, (path, truth) in rounds.items():
        found = played(experiment, number)
        assert set(path) == {"init", "block"}
        assert truth["forward"] is found.forward
        assert truth["work"] == (pytest.approx(found.work_kT) if np.isfinite(found.work_kT) else None)
        places = unpacked(path["block"], experiment)
        np.testing.assert_allclose(places, np.clip(found.path, -RANGE, RANGE), atol=RANGE / 4095 + 1e-6)
        shown.add(json.dumps(path["init"]) + str({name: value for name, value in path["block"].items() if name != "data"}))
    assert len(shown) == 1  # all else is the same, whatever it is


@BOTH
def test_the_accuracy_is_a_share_with_its_error(experiment):
    (share, error) = asked(experiment, "accuracy")["accuracy"]
    assert 0.5 < share < 1.0
    assert 0.0 < error < 0.05


def test_a_chain_of_fewer_times_is_played_at_all_of_them():
    assert asked(replace(PLANE, sampler_steps=3))["init"]["times"] == list(range(9))


@pytest.mark.parametrize(("part", "rank"), [("path", QUICK), ("truth", LONG), ("accuracy", LONG)])
def test_only_the_path_that_is_waited_for_is_quick(part, rank, monkeypatch):
    ranks, called = [], arrow.called
    monkeypatch.setattr(arrow, "called", lambda rank: ranks.append(rank) or called(rank))
    asked(PLANE, part)
    assert ranks == [rank]


def test_other_games_and_rounds_are_other_paths():
    data = [asked(PLANE, **more)["block"]["data"] for more in ({}, {"round": 1}, {"game": 12})]
    assert len(set(data)) == 3
    assert asked(PLANE)["block"]["data"] == data[0]


@pytest.mark.parametrize(
    ("experiment", "more", "sentence"),
    [
        (Experiment(dataset="digits"), {}, "must be points or bit sequences"),
        (PLANE, {"particles": 26}, "must be a whole number from 1 to 25"),
        (PLANE, {"round": 10}, "must be a whole number from 0 to 9"),
        (PLANE, {"game": "x"}, "must be a whole number"),
        (PLANE, {"run": {"steps": 0}}, "Diffusion steps"),
        (PLANE, {"part": "accuracy", "run": {"steps": 10**9}}, "Diffusion steps"),
    ],
)
def test_what_cannot_be_played_is_one_sentence(experiment, more, sentence):
    told = asked(experiment, **more)
    assert set(told) == {"error"}
    assert sentence in told["error"]


@pytest.mark.parametrize("what", ["", "{}", "[]", "null", '{"run": 1}', '{"particles": 1, "run": {}, "part": "x"}'])
def test_nonsense_is_answered_by_nothing(what):
    told = time_arrow(what)
    assert told == "" or set(json.loads(told)) == {"error"}


def test_a_server_that_has_too_much_to_do_is_asked_again(monkeypatch):
    def busy(rank):
        raise Busy("run", "later")

    monkeypatch.setattr(arrow, "called", busy)
    assert asked(PLANE) == {"later": True}


def test_it_is_offered_where_the_probabilities_of_paths_are_known():
    for name in VIEWS:
        dataset = next(iter(view(name).questions)).a
        assert view(name).arrow is ("block" in asked(replace(dataset, steps=5, particles=4))), name
        assert Setup(dataset).domain.name == name
