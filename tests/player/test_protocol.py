import base64
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from diffviz.player import protocol
from diffviz.player.protocol import LEVELS, RANGE, Block, message, pack, shown_times
from tests.player.unpacking import unpack

pairs = hnp.arrays(np.float32, st.tuples(st.integers(0, 40), st.just(2)), elements=st.floats(-2 * RANGE, 2 * RANGE, width=32))


@given(pairs)
def test_packing_keeps_positions_to_half_a_level_and_clips_at_the_edge(values):
    np.testing.assert_allclose(unpack(pack(values)), np.clip(values, -RANGE, RANGE), atol=RANGE / LEVELS + 1e-6)


def test_three_bytes_a_particle():
    assert len(base64.b64decode(pack(np.zeros((7, 11, 2), np.float32)))) == 7 * 11 * 3


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=3, max_side=11)))
def test_bits_are_packed_eight_to_a_byte_and_every_frame_begins_a_byte(values):
    size = values[0].size
    packed = np.frombuffer(base64.b64decode(pack(values)), np.uint8).reshape(len(values), -(-size // 8))
    np.testing.assert_array_equal(np.unpackbits(packed, axis=1)[:, :size], values.reshape(len(values), -1))


def test_what_is_not_finite_is_drawn_somewhere_and_breaks_nothing():
    assert np.isfinite(unpack(pack(np.array([[np.nan, np.inf], [-np.inf, 0]], np.float32)))).all()


@given(st.integers(1, 4000), st.integers(1, 20_000), st.integers(40_000, 2_000_000))
def test_displayed_times_keep_both_ends_and_the_budget(steps, size, budget):
    times = shown_times(np.arange(steps + 1), size, budget)
    assert times[0] == 0
    assert times[-1] == steps
    assert (np.diff(times) > 0).all()
    assert len(times) <= protocol.MAX_FRAMES
    assert len(times) * size <= budget


def test_all_of_a_hundred_steps_are_shown():
    assert len(shown_times(np.arange(101), 1000, protocol.MAX_POINTS)) == 101


def test_messages_are_json_and_never_equal():
    blocks = [Block("forward", 3, np.zeros((2, 5, 2), np.float32))]
    first, second = message("a", 1, "steps=3", blocks=blocks), message("a", 2, "steps=3", blocks=blocks)
    assert first != second
    assert json.loads(first)["blocks"][0] | {"data": ""} == {"name": "forward", "first": 3, "count": 2, "data": ""}
