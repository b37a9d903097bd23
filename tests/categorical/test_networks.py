"""What a network of symbols is told of noise, and what need not be learned."""

import math

import pytest
import torch

from diffviz.categorical.kernels import Uniform
from diffviz.categorical.networks import NetworkSymbols, log_probabilities, seen_alone

SYMBOLS = 3


class Random(torch.nn.Module):
    """Some logits for each place, whatever it sees."""

    symbols = SYMBOLS

    def __init__(self, masks):
        super().__init__()
        self.masks, self.made = masks, torch.randn(4, SYMBOLS, generator=torch.Generator().manual_seed(0))

    def forward(self, x_t, log_snr):
        return log_probabilities(self.made.expand(len(x_t), -1, -1), x_t, log_snr, self.masks)


def test_under_masks_what_is_shown_is_known_and_of_the_others_the_network_is_asked():
    network, x_t = Random(True), torch.tensor([[0.0, 3.0, 2.0, 3.0], [3.0, 1.0, 3.0, 0.0]])
    told, hidden = NetworkSymbols(network)(x_t, 0.6, 0.8).probabilities, x_t == SYMBOLS
    assert torch.equal(told[~hidden], torch.eye(SYMBOLS)[x_t[~hidden].long()])
    torch.testing.assert_close(told[hidden], network.made.softmax(1).expand(2, -1, -1)[hidden])


def test_under_uniform_noise_it_says_the_bayes_product_of_what_is_seen_and_what_it_has_learned():
    network, x_t = Random(False), torch.tensor([[0.0, 1.0, 2.0, 1.0]])
    same, other, _ = Uniform(SYMBOLS).likelihoods(0.8**2)
    likelihood = torch.full((1, 4, SYMBOLS), other).scatter(2, x_t.long()[..., None], same)
    expected = network.made.softmax(1) * likelihood
    torch.testing.assert_close(NetworkSymbols(network)(x_t, 0.6, 0.8).probabilities, expected / expected.sum(2, keepdim=True))


def test_at_low_uniform_noise_what_is_seen_is_nearly_certain_and_in_noise_it_tells_nothing_by_itself():
    x_t = torch.tensor([[0.0, 1.0, 2.0, 1.0]])
    near = NetworkSymbols(Random(False))(x_t, 1.0, 1e-3).probabilities
    assert near.gather(2, x_t.long()[..., None]).min() > 0.9999
    assert (seen_alone(x_t, torch.tensor([-math.inf]), SYMBOLS) == 0.0).all()


def test_what_is_added_is_the_likelihood_of_the_symbol_alone():
    same, other, _ = Uniform(SYMBOLS).likelihoods(float(torch.sigmoid(torch.tensor(-1.3))))
    added = seen_alone(torch.tensor([[2.0]]), torch.tensor([1.3]), SYMBOLS)
    assert added[0, 0].tolist() == pytest.approx([0.0, 0.0, math.log(same / other)], rel=1e-5)
