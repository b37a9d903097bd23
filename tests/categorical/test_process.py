"""The processes of symbols: the laws of the forward path and of every sampler's reverse one, and what belongs to a particle."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from diffviz.categorical.costs import counted_costs
from diffviz.categorical.counted import by_confidence
from diffviz.categorical.denoisers import ExactCategorical
from diffviz.categorical.entropies import subset_entropies
from diffviz.categorical.process import SAMPLERS, Symbols, sampler_refusal
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.process import forward_process, reverse_process
from diffviz.schedules import make_schedule
from tests.categorical.chains import NOISES, PROBABILITIES, STATES, SYMBOLS, assert_law, pairs, small
from tests.oracles.symbols import Chain

MANY = 20_000
MASKED = [name for name, row in SAMPLERS.items() if row.processes == ("absorbing",)]


def process_of(schedule, noise="absorbing", sampler="ancestral", times=None, data=None, **read):
    options = {"at_once": 1, "choice_temperature": 0.0, "corrector_steps": 1} | read
    e = SimpleNamespace(process=noise, sampler=sampler, **options)
    data = small() if data is None else data
    return Symbols(e, schedule, np.arange(schedule.steps + 1) if times is None else times, data.dim, data.symbols)


def forward(process, data, particles, seed=0):
    noise = ParticleNoise(seed, Stream.FORWARD, particles, (data.dim,))
    x0 = data.sample(particle_uniform(seed, Stream.DATA, particles)).float()
    return [frame.x for frame in forward_process(process, x0, noise)]


def reverse(process, data, particles, seed=0):
    noise = ParticleNoise(seed, Stream.REVERSE, particles, (data.dim,))
    denoiser = ExactCategorical(data, process.noise)
    return list(reverse_process(denoiser, process.sampler(), process.schedule, process.visited, process.prior(noise(0)), noise))


@pytest.mark.parametrize("noise", NOISES)
def test_the_forward_path_has_the_marginals_of_all_sequences(noise):
    schedule = make_schedule("sohl_dickstein", 4)
    chain, process = Chain(STATES, PROBABILITIES, SYMBOLS, schedule.signal_share, noise), process_of(schedule, noise)
    for t, x in enumerate(forward(process, small(), MANY)):
        assert_law(x, chain.marginal(t), process.noise.shown)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("name", "times"), [("cosine", np.arange(5)), ("sohl_dickstein", np.array([0, 3, 4]))])
def test_the_ancestral_path_has_the_law_of_the_factorised_kernels(name, times, noise):
    schedule = make_schedule(name, 4)
    chain = Chain(STATES, PROBABILITIES, SYMBOLS, schedule.signal_share[times], noise)
    process, everything = process_of(schedule, noise, times=times), torch.tensor(chain.x).double()
    frames, law = reverse(process, small(), MANY), chain.prior()
    assert [frame.t for frame in frames] == times[::-1].tolist()
    for j, frame in zip(range(len(times) - 1, -1, -1), frames, strict=True):
        assert_law(frame.x, law, process.noise.shown)
        if j:
            law = law @ chain.reverse(j, small().posterior(everything, process.noise, 1 - chain.abar[j]).numpy())
    assert law.sum() == pytest.approx(1.0)


def end_of(sampler, steps=8, data=None, name="sohl_dickstein", **read):
    data = small() if data is None else data
    return reverse(process_of(make_schedule(name, steps), sampler=sampler, data=data, **read), data, MANY)[-1].x


def truth(data):
    """[V^D] the law of the data."""
    return Chain(data.states.tolist(), data.probabilities.tolist(), data.symbols, [1.0], "uniform").data


@pytest.mark.parametrize("sampler", ["random_order", "left_to_right"])
@pytest.mark.parametrize("steps", [2, 8, 30])
def test_one_at_a_time_draws_from_the_data_whatever_the_steps(sampler, steps):
    """A step that has to show several makes as many function evaluations."""
    assert_law(end_of(sampler, steps), truth(small()), SYMBOLS)


@pytest.mark.parametrize("noise", NOISES)
def test_many_ancestral_steps_reach_the_data(noise):
    frames = reverse(process_of(make_schedule("cosine", 500), noise), small(), 4_000)
    real = (frames[-1].x[:, None] == small().states).all(2)
    assert float(real.any(1).double().mean()) > 0.99
    states = small().sample(torch.tensor([0.1, 0.5, 0.8, 0.95])).float()
    share = (frames[-1].x[:, None] == states).all(2).double().mean(0).numpy()
    assert share == pytest.approx(np.array(PROBABILITIES), abs=5 * 0.5 / 4_000**0.5)


def test_together_letters_are_drawn_from_their_own_marginals():
    """All at once, so that a word is the product of its letters' frequencies, and the divergence from it is what that costs."""
    product = np.einsum("a,b->ab", *pairs().marginals.numpy()).ravel()
    for sampler in ("random_order", "left_to_right"):
        assert_law(end_of(sampler, data=pairs(), at_once=2), product, SYMBOLS)
    cost = counted_costs(subset_entropies(pairs()), np.array([2, 0]), 2, ordered=False).dissipation
    q = truth(pairs())
    assert cost == pytest.approx([(q[q > 0] * np.log(q[q > 0] / product[q > 0])).sum()])


