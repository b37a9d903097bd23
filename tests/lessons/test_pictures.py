"""What the lesson on pictures says beyond the numbers that its runs measure."""

from dataclasses import replace

import numpy as np
import pytest

from diffviz import run
from diffviz.domains.pictures.images import make_images
from diffviz.engine import Setup
from diffviz.inverse.masks import parse_mask
from diffviz.lessons.pictures import MIDDLE, PICTURES, UPPER_HALF
from tests.measured import measured

STEPS = {step.name: step for step in PICTURES.steps}


def test_the_upper_half_of_a_three_is_known():
    np.testing.assert_array_equal(parse_mask(UPPER_HALF), np.arange(8)[:, None] < np.full(8, 4))
    for name in ("posterior", "repaint", "edit"):
        for experiment in STEPS[name].runs:
            assert int(make_images("digits").held_out_labels[experiment.test_image - 1]) == 3


def test_the_snr_is_about_1_in_the_middle():
    assert Setup(STEPS["decided"].a).schedule.log_snr[MIDDLE] == pytest.approx(0.0, abs=0.1)


def test_of_one_image_the_estimate_is_that_image_at_every_step_to_far_less_than_a_grey_level():
    trajectory = run(STEPS["one"].a)
    apart = np.abs(trajectory.x0_hat - trajectory.forward[0]).max()
    assert apart < 0.2 * 2.0 / 255.0


def test_the_samples_of_the_exact_posterior_vary_as_it_does_once_the_last_step_is_short():
    """What A lacks in spread is the noise that the last step does not add."""
    a = STEPS["posterior"].a
    few, many = (measured(replace(a, steps=steps, particles=32)).estimate("spread_off").value for steps in (a.steps, 400))
    assert few < many < 0.0
    assert abs(many) < 0.5 * abs(few)


def test_repaint_goes_back_and_forth_five_times():
    step = STEPS["repaint"]
    assert "five times" in step.text
    assert step.a.resamples == 5


def test_four_numbers_are_known():
    assert "four blocks" in STEPS["four"].text
    assert Setup(STEPS["four"].a).task.y.numel() == 4
