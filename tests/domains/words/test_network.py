"""The network of words: what it is told, what it must not see, and a short training."""

import pytest
import torch

from diffviz.categorical.fields import PROCESSES
from diffviz.domains.words.lists import LENGTH, SYMBOLS, distribution_of
from diffviz.domains.words.training import WordRecipe, begin_words, new_word_network
from tests.categorical.trained import assert_learns

SHORT = {"hidden": 32, "layers": 1, "updates": 100, "batch": 128, "lr": 5e-3, "ema": 0.95}


@pytest.mark.parametrize("process", PROCESSES)
def test_training_learns_what_letters_know_of_one_another(process):
    data = distribution_of("names").to("cpu", torch.float32)
    assert_learns(new_word_network, begin_words, WordRecipe(process=process, **SHORT), data, paths=100, left=0.6)


def test_the_same_recipe_gives_the_same_weights_and_leaves_torch_s_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    small = WordRecipe(hidden=8, layers=1, updates=3, batch=16)
    one, other = (begin_words(small).advance(3).network.state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("process", PROCESSES)
def test_what_it_says_of_a_letter_depends_on_the_others_and_under_uniform_noise_on_the_level(process):
    torch.manual_seed(0)
    network = new_word_network(WordRecipe(process=process, hidden=16, layers=2))
    x_t = torch.randint(0, SYMBOLS, (1, LENGTH)).float()
    other = x_t.clone()
    other[0, 0] = (other[0, 0] + 1) % SYMBOLS
    with torch.no_grad():
        told = network(x_t, torch.tensor([1.0]))
        assert told.shape == (1, LENGTH, SYMBOLS)
        assert told.exp().sum(2).numpy() == pytest.approx(1.0, abs=1e-5)
        assert (network(other, torch.tensor([1.0]))[0, 1:] - told[0, 1:]).abs().max() > 1e-3
        assert torch.equal(network(x_t, torch.tensor([3.0])), told) == (process == "absorbing")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"dataset": "rings"}, "dataset must be one of names"),
        ({"hidden": 0}, "hidden must be from 1 to 512"),
        ({"process": "x"}, "process"),
    ],
)
def test_what_cannot_be_trained_is_refused(values, said):
    with pytest.raises(ValueError, match=said):
        WordRecipe(**values)
