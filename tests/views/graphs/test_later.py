"""A sweep over T of graphs, and what graphs are coloured by."""

import base64
import json

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.domains.graphs.information import information
from diffviz.engine import Setup
from diffviz.thermodynamics.work import increments_of
from diffviz.ui.inside import look_inside
from diffviz.views.coloured import STEPS
from diffviz.views.graphs.sweep import NAMES, gap_sweep
from diffviz.views.symbols.later import gap_nats
from tests.measured import measured

E = Experiment(dataset="trees", schedule="cosine", steps=8, particles=100)


def test_a_sweep_has_the_gap_of_each_schedule_at_every_t():
    *told, last = gap_sweep(E, Experiment(**{**E.to_dict(), "schedule": "linear"}))
    assert told[-1]["done"] == told[-1]["all"] - 1 == len(NAMES) * 7 - 1
    assert last["title"] == "ELBO gap vs T: Trees on 6 nodes, exact denoiser, all T steps"
    assert gap_nats(information, E) == pytest.approx(measured(E).estimate("gap_nats").value)


def test_work_is_added_up_along_both_paths_to_the_data():
    told = json.loads(look_inside(json.dumps({"query": E.to_query(), "work": True})))
    setup, trajectory = Setup(E), run(E)

    def shares(direction):
        return (np.frombuffer(base64.b64decode(told[direction]), np.uint8).reshape(9, 64).astype(float) - STEPS) / STEPS

    forward, reverse = increments_of(setup, trajectory.forward[:, :64]), increments_of(setup, trajectory.reverse[::-1, :64])
    wanted = np.concatenate([np.zeros((1, 64)), np.cumsum(forward[:-1], 0)])
    np.testing.assert_allclose(shares("forward"), np.clip(wanted / told["range"], -1, 1), atol=0.51 / STEPS)
    wanted = np.stack([reverse[j:].sum(0) for j in range(9)])
    assert np.isneginf(wanted[0]).any()  # a path that ends outside the family
    np.testing.assert_allclose(shares("reverse"), np.clip(np.nan_to_num(wanted / told["range"]), -1, 1), atol=0.51 / STEPS)
    other = json.loads(look_inside(json.dumps({"query": f"{E.to_query()}&sampler=random_order", "work": True})))
    assert other["reverse"] == ""  # these paths are not those of the ancestral chain
