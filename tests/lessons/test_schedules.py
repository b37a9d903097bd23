"""What the lesson on schedules says beyond the numbers that its runs measure."""

from dataclasses import replace

import numpy as np
import pytest

from diffviz.engine import Setup
from diffviz.lessons.schedules import SCHEDULES
from diffviz.schedules import REFERENCE_STEPS, make_schedule
from diffviz.views.plane.measure import analyse

STEPS = {step.name: step for step in SCHEDULES.steps}


def gap(experiment):
    return analyse(Setup(experiment)).gap.value


def test_the_betas_of_ddpm_grow_in_a_straight_line_and_alpha_bar_as_the_formula_says():
    assert STEPS["linear"].formula == "log ᾱ_t ≈ −β_1 t − (β_T − β_1) t^2 / (2T)"
    schedule = make_schedule("linear", REFERENCE_STEPS)
    beta, t = schedule.beta, np.arange(REFERENCE_STEPS + 1)
    np.testing.assert_allclose(np.diff(beta), np.diff(beta)[0], rtol=1e-6)
    formula = -beta[0] * t - (beta[-1] - beta[0]) * t**2 / (2 * REFERENCE_STEPS)
    np.testing.assert_allclose(np.log(schedule.alpha_bar)[100:], formula[100:], rtol=0.02)  # for many steps


def test_cosine_needs_half_the_steps_of_linear():
    step = STEPS["many-steps"]
    assert "about half as many steps for the same gap" in step.reveal
    for steps in (100, step.a.steps):
        assert gap(replace(step.b, steps=steps // 2)) == pytest.approx(gap(replace(step.a, steps=steps)), rel=0.06)


def test_scaled_betas_have_one_sum_for_every_T_and_unscaled_ones_end_as_the_formula_says():
    step = STEPS["unscaled"]
    assert step.formula == "ᾱ_T = Π (1 − β_t) ≈ exp(−T (β_1 + β_T)/2)"
    a, b = (Setup(experiment).schedule for experiment in step.runs)
    assert a.alpha_bar[-1] == pytest.approx(np.exp(-a.steps * (a.beta[0] + a.beta[-1]) / 2), rel=0.01)
    assert b.beta.sum() == pytest.approx(make_schedule("linear", REFERENCE_STEPS).beta.sum(), rel=1e-9)


def test_the_rescaled_schedule_ends_in_noise_and_is_the_other_one_where_it_begins():
    a, b = (Setup(experiment).schedule for experiment in STEPS["zero-snr"].runs)
    assert b.alpha[-1] == 0.0 < a.alpha[-1]
    assert b.alpha[1] == pytest.approx(a.alpha[1], rel=1e-12)


def test_one_schedule_goes_along_a_line_the_other_along_a_circle():
    step = STEPS["straight"]
    assert "α + σ = 1" in step.text
    assert "α^2 + σ^2 = 1" in step.text
    for experiment, power in zip(step.runs, (1, 2), strict=True):
        schedule = Setup(experiment).schedule
        np.testing.assert_allclose(schedule.alpha**power + schedule.sigma**power, 1.0, rtol=1e-12)


@pytest.mark.parametrize("name", ["least", "optimal"])
def test_ten_steps_are_ten(name):
    step = STEPS[name]
    assert "ten steps" in step.text
    assert {experiment.steps for experiment in step.runs} == {10}


def test_no_other_schedule_has_a_smaller_gap_with_ten_steps():
    best = gap(STEPS["optimal"].b)
    for name in ("linear", "cosine", "karras", "least_dissipation", "rectified_flow"):
        assert gap(replace(STEPS["optimal"].b, schedule=name)) > best
