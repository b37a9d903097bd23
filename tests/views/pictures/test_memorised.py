"""Which training pictures, and which grey levels of a pixel, the exact posterior holds for the data of one picture."""

import base64
import json

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.ui.inside import look_inside
from diffviz.views.pictures.packed import pixels

RUN = Experiment(dataset="digits", particles=3, steps=12, seed=1)


def ask(experiment, **what):
    text = look_inside(json.dumps({"query": experiment.to_query(), **what}))
    return json.loads(text) if text else None


def posterior(experiment, direction, t, picture):
    """[K] by Bayes' rule, from the engine's own picture at t."""
    setup, trajectory = Setup(experiment), run(experiment)
    alpha, sigma, mixture = float(setup.schedule.alpha[t]), float(setup.schedule.sigma[t]), setup.distribution
    path = trajectory.forward if direction == "forward" else trajectory.reverse[::-1]
    x = torch.from_numpy(path[t, picture]).double().flatten()
    tau2 = alpha**2 * mixture.std**2 + sigma**2
    return (-(x - alpha * mixture.means).square().sum(1) / (2 * tau2)).softmax(0), x, mixture, (alpha, sigma)


@pytest.mark.parametrize("denoiser", ["exact", "learned"])
def test_the_weights_are_bayes_rule_and_the_pictures_those_of_the_training_set(denoiser):
    experiment = Experiment(**{**RUN.to_dict(), "denoiser": denoiser})
    told = ask(experiment, picture=2, training=True)
    number, mixture = np.array(told["number"]), Setup(experiment).distribution
    sent = np.frombuffer(base64.b64decode(told["data"]), np.uint8).reshape(len(number), -1)
    np.testing.assert_array_equal(sent, pixels(mixture.means[number].float().numpy()))
    assert told["count"] == 1500
    for direction in ("forward", "reverse"):
        for t in (3, 8, 12):
            wanted, *_ = posterior(experiment, direction, t, 2)
            here = told[direction]
            np.testing.assert_allclose(here["weight"][t], wanted.topk(4).values, atol=2e-3)
            clear = wanted.topk(5).values.diff().abs().min() > 1e-3
            assert not clear or number[here["top"][t]].tolist() == wanted.topk(4).indices.tolist()
            entropy = -float(torch.special.xlogy(wanted, wanted).sum())
            assert here["effective"][t] == pytest.approx(np.exp(entropy), rel=0.02)


def test_the_exact_denoiser_ends_in_a_training_picture_and_noise_says_nothing():
    told = ask(RUN, picture=0, training=True)
    assert told["forward"]["weight"][0][0] == pytest.approx(1.0, abs=1e-6)  # at t = 0 it is one of them
    assert told["forward"]["effective"][12] == pytest.approx(1500, rel=0.1)
    assert told["distance"] < 0.1
    assert told["nearest"] == told["reverse"]["top"][0][0]
    learned = ask(Experiment(**{**RUN.to_dict(), "denoiser": "learned", "steps": 40}), picture=0, training=True)
    assert learned["distance"] > 2 * told["distance"]


def test_a_pixels_posterior_has_the_moments_of_the_exact_denoiser():
    for t in (4, 9):
        told = ask(RUN, picture=1, pixel=27)
        _, x, mixture, level = posterior(RUN, "reverse", t, 1)
        mean, variance = mixture.posterior(x[None], *level)
        here = told["reverse"]
        assert here["mean"][t] == pytest.approx(float(mean[0, 27]), abs=3e-3)
        assert here["std"][t] == pytest.approx(float(variance[0, 27].sqrt()), abs=3e-3)


def test_a_pixels_bins_are_those_of_draws_from_the_posterior():
    weights, x, mixture, (alpha, sigma) = posterior(RUN, "forward", 9, 1)
    told = ask(RUN, picture=1, pixel=35)
    shrink = sigma**2 / (alpha**2 * mixture.std**2 + sigma**2)
    which = torch.multinomial(weights, 40_000, replacement=True)
    std = mixture.std * shrink**0.5
    values = shrink * mixture.means[which, 35] + (1 - shrink) * x[35] / alpha + std * torch.randn(40_000, dtype=torch.float64)
    counted, _ = np.histogram(values.numpy(), told["edges"])
    np.testing.assert_allclose(told["forward"]["share"][9], counted / 40_000, atol=4.5 * 0.5 / 200 + 2e-3)


@pytest.mark.parametrize(
    "what",
    [
        {"picture": 3, "training": True},
        {"picture": 0, "pixel": 64},
        {"picture": 0, "pixel": -1},
        {"picture": 0, "pixel": "1"},
        {"picture": 0},
    ],
)
def test_of_nothing_else_is_anything_said(what):
    assert ask(RUN, **what) is None


def test_a_run_of_one_colour_picture_has_answers_too():
    own = Experiment(dataset="own", particles=2, steps=5)
    told = ask(own, picture=1, training=True)
    assert (told["count"], told["number"], told["forward"]["weight"][3]) == (1, [0], [1.0])
    assert len(ask(own, picture=1, pixel=1023)["reverse"]["share"]) == 6
