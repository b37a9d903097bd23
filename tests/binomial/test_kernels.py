"""Kernels of bits, against all 2^n sequences written out."""

import math

import numpy as np
import pytest
import torch

from diffviz.binomial.kernels import (
    bits,
    entropy_nats,
    marginal_kernels,
    one_before,
    redrawing,
    reverse_kernels,
    step_kernels,
)
from diffviz.schedules import make_schedule
from tests.oracles.bits import Chain, kernel

SCHEDULES = ["sohl_dickstein", "cosine", "linear", "rectified_flow", "karras"]


def test_a_kernel_of_one_bit_is_the_paper_s():
    assert redrawing(0.25, 0.2) == pytest.approx(kernel(1, 0.75, 0.2))
    assert redrawing(np.array([0.0, 1.0]), 0.2) == pytest.approx(np.array([np.eye(2), [[0.8, 0.2], [0.8, 0.2]]]))


@pytest.mark.parametrize("name", SCHEDULES)
def test_steps_compose_to_the_marginals(name):
    schedule = make_schedule(name, 30)
    times = np.array([0, 1, 2, 9, 20, 29, 30])
    whole = np.eye(2)
    for step, marginal in zip(step_kernels(schedule, times, 0.2), marginal_kernels(schedule, times, 0.2)[1:], strict=True):
        whole = whole @ step
        assert whole == pytest.approx(marginal, rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_share_of_the_signal_is_the_probability_that_a_bit_was_never_redrawn(name):
    schedule = make_schedule(name, 12)
    for t, marginal in enumerate(marginal_kernels(schedule, np.arange(13), 0.2)):
        share = schedule.signal_share[t]
        assert marginal[:, 1] == pytest.approx([0.2 * (1 - share), share + 0.2 * (1 - share)])


def test_reverse_kernels_are_bayes_rule_for_every_pair_of_sequences():
    schedule, rate, n = make_schedule("sohl_dickstein", 4), 0.3, 3
    chain = Chain([[0, 0, 0]], [1.0], schedule.signal_share, rate)
    table = reverse_kernels(schedule, np.arange(5), rate)
    for j in range(1, 5):
        for x0, bits_0 in enumerate(chain.x):
            bridge = chain.bridge(j, x0)
            for x_t, bits_t in enumerate(chain.x):
                if bridge[x_t].sum() == 0:
                    continue
                one = np.array([table[j - 1, int(v), int(b)] for v, b in zip(bits_t, bits_0, strict=True)])
                assert np.where(chain.x == 1, one, 1 - one).prod(1) == pytest.approx(bridge[x_t], abs=1e-12)
    assert n == chain.n


def test_the_probability_of_a_one_is_the_mean_over_what_the_data_may_be():
    table = np.array([[0.1, 0.4], [0.3, 0.9]])
    x_t, x0_hat = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.25, 0.5]])
    assert one_before(table, x_t, x0_hat).tolist() == [pytest.approx([0.1 * 0.75 + 0.4 * 0.25, 0.6])]


def test_bits_have_their_probability_and_grow_with_it():
    normal = torch.randn(200_000, generator=torch.Generator().manual_seed(1))
    for probability in (0.0, 0.003, 0.2, 0.97, 1.0):
        drawn = bits(torch.full_like(normal, probability), normal)
        error = math.sqrt(probability * (1 - probability) / len(normal))
        assert abs(float(drawn.mean()) - probability) <= 4 * error
    assert (bits(0.3, normal) <= bits(0.31, normal)).all()


def test_entropy_of_a_bit():
    assert entropy_nats(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.0, math.log(2), 0.0])
    assert entropy_nats(np.array([0.2])) == pytest.approx([-(0.2 * math.log(0.2) + 0.8 * math.log(0.8))])
