"""Training the heartbeat's network."""

import numpy as np
import pytest
import torch

from diffviz.binomial.costs import excess_nats
from diffviz.domains.heartbeat.data import RATE, heartbeat
from diffviz.domains.heartbeat.network import NetworkBits
from diffviz.domains.heartbeat.training import BitRecipe, begin_bits, new_bit_network
from diffviz.schedules import make_schedule

SHORT = {"hidden": 32, "updates": 300, "batch": 256, "lr": 1e-2, "ema": 0.98}


def excess(network):
    schedule = make_schedule("cosine", 20)
    return excess_nats(NetworkBits(network, RATE), heartbeat(), schedule, np.arange(21), RATE, samples=1000).sum(0).mean()


def test_training_learns_what_bits_know_of_one_another():
    steps = list(begin_bits(BitRecipe(**SHORT)).steps(every=150))
    assert [step.update for step in steps] == [150, 300]
    torch.manual_seed(0)
    assert excess(steps[-1].network) < 0.7 * excess(new_bit_network(BitRecipe(**SHORT)))


def test_the_same_recipe_gives_the_same_weights_and_leaves_torch_s_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, other = (begin_bits(BitRecipe(hidden=8, updates=5, batch=16)).advance(5).network.state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_another_data_set_is_refused():
    with pytest.raises(ValueError, match="dataset must be heartbeat"):
        BitRecipe(dataset="rings")