def test_letters_are_shown_from_left_to_right():
    frames = reverse(process_of(make_schedule("sohl_dickstein", 3), sampler="left_to_right"), small(), 200)
    for count, frame in enumerate(frames):
        assert torch.equal(frame.x == SYMBOLS, (torch.arange(3) >= count).expand(200, 3))


def test_a_random_order_is_random():
    first = reverse(process_of(make_schedule("sohl_dickstein", 3), sampler="random_order"), small(), MANY)[1].x
    assert (first != SYMBOLS).double().mean(0).numpy() == pytest.approx(1 / 3, abs=4 * 0.5 / MANY**0.5)


def test_by_confidence_what_is_most_certain_is_shown_first_and_noise_makes_the_order_random():
    def law(temperature):
        """Of which letter of a pair stays hidden after the first of two steps, and of the words at the end."""
        process = process_of(
            make_schedule("sohl_dickstein", 2), sampler="confidence", data=pairs(), choice_temperature=temperature
        )
        frames = reverse(process, pairs(), MANY)
        return frames[1].x, frames[2].x

    first, last = law(0.0)
    both = list(itertools.product(range(3), repeat=2))
    marginal = pairs().marginals.numpy()
    expected = np.zeros(9)  # the letter shown first: drawn with its frequency in its place, the more frequent of both is kept
    for a, b in both:
        weight = marginal[0, a] * marginal[1, b]
        keep = [marginal[0, a] > marginal[1, b], marginal[0, a] < marginal[1, b]]
        for place in range(2):
            chance = 1.0 if keep[place] else 0.0 if keep[1 - place] else None
            chance = float(place == 0) if chance is None else chance  # of equal ones the left
            if weight * chance == 0.0:
                continue
            given = truth(pairs()).reshape(3, 3)
            row = given[a] if place == 0 else given[:, b]
            for other, probability in enumerate(row / row.sum()):
                word = (a, other) if place == 0 else (other, b)
                expected[both.index(word)] += weight * chance * probability
    assert_law(last, expected, SYMBOLS)
    assert np.abs(expected - truth(pairs())).max() > 0.05  # it is not the data
    warm = law(1e4)[1]
    assert_law(warm, truth(pairs()), SYMBOLS)
    assert (first != SYMBOLS).sum(1).eq(1).all()


def test_noise_on_the_confidence_is_gumbel_s():
    """Adding it to log probabilities and taking the largest draws from these probabilities."""
    probability = torch.tensor([0.5, 0.3, 0.2]).expand(MANY, 3)
    z = torch.randn(MANY, 3, generator=torch.Generator().manual_seed(0))
    chosen = by_confidence(1.0)(probability, z, 1.0).argmin(1)
    share = torch.bincount(chosen, minlength=3) / MANY
    assert share.numpy() == pytest.approx([0.5, 0.3, 0.2], abs=4 * 0.5 / MANY**0.5)


