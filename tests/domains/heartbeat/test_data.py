"""The binary heartbeat as the 2015 paper describes it."""

import math

import pytest

from diffviz.domains.heartbeat.data import LENGTH, PERIOD, RATE, heartbeat


def test_a_one_in_every_fifth_bin():
    data = heartbeat()
    assert (LENGTH, PERIOD) == (20, 5)
    assert data.states.shape == (5, 20)
    for phase, state in enumerate(data.states.tolist()):
        assert [place for place, bit in enumerate(state) if bit] == list(range(phase, 20, 5))


def test_its_entropy_and_the_law_of_one_bit():
    assert heartbeat().entropy_nats / math.log(2) == pytest.approx(math.log2(5))
    assert heartbeat().mean.tolist() == pytest.approx([RATE] * LENGTH)
