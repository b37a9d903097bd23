"""Numbers that are not finite: a network gives them, or steps that are too long reach them."""

import copy
import re
from dataclasses import replace

import pytest
import torch

from diffviz import Experiment, checkpoints, stream
from diffviz.binomial.denoisers import Categorical
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.process import Position
from tests.experiments import complaint

KINDS = {
    "points": Experiment(dataset="two_moons", steps=12, particles=8),
    "images": Experiment(dataset="digits", steps=12, particles=2),
    "bits": Experiment(dataset="heartbeat", steps=12, particles=8),
}


class Failing:
    """A denoiser whose answer to one particle is not finite from its fifth evaluation on."""

    def __init__(self, denoiser, value):
        self._denoiser, self._value, self._asked = denoiser, value, 0

    def __call__(self, x_t, alpha, sigma):
        prediction, self._asked = self._denoiser(x_t, alpha, sigma), self._asked + 1
        if self._asked < 5:
            return prediction
        x0_hat = prediction.x0_hat.clone()
        x0_hat.view(len(x0_hat), -1)[1, 0] = self._value
        return Categorical(x0_hat) if isinstance(prediction, Categorical) else Prediction(x0_hat, prediction.variance)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_not_finite_ends_the_run_and_names_the_step(kind, value):
    setup, frames = Setup(KINDS[kind]), []
    vars(setup)["denoiser"] = Failing(setup.denoiser, value)
    error = complaint(lambda: kept(stream(setup.experiment, setup), frames))
    assert error.field == "denoiser"
    assert "not finite in the step from t = 8" in str(error)
    reverse = [frame for frame in frames if frame.direction == "reverse"]
    assert [frame.t for frame in reverse] == [12, 11, 10, 9]  # what was computed before it was handed out
    assert all(torch.isfinite(frame.x).all() for frame in reverse)


def kept(frames, found):
    """Keep frames as they come, also those before an error."""
    for frame in frames:
        found.append(frame)


def test_a_checkpoint_whose_numbers_overflow_midway_is_told_with_its_step(monkeypatch, tmp_path):
    """Its weights are finite, so it is read; what they give grows from step to step until no float32 holds it."""
    shipped = checkpoints.load("two_moons")
    network = copy.deepcopy(shipped.network)
    network.load_state_dict({name: 40.0 * value for name, value in network.state_dict().items()})
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    checkpoints.save(tmp_path / "two_moons", network, shipped.recipe, shipped.measured, "card")
    frames = []
    error = complaint(lambda: kept(stream(replace(KINDS["points"], denoiser="learned", steps=30)), frames))
    assert error.field == "denoiser"
    assert 1 < frames[-1].t < 30
    assert f"not finite in the step from t = {frames[-1].t - 1}: the run stops there." in str(error)


def test_steps_that_are_too_long_are_told_as_such():
    """Unadjusted Langevin steps of more than twice the variance take particles ever further out."""
    error = complaint(lambda: list(stream(Experiment(sampler="ula", langevin_step=1.0, steps=400, particles=8))))
    assert "not finite in the step from t = " in str(error)
    assert re.search(r"Particles were as far as \de\+\d\d from 0: shorter steps may keep them near\.$", str(error))


def test_a_sampler_that_leaves_the_numbers_is_told_not_the_network():
    setup = Setup(KINDS["points"])
    overflowing = type("Overflowing", (), {"init": setup.sampler.init, "step": overflow(setup.sampler.step)})()
    vars(setup)["sampler"] = overflowing
    error = complaint(lambda: list(stream(setup.experiment, setup)))
    assert error.field == "sampler"
    assert "reaches numbers that are not finite in the step from t = 6" in str(error)


def overflow(step):
    """A sampler's step, after which in the step from t = 6 the particles are beyond float32."""

    def taken(self, state, prediction, of):
        state, info = step(state, prediction, of)
        return (Position(state.x * 1e38 * 1e38), info) if of.t == 6 else (state, info)

    return taken
