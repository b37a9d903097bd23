"""The network of words: what it is told, what it must not see, and a short training."""

import math

import numpy as np
import pytest
import torch

from diffviz.categorical.costs import excess_nats
from diffviz.categorical.fields import PROCESSES
from diffviz.domains.words.lists import LENGTH, MASK, SYMBOLS, distribution_of, symbols_of
from diffviz.domains.words.network import NetworkWords, WordTransformer
from diffviz.domains.words.training import WordRecipe, WordTask, begin_words, new_word_network
from diffviz.schedules import make_schedule

SHORT = {"hidden": 32, "layers": 1, "updates": 100, "batch": 128, "lr": 5e-3, "ema": 0.95}


def untrained(masks):
    torch.manual_seed(0)
    return WordTransformer(LENGTH, SYMBOLS, 16, 2, masks).eval()


@pytest.mark.parametrize("process", PROCESSES)
def test_it_answers_probabilities_and_what_is_shown_under_masks_is_known(process):
    x_t = symbols_of(["anna", "ben"]).float()
    if process == "absorbing":
        x_t[:, 1] = MASK
    with torch.no_grad():
        told = NetworkWords(untrained(process == "absorbing"))(x_t, 0.6, 0.8).probabilities
    assert told.shape == (2, LENGTH, SYMBOLS)
    assert told.sum(2).numpy() == pytest.approx(1.0, abs=1e-5)
    if process == "absorbing":
        shown = torch.arange(LENGTH) != 1
        assert torch.equal(told[:, shown].argmax(2), x_t[:, shown].long())
        assert (told[:, shown].max(2).values == 1.0).all()


def test_at_low_uniform_noise_what_is_seen_is_nearly_certain_and_in_noise_it_tells_nothing_by_itself():
    network, x_t = untrained(False), symbols_of(["anna"]).float()
    with torch.no_grad():
        near = NetworkWords(network)(x_t, 1.0, 1e-3).probabilities
        far = network._seen_alone(x_t.long(), torch.tensor([-math.inf]))
    assert near.gather(2, x_t.long()[..., None]).min() > 0.999
    assert (far == 0).all()


def test_what_is_added_is_the_likelihood_of_the_symbol_alone():
    noise, log_snr = PROCESSES["uniform"].make(SYMBOLS), torch.tensor([1.3])
    same, other, _ = noise.likelihoods(float(torch.sigmoid(-log_snr)))
    added = untrained(False)._seen_alone(torch.tensor([[3]]), log_snr)
    assert float(added[0, 0, 3]) == pytest.approx(math.log(same / other), rel=1e-5)
    assert added.count_nonzero() == 1


def test_every_number_of_masks_comes_up_as_often_and_the_loss_is_the_bound():
    """Of a network that says the letters' own frequencies, whatever it sees: their entropies and no less."""
    recipe = WordRecipe(batch=4096)
    task = WordTask(recipe)
    drawn = task.draw(1, torch.Generator().manual_seed(0))[0]
    x0, x_t, _ = drawn
    hidden = (x_t == MASK).sum(1)
    assert torch.bincount(hidden, minlength=9).tolist() == [0] + [512] * 8
    assert torch.equal(x_t[x_t != MASK], x0[x_t != MASK])
    assert (x_t == MASK).double().mean(0).numpy() == pytest.approx(9 / 16, abs=4 * 0.5 / 64)

    marginals = distribution_of("names").marginals.clamp(min=1e-30).log().float()

    class Blind(torch.nn.Module):
        masks = True

        def forward(self, x_t, log_snr):
            return marginals.expand(len(x_t), LENGTH, SYMBOLS)

    expected = -float((marginals.exp() * marginals).sum())
    assert float(task.loss(Blind(), drawn, 1)[0]) == pytest.approx(expected, rel=0.02)


def excess(network, process):
    """In nats a word beyond the exact denoiser."""
    data, schedule = distribution_of("names").to("cpu", torch.float32), make_schedule("cosine", 6)
    noise = PROCESSES[process].make(SYMBOLS)
    return excess_nats(NetworkWords(network), data, noise, schedule, np.arange(7), samples=100).sum(0).mean()


@pytest.mark.parametrize("process", PROCESSES)
def test_training_learns_what_letters_know_of_one_another(process):
    recipe = WordRecipe(process=process, **SHORT)
    torch.manual_seed(0)
    before = excess(new_word_network(recipe), process)
    steps = list(begin_words(recipe).steps(every=50))
    assert [step.update for step in steps] == [50, 100]
    assert steps[-1].loss < steps[0].loss
    assert excess(steps[-1].network, process) < 0.6 * before


def test_the_same_recipe_gives_the_same_weights_and_leaves_torch_s_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    small = WordRecipe(hidden=8, layers=1, updates=3, batch=16)
    one, other = (begin_words(small).advance(3).network.state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("values", "said"),
    [({"dataset": "rings"}, "dataset must be one of names"), ({"hidden": 30}, "multiple of 4"), ({"process": "x"}, "process")],
)
def test_what_cannot_be_trained_is_refused(values, said):
    with pytest.raises(ValueError, match=said):
        WordRecipe(**values)
