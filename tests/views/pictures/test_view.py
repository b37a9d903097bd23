"""What is sent of pictures, against the arrays it is made from."""

import base64
import json
import math

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.ui.broadcast import broadcast
from diffviz.ui.limits import check_budget
from diffviz.ui.pair import SideError, broadcast_pair
from diffviz.views import view
from diffviz.views.pictures.packed import MAX_PICTURES, PIXEL_RANGE, pixels

PRESETS = [question for question in view("pictures").questions if question.b is None]

SMALL = Experiment(dataset="digits", denoiser="learned", particles=5, steps=6, seed=2)
STEP = 2 * PIXEL_RANGE / 255


def arrays(texts, count, frames, dim):
    """The blocks of all messages put together, in the picture's own unit; NaN where nothing came."""
    found = {}
    for message in map(json.loads, texts):
        for block in message.get("blocks", ()):
            values = np.frombuffer(base64.b64decode(block["data"]), np.uint8).reshape(block["count"], count, dim)
            array = found.setdefault(block["name"], np.full((frames, count, dim), np.nan))
            array[block["first"] : block["first"] + block["count"]] = values * STEP - PIXEL_RANGE
    return found


@pytest.mark.parametrize(
    "change", [{}, {"denoiser": "exact"}, {"label": 3, "guidance": 2.0}, {"sampler": "ddim", "sampler_steps": 3}]
)
def test_what_is_sent_is_what_the_engine_computed(change):
    experiment = Experiment(**{**SMALL.to_dict(), **change})
    texts, trajectory = list(broadcast(experiment)), run(experiment)
    init, final = json.loads(texts[0])["init"], json.loads(texts[-1])["final"]
    times = init["times"]
    got = arrays(texts, 5, len(times), 64)

    def cut(x):
        return np.clip(x.reshape(len(times), 5, 64), -PIXEL_RANGE, PIXEL_RANGE)

    np.testing.assert_allclose(got["forward"], cut(trajectory.forward[times]), atol=STEP / 2 + 1e-6)
    np.testing.assert_allclose(got["reverse"], cut(trajectory.reverse[::-1]), atol=STEP / 2 + 1e-6)
    np.testing.assert_allclose(got["x0_hat"], cut(trajectory.x0_hat[::-1]), atol=STEP / 2 + 1e-6)
    alpha, sigma = (getattr(trajectory, n)[times][1:, None, None, None, None] for n in ("alpha", "sigma"))
    eps = (trajectory.reverse[::-1][1:] - alpha * trajectory.x0_hat[::-1][1:]) / sigma
    wanted = np.clip(eps.reshape(len(times) - 1, 5, 64), -PIXEL_RANGE, PIXEL_RANGE)
    np.testing.assert_allclose(got["eps_hat"][1:], wanted, atol=STEP / 2 + 1e-4)
    assert init["arrays"]["eps_hat"] == {"shape": [5, 1, 8, 8], "type": "uint8", "low": -PIXEL_RANGE, "high": PIXEL_RANGE}
    assert np.array(final["data"]["costs"]).shape == (5, len(times))
    assert len(final["captions"]) == len(final["charts"]["kl"]["readout"]) == len(times)


def test_a_byte_holds_a_pixel_to_half_a_step_and_nothing_breaks_it():
    x = np.linspace(-4, 4, 1001, dtype=np.float32)
    np.testing.assert_allclose(pixels(x) * STEP - PIXEL_RANGE, np.clip(x, -PIXEL_RANGE, PIXEL_RANGE), atol=STEP / 2 + 1e-6)
    assert pixels(np.array([np.nan, np.inf, -np.inf], np.float32)).tolist() == [127, 255, 0]


@pytest.mark.parametrize(
    ("dataset", "particles", "steps"), [("digits", 64, 400), ("digits", 300, 100), ("dead_leaves", 16, 100), ("own", 13, 100)]
)
def test_a_run_of_pictures_takes_at_most_three_megabytes(dataset, particles, steps):
    experiment = Experiment(dataset=dataset, denoiser="exact", particles=particles, steps=steps, sampler_steps=4)
    check_budget(experiment)
    texts = list(broadcast(experiment))
    assert sum(map(len, texts)) <= 3_000_000
    assert json.loads(texts[0])["init"]["particles"] == min(particles, MAX_PICTURES)


def test_the_bound_is_told_in_bits_with_its_error_and_knowing_the_pictures_costs_less():
    def bits(experiment):
        summary = json.loads(list(broadcast(experiment))[-1])["final"]["summary"]
        value, error = summary.split("<b>")[1].split(" bits/dim")[0].split(" ± ")
        return float(value), float(error)

    learned, exact = bits(SMALL), bits(Experiment(**{**SMALL.to_dict(), "denoiser": "exact"}))
    assert 0.0 < exact[0] < learned[0] < math.log2(17)  # a coder that knows nothing pays log2 of the grey levels
    assert exact[1] > 0.0


@pytest.mark.parametrize(
    ("fields", "last", "told"),
    [
        ({"measurement": "inpaint"}, 6, "samples: squared error"),
        ({"measurement": "inpaint", "condition": "replace", "resamples": 3}, 6, "samples: squared error"),
        ({"start": "picture"}, 3, "noised to t₀ = 3"),
        ({"start": "picture", "start_time": 0.0}, 0, "noised to t₀ = 0"),
        ({"start": "between", "sampler": "ddim"}, 6, "encoded as noise and decoded"),
    ],
)
def test_a_run_with_pictures_given_is_told_as_far_as_it_goes_and_has_no_costs(fields, last, told):
    """Displayed times end where the reverse process begins, so that both panels have a picture at each."""
    experiment = Experiment(**{**SMALL.to_dict(), "denoiser": "exact", **fields})
    texts, trajectory = list(broadcast(experiment)), run(experiment)
    init, final = json.loads(texts[0])["init"], json.loads(texts[-1])["final"]
    assert init["times"] == list(range(last + 1))
    got = arrays(texts, 5, last + 1, 64)
    for name in ("forward", "reverse", "x0_hat"):
        assert not np.isnan(got[name]).any()
    wanted = np.clip(trajectory.reverse[::-1].reshape(last + 1, 5, 64), -PIXEL_RANGE, PIXEL_RANGE)
    np.testing.assert_allclose(got["reverse"], wanted, atol=STEP / 2 + 1e-6)
    assert told in final["summary"]
    assert "nats" not in "".join(final["captions"])
    assert final["data"] == {}
    assert len(final["captions"]) == last + 1
    assert ("then RePaint resampling × 2" in "".join(final["captions"])) == ("resamples" in fields)


def test_pictures_are_refused_where_the_truth_must_be_known():
    with pytest.raises(SideError, match="dataset must be of the kind of eight_gaussians, as in A, not digits") as told:
        list(broadcast_pair(Experiment(steps=4, particles=3), SMALL))
    assert told.value.side == "b"


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.question)
def test_the_questions_fit_the_page(preset):
    check_budget(preset.a)
    assert Setup(preset.a).shape[0] in (1, 3)
