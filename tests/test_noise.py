import itertools
import tracemalloc

import numpy as np
import pytest
import torch

from diffviz.noise import AHEAD, NORMAL, UNIFORM, ParticleNoise, Stream, particle_uniform


def draws(seed=0, stream=Stream.FORWARD, particles=100, times=range(3), **more):
    noise = ParticleNoise(seed, stream, particles, **more)
    return torch.stack([noise(t) for t in times])


def correlation(a, b):
    return float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1])


@pytest.mark.parametrize("few", [1, 2, 3, 10, 63, 64, 197, 999])
@pytest.mark.parametrize("shape", [(2,), (1,), (3, 5, 7)])
def test_a_particle_keeps_its_draw_whatever_the_number_of_particles(few, shape):
    times = [0, 1, 63, 64, 5000]
    assert torch.equal(draws(particles=few, times=times, shape=shape), draws(particles=1000, times=times, shape=shape)[:, :few])
    assert torch.equal(particle_uniform(0, Stream.DATA, few), particle_uniform(0, Stream.DATA, 1000)[:few])


def test_a_particle_keeps_its_draw_in_whatever_order_times_and_draws_are_asked_for():
    noise = ParticleNoise(0, Stream.FORWARD, 3, (1,))
    asked = list(itertools.product(range(100), range(8)))
    in_order = {pair: noise(*pair) for pair in asked}
    for index in np.random.default_rng(0).permutation(len(asked)):
        assert torch.equal(noise(*asked[index]), in_order[asked[index]])
        noise(0, 100)  # an odd number of values leaves half a word behind, which nobody may find
        assert torch.equal(ParticleNoise(0, Stream.FORWARD, 3, (1,))(*asked[index]), in_order[asked[index]])
    assert len({tuple(x.flatten().tolist()) for x in in_order.values()}) == len(asked)


@pytest.mark.parametrize("particles", [3, 1000, 200_000])
def test_what_is_drawn_ahead_is_the_same(particles):
    """In the order announced and in others, each time once or again, times and draws that were not announced between them."""
    announced = list(range(200, 0, -3)) if particles < 200_000 else [5, 3, 1]
    ahead, plain = (ParticleNoise(0, Stream.REVERSE, particles, times=times) for times in (announced, ()))
    for t in [announced[0], *announced, 1000, *announced[::-2]]:
        assert torch.equal(ahead(t), plain(t))
        assert torch.equal(ahead(t, 2), plain(t, 2))


def test_no_more_is_drawn_ahead_than_is_said():
    drawn, noise = [], ParticleNoise(0, Stream.REVERSE, 1000, times=range(1000))
    fill = noise._fill
    noise._fill = lambda out, **more: drawn.append(out.size) or fill(out=out, **more)
    noise(0)
    assert AHEAD - 2000 < sum(drawn) <= AHEAD
    for t in range(1000):
        noise(t)
    assert sum(drawn) == 2000 * 1000 + sum(drawn[: AHEAD // 2000])  # each time once, but for what was asked for twice


def peak_of(noise):
    tracemalloc.start()
    try:
        for t, draw in itertools.product((0, 63, 1000), (0, 9)):
            noise(t, draw)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_drawn_is_what_is_asked_for():
    """Four pictures of 3 x 64 x 64 are 0.2 MB, at whatever time and draw; ahead, no more than AHEAD numbers, and those before."""
    asked = 4 * 4 * 3 * 64 * 64
    for times, bound in ((), 1.5 * asked), (range(1001), asked + 2 * 4 * AHEAD):
        assert peak_of(ParticleNoise(0, Stream.REVERSE, 4, (3, 64, 64), times=times)) < bound


def philox(counter, key):
    """Philox4x64-10 as Salmon et al. 2011, section 3.3, write it: [4] 64-bit words."""
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        left, right = 0xD2E7470EE14C6C93 * a, 0xCA5A826395121157 * c
        a, b, c, d = (right >> 64) ^ b ^ k, right % 2**64, (left >> 64) ^ d ^ m, left % 2**64
        k, m = (k + 0x9E3779B97F4A7C15) % 2**64, (m + 0xBB67AE8584CAA73B) % 2**64
    return [a, b, c, d]


def test_numbers_are_those_of_the_key_and_the_counter_that_are_promised():
    """So a link means the same numbers everywhere. The generator counts before it draws: its first word is that of 1."""
    seed, stream = 2**31 - 1, Stream.REFERENCE
    words = np.array(philox((1, UNIFORM, 0, 0), (seed, stream)) + philox((2, UNIFORM, 0, 0), (seed, stream)), dtype=np.uint64)
    assert np.array_equal(particle_uniform(seed, stream, 8).numpy(), (words >> np.uint64(11)) * 2.0**-53)
    noise = ParticleNoise(seed, stream, 5)
    for t, draw in [(0, 0), (7, 0), (0, 7), (1000, 3)]:
        fresh = np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, NORMAL, t, draw]))
        assert np.array_equal(noise(t, draw).numpy(), fresh.standard_normal((5, 2), np.float32))


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others():
    assert torch.equal(draws(seed=5), draws(seed=5))
    assert abs(correlation(draws(seed=5, particles=5000), draws(seed=6, particles=5000))) < 4 / 30_000**0.5


def test_noise_is_standard_normal():
    values = draws(particles=1000, times=range(128)).double().flatten()
    assert abs(values.mean()) < 4 / len(values) ** 0.5
    assert abs(values.square().mean() - 1) < 4 * (2 / len(values)) ** 0.5
    assert abs(values.pow(3).mean()) < 4 * (15 / len(values)) ** 0.5
    assert abs(values.pow(4).mean() - 3) < 4 * (96 / len(values)) ** 0.5


def test_times_particles_and_coordinates_are_independent():
    values = draws(particles=256, times=range(128)).numpy()  # [times, particles, 2]
    bound = 4 / values[..., 0].size ** 0.5
    assert abs(correlation(values[..., 0], values[..., 1])) < bound
    for lag in (1, 2, 64):
        assert abs(correlation(values[lag:], values[:-lag])) < bound
    for lag in (1, 64):
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
    uniform = np.stack([particle_uniform(seed, stream, 64).numpy() for seed in seeds])
    normal = np.stack([ParticleNoise(seed, stream, 64)(0).numpy() for seed in seeds])
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


def test_neighbouring_seeds_streams_times_and_draws_are_independent():
    """Keys and counters that differ in one bit: 2000 pictures' worth of each, every pair, also in their squares."""
    keys = [(seed, stream, t, draw) for seed in (0, 1) for stream in (1, 2) for t in (0, 1, 1000) for draw in (0, 1, 4)]
    values = np.stack(
        [ParticleNoise(seed, stream, 2000, (3, 2))(t, draw).double().numpy().ravel() for seed, stream, t, draw in keys]
    )
    count = values.shape[1]
    assert np.abs(values.mean(1)).max() < 4.5 / count**0.5
    assert np.abs((values**2).mean(1) - 1).max() < 4.5 * (2 / count) ** 0.5
    pairs = np.triu_indices(len(keys), 1)
    for a, b in ((values, values), (values**2, values**2), (values, values**2)):
        assert np.abs(np.corrcoef(a, b)[: len(keys), len(keys) :][pairs]).max() < 5 / count**0.5


def test_a_measurement_of_nothing_has_no_noise():
    assert ParticleNoise(0, Stream.MEASUREMENT, 3, (0,))(1).shape == (3, 0)
