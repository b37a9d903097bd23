"""What the editors are told: points from files and hands, and a mixture's numbers, as fast as a hand moves."""

import base64
import io
import json
import time

import numpy as np
import pytest
from PIL import Image

from diffviz import Experiment
from diffviz.diagnostics.report import report_json
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.own_mixture import DEFAULT, read_mixture
from diffviz.domains.plane.own_points import LINK_LETTERS, default_points, write_points
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import SCHEDULES
from diffviz.views.plane.own import COMPARED, SIMPLE, STARTS, picture_own, simplified, take_points, weigh_mixture
from tests.measured import measured


def points(**what):
    return json.loads(take_points(json.dumps(what)))


def weighed(**what):
    return json.loads(weigh_mixture(json.dumps(what)))


def test_points_of_a_hand_stay_and_those_of_a_file_are_scaled():
    drawn = points(xy=[0.5, 1.0, -2.0, 0.25])
    assert sorted(zip(drawn["xy"][::2], drawn["xy"][1::2], strict=True)) == [(-2.0, 0.25), (0.5, 1.0)]
    assert drawn["link"]
    filed = points(data=base64.b64encode(b"x,y\n10,10\n20,30\n").decode())
    assert filed["points"] == 2
    assert np.square(filed["xy"]).mean() == pytest.approx(1, abs=0.02)
    again = points(own_points=filed["own_points"])
    assert again == filed
    assert points(own_points="")["own_points"] == write_points(default_points())


def test_too_many_for_a_link_are_said_to_be():
    told = points(xy=np.random.default_rng(0).normal(size=16_000).round(3).tolist())
    assert len(told["own_points"]) > LINK_LETTERS
    assert not told["link"]


@pytest.mark.parametrize(
    "what",
    ["", "[]", "{}", '{"data": "?"}', '{"xy": [1]}', '{"xy": ["a", 2]}', '{"xy": []}', '{"xy": [1e9, 0]}', '{"own_points": "x"}',
     '{"xy": [null, 1]}', '{"data": 3}', "[" * 10**5],
)  # fmt: skip
def test_what_are_no_points_is_one_sentence(what):
    told = json.loads(take_points(what))
    assert set(told) == {"problem"}
    assert told["problem"].startswith("Your points must")


def pictured(**what):
    return json.loads(picture_own(json.dumps(what)))


def test_the_picture_of_own_data_is_of_them_and_has_them_where_they_are():
    told = pictured(dataset="own_mixture", own_mixture="1.5,-1.5,0.05,1")
    with Image.open(io.BytesIO(base64.b64decode(told["png"].partition("base64,")[2]))) as png:
        opaque = np.asarray(png.convert("RGBA"))[..., 3].astype(float)
    assert opaque.shape == (96, 96)
    rows, columns = np.indices(opaque.shape)
    centre = [(opaque * axis).sum() / opaque.sum() + 0.5 for axis in (columns, rows)]
    assert centre == pytest.approx([96 * 0.75, 96 * 0.75], abs=1)  # x and -y at half of the reach
    text = points(xy=[1, 1, 1.1, 1])["own_points"]
    narrow, wide = (pictured(dataset="own_points", own_points=text, bandwidth=h) for h in (0.05, 0.8))
    assert narrow["png"] != wide["png"]


@pytest.mark.parametrize(
    "what",
    ["", "[]", "{}", '{"dataset": "own_points"}', '{"dataset": "spiral"}', '{"dataset": "own_mixture", "own_mixture": "x"}',
             '{"dataset": "own_points", "own_points": 3, "bandwidth": null}', '{"dataset": [], "own_points": ""}'],
)  # fmt: skip
def test_what_cannot_be_drawn_is_one_sentence(what):
    assert json.loads(picture_own(what)) == {"problem": "These data cannot be drawn."}


def test_a_mixture_s_numbers_are_those_of_its_run():
    told = weighed(own_mixture=DEFAULT, steps=20)
    for name in COMPARED:
        run = Experiment(dataset="own_mixture", schedule=name, steps=20, particles=8, variance="optimal")
        report = report_json(measured(run))
        assert report["entropy_nats"][0] == pytest.approx(told["entropy"], abs=1e-9)
        assert report["gap_nats"][0] == pytest.approx(told["gaps"][SCHEDULES[name].title], abs=2e-5)
    exact = make_dataset("own_mixture")
    middle = told["log_snr"][20]
    alpha, sigma = 1 / np.sqrt(1 + np.exp(-middle)), 1 / np.sqrt(1 + np.exp(middle))
    assert told["mmse"][20] == pytest.approx(marginal(exact, alpha, sigma).mmse, rel=1e-3)
    assert told["narrow"] == len(exact.means)


def test_numbers_follow_a_hand():
    """Eight components of one width, at other places each time: within 0.2 s, the best of three on a machine that is not idle."""
    random, seconds = np.random.default_rng(0), []
    for _ in range(3):
        text = ";".join(f"{x:.3f},{y:.3f},0.15,1" for x, y in random.uniform(-1.5, 1.5, (8, 2)))
        started = time.perf_counter()
        weighed(own_mixture=text, steps=100)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.2


@pytest.mark.parametrize("name", STARTS)
def test_a_mixture_can_begin_as_any_data_set(name):
    components = read_mixture(weighed(start=name)["own_mixture"])
    mixture = make_dataset(name)
    assert components == read_mixture(";".join(",".join(map(str, each)) for each in simplified(mixture)))
    assert len(components) == len(mixture.means) if len(mixture.means) <= SIMPLE else 8 <= len(components) <= SIMPLE
    weights = np.array([each.weight for each in components])
    weights /= weights.sum()
    means = np.array([each[:2] for each in components])
    np.testing.assert_allclose(weights @ means, 0, atol=5e-3)
    square = weights @ (means**2).sum(1) + 2 * components[0].std ** 2
    assert square == pytest.approx(mixture.mean_square, rel=0.01)


@pytest.mark.parametrize("what", ["", "{}", '{"own_mixture": "1,2", "steps": 9}', '{"own_mixture": "0,0,1,1", "steps": 0}'])
def test_what_is_no_mixture_is_one_sentence(what):
    told = json.loads(weigh_mixture(what))
    assert set(told) == {"problem"}
    assert told["problem"].startswith("Your mixture must")
