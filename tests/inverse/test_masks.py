import contextlib
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffviz.inverse.masks import ALPHABET, MAX_SIDE, mask_text, parse_mask

SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 20))
MASKS = SHAPES.flatmap(lambda shape: arrays(bool, shape))


def holes(shape, corners):
    """Everything known but rectangles, as a person draws them."""
    mask = np.ones(shape, bool)
    for top, left, height, width in corners:
        mask[top : top + height, left : left + width] = False
    return mask


CORNERS = st.lists(st.tuples(*[st.integers(0, 31)] * 4), max_size=4)


@given(MASKS)
def test_a_mask_comes_back_whatever_it_is(mask):
    text = mask_text(mask)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", text)  # no letter of it is changed in a link
    assert len(text) <= len("20x20.b") + -(-mask.size // 6)
    back = parse_mask(text)
    assert back.dtype == np.bool_
    np.testing.assert_array_equal(back, mask)


@given(CORNERS)
def test_rectangles_are_short(corners):
    mask = holes((32, 32), corners)
    text = mask_text(mask)
    np.testing.assert_array_equal(parse_mask(text), mask)
    # two rows of each rectangle differ from the one above, where any of them begins or ends; a number has up to two characters
    assert len(text) <= len("32x32.r") + 2 * (2 + 4 * len(corners) ** 2)


@given(MASKS, st.data())
def test_another_text_is_another_mask_or_none(mask, data):
    """A character changed, taken out or put in: refused, or the one text of a different mask."""
    text = mask_text(mask)
    place, letter = data.draw(st.integers(0, len(text) - 1)), data.draw(st.sampled_from(ALPHABET + "x.~ \n"))
    cut = data.draw(st.sampled_from([0, 1]))
    changed = text[:place] + letter + text[place + cut :]
    if changed == text:
        return
    with contextlib.suppress(ValueError):
        other = parse_mask(changed)
        assert other.shape != mask.shape or (other != mask).any()
        assert mask_text(other) == changed


@given(st.text(max_size=40))
def test_any_text_is_refused_in_one_way(text):
    with pytest.raises(ValueError, match="must be a mask's text"):
        parse_mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "28x28",
        "28x28.b",
        "28x28.q" + "A" * 131,
        "0x4.r",
        "04x4.r",
        "129x1.r",
        "4x4.rQ",  # the last run, which is left out
        "4x4.rCAC",  # an empty run: the same mask without
        "4x4.rjA",  # a number with a digit too many
        "4x4.rj",  # and one that does not end
        "4x4.rR",  # one pixel too many
        "4x4.r_____B",
        "4x4.b__P",  # longer than runs
        "1x2.b8",  # bits beyond the picture
        "999x999.b" + "A" * 200_000,
        "4x4.r\n",
        "٤x4.r",
    ],
)
def test_what_no_mask_is_written_as_is_refused(text):
    with pytest.raises(ValueError, match="must be a mask's text"):
        parse_mask(text)


def test_the_texts_of_known_masks():
    """Links made today must be read tomorrow."""
    right_half_hidden = holes((28, 28), [(0, 14, 28, 14)])
    assert mask_text(right_half_hidden) == "28x28.rAO"
    assert mask_text(np.zeros((4, 4), bool)) == "4x4.r"
    assert mask_text(np.ones((1, 1), bool)) == "1x1.rA"
    assert mask_text(holes((28, 28), [(8, 8, 12, 12)])) == "28x28.rAcsGMkKM"
    checked = np.indices((4, 4)).sum(0) % 2 == 0
    np.testing.assert_array_equal(parse_mask(mask_text(checked)), checked)


@pytest.mark.parametrize("mask", [np.ones((2, 2)), np.ones(4, bool), np.ones((0, 3), bool), np.ones((1, MAX_SIDE + 1), bool)])
def test_other_arrays_have_no_text(mask):
    with pytest.raises(ValueError, match="true or false for each pixel"):
        mask_text(mask)
