"""The charts of heartbeats that are computed later."""

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.views.heartbeat.later import quasi_static
from tests.measured import measured


@pytest.mark.parametrize("schedule", ["sohl_dickstein", "cosine"])
def test_the_gap_of_bits_falls_like_one_over_t_too(schedule):
    e = Experiment(dataset="heartbeat", schedule=schedule, steps=50, particles=20)
    found = quasi_static(measured(e))
    gaps = found["gap_over_steps"]
    slope = np.diff(np.log(gaps.values)) / np.diff(np.log(gaps.x))
    assert slope[-1] == pytest.approx(-1.0, abs=0.1)
    between = np.exp(np.interp(np.log(50), np.log(gaps.x), np.log(gaps.values)))
    assert found["own_gap"].values[0] == pytest.approx(between, rel=0.1)
    assert found["own_gap"].values[0] == pytest.approx(measured(e).estimate("discretisation_gap_nats").value)
