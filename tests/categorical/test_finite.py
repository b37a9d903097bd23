"""Finite distributions of symbols: posterior and probabilities, against all sequences written out."""

import math
import time

import numpy as np
import pytest
import torch

from diffviz.caching import size_of
from diffviz.categorical.denoisers import Categorical, ExactCategorical
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.kernels import Absorbing, Uniform
from diffviz.noise import Stream, particle_uniform
from tests.categorical.chains import NOISES, PROBABILITIES, STATES, SYMBOLS, small
from tests.oracles.symbols import Chain


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("share", [0.999999, 0.9, 0.4, 1e-6, 0.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_posterior_is_that_of_the_whole_table(share, noise, dtype):
    chain, data, made = (
        Chain(STATES, PROBABILITIES, SYMBOLS, [1.0, share], noise),
        small().to("cpu", dtype),
        NOISES[noise](SYMBOLS),
    )
    marginal, digits = chain.marginal(1), 1e-9 if dtype is torch.float64 else 1e-5
    possible = marginal > 0
    x = torch.tensor(chain.x).to(dtype)
    posterior, log_q = data.seen(x, made, 1 - share)
    assert posterior[possible].numpy() == pytest.approx(chain.posterior(1)[possible], abs=digits)
    assert log_q.exp().numpy() == pytest.approx(marginal, rel=10 * digits, abs=1e-12)
    assert torch.equal(data.posterior(x, made, 1 - share), posterior)
    assert torch.equal(data.log_probability(x, made, 1 - share), log_q)
    assert posterior.sum(2).numpy() == pytest.approx(1.0, abs=1e-5)


def test_at_no_noise_a_sequence_has_its_own_probability_and_others_have_none():
    chain = Chain(STATES, PROBABILITIES, SYMBOLS, [1.0], "uniform")
    assert small().log_probability(torch.tensor(chain.x).double(), Uniform(SYMBOLS), 0.0).exp().numpy() == pytest.approx(
        chain.data
    )


def test_letters_that_no_state_has_are_explained_by_the_states_that_contradict_them_least():
    """Where a chain draws letters together it may arrive there."""
    x = torch.tensor([[2.0, 2.0, 3.0], [2.0, 2.0, 2.0]], dtype=torch.float64)  # one letter of two is of 020, of 022 and 210; 022
    posterior = small().posterior(x, Absorbing(SYMBOLS), 0.5)
    assert posterior[1].numpy() == pytest.approx(np.eye(3)[[0, 2, 2]], abs=1e-12)
    nearest = np.array([0.0, 0.3, 0.2, 0.0]) / 0.5  # 022 has the second letter, 210 the first
    assert posterior[0, 2].numpy() == pytest.approx([nearest[2], 0.0, nearest[1]])


def test_nothing_underflows_in_single_precision():
    """4000 coordinates of which half fit each of two states: the weights are e^-9000 and differ by one coordinate."""
    states = torch.stack([torch.zeros(4000), torch.ones(4000)]).long()
    two = CategoricalDistribution(states, torch.tensor([0.5, 0.5], dtype=torch.float64), 2).to("cpu", torch.float32)
    x = (torch.arange(4000) % 2 == 0).float()[None]
    x[0, 1] = 1.0  # 2001 ones
    weight = 1 / (1 + (0.01 / 0.99) ** 2)
    assert two.posterior(x, Uniform(2), 0.02)[..., 1].numpy() == pytest.approx(weight, abs=1e-3)


def test_samples_are_states_as_often_as_they_are_probable():
    drawn = small().sample(particle_uniform(3, Stream.DATA, 40_000))
    kinds, counts = drawn.unique(dim=0, return_counts=True)
    found = dict(zip(map(tuple, kinds.int().tolist()), (counts / 40_000).tolist(), strict=True))
    for state, probability in zip(STATES, PROBABILITIES, strict=True):
        assert abs(found[tuple(state)] - probability) < 4 * math.sqrt(probability * (1 - probability) / 40_000)
    ends = small().sample(torch.tensor([0.0, 1.0 - 2.0**-53], dtype=torch.float64))
    assert ends.tolist() == [STATES[0], STATES[-1]]


def test_marginals_and_entropy():
    assert small().entropy_nats == pytest.approx(-sum(p * math.log(p) for p in PROBABILITIES))
    assert small().marginals.numpy() == pytest.approx(np.einsum("m,mdv->dv", PROBABILITIES, np.eye(3)[STATES]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_under_masks_the_posterior_is_the_same_at_all_levels_also_where_nothing_could_be_seen(dtype):
    data, made = small().to("cpu", dtype), Absorbing(SYMBOLS)
    x = torch.tensor(Chain(STATES, PROBABILITIES, SYMBOLS, [1.0, 0.5], "absorbing").x).to(dtype)
    assert torch.equal(data.posterior(x, made, 1.0), data.posterior(x, made, 0.5))
    seen = (x != SYMBOLS).any(1)
    assert (data.log_probability(x, made, 1.0)[seen] == -torch.inf).all()
    assert data.log_probability(x, made, 1.0)[~seen].abs().max() < 1e-6


@pytest.mark.parametrize(
    ("states", "probabilities"),
    [
        ([[0, 3]], [1.0]),
        ([[0, -1]], [1.0]),
        ([[0.0, 1.0]], [1.0]),
        ([[0, 1], [0, 1]], [0.5, 0.5]),
        ([[0, 1]], [0.5]),
        ([[0, 1], [1, 1]], [1.0, 0.0]),
    ],
)
def test_what_is_no_distribution_is_refused(states, probabilities):
    with pytest.raises(ValueError, match="must"):
        CategoricalDistribution(torch.tensor(states), torch.tensor(probabilities, dtype=torch.float64), 3)


def test_x0_hat_is_the_most_probable_symbol_and_its_probability():
    told = Categorical(torch.tensor([[[0.2, 0.7, 0.1], [1.0, 0.0, 0.0]]]))
    assert told.x0_hat.numpy() == pytest.approx(np.array([[[1.0, 0.7], [0.0, 1.0]]]))


def test_the_exact_denoiser_reads_the_signal_s_share_alone():
    denoiser, x = ExactCategorical(small(), Uniform(SYMBOLS)), torch.tensor([[0.0, 1.0, 1.0]])
    one, other = (denoiser(x, alpha, sigma).probabilities for alpha, sigma in ((0.6, 0.8), (3.0, 4.0)))
    assert one.numpy() == pytest.approx(other.numpy(), abs=1e-6)
    assert one.numpy() == pytest.approx(small().posterior(x.double(), Uniform(SYMBOLS), 0.64).numpy(), abs=1e-6)


def test_200_words_of_5000_take_well_under_a_tenth_of_a_second_a_step():
    generator = torch.Generator().manual_seed(0)
    states = torch.randint(0, 27, (5000, 8), generator=generator).unique(dim=0)
    weights = torch.rand(len(states), generator=generator, dtype=torch.float64)
    data = CategoricalDistribution(states, weights / weights.sum(), 27).to("cpu", torch.float32)
    x = Absorbing(27).after(data.sample(torch.rand(200, generator=generator)), 0.5, torch.randn(200, 8, generator=generator))
    started = time.process_time()
    for lost in np.linspace(0.01, 1.0, 16):
        data.posterior(x, Absorbing(27), lost)
    assert time.process_time() - started < 1.0


def test_many_sequences_are_computed_in_parts_and_are_the_same(monkeypatch):
    data, noise = small(), NOISES["uniform"](SYMBOLS)
    x = torch.arange(40).view(-1, 1).div(torch.tensor([9, 3, 1]), rounding_mode="floor").remainder(3).double()
    whole = data.seen(x, noise, 0.4), data.log_nearest(x, noise, 0.4)
    monkeypatch.setattr("diffviz.categorical.finite.AT_ONCE", 3 * len(data.states))
    parts = data.seen(x, noise, 0.4), data.log_nearest(x, noise, 0.4)
    torch.testing.assert_close(parts[0].posterior, whole[0].posterior, rtol=0, atol=0)
    torch.testing.assert_close(parts[0].log_q, whole[0].log_q, rtol=0, atol=1e-12)
    torch.testing.assert_close(parts[1], whole[1], rtol=0, atol=1e-12)
    assert data.seen(x[:0], noise, 0.4).posterior.shape == (0, 3, SYMBOLS)


def test_what_keeps_a_distribution_knows_its_size():
    data = small()
    before = size_of(data)
    data.posterior(data.states.double(), NOISES["absorbing"](SYMBOLS), 0.5)
    assert size_of(data) == before
    moved = data.to("cpu", torch.float32)
    assert moved.probabilities.dtype == torch.float32
    assert moved.states.tolist() == data.states.tolist()
