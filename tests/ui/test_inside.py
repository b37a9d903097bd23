"""What the player is told of a network's inside."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffviz import Experiment, run
from diffviz.domains.pictures.feature_maps import feature_maps
from diffviz.engine import Setup
from diffviz.ui import turns
from diffviz.ui.inside import look_inside
from diffviz.ui.visitors import Places, Visit
from diffviz.views.pictures.maps import STRONG
from diffviz.views.pictures.packed import MAX_PIXELS

RUN = Experiment(dataset="digits", denoiser="learned", particles=5, steps=6, seed=2)


def ask(experiment, level="up 8x8", picture=3):
    text = look_inside(json.dumps({"query": experiment.to_query(), "level": level, "picture": picture}))
    return json.loads(text) if text else None


@pytest.mark.parametrize(
    "fields", [{}, {"label": 4, "guidance": 2.0}, {"sampler": "ddim", "sampler_steps": 3}, {"start": "picture"}]
)
def test_it_is_the_maps_of_what_the_network_saw_on_the_way_back(fields):
    experiment = Experiment(**{**RUN.to_dict(), **fields})
    setup, trajectory = Setup(experiment), run(experiment)
    t = trajectory.t[::-1][1:]
    levels = setup.schedule.alpha[t], setup.schedule.sigma[t]
    maps = feature_maps(setup.free_denoiser, "up 8x8", trajectory.reverse[::-1][1:, 3], *levels)
    told = ask(experiment)
    assert told["shape"] == [len(t), 32, 8, 8]
    assert told["count"] == 32
    grey = np.frombuffer(base64.b64decode(told["data"]), np.uint8).reshape(told["shape"]) / 127.5 - 1
    strong = np.quantile(np.abs(maps), STRONG, axis=(0, 2, 3), keepdims=True)
    np.testing.assert_allclose(grey, (maps / strong).clip(-1, 1), atol=0.02)


def test_a_server_that_has_too_much_to_do_says_that_it_is_to_be_asked_again(monkeypatch):
    monkeypatch.setattr(turns, "_CALLS", Places(1))
    assert ask(RUN)["shape"]
    assert turns._CALLS.take(Visit())
    assert ask(RUN) == {"later": True}


def test_as_many_maps_are_sent_as_a_message_may_hold():
    told = ask(Experiment(dataset="dead_leaves", denoiser="learned", particles=1, steps=80), "up 32x32", 0)
    assert np.prod(told["shape"]) <= MAX_PIXELS
    assert told["shape"][1] < told["count"] == 32


def test_where_there_is_nothing_to_see_nothing_is_said():
    assert ask(Experiment(**{**RUN.to_dict(), "denoiser": "exact"})) is None
    assert ask(RUN, "cellar") is None
    assert ask(RUN, picture=5) is None
    assert ask(Experiment(steps=5, particles=3)) is None
    assert ask(Experiment(**{**RUN.to_dict(), "start": "picture", "start_time": 0.0})) is None


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.lists(st.integers(), max_size=2)


@given(anything | st.fixed_dictionaries({"query": anything, "level": anything, "picture": anything}))
def test_whatever_is_asked_there_is_an_answer(what):
    assert look_inside(what) == ""
    assert look_inside(json.dumps(what)) == ""
