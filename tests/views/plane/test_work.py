"""The work that particles are coloured by, against the increments of the paths of the same run."""

import base64
import json
import re
from importlib.resources import files

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.thermodynamics.work import increments_of
from diffviz.ui.inside import look_inside
from diffviz.views import view_of
from diffviz.views.coloured import STEPS, Coloured, nice_above
from diffviz.views.plane.overlays import HIGHEST_KT, WORK, lowest_kt, terraced
from diffviz.views.plane.sent import SENT

RUN = {"dataset": "two_moons", "steps": 10, "particles": 400, "seed": 3}


def ask(experiment):
    text = look_inside(json.dumps({"query": experiment.to_query(), "work": True}))
    return json.loads(text) if text else None


def unpacked(told, direction, count):
    """[m, N] kT, cut at the range."""
    values = np.frombuffer(base64.b64decode(told[direction]), np.uint8).reshape(-1, count).astype(float)
    return (values - STEPS) / STEPS * told["range"]


def close(found, wanted, told):
    np.testing.assert_allclose(found, np.clip(wanted, -told["range"], told["range"]), atol=0.51 * told["range"] / STEPS)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"denoiser": "learned", "variance": "posterior"},
        {"start": "late", "start_time": 0.6},
        {"steps": 300, "particles": 3, "schedule": "linear"},
    ],
)
def test_work_is_added_up_along_both_paths(fields):
    """The last: not all visited times are shown."""
    experiment = Experiment(**{**RUN, **fields})
    told, setup, trajectory = ask(experiment), Setup(experiment), run(experiment)
    shown = np.searchsorted(setup.times, SENT.times(setup))
    assert len(shown) == min(201, len(setup.times))
    forward = increments_of(setup, trajectory.forward[setup.times])
    found = unpacked(told, "forward", experiment.particles)
    assert np.all(found[0] == 0.0)  # nothing has been done yet
    close(found[1:], np.cumsum(forward[:-1], 0)[shown[1:] - 1], told)
    np.testing.assert_allclose(told["mean"][-1], forward[:-1].sum(0).mean(), rtol=1e-3)

    reverse = increments_of(setup, trajectory.reverse[::-1])
    found = unpacked(told, "reverse", experiment.particles)
    close(found[-1], reverse[-1], told)  # the prior's part
    close(found[:-1], np.stack([reverse[max(j, 1) :].sum(0) for j in shown[:-1].tolist()]), told)
    assert np.all(found[0] == found[1]) or shown[1] > 1  # no noise is drawn in the step into data


def test_on_average_it_is_the_entropy_produced():
    """The mean of the forward paths' work is the discretisation gap, the sum of the steps' dissipation, within its error."""
    experiment = Experiment(**{**RUN, "particles": 2000})
    told, setup = ask(experiment), Setup(experiment)
    steps = increments_of(setup, run(experiment).forward[setup.times])[:-1].sum(0)
    gap = view_of(experiment).measure(setup, run(experiment)).details.dissipation_nats.sum()
    assert abs(told["mean"][-1] - gap) < 3 * steps.std() / np.sqrt(len(steps))
    assert gap > 3 * steps.std() / np.sqrt(len(steps))


def test_the_range_holds_nine_in_ten_of_the_particles_and_is_a_round_number():
    told = ask(Experiment(**RUN))
    ends = np.abs(np.concatenate([unpacked(told, "forward", 400)[-1], unpacked(told, "reverse", 400)[0]]))
    assert (ends == told["range"]).mean() <= 0.1
    assert told["range"] <= 2.6 * np.quantile(ends, 0.9)
    assert [nice_above(value) for value in (0.0, 0.03, 0.2, 0.21, 1.0, 7.3, 10.0)] == [0.001, 0.05, 0.2, 0.5, 1.0, 10.0, 10.0]


@pytest.mark.parametrize("fields", [{"sampler": "ddim"}, {"sampler": "langevin"}, {"start": "forward"}])
def test_reverse_paths_that_are_not_drawn_from_the_chain_have_none(fields):
    told = ask(Experiment(**RUN, **fields))
    assert told["reverse"] == ""
    close(unpacked(told, "forward", 400), unpacked(ask(Experiment(**RUN)), "forward", 400), told)  # the data's own are the same


def test_a_run_whose_paths_have_no_probability_has_none():
    assert ask(Experiment(**RUN, bug="alpha_bar", sampler="ddim")) is None


def test_files_have_the_pages_colours():
    script = (files("diffviz") / "views/work.js").read_text(encoding="utf-8")
    light = re.search(r"light: (\[\[.*?\]\])", script)[1]
    assert [list(colour) for colour in WORK] == json.loads(light)
    script = (files("diffviz") / "views/plane/energy.js").read_text(encoding="utf-8")
    assert int(re.search(r"HIGH = (\d+)", script)[1]) == HIGHEST_KT


def test_between_visited_times_work_is_that_of_the_one_before():
    experiment = Experiment(**RUN, sampler_steps=5)
    setup, trajectory = Setup(experiment), run(experiment)
    work = Coloured.of(setup, trajectory.forward[setup.times], trajectory.reverse[::-1], True, False)
    assert setup.times.tolist() == [0, 2, 4, 6, 8, 10]
    np.testing.assert_array_equal(work.shares("forward", 5), work.shares("forward", 4))
    np.testing.assert_allclose(work.shares("reverse", 10) * work.most, work.reverse[-1], atol=1e-12)


def test_the_energy_goes_in_steps_of_a_kt_up_to_paper():
    height = np.array([9.0, 7.0, 6.9, 1.5, 0.2])
    steps = terraced(np.exp(-height), 0)
    np.testing.assert_allclose(steps * 7, [0, 0, 1, 6, 7], atol=1e-6)
    assert lowest_kt([np.exp(-height), np.exp(0.4 * np.ones(3))]) == -1