def test_remasking_mends_what_was_drawn_together():
    """Three words of two letters, both drawn at once: some words are not on the list, and Gibbs steps lead to the data."""
    schedule, times = make_schedule("sohl_dickstein", 2), np.array([0, 2])
    process = process_of(schedule, sampler="ancestral", times=times, data=pairs())
    plain = reverse(process, pairs(), MANY)[-1].x
    assert float((plain[:, None] == pairs().states).all(2).any(1).double().mean()) < 0.95
    process = process_of(schedule, sampler="remasking", times=times, data=pairs(), corrector_steps=16)
    assert_law(reverse(process, pairs(), MANY)[-1].x, truth(pairs()), SYMBOLS)


def test_remasking_leaves_the_marginals_as_they_are():
    """One draw anew of samples of q(x_s) is a sample of q(x_s)."""
    schedule = make_schedule("sohl_dickstein", 30)
    chain = Chain(STATES, PROBABILITIES, SYMBOLS, schedule.signal_share, "absorbing")
    process = process_of(schedule, sampler="remasking", corrector_steps=3)
    frames = reverse(process, small(), MANY)
    plain = reverse(process_of(schedule), small(), MANY)
    for t in (10, 20):
        off = [
            np.abs(np.bincount(_places(path[30 - t].x), minlength=64) / MANY - chain.marginal(t)).sum()
            for path in (frames, plain)
        ]
        assert off[0] < off[1] + 0.01


def _places(x):
    return (x.double() @ torch.tensor([16.0, 4.0, 1.0]).double()).long().numpy()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_function_evaluations_are_counted(sampler):
    read = {"corrector_steps": 2, "at_once": 2}
    frames = reverse(process_of(make_schedule("sohl_dickstein", 2), sampler=sampler, **read), small(), 5)
    taken = [frame.info.evaluations for frame in frames[:-1]]
    assert taken == {"ancestral": [1, 1], "remasking": [3, 3]}.get(sampler, [1, 1])
    if SAMPLERS[sampler].counted:
        one = reverse(process_of(make_schedule("sohl_dickstein", 2), sampler=sampler, at_once=1), small(), 5)
        assert sum(frame.info.evaluations for frame in one[:-1]) == 3


def test_a_counted_sampler_starts_from_masks_alone_and_another_from_the_prior():
    schedule, z = make_schedule("linear", 6, scale_betas=False), torch.randn(MANY, 3, generator=torch.Generator().manual_seed(1))
    assert (process_of(schedule, sampler="random_order").prior(z) == SYMBOLS).all()
    shown = (process_of(schedule).prior(z) != SYMBOLS).double().mean()
    assert float(shown) == pytest.approx(schedule.signal_share[-1], abs=4 * 0.5 / (3 * MANY) ** 0.5)


@pytest.mark.parametrize("noise", NOISES)
def test_a_step_over_several_times_is_the_kernel_between_them(noise):
    schedule, x = make_schedule("cosine", 10), small().states.float()
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(2))
    process = process_of(schedule, noise)
    lost = 1 - schedule.signal_share[7] / schedule.signal_share[3]
    assert torch.equal(process.forward(x, 3, 7, z), process.noise.after(x, lost, z))


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("noise", NOISES)
def test_a_particle_keeps_its_symbols_whatever_the_batch(noise, sampler):
    process = process_of(make_schedule("cosine", 8), noise, sampler)
    if sampler_refusal(process.e):
        return
    for one, other in zip(forward(process, small(), 30), forward(process, small(), 7), strict=True):
        assert torch.equal(one[:7], other)
    for one, other in zip(reverse(process, small(), 30), reverse(process, small(), 7), strict=True):
        assert torch.equal(one.x[:7], other.x)


def test_uniform_noise_is_taken_back_by_the_ancestral_sampler_alone():
    for name in SAMPLERS:
        assert sampler_refusal(SimpleNamespace(process="absorbing", sampler=name)) is None
        refused = sampler_refusal(SimpleNamespace(process="uniform", sampler=name))
        assert (refused is None) == (name == "ancestral")
        assert refused is None or refused[0] == "sampler"
    assert set(MASKED) == SAMPLERS.keys() - {"ancestral"}
