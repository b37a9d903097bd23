import re

import numpy as np
import pytest

from diffviz import Experiment, narration, run
from diffviz.diagnostics.comparison import Outcome, compare
from diffviz.diagnostics.information import Estimate
from diffviz.diagnostics.report import analyse
from diffviz.engine import Setup


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0031, "0.00310"), (12.34, "12.3"), (-0.5, "−0.500"), (4.1234e-7, "4.12·10<sup>−7</sup>"), (0.0, "0"), (np.inf, "∞")],
)
def test_numbers_are_short_and_readable(value, text):
    assert narration.number(value) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [(Estimate(0.10312, 0.0104), "0.103 ± 0.010"), (Estimate(1.5, 0.2), "1.50 ± 0.20"), (Estimate(-3.2, 1.0), "−3.2 ± 1.0")],
)
def test_a_figure_has_the_digits_its_error_allows(estimate, text):
    assert narration.with_error(estimate) == text


def test_unscaled_linear_is_warned_of_and_scaled_is_not():
    unscaled = Setup(Experiment(schedule="linear", steps=50, scale_betas=False))
    warning = narration.prior_warning(unscaled)
    assert "60 %" in warning  # FACTS: alpha_bar_T = 0.603
    assert narration.prior_warning(Setup(Experiment(schedule="linear", steps=50))) == ""


def test_the_warning_quotes_the_bound_s_own_L_T():
    setup = Setup(Experiment(schedule="linear", steps=50, scale_betas=False))
    assert narration.number(float(analyse(setup).kl_nats[-1]), 2) in narration.prior_warning(setup)


@pytest.mark.parametrize("denoiser", ["exact", "learned"])
def test_the_caption_quotes_the_cost_of_the_step_that_is_taken(denoiser):
    setup = Setup(Experiment(steps=100, sampler_steps=5, particles=3, denoiser=denoiser))
    chain = analyse(setup, setup.times)
    texts = narration.full_captions(setup, setup.times, run(setup.experiment, setup), chain)
    assert "nothing is hidden" in texts[0]
    assert "step back to t = 40" in texts[3]
    assert narration.with_error(Estimate(chain.kl_nats[2], chain.kl_stderr[2])) in texts[3]
    assert ("exact denoiser would pay" in texts[3]) == (denoiser == "learned")


@pytest.mark.parametrize(("value", "text"), [(9.97e-4, "0.0010"), (9.96e-7, "1.0·10<sup>−6</sup>"), (99.96, "100")])
def test_a_number_is_rounded_before_its_size_is_judged(value, text):
    assert narration.number(value, 2) == text


def test_no_exponent_where_there_is_room_and_one_where_there_is_none():
    assert narration.number(4.1e-4, 2) == "0.00041"
    assert narration.number(4.1e-4, 2, plain=-3) == "4.1·10<sup>−4</sup>"


def test_a_winner_is_not_told_by_two_equal_numbers():
    a, b = (
        Outcome.of(setup, run(setup.experiment, setup)) for setup in (Setup(Experiment(steps=n, particles=9)) for n in (60, 61))
    )
    sentence = narration.comparison_sentence(compare(a, b), a.setup.experiment, b.setup.experiment)
    less, more = re.search(r"gap, ([0-9.]+) nats instead of ([0-9.]+)", sentence).groups()
    assert float(less) < float(more)
