"""What the browser is told of one particle, against the engine's own path and the chain's costs."""

import json
import re

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.ui.inside import look_inside
from diffviz.views.plane.sent import SENT

RUN = {"dataset": "two_moons", "steps": 12, "particles": 9, "seed": 3}


def ask(experiment, particle=4):
    text = look_inside(json.dumps({"query": experiment.to_query(), "particle": particle}))
    return json.loads(text) if text else None


def numbers(text):
    """Of the last pair of coordinates in a formula."""
    return [float(value) for value in re.findall(r"-?\d+\.\d+", text.replace("−", "-"))[-2:]]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"denoiser": "learned"},
        {"sampler": "ddim", "eta": 0.5, "sampler_steps": 5},
        {"schedule": "rectified_flow", "sampler": "euler"},
    ],
)
def test_the_path_and_the_formula_are_the_engines(fields):
    experiment = Experiment(**{**RUN, **fields})
    told, trajectory, times = ask(experiment), run(experiment), Setup(experiment).times
    reverse, x0_hat = trajectory.reverse[::-1], trajectory.x0_hat[::-1]
    np.testing.assert_allclose(told["forward"]["x"], trajectory.forward[times[1:], 4], atol=1e-6)
    np.testing.assert_allclose(told["reverse"]["x"], reverse[1:, 4], atol=1e-6)
    np.testing.assert_allclose(told["reverse"]["x0_hat"], x0_hat[1:, 4], atol=3e-5)
    np.testing.assert_allclose(told["reverse"]["next"], reverse[:-1, 4], atol=1e-6)
    assert told["before"] == times[:-1].tolist()
    for text, s, x in zip(told["reverse"]["worked"], times, reverse[:, 4], strict=False):
        assert text.startswith(f"<i>x</i><sub>{s}</sub> = ")
        np.testing.assert_allclose(numbers(text), x, atol=1e-3)
        if "sup" not in text:  # a reader may add up what is printed
            terms = re.findall(r"([−]?) ?([\d.]+) \(([^,]+), ([^)]+)\)", text.partition(" = ")[2].rpartition(" = ")[0])
            parts = [[float(each.replace("−", "-")) for each in term[1:]] for term in terms]
            signs = [-1.0 if term[0] else 1.0 for term in terms]
            added = sum(sign * c * np.array([a, b]) for sign, (c, a, b) in zip(signs, parts, strict=True))
            np.testing.assert_allclose(added, numbers(text), atol=2.5e-3)


def test_forward_costs_add_up_to_the_work_of_the_path():
    """-log p(x_{0:T}) + log q(x_{1:T}|x_0), a step at a time, has the mean that is told when x_s is drawn again and again."""
    experiment = Experiment(**RUN, denoiser="learned")
    told, setup = ask(experiment), Setup(experiment)
    x_0 = torch.tensor(run(experiment).forward[0, 4])
    for row in (3, 10):
        x_t, (c_t, c_0, variance) = torch.tensor(told["forward"]["x"][row]), told["kernel"][row]
        x0_hat, p = (
            setup.denoiser(x_t[None], *(float(table[row + 1]) for table in (setup.schedule.alpha, setup.schedule.sigma))).x0_hat[
                0
            ],
            told["forward"]["variance"][row][0],
        )
        draws = c_t * x_t + c_0 * x_0 + variance**0.5 * torch.randn(100_000, 2)
        q_mean, p_mean = c_t * x_t + c_0 * x_0, (c_t * x_t + c_0 * x0_hat).detach()
        work = (
            (draws - p_mean).square().sum(1) / (2 * p) - (draws - q_mean).square().sum(1) / (2 * variance) + np.log(p / variance)
        )
        assert abs(float(work.mean()) - told["forward"]["given"][row]) < 4.5 * float(work.std()) / 100_000**0.5 + 1e-6


def test_a_step_that_is_no_sum_has_no_formula_and_hidden_times_have_no_next():
    heun = ask(Experiment(**RUN, sampler="heun"))
    assert heun["reverse"]["worked"][3] == ""
    long = Experiment(**{**RUN, "steps": 300})
    many, times = ask(long), SENT.times(Setup(long))
    assert many["before"] == (times[1:] - 1).tolist()  # the chain takes every step, also where not every time is displayed
    known = [following is not None for following in many["forward"]["next"]]
    assert known == (np.diff(times) == 1).tolist()
    assert 0 < sum(known) < len(known)


@pytest.mark.parametrize("particle", [-1, 9, 2.0, True, None, "4"])
def test_no_other_particle_is_known(particle):
    assert ask(Experiment(**RUN), particle) is None
