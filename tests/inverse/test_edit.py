import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.gaussian.samplers.heun import Heun
from diffviz.inverse.edit import encode, slerp
from diffviz.process import reverse_process
from diffviz.schedules import make_schedule
from tests import pictures

TIMES = np.arange(0, 41, 4)
X0 = 0.8 * pictures.normal(3, *pictures.SHAPE, seed=9)
ZERO_MEAN = type(pictures.GAUSSIAN)(torch.zeros(1, 16, dtype=torch.float64), torch.ones(1, dtype=torch.float64), 0.5)


def drawn(count):
    """x_0 [N, *SHAPE] of the mixture."""
    uniform = torch.from_numpy(np.random.default_rng(2).random(count))
    return pictures.MIXTURE.sample(uniform, pictures.normal(count, 16, seed=3)).unflatten(1, pictures.SHAPE)


def of(mixture):
    def denoiser(x_t, alpha, sigma):
        mean, _ = mixture.posterior(x_t.flatten(1), alpha, sigma, variance=False)
        return Prediction(mean.unflatten(1, x_t.shape[1:]))

    return denoiser


def end(sampler, schedule, times, x_t, mixture=pictures.MIXTURE, noise=None):
    *_, frame = reverse_process(of(mixture), sampler, schedule, times, x_t, noise)
    return frame.x


def noise_of(schedule, x0, mixture=pictures.MIXTURE, times=None, **options):
    times = np.arange(schedule.steps + 1) if times is None else times
    *_, frame = encode(of(mixture), schedule, times, x0, **options)
    return frame.x


@pytest.mark.parametrize(("second_order", "decoder", "order"), [(False, DDIM, 1), (True, Heun, 3)])
def test_there_and_back_the_picture_returns_with_an_error_of_known_order(second_order, decoder, order):
    """With Heun's method both ways the leading errors, of order two, cancel. The schedule is EDM's, whose steps all shrink as
    they become more; others keep a long last one."""
    x0, counts, errors = drawn(20), np.array([50, 100, 200, 400]), []
    for count in counts.tolist():
        schedule = make_schedule("karras", count)
        x_T = noise_of(schedule, x0, second_order=second_order)
        back = end(decoder(), schedule, np.arange(count + 1), x_T)
        errors.append(float((back - x0).square().mean().sqrt()))
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert -order - 0.35 < slope < -order + 0.25, errors
    assert errors[-1] < (0.02 if order == 1 else 1e-3)


@pytest.mark.parametrize(("second_order", "order"), [(False, 1), (True, 2)])
@pytest.mark.parametrize("name", ["karras", "rectified_flow"])
def test_the_noise_of_a_gaussian_is_the_one_of_the_closed_form(name, second_order, order):
    """The flow multiplies by tau_t/s, here up to half of the time and to its end."""
    for share in (0.5, 1.0):
        counts, errors = np.array([40, 80, 160, 320]), []
        for count in counts.tolist():
            schedule, t = make_schedule(name, count), int(share * count)
            factor = float(np.hypot(schedule.alpha[t], schedule.sigma[t] / 0.5))
            x_t = noise_of(schedule, X0, ZERO_MEAN, np.arange(t + 1), second_order=second_order)
            errors.append(float((x_t - factor * X0).abs().max()))
        slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
        assert slope < -order + 0.25, errors


def test_the_way_into_noise_is_told_frame_by_frame():
    schedule = make_schedule("cosine", 40)
    for second_order, evaluations in ((False, 10), (True, 19)):
        frames = list(encode(of(pictures.MIXTURE), schedule, TIMES, X0, second_order))
        assert [frame.t for frame in frames] == TIMES.tolist()
        assert [frame.index for frame in frames] == list(range(11))
        assert {frame.direction for frame in frames} == {"forward"}
        assert torch.equal(frames[0].x, X0)
        assert sum(frame.info.evaluations for frame in frames[:-1]) == evaluations
    [only] = encode(of(pictures.MIXTURE), schedule, TIMES[:1], X0)
    assert torch.equal(only.x, X0)


def test_between_two_pictures_of_one_gaussian_lies_the_great_circle():
    """The flow of N(0, s^2 I) only scales, so that the way between is the same in data as in noise."""
    schedule, times, share = make_schedule("cosine", 300), np.arange(301), torch.tensor([0.0, 0.25, 0.5, 1.0])
    noises = noise_of(schedule, X0[:2], ZERO_MEAN, second_order=True)
    between = end(Heun(), schedule, times, slerp(noises[:1], noises[1:], share), ZERO_MEAN)
    torch.testing.assert_close(between, slerp(X0[:1], X0[1:2], share), rtol=0, atol=2e-3)


@given(st.integers(0, 2**31), st.lists(st.floats(0, 1), min_size=1, max_size=5), st.sampled_from([torch.float32, torch.float64]))
def test_slerp_keeps_the_length_and_the_even_pace(seed, shares, dtype):
    a, b = (pictures.normal(1, 2, 5, seed=seed + k).to(dtype) for k in (0, 1))
    b = b * a.norm() / b.norm()
    between = slerp(a, b, torch.tensor(shares, dtype=torch.float64))
    assert between.dtype == dtype
    assert between.shape == (len(shares), 2, 5)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(between.flatten(1).norm(dim=1), a.norm().expand(len(shares)), rtol=tolerance, atol=0)
    angle = lambda x, y: float(torch.atan2((x - y).norm(), (x + y).norm())) * 2  # noqa: E731
    for share, x in zip(shares, between, strict=True):
        assert abs(angle(a[0], x) - share * angle(a[0], b[0])) < 10 * tolerance


def test_slerp_between_what_is_alike_and_what_is_of_another_length():
    a = pictures.normal(1, 3, 4)
    share = torch.tensor([0.0, 0.3, 1.0])
    torch.testing.assert_close(slerp(a, a, share), a.expand(3, 3, 4))
    torch.testing.assert_close(slerp(a, 2 * a, share), a * (1 + share.double())[:, None, None])
    assert slerp(a, -a, share).isfinite().all()
    assert slerp(a.float(), (a + 1e-9).float(), share).isfinite().all()
