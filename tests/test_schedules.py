import itertools
import math
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler, EulerDiscreteScheduler
from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr
from diffusers.schedulers.scheduling_ddpm import betas_for_alpha_bar
from hypothesis import given
from hypothesis import strategies as st

from diffviz.schedules import BETA_END, BETA_START, MAX_BETA, MAX_STEPS, MIN_STEPS, SCHEDULES, make_schedule, parse_points

STEPS = [2, 5, 50, 1000, 4000]
VARIANCE_PRESERVING = [name for name in SCHEDULES if name != "rectified_flow"]
IN_DIFFUSERS = {"linear": "linear", "quadratic": "scaled_linear", "sigmoid": "sigmoid", "cosine": "squaredcos_cap_v2"}


def first_below_one(schedule):
    return int(np.flatnonzero(schedule.snr < 1)[0])


def same_in_float32(ours, theirs):
    """Within 1e-8, or four roundings of a float32 where that is more (betas above 0.02): diffusers computes and keeps those."""
    theirs = theirs.double().numpy()
    return bool((np.abs(ours - theirs) <= np.maximum(1e-8, 2.0**-21 * np.abs(theirs))).all())


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_data_at_the_start_and_less_signal_at_every_step(name, steps):
    schedule = make_schedule(name, steps)
    assert len(schedule.alpha) == len(schedule.sigma) == steps + 1 == schedule.steps + 1
    assert schedule.alpha[0] == 1.0
    assert schedule.sigma[0] == 0.0
    assert schedule.log_snr[0] == math.inf
    assert (schedule.log_snr[1:] < schedule.log_snr[:-1]).all()  # strictly, down to -inf where no signal is left
    assert np.isfinite(schedule.log_snr[1:-1]).all()


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("name", VARIANCE_PRESERVING)
def test_variance_is_preserved(name, steps):
    schedule = make_schedule(name, steps)
    np.testing.assert_allclose(schedule.alpha**2 + schedule.sigma**2, 1.0, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", SCHEDULES)
def test_derived_quantities_follow_from_the_table(name):
    schedule = make_schedule(name, 30)
    np.testing.assert_allclose(np.cumprod(1 - schedule.beta), schedule.alpha_bar[1:], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(schedule.alpha_bar, schedule.alpha**2)
    np.testing.assert_allclose(schedule.snr[1:], schedule.alpha[1:] ** 2 / schedule.sigma[1:] ** 2, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_end_is_noise(name):
    """With betas scaled by 1000/T, at most a percent of the variance is left at any T of use."""
    for steps in (50, 1000, 4000):
        assert make_schedule(name, steps).alpha_bar[-1] < 0.01


def test_linear_has_the_known_figures():
    schedule = make_schedule("linear", 1000)
    assert schedule.alpha_bar[-1] == pytest.approx(4.036e-5, rel=2e-4)
    assert schedule.log_snr[1] == pytest.approx(9.210, abs=6e-4)
    assert schedule.log_snr[-1] == pytest.approx(-10.118, abs=6e-4)
    assert first_below_one(schedule) == 260


def test_cosine_has_the_known_figures_and_clips_one_step():
    schedule = make_schedule("cosine", 1000)
    assert schedule.alpha_bar[-1] == pytest.approx(2.43e-9, rel=3e-3)
    assert schedule.log_snr[1] == pytest.approx(10.095, abs=6e-4)
    assert schedule.log_snr[-1] == pytest.approx(-19.836, abs=6e-4)
    assert first_below_one(schedule) == 497
    assert np.flatnonzero(schedule.beta > MAX_BETA - 1e-9).tolist() == [999]


@pytest.mark.parametrize("steps", STEPS)
def test_cosine_follows_its_curve_up_to_the_clipped_step(steps):
    """Nichol & Dhariwal 2021, eq. 17; at T the curve is zero and beta is clipped instead."""
    f = [math.cos((t / steps + 0.008) / 1.008 * math.pi / 2) ** 2 for t in range(steps)]
    np.testing.assert_allclose(make_schedule("cosine", steps).alpha_bar[:-1], np.array(f) / f[0], rtol=1e-9)


def test_unscaled_linear_betas_leave_a_short_chain_its_signal():
    schedule = make_schedule("linear", 50, scale_betas=False)
    assert schedule.alpha_bar[-1] == pytest.approx(0.603, abs=5e-4)
    assert (schedule.snr > 1).all()


@pytest.mark.parametrize("steps", STEPS)
def test_sohl_dickstein_erases_an_equal_share_at_every_step(steps):
    schedule, t = make_schedule("sohl_dickstein", steps), np.arange(steps + 1)
    np.testing.assert_allclose(schedule.alpha_bar, (steps - t) / steps, rtol=0, atol=1e-15)
    np.testing.assert_allclose(schedule.beta, 1 / (steps - t[1:] + 1), rtol=1e-9)
    assert schedule.alpha[-1] == 0.0
    assert schedule.log_snr[-1] == -math.inf


@pytest.mark.parametrize("steps", STEPS)
def test_rectified_flow_is_a_straight_line(steps):
    schedule, t = make_schedule("rectified_flow", steps), np.arange(steps + 1)
    np.testing.assert_allclose(schedule.alpha, 1 - t / steps, rtol=0, atol=1e-15)
    np.testing.assert_allclose(schedule.sigma, t / steps, rtol=0, atol=1e-15)


def test_constant_betas_are_the_mean_of_the_end_points():
    np.testing.assert_allclose(make_schedule("constant", 1000).beta, (BETA_START + BETA_END) / 2, rtol=1e-9)


@pytest.mark.parametrize("steps", [50, 1000, 4000])
@pytest.mark.parametrize("name", IN_DIFFUSERS)
def test_betas_are_those_of_diffusers(name, steps):
    scale = 1000 / steps
    theirs = DDPMScheduler(steps, BETA_START * scale, BETA_END * scale, IN_DIFFUSERS[name])
    ours = make_schedule(name, steps)
    assert same_in_float32(ours.beta, theirs.betas)
    np.testing.assert_allclose(ours.alpha_bar[1:], theirs.alphas_cumprod.numpy(), rtol=1e-4, atol=1e-6)  # T roundings


@pytest.mark.parametrize("steps", STEPS)
def test_cosine_is_betas_for_alpha_bar(steps):
    assert same_in_float32(make_schedule("cosine", steps).beta, betas_for_alpha_bar(steps, alpha_transform_type="cosine"))


@pytest.mark.parametrize("name", ["linear", "quadratic", "sigmoid"])
def test_the_end_points_asked_for_are_the_end_points(name):
    beta = make_schedule(name, 200, 0.003, 0.3, scale_betas=False).beta
    edge = 0.3 / (1 + math.exp(6)) if name == "sigmoid" else 0.0  # a logistic curve over [-6, 6] stops short of its ends
    assert beta[0] == pytest.approx(0.003, abs=1e-9 + edge)
    assert beta[-1] == pytest.approx(0.3, abs=1e-9 + edge)
    assert (np.diff(beta) > 0).all()


@given(
    name=st.sampled_from(list(SCHEDULES)),
    steps=st.integers(MIN_STEPS, MAX_STEPS),
    ends=st.tuples(st.floats(1e-6, MAX_BETA), st.floats(1e-6, MAX_BETA)).map(sorted),
    scale=st.booleans(),
)
def test_whatever_end_points_are_allowed_every_entry_is_a_number(name, steps, ends, scale):
    schedule = make_schedule(name, steps, *ends, scale)
    assert np.isfinite(schedule.alpha).all()
    assert np.isfinite(schedule.sigma).all()
    assert (schedule.alpha[:-1] > 0).all()  # only the last step may erase the signal: beta and the kernels divide by alpha
    assert ((schedule.beta > 0) & (schedule.beta <= 1)).all()


def test_an_unknown_name_is_a_key_error():
    with pytest.raises(KeyError):
        make_schedule("no such schedule", 10)


@pytest.mark.parametrize("name", SCHEDULES)
def test_zero_terminal_snr_leaves_nothing_at_the_end_and_the_first_step_as_it_was(name):
    """Lin et al. 2024, and diffusers' own rescaling for those that preserve the variance."""
    plain, zero = make_schedule(name, 50), make_schedule(name, 50, zero_snr=True)
    assert zero.alpha[-1] == 0
    assert zero.sigma[-1] == 1
    assert zero.alpha[1] == pytest.approx(plain.alpha[1])
    if plain.alpha[-1] > 0:
        theirs = rescale_zero_terminal_snr(torch.from_numpy(plain.beta))
        np.testing.assert_allclose(zero.beta, theirs.numpy(), atol=1e-9)


@pytest.mark.parametrize("points", ["20 19.99 -20", "18 17.99 0 -9", "9 5 2 0 -2 -5 -9"])
def test_zero_terminal_snr_keeps_its_digits_where_alpha_is_nearly_one(points):
    """Beside 50 digits. In double precision 1 - alpha^2 and 1 - (alpha_t/alpha_s)^2 would be rounding there, or negative."""
    plain = make_schedule("drawn", 4000, points=points)
    zero = make_schedule("drawn", 4000, points=points, zero_snr=True)
    with localcontext(Context(prec=50)):
        pairs = zip(plain.alpha.tolist(), plain.sigma.tolist(), strict=True)
        alpha = [(1 - Decimal(s) ** 2).sqrt() if s < 0.5 else Decimal(a) for a, s in pairs]
        stretched = [Decimal(1)] + [(a - alpha[-1]) * alpha[1] / (alpha[1] - alpha[-1]) for a in alpha[1:]]
        for table, exact in ((plain, alpha), (zero, stretched)):
            beta = [float(1 - (t / s) ** 2) for s, t in itertools.pairwise(exact)]
            np.testing.assert_allclose(table.beta, beta, rtol=1e-4)  # differences of sigma^2, 1e-11 of it at the least
            assert (table.beta > 0).all()
        sigma = [float((1 - a**2).sqrt()) for a in stretched]
        np.testing.assert_allclose(zero.sigma, sigma, rtol=1e-13)


def test_karras_levels_are_those_of_diffusers():
    theirs = EulerDiscreteScheduler(1000, use_karras_sigmas=True)
    sigmas = theirs._convert_to_karras(in_sigmas=np.array([80.0, 0.002]), num_inference_steps=18)
    ours = make_schedule("karras", 18)
    np.testing.assert_allclose((ours.sigma / ours.alpha)[:0:-1], sigmas, rtol=1e-9)


def test_shifted_cosine_has_a_quarter_of_the_snr():
    cosine, shifted = make_schedule("cosine", 80), make_schedule("shifted_cosine", 80)
    np.testing.assert_allclose(shifted.snr[1:], cosine.snr[1:] / 4, rtol=1e-8)


def test_a_drawn_schedule_goes_through_its_points_and_always_falls():
    drawn = make_schedule("drawn", 101, points="8 7.9 0 -0.1 -9")
    np.testing.assert_allclose(drawn.log_snr[[1, 26, 51, 76, 101]], [8, 7.9, 0, -0.1, -9], atol=1e-9)
    assert (np.diff(drawn.log_snr[1:]) < 0).all()


@given(st.text(max_size=40))
def test_points_are_read_or_refused(text):
    try:
        points = parse_points(text)
    except ValueError:
        return
    assert (np.diff(points) < 0).all()
    assert (np.diff(make_schedule("drawn", 7, points=text).alpha) < 0).all()


@pytest.mark.parametrize("text", ["", "1", "1 1", "1 2", "30 0", "nan 0", "1e3 0", "3 2 1 0 -1 -2 -3 -4 -5 -6 -7 -8 -9", "1,0"])
def test_points_that_do_not_fall_are_refused(text):
    with pytest.raises(ValueError, match="must be 2 to 12 falling values of log SNR from 20 to -20"):
        parse_points(text)


@pytest.mark.parametrize("zero_snr", [False, True])
@pytest.mark.parametrize("name", SCHEDULES)
def test_data_have_no_noise_of_either_sign(name, zero_snr):
    """A sigma_0 of -0 is -0 in JSON, too, and 1/-0 in a browser has no logarithm."""
    schedule = make_schedule(name, 10, zero_snr=zero_snr)
    assert schedule.sigma[0] == 0.0
    assert not np.signbit(schedule.sigma).any()
    assert not np.signbit(schedule.alpha).any()


@pytest.mark.parametrize("name", SCHEDULES)
def test_what_is_lost_of_the_signal_keeps_its_digits_where_nearly_all_or_nearly_nothing_is_left(name):
    """Against fractions of the table's own numbers, of which a difference from 1 in floats would lose the most."""
    schedule, times = make_schedule(name, 1000), np.array([0, 1, 2, 3, 499, 500, 998, 999])
    square = [(Fraction(float(schedule.alpha[t])) ** 2, Fraction(float(schedule.sigma[t])) ** 2) for t in times]
    share = [alpha / (alpha + sigma) for alpha, sigma in square]
    assert schedule.signal_lost[times].tolist() == pytest.approx([float(1 - each) for each in share], rel=1e-14, abs=0.0)
    between = [float(1 - t / s) for s, t in itertools.pairwise(share)]
    assert schedule.lost_between(times).tolist() == pytest.approx(between, rel=1e-11, abs=0.0)


def test_short_and_long_steps_are_not_rounded_away():
    near = make_schedule("drawn", 4000, points="20 19.99")
    log_snr = near.log_snr[[1, 4000]]
    lost = np.exp(-log_snr) / (1 + np.exp(-log_snr))
    assert near.lost_between(np.array([1, 4000]))[0] == pytest.approx((lost[1] - lost[0]) / (1 - lost[0]), rel=1e-9)
    far = make_schedule("cosine", 1000)  # its last step keeps 1/1000 of almost nothing
    assert far.lost_between(np.array([999, 1000]))[0] == pytest.approx(0.999, rel=1e-9)
