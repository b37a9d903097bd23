"""The network of bits: what it is given for nothing, and what it answers."""

import numpy as np
import pytest
import torch

from diffviz.binomial.finite import BitDistribution
from diffviz.binomial.kernels import redrawing
from diffviz.domains.heartbeat.network import BitMLP, NetworkBits, own_log_odds


@pytest.fixture
def silent():
    """A network that adds nothing."""
    network = BitMLP(20).eval().requires_grad_(False)
    network.outputs.weight.zero_()
    network.outputs.bias.zero_()
    return network


@pytest.mark.parametrize("lost", [1e-6, 0.3, 1.0])
def test_what_a_bit_says_of_itself_is_bayes_rule(lost):
    one = BitDistribution(torch.tensor([[0.0], [1.0]], dtype=torch.float64), torch.tensor([0.8, 0.2], dtype=torch.float64))
    x = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    odds = own_log_odds(x, torch.full((1, 1), lost, dtype=torch.float64), 0.2)
    assert torch.sigmoid(odds).numpy() == pytest.approx(one.posterior(x, redrawing(lost, 0.2)).numpy(), abs=1e-12)


@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 1e-5), (0.8, 0.6), (0.5, 0.5), (0.0, 1.0)])
def test_a_network_that_adds_nothing_knows_single_bits(silent, alpha, sigma):
    x = (torch.rand(50, 20, generator=torch.Generator().manual_seed(0)) < 0.4).float()
    found = NetworkBits(silent, 0.2)(x, alpha, sigma).probabilities
    share = alpha**2 / (alpha**2 + sigma**2)
    kernel = redrawing(1 - share, 0.2)
    one = 0.2 * kernel[1] / (0.2 * kernel[1] + 0.8 * kernel[0])  # of a 0 and of a 1 in x_t
    assert found.numpy() == pytest.approx(np.where(x == 1, one[1], one[0]), abs=1e-6)


def test_levels_of_one_and_of_many_sequences_agree():
    network, x = BitMLP(20, hidden=16).eval(), torch.ones(6, 20)
    with torch.no_grad():
        assert torch.allclose(network(x, torch.tensor([1.5])), network(x, torch.full((6,), 1.5)), atol=1e-6)
        assert torch.equal(network(x, torch.tensor([50.0])), network(x, torch.tensor([10.0])))  # beyond what it was trained on
