"""What stands beside a run whose pictures are given, against what the engine knows."""

import base64

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.engine import Setup
from diffviz.telling.glossary import GLOSSARY
from diffviz.views.pictures.given import given
from diffviz.views.pictures.packed import PIXEL_RANGE
from diffviz.views.pictures.posterior import exact_moments

TINY = {"dataset": "digits", "denoiser": "exact", "particles": 3, "steps": 4}
STEP = 2 * PIXEL_RANGE / 255


def told(**fields):
    """What the view is told, and its pictures [64] by name."""
    setup = Setup(Experiment(**TINY, **fields))
    init = given(setup)
    values = {g["name"]: np.frombuffer(base64.b64decode(g["data"]), np.uint8) * STEP - PIXEL_RANGE for g in init["given"]}
    return setup, init, values


@pytest.mark.parametrize("measurement", ["inpaint", "super_resolve", "deblur", "denoise"])
def test_truth_measurement_and_exact_posterior_are_sent_to_half_a_step(measurement):
    setup, init, values = told(measurement=measurement, measure_noise=0.3, test_image=3)
    mean, std = exact_moments(setup)
    expected = {"truth": setup.task.target, "exact_mean": mean, "exact_std": std}
    for name, picture in expected.items():
        np.testing.assert_allclose(values[name], np.asarray(picture).ravel(), atol=STEP / 2 + 1e-6)
    y, shown = setup.task.y.numpy(), values["measured"].reshape(8, 8)
    if measurement == "inpaint":
        known = np.array(next(g["known"] for g in init["given"] if g["name"] == "measured"), bool).reshape(8, 8)
        np.testing.assert_array_equal(known, setup.task.known)
        np.testing.assert_allclose(shown[known], y, atol=STEP / 2 + 1e-6)
        assert abs(shown[~known]).max() < STEP
    else:
        seen = y.reshape(4, 4).repeat(2, 0).repeat(2, 1) if measurement == "super_resolve" else y.reshape(8, 8)
        np.testing.assert_allclose(shown, seen, atol=STEP / 2 + 1e-6)
        assert not any(g["known"] for g in init["given"])
    assert init["given_term"] in GLOSSARY


def test_edited_and_between_show_what_they_begin_from_and_a_plain_run_nothing():
    setup, init, values = told(start="picture", test_image=4)
    assert list(values) == ["truth"]
    np.testing.assert_allclose(values["truth"], setup.task.target.numpy().ravel(), atol=STEP / 2 + 1e-6)
    assert init["given_term"] == "edited"
    setup, init, values = told(start="between", sampler="ddim", test_image=4, test_image_b=6)
    np.testing.assert_allclose([values["first"], values["last"]], setup.task.target.numpy().reshape(2, 64), atol=STEP / 2 + 1e-6)
    assert init["given_term"] in GLOSSARY
    assert given(Setup(Experiment(**TINY))) == {}
