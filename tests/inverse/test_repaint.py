import numpy as np
import pytest
import torch

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.samplers import SAMPLERS, Options
from diffviz.gaussian.samplers.ancestral import Ancestral
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.inverse.operators import MEASUREMENTS, MeasurementOptions
from diffviz.inverse.repaint import Draws, RePaint
from diffviz.process import reverse_process
from diffviz.schedules import make_schedule
from tests import pictures

SCHEDULE, TIMES = make_schedule("cosine", 40), np.arange(0, 41, 2)
LEFT = np.pad(np.ones((4, 1), bool), ((0, 0), (0, 3)))  # one column of four is known
PICTURE = pictures.MIXTURE.sample(torch.tensor([0.4], dtype=torch.float64), pictures.normal(1, 16)).reshape(1, *pictures.SHAPE)


def denoiser(x_t, alpha, sigma):
    mean, _ = pictures.MIXTURE.posterior(x_t.flatten(1), alpha, sigma, variance=False)
    return Prediction(mean.unflatten(1, x_t.shape[1:]))


def ancestral(schedule=SCHEDULE, times=TIMES):
    return Ancestral(reverse_variances("posterior", schedule, times, pictures.MIXTURE), times)


def frames(sampler, noise, schedule=SCHEDULE, times=TIMES):
    return list(reverse_process(denoiser, sampler, schedule, times, noise(0), noise))


def inner(name):
    variances = reverse_variances("posterior", SCHEDULE, TIMES, pictures.MIXTURE)
    return SAMPLERS[name].make(Options(TIMES, eta=0.5, corrector_steps=2, variances=variances))


@pytest.mark.parametrize(("resamples", "jump"), [(1, 1), (3, 1), (2, 5)])
@pytest.mark.parametrize("name", SAMPLERS)
def test_known_pixels_end_as_they_are_bit_for_bit(name, resamples, jump):
    known, noise = torch.from_numpy(pictures.KNOWN), pictures.noise(4)
    end = frames(RePaint(inner(name), PICTURE, known, TIMES, resamples, jump), noise)[-1].x
    assert torch.equal(end[..., known], PICTURE[..., known].expand(4, 1, -1))
    assert end.isfinite().all()
    assert (end[..., ~known] - PICTURE[..., ~known]).abs().min() > 0


@pytest.mark.parametrize("name", SAMPLERS)
def test_where_nothing_is_known_it_is_the_inner_sampler(name):
    noise, nothing = pictures.noise(4), torch.zeros(4, 4, dtype=torch.bool)
    plain, wrapped = frames(inner(name), noise), frames(RePaint(inner(name), PICTURE, nothing, TIMES), noise)
    for a, b in zip(plain, wrapped, strict=True):
        assert torch.equal(a.x, b.x)
    assert plain[0].info == wrapped[0].info


def test_on_the_way_known_pixels_have_the_noise_of_their_level():
    """Mean alpha_s x_0 and standard deviation sigma_s in every frame, each picture with noise of its own."""
    known, count = torch.ones(4, 4, dtype=torch.bool), 500
    for frame in frames(RePaint(ancestral(), PICTURE, known, TIMES, resamples=2), pictures.noise(count))[1:-1]:
        alpha, sigma = float(SCHEDULE.alpha[frame.t]), float(SCHEDULE.sigma[frame.t])
        z = (frame.x - alpha * PICTURE) / sigma
        assert abs(float(z.mean())) < 4.5 / (16 * count) ** 0.5
        assert abs(float(z.square().mean()) - 1) < 4.5 * (2 / (16 * count)) ** 0.5


def test_resampling_brings_it_nearer_to_the_posterior():
    """Distance of the mean of 2000 pictures from that of p(x_0|known), beside its standard error, 0.03: 1.35, 0.6, 0.2."""
    measurement = MEASUREMENTS["inpaint"].make(pictures.SHAPE, MeasurementOptions(std=1e-4, mask=LEFT))
    y = measurement.apply(PICTURE)[0]
    mean, covariance = pictures.moments(*pictures.conditioned(pictures.MIXTURE, measurement, y))
    schedule, times, noise, distances = make_schedule("cosine", 50), np.arange(51), pictures.noise(2000), []
    for resamples in (1, 5, 20):
        sampler = RePaint(ancestral(schedule, times), PICTURE, torch.from_numpy(LEFT), times, resamples)
        end = frames(sampler, noise, schedule, times)[-1].x
        distances.append(np.linalg.norm(end.mean(0).flatten() - mean))
    error = (np.trace(covariance) / 2000) ** 0.5
    assert distances[0] > distances[1] + 5 * error > distances[2] + 10 * error
    assert distances[2] > 4 * error  # an approximation still


@pytest.mark.parametrize(("resamples", "jump"), [(1, 1), (3, 1), (3, 4)])
def test_every_look_is_counted_and_no_noise_is_used_twice(resamples, jump):
    asked, values = [], pictures.noise(2)

    def noise(t, draw=0):
        asked.append((t, draw))
        return values(t, draw)

    sampler = RePaint(ancestral(), PICTURE, torch.from_numpy(LEFT), TIMES, resamples, jump)
    evaluations = [
        frame.info.evaluations for frame in list(reverse_process(denoiser, sampler, SCHEDULE, TIMES, values(0), noise))[:-1]
    ]
    returns = [
        index % jump == 0 and index > 0 and index + jump <= 20 for index in range(19, -1, -1)
    ]  # of the step that ends there
    assert evaluations == [1 + (resamples - 1) * jump * there for there in returns]
    assert len(asked) == len(set(asked))
    total = sum(evaluations)
    assert len(asked) == 2 * (total - 1) + (resamples - 1) * sum(returns)  # inner and known, but none into data; and the ways up


def test_draws_are_shared_out():
    draws = Draws(lambda draw: draw)
    first, second = draws.share(), draws.share()
    assert [first(0), draws.fresh(), first(1), second(0), first(0), second(1), draws.fresh()] == [0, 1, 2, 3, 0, 4, 5]


@pytest.mark.parametrize(
    ("known", "numbers", "message"),
    [
        (torch.ones(4, 3, dtype=torch.bool), {}, r"The mask must be true or false for each pixel of \[1, 4, 4\], not \[4, 3\]"),
        (torch.ones(4, 4), {}, "The mask must be"),
        (torch.ones(4, 4, dtype=torch.bool), {"resamples": 0}, "Resamples must be 1 or more"),
        (torch.ones(4, 4, dtype=torch.bool), {"jump": 21}, "a jump from 1 to 20, not 1 and 21"),
        (torch.ones(4, 4, dtype=torch.bool), {"jump": 0}, "a jump from 1 to 20"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(known, numbers, message):
    with pytest.raises(ValueError, match=message):
        RePaint(DDIM(), PICTURE, known, TIMES, **numbers)
