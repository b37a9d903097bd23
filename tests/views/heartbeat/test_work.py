"""The work that sequences are coloured by, against the increments of the paths of the same run."""

import base64
import json

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.thermodynamics.work import increments_of
from diffviz.ui.inside import look_inside
from diffviz.views.coloured import STEPS
from diffviz.views.heartbeat.sent import MAX_ROWS, SENT

RUN = {"dataset": "heartbeat", "schedule": "linear", "steps": 8, "particles": 300, "seed": 3}


def told_of(experiment):
    return json.loads(look_inside(json.dumps({"query": experiment.to_query(), "work": True})))


def unpacked(told, direction, count):
    """[m, N] shares of the range, -1..1."""
    return (np.frombuffer(base64.b64decode(told[direction]), np.uint8).reshape(-1, count).astype(float) - STEPS) / STEPS


@pytest.mark.parametrize("fields", [{}, {"denoiser": "learned"}, {"steps": 300, "particles": 3}])
def test_work_is_added_up_along_both_paths_to_the_data(fields):
    experiment = Experiment(**{**RUN, **fields})
    told, setup, trajectory = told_of(experiment), Setup(experiment), run(experiment)
    count, shown = min(experiment.particles, MAX_ROWS), np.searchsorted(setup.times, SENT.times(setup))
    forward = increments_of(setup, trajectory.forward[setup.times, :count])
    wanted = np.concatenate([np.zeros((1, count)), np.cumsum(forward[:-1], 0)])[shown]
    np.testing.assert_allclose(unpacked(told, "forward", count), np.clip(wanted / told["range"], -1, 1), atol=0.51 / STEPS)
    reverse = increments_of(setup, trajectory.reverse[::-1, :count])
    wanted = np.stack([reverse[j:].sum(0) for j in shown.tolist()])
    found = unpacked(told, "reverse", count)
    np.testing.assert_allclose(found, np.clip(np.nan_to_num(wanted / told["range"]), -1, 1), atol=0.51 / STEPS)
    np.testing.assert_allclose(told["mean"][-1], forward[:-1].sum(0).mean(), rtol=1e-3)


def test_a_path_that_ends_in_no_heartbeat_has_the_last_colour():
    experiment = Experiment(**{**RUN, "steps": 2})
    told, setup = told_of(experiment), Setup(experiment)
    end = run(experiment).reverse[-1][:MAX_ROWS]
    outside = ~np.isfinite(increments_of(setup, run(experiment).reverse[::-1, :MAX_ROWS]).sum(0))
    assert 0 < outside.sum() < len(end)
    assert np.isfinite(told["range"])
    assert (unpacked(told, "reverse", MAX_ROWS)[0][outside] == -1.0).all()


def test_paths_that_start_from_the_forward_process_have_none():
    assert told_of(Experiment(**RUN, start="forward"))["reverse"] == ""
