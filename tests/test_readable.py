"""JSON that people read is JSON, in lines, with the digits that count."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from diffviz.readable import WIDTH, readable, rounded

VALUE = {
    "pair": [0.1 + 0.2, None],
    "many": np.random.default_rng(0).normal(0, 1e4, 200).tolist(),
    "nested": {"text": "W − 1", "none": None, "empty": [], "nothing": {}, "flag": True, "whole": 123456789},
    "rows": [[1, 2], [3, 4]],
    "each": [{"shift": 0.1, "left": [1.5, 2.5]}, {"shift": 0.2, "left": []}],
    "tiny": 1.23456789e-12,
}


def test_it_is_the_same_document_in_short_lines():
    text = readable(VALUE)
    assert json.loads(text) == VALUE
    assert max(map(len, text.splitlines())) <= WIDTH
    assert readable({"pair": [1.5, 0.25]}) == '{\n  "pair": [1.5, 0.25]\n}'
    assert "W − 1" in text  # no letter is escaped
    assert len(text.splitlines()) < 80  # numbers fill their lines


def test_numbers_keep_six_digits_and_whole_ones_all():
    found = rounded(VALUE)
    assert found["pair"] == [0.3, None]
    assert found["tiny"] == 1.23457e-12
    assert found["nested"] == VALUE["nested"]
    assert np.allclose(found["many"], VALUE["many"], rtol=5e-6, atol=0)
    assert "0.30000000000000004" not in readable(found)


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_what_json_has_not_is_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        readable({"x": [value]})
