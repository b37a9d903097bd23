import json

import numpy as np
import pytest

from diffviz import Experiment, ExperimentError, checkpoints, run
from diffviz.player.protocol import LEVELS, RANGE
from diffviz.ui import broadcast as module
from diffviz.ui import limits
from diffviz.ui.broadcast import broadcast, complete
from diffviz.ui.runs import Runs
from tests.player.unpacking import unpack


@pytest.fixture(autouse=True)
def fresh_cache(monkeypatch):
    monkeypatch.setattr(module, "RUNS", Runs(module.CACHE_BYTES))


def assembled(messages: list[dict], particles: int, frames: int) -> dict[str, np.ndarray]:
    arrays = {name: np.full((frames, particles, 2), np.nan, np.float32) for name in ("forward", "reverse")}
    for part in messages:
        for block in part.get("blocks", ()):
            if block["name"] in arrays:
                rows = slice(block["first"], block["first"] + block["count"])
                arrays[block["name"]][rows] = unpack(block["data"]).reshape(block["count"], particles, 2)
    return arrays


@pytest.mark.parametrize("denoiser", ["exact", "learned"])
def test_the_messages_of_a_run_add_up_to_its_trajectory(denoiser):
    experiment = Experiment(steps=30, particles=40, denoiser=denoiser)
    messages = [json.loads(text) for text in broadcast(experiment)]
    assert "init" in messages[0]
    assert "final" in messages[-1]
    assert [part["seq"] for part in messages] == list(range(len(messages)))
    assert len({part["run"] for part in messages}) == 1
    trajectory, arrays = run(experiment), assembled(messages, 40, 31)
    half = RANGE / LEVELS + 1e-4
    np.testing.assert_allclose(arrays["forward"], np.clip(trajectory.forward, -RANGE, RANGE), atol=half)
    np.testing.assert_allclose(arrays["reverse"], np.clip(trajectory.reverse[::-1], -RANGE, RANGE), atol=half)


def test_a_run_that_was_made_before_comes_whole_and_equal():
    experiment = Experiment(steps=20, particles=30, sampler="ddim")
    streamed = [json.loads(text) for text in broadcast(experiment)]
    (whole,) = [json.loads(text) for text in broadcast(experiment)]
    assert {"init", "blocks", "final"} <= set(whole)
    assert whole["run"] != streamed[0]["run"]  # the player must see it as a new run
    for name, array in assembled(streamed, 30, 21).items():
        np.testing.assert_array_equal(array, assembled([whole], 30, 21)[name])


def test_first_picture_comes_before_the_rest_is_computed():
    messages = broadcast(Experiment(steps=200, particles=100, dataset="rings"))
    first = json.loads(next(messages))
    assert "init" in first  # what names the run comes with its first frame, neither before nor after it
    assert [(block["name"], block["first"]) for block in first["blocks"]] == [("forward", 0)]
    messages.close()


def test_a_thousand_particles_and_a_hundred_steps_take_at_most_1200_kilobytes():
    for denoiser in ("exact", "learned"):
        experiment = Experiment(dataset="checkerboard", denoiser=denoiser)
        assert sum(len(text.encode()) for text in broadcast(experiment)) <= 1_200_000
        assert len(complete(experiment).encode()) <= 1_200_000


def test_captions_charts_and_readings_stand_for_every_displayed_time():
    whole = json.loads(complete(Experiment(steps=1000, particles=5, sampler_steps=12, sampler="ddim")))
    times, final = whole["init"]["times"], whole["final"]
    assert len(times) == len(final["captions"]) == 13
    for chart in [*whole["init"]["charts"].values(), *final["charts"].values()]:
        assert len(chart["readout"]) == (0 if chart["axis"] == "own" else len(times))  # over something else than time


def test_a_run_over_the_deadline_is_ended_with_a_sentence(monkeypatch):
    monkeypatch.setattr(limits, "DEADLINE_SECONDS", 0.0)
    with pytest.raises(ExperimentError, match=r"^steps need more than 0 seconds here"):
        list(limits.in_time(broadcast)(Experiment(steps=50, particles=10)))


def test_a_damaged_checkpoint_is_told_before_anything_is_sent(monkeypatch):
    def damaged(name, root):
        raise checkpoints.CheckpointError("checkpoint x: damaged.")

    monkeypatch.setattr(checkpoints, "load", damaged)
    with pytest.raises(ExperimentError, match="damaged"):
        next(broadcast(Experiment(denoiser="learned")))
