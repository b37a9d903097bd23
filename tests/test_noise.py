import itertools

import numpy as np
import pytest
import torch

from diffviz.noise import BLOCK, KEPT_DRAWS, SPAN, ParticleNoise, Stream, particle_uniform


def draws(seed=0, stream=Stream.FORWARD, particles=100, times=range(3), **more):
    noise = ParticleNoise(seed, stream, particles, **more)
    return torch.stack([noise(t) for t in times])


def correlation(a, b):
    return float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1])


@pytest.mark.parametrize("few", [1, 10, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_a_particle_keeps_its_draw_whatever_the_number_of_particles(few):
    times = [0, 1, SPAN - 1, SPAN, 5 * SPAN + 3]
    assert torch.equal(draws(particles=few, times=times), draws(particles=1000, times=times)[:, :few])
    assert torch.equal(particle_uniform(0, Stream.DATA, few), particle_uniform(0, Stream.DATA, 1000)[:few])


def test_a_particle_keeps_its_draw_in_whatever_order_times_are_asked_for():
    order = np.random.default_rng(0).permutation(3 * SPAN)
    shuffled = draws(times=order.tolist())
    assert torch.equal(shuffled[np.argsort(order)], draws(times=range(3 * SPAN)))
    assert torch.equal(draws(times=range(3 * SPAN - 1, -1, -1)).flip(0), draws(times=range(3 * SPAN)))


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others():
    assert torch.equal(draws(seed=5), draws(seed=5))
    assert abs(correlation(draws(seed=5, particles=5000), draws(seed=6, particles=5000))) < 4 / 30_000**0.5


def test_noise_is_standard_normal():
    values = draws(particles=1000, times=range(2 * SPAN)).double().flatten()
    assert abs(values.mean()) < 4 / len(values) ** 0.5
    assert abs(values.square().mean() - 1) < 4 * (2 / len(values)) ** 0.5
    assert abs(values.pow(3).mean()) < 4 * (15 / len(values)) ** 0.5
    assert abs(values.pow(4).mean() - 3) < 4 * (96 / len(values)) ** 0.5


def test_times_particles_and_coordinates_are_independent():
    values = draws(particles=4 * BLOCK, times=range(2 * SPAN)).numpy()  # [times, particles, 2]
    bound = 4 / values[..., 0].size ** 0.5
    assert abs(correlation(values[..., 0], values[..., 1])) < bound
    for lag in (1, 2, SPAN):
        assert abs(correlation(values[lag:], values[:-lag])) < bound
    for lag in (1, BLOCK):
        assert abs(correlation(values[:, lag:], values[:, :-lag])) < bound


@pytest.mark.parametrize(("one", "other"), itertools.combinations(Stream, 2))
def test_streams_are_independent(one, other):
    a, b = (draws(stream=stream, particles=2000, times=range(10)).numpy() for stream in (one, other))
    assert abs(correlation(a, b)) < 4 / a.size**0.5
    assert abs(correlation(a**2, b**2)) < 4 / a.size**0.5
    a, b = (particle_uniform(0, stream, 10_000) for stream in (one, other))
    assert abs(correlation(a, b)) < 4 / 100


@pytest.mark.parametrize("stream", [Stream.DATA, Stream.DIAGNOSTICS, Stream.REFERENCE])
def test_which_component_a_particle_belongs_to_says_nothing_of_its_place_in_it(stream):
    """particle_uniform picks the component of x_0 and noise(0) the place, for every particle and seed."""
    seeds = range(300)
    uniform = np.stack([particle_uniform(seed, stream, BLOCK).numpy() for seed in seeds])
    normal = np.stack([ParticleNoise(seed, stream, BLOCK)(0).numpy() for seed in seeds])
    for coordinate in (0, 1):
        value = normal[..., coordinate]
        found = [abs(correlation(uniform, value)), abs(correlation(uniform, np.abs(value)))]
        assert max(found) < 4 / uniform.size**0.5


def test_uniform_numbers_are_uniform():
    values = particle_uniform(3, Stream.DATA, 100_000)
    assert values.dtype == torch.float64
    assert values.min() >= 0
    assert values.max() < 1
    counts = torch.histc(values, 20, 0, 1)
    assert float((counts - 5000).square().sum() / 5000) < 45.3  # chi-square with 19 degrees of freedom, 99.94 %


def test_shape_and_precision_are_those_asked_for():
    noise = ParticleNoise(0, Stream.FORWARD, 5, shape=(3, 4), dtype=torch.float64)
    assert noise(2).shape == (5, 3, 4)
    assert noise(2).dtype == torch.float64


def test_draws_beyond_the_kept_ones_are_as_good_and_leave_nothing_behind():
    """Each its own, the same for a particle whatever the others, in any order; the tables that are kept do not grow."""
    numbers = range(KEPT_DRAWS - 1, KEPT_DRAWS + 4)
    times = [0, 1, SPAN - 1, SPAN, 3 * SPAN + 7]
    many, few = (ParticleNoise(0, Stream.REVERSE, n, (3, 2)) for n in (2000, BLOCK + 5))
    values = {(t, draw): many(t, draw) for draw in numbers for t in times}
    assert len(many._spans) == 1
    for (t, draw), x in reversed(values.items()):
        assert torch.equal(few(t, draw), x[: BLOCK + 5])
    flat = [x.double().flatten() for x in values.values()]
    for x in flat:
        assert abs(float(x.mean())) < 4.5 / len(x) ** 0.5
        assert abs(float(x.square().mean()) - 1) < 4.5 * (2 / len(x)) ** 0.5
    for a, b in itertools.combinations(flat, 2):
        assert abs(correlation(a, b)) < 5 / len(a) ** 0.5
    assert abs(correlation(flat[-1].reshape(-1, 6)[:-1], flat[-1].reshape(-1, 6)[1:])) < 5 / len(flat[-1]) ** 0.5
