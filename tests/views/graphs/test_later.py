"""Charts of graphs that are computed later, what the report of their thermodynamics says, and what graphs are coloured by."""

import base64
import json

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.thermodynamics.work import increments_of
from diffviz.ui.inside import look_inside
from diffviz.views.coloured import STEPS
from diffviz.views.graphs.later import LATER, quasi_static
from diffviz.views.graphs.sweep import NAMES, gap_nats, gap_sweep
from diffviz.views.graphs.thermo import known
from tests.measured import measured

E = Experiment(dataset="trees", schedule="cosine", steps=8, particles=100)


@pytest.mark.parametrize("process", ["absorbing", "uniform"])
def test_the_gap_falls_like_one_over_t(process):
    e = Experiment(dataset="trees", process=process, schedule="cosine", steps=50, particles=20)
    found = quasi_static(measured(e))
    gaps = found["gap_over_steps"]
    slope = np.diff(np.log(gaps.values)) / np.diff(np.log(gaps.x))
    assert slope[-1] == pytest.approx(-1.0, abs=0.1)
    assert found["own_gap"].values[0] == pytest.approx(gaps.values[gaps.x == 50][0])


def test_of_an_order_without_a_bound_there_is_no_such_chart():
    m = measured(Experiment(**{**E.to_dict(), "sampler": "confidence"}))
    assert not LATER["quasi_static"].applies(m)
    assert LATER["quasi_static"].applies(measured(E))
    assert m.costs is None
    assert "gap_nats" not in m.estimates()


@pytest.mark.parametrize("process", ["absorbing", "uniform"])
def test_the_report_knows_the_gap_and_the_entropy_that_each_step_produces(process):
    found = known(Setup(Experiment(**{**E.to_dict(), "process": process})))
    assert found.gap.value == pytest.approx(found.production.sum() + found.mismatch)
    assert found.gap.stderr == 0.0


def test_a_sweep_has_the_gap_of_each_schedule_at_every_t():
    *told, last = gap_sweep(E, Experiment(**{**E.to_dict(), "schedule": "linear"}))
    assert told[-1]["done"] == told[-1]["all"] - 1 == len(NAMES) * 7 - 1
    assert last["title"] == "ELBO gap vs T: Trees on 6 nodes, exact denoiser, all T steps"
    assert gap_nats(E) == pytest.approx(measured(E).estimate("gap_nats").value)


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
