"""What the painter is told, and what becomes of what it paints."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffviz import ExperimentError
from diffviz.domains.pictures.images import make_images
from diffviz.experiment import Experiment
from diffviz.inverse.masks import ALPHABET, mask_text, parse_mask
from diffviz.inverse.tasks import hole
from diffviz.views.pictures.painter import paint, painted_for

anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.lists(st.integers(), max_size=2)


def asked(dataset, image, mask):
    return paint(json.dumps({"dataset": dataset, "image": image, "mask": mask}))


def bit_by_bit(mask):
    """As painter.js writes it."""
    bits = [*mask.ravel().astype(int), *[0] * (-mask.size % 6)]
    letters = "".join(ALPHABET[sum(bit << k for k, bit in enumerate(bits[i : i + 6]))] for i in range(0, len(bits), 6))
    return f"{mask.shape[0]}x{mask.shape[1]}.b{letters}"


@pytest.mark.parametrize(("dataset", "side"), [("digits", 8), ("dead_leaves", 32)])
def test_a_painted_mask_is_the_experiments_own_text_for_it(dataset, side):
    mask = np.random.default_rng(0).random((side, side)) < 0.5
    mask[: side // 2] = True
    assert painted_for(dataset, bit_by_bit(mask)) == mask_text(mask)
    other = {"digits": "dead_leaves", "dead_leaves": "digits"}[dataset]
    assert painted_for(other, bit_by_bit(mask)) == ""  # the usual one of those pictures
    assert painted_for(dataset, bit_by_bit(hole(side, side))) == ""
    told = json.loads(asked(dataset, 2, bit_by_bit(mask)))
    assert told["mask"] == mask_text(mask)
    assert told["shape"] == [side, side]
    np.testing.assert_array_equal(np.array(told["known"]).reshape(side, side), mask)
    grey = np.frombuffer(base64.b64decode(told["data"]), np.uint8) / 127.5 - 1
    np.testing.assert_allclose(grey, make_images(dataset).held_out[1].numpy().ravel(), atol=1 / 255 + 1e-6)


def test_without_a_text_or_a_picture_there_is_the_usual_mask_to_paint_on():
    for picture, text in ((1, ""), (99999, ""), ("no number", ""), (1, "32x32.rA")):
        told = json.loads(asked("digits", picture, text))
        np.testing.assert_array_equal(np.array(told["known"]).reshape(8, 8), hole(8, 8))


def test_the_text_alone_is_told_without_a_picture():
    assert json.loads(asked("digits", None, bit_by_bit(hole(8, 8)))) == {"mask": ""}


@given(anything, anything, anything)
def test_whatever_is_sent_there_is_an_answer(dataset, picture, text):
    for told in (asked(dataset, picture, text), asked("digits", picture, text)):
        assert told == "" or "mask" in json.loads(told)
    assert paint(str(text)) == ""


@given(anything)
def test_a_run_takes_a_mask_or_complains_of_it(text):
    complaint = None
    try:
        mask = Experiment(dataset="digits", measurement="inpaint", condition="exact", mask=painted_for("digits", text)).mask
    except ExperimentError as error:
        complaint = error.field
    assert complaint == "mask" if complaint else not mask or parse_mask(mask).shape == (8, 8)
