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
from diffviz.ui.controls import PICTURES
from diffviz.ui.painter import painted_for, shown

anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.lists(st.integers(), max_size=2)


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
    told = json.loads(shown("inpaint", dataset, 2, bit_by_bit(mask)))
    assert told["shape"] == [side, side]
    np.testing.assert_array_equal(np.array(told["known"]).reshape(side, side), mask)
    grey = np.frombuffer(base64.b64decode(told["data"]), np.uint8) / 127.5 - 1
    np.testing.assert_allclose(grey, make_images(dataset).held_out[1].numpy().ravel(), atol=1 / 255 + 1e-6)


def test_without_a_text_or_a_picture_there_is_the_usual_mask_to_paint_on():
    for picture, text in ((0, ""), (99999, ""), (None, "no mask"), (0, "32x32.rA")):
        told = json.loads(shown("inpaint", "digits", picture, text))
        np.testing.assert_array_equal(np.array(told["known"]).reshape(8, 8), hole(8, 8))


@given(anything, anything, anything, anything)
def test_whatever_is_sent_there_is_an_answer(measurement, dataset, picture, text):
    shown(measurement, dataset, picture, text)
    shown("inpaint", "digits", picture, text)


@given(anything)
def test_the_form_takes_a_mask_or_complains_of_it(text):
    values = dict(zip(PICTURES.names, (u["value"] for u in PICTURES.to_updates(Experiment(dataset="digits"))), strict=True))
    values |= {"measurement": "inpaint", "mask": text}
    complaint = None
    try:
        mask = PICTURES.to_experiment(tuple(values.values())).mask
    except ExperimentError as error:
        complaint = error.field
    assert complaint == "mask" if complaint else not mask or parse_mask(mask).shape == (8, 8)
