import numpy as np
import pytest

from diffviz.engine import run, stream
from diffviz.experiment import Experiment

PLANE = Experiment(steps=12, sampler_steps=5, particles=7, denoiser="learned")
PICTURES = Experiment(dataset="digits", denoiser="learned", steps=6, particles=2, start="picture", start_time=0.5)


@pytest.mark.parametrize("experiment", [PLANE, PICTURES])
def test_a_trajectory_is_the_frames_of_the_stream(experiment):
    trajectory, frames = run(experiment), list(stream(experiment))
    forward, reverse = ([f for f in frames if f.direction == way] for way in ("forward", "reverse"))
    np.testing.assert_array_equal(trajectory.forward, np.stack([f.x.numpy() for f in forward]))
    np.testing.assert_array_equal(trajectory.reverse, np.stack([f.x.numpy() for f in reverse]))
    np.testing.assert_array_equal(trajectory.x0_hat, np.stack([f.x0_hat.numpy() for f in reverse]))
    assert trajectory.t.tolist() == [f.t for f in reverse]
    assert trajectory.info == [f.info for f in reverse]
    assert trajectory.evaluations == len(reverse) - 1
    assert trajectory.forward.dtype == np.float32
