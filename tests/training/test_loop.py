"""The loop of every training: the same weights as a plain loop gives, however often it is interrupted."""

import math

import pytest
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from diffviz.domains import DOMAINS
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.training import Recipe, begin, new_network
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE
from diffviz.training.loop import CHECKED, KEPT, Diverged, Task, Training
from diffviz.training.settings import MOST_EARLIER, learning_rate, lengthened, total_at

TINY = Recipe("rings", hidden=8, layers=2, features=4, updates=7, batch=24)
SETTINGS = {  # a short training of every kind; that of heartbeats splits its read-outs twice on the way
    ("plane", "network"): {"dataset": "rings", "hidden": 8, "layers": 2, "features": 4, "batch": 24},
    ("plane", "energy"): {
        "dataset": "rings",
        "loss": "pcd",
        "hidden": 8,
        "layers": 2,
        "features": 4,
        "batch": 8,
        "buffer": 40,
        "moves": 2,
    },
    ("plane", "network_2015"): {"dataset": "rings", "steps": 5, "batch": 8, "hidden": 4},
    ("pictures", "network"): {"dataset": "digits", "channels": 8, "blocks": 1, "batch": 4, "multipliers": "1"},
    ("pictures", "classifier"): {"dataset": "digits", "channels": 4, "features": 4, "batch": 8},
    ("words", "network"): {"dataset": "english", "hidden": 8, "layers": 1, "batch": 8},
    ("graphs", "network"): {"dataset": "trees", "nodes": 4, "hidden": 8, "layers": 1, "batch": 8},
    ("heartbeat", "network"): {"dataset": "heartbeat", "hidden": 8, "batch": 16},
    ("heartbeat", "network_2015"): {"dataset": "heartbeat", "hidden": 4, "layers": 1, "steps": 40, "batch": 1},
}
KINDS = [(domain, kind) for domain, row in DOMAINS.items() for kind in row.training]


def same(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def fresh(domain, kind, updates=7):
    row = DOMAINS[domain].training[kind]
    return row.begin(row.format.recipe(updates=updates, **SETTINGS[domain, kind]))


def by_hand(recipe):
    """The averaged weights after every update, by a loop without any of ours."""
    generator = torch.Generator().manual_seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    network = new_network(recipe)
    network.draw_frequencies(generator)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema))
    mixture = make_dataset(recipe.dataset).to("cpu", torch.float32)
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.lr, fused=True)
    low, high = LOG_SNR_RANGE
    for update in range(1, recipe.updates + 1):
        optimiser.param_groups[0]["lr"] = learning_rate(recipe.lr, update, recipe.updates)
        draw = torch.rand(2, recipe.batch, generator=generator)
        normal = torch.randn(2, recipe.batch, 2, generator=generator)
        x0 = mixture.sample(draw[0], normal[0])
        log_snr = low + (high - low) * (torch.arange(recipe.batch) + draw[1]) / recipe.batch
        alpha, sigma = torch.sigmoid(log_snr).sqrt()[:, None], torch.sigmoid(-log_snr).sqrt()[:, None]
        v = network(alpha * x0 + sigma * normal[1], log_snr)
        loss = (v - (alpha * normal[1] - sigma * x0)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        average.update_parameters(network)
        yield loss.item(), {name: value.clone() for name, value in average.module.state_dict().items()}


def test_the_loop_is_a_plain_loop_bit_for_bit():
    recipe = Recipe("two_moons", updates=45, batch=64)
    for step, (loss, weights) in zip(begin(recipe).steps(every=1), by_hand(recipe), strict=True):
        assert step.losses == (loss,)
        same(step.network.state_dict(), weights)


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_a_training_interrupted_after_any_update_ends_in_the_same_weights(kind):
    whole, parts = fresh(*kind), fresh(*kind)
    before = torch.get_rng_state()
    [*_] = whole.steps()
    assert torch.equal(torch.get_rng_state(), before)
    losses = []
    for update in range(1, 8):
        losses += parts.advance().losses
        assert parts.update == update
        torch.manual_seed(update)  # what others draw is of no account
        again = fresh(*kind)
        again.restore(parts.state())
        same(again.state(), parts.state())
        parts = again
    assert parts.done
    assert not parts.advance().losses
    same(parts.average.state_dict(), whole.average.state_dict())
    assert len(losses) == 7


def test_a_loss_does_not_depend_on_how_many_updates_are_asked_for_at_once():
    one, other = begin(TINY), begin(TINY)
    step = one.advance(100)
    assert (step.update, len(step.losses)) == (7, 7)
    assert step.losses == sum((step.losses for step in other.steps(every=3)), ())
    assert step.loss == pytest.approx(sum(step.losses) / 7)
    assert math.isnan(begin(TINY).advance(0).loss)


def test_without_an_average_the_weights_themselves_are_kept():
    training = fresh("plane", "network_2015")
    training.advance(2)
    assert training.average is training.network
    assert not any(name.startswith("average") for name in training.state())


def test_the_average_is_the_exponential_one():
    training = begin(TINY)
    weights = []
    for _ in training.steps(every=1):
        weights.append(training.network.outputs.weight.detach().clone())
    wanted = weights[0]
    for weight in weights[1:]:
        wanted = TINY.ema * wanted + (1 - TINY.ema) * weight
    torch.testing.assert_close(training.average.outputs.weight, wanted)


@pytest.mark.parametrize("change", ["missing", "more", "shape", "type", "other", "late", "none"])
def test_a_state_of_another_training_is_refused(change):
    training = begin(TINY)
    training.advance(2)
    state = training.state()
    if change == "missing":
        del state["optimiser.0.exp_avg"]
    elif change == "more":
        state["network.more"] = torch.zeros(1)
    elif change == "shape":
        state["network.outputs.weight"] = state["network.outputs.weight"].T.contiguous()
    elif change == "type":
        state["generator"] = state["generator"].float()
    elif change == "other":
        state = fresh("heartbeat", "network").state()
    elif change == "late":
        state["update"] = torch.tensor(8)
    else:
        del state["update"]
    with pytest.raises(ValueError, match=r"^The state is .*\.$"):
        training.restore(state)
    same(training.state(), begin(TINY).state())


class Breaking(Task):
    """A line through 0 whose loss is not finite from one update on, as weights that overflow would have it."""

    ahead = 3

    def __init__(self, recipe, at, value):
        super().__init__(recipe)
        self.at, self.value, self.used = at, value, 0

    def network(self, generator):
        return torch.nn.Linear(1, 1)

    def draw(self, count, generator):
        return torch.randn(count, 8, 1, generator=generator)

    def loss(self, network, drawn, update):
        loss = (network(drawn) - 2 * drawn).square().mean() + (self.value if update >= self.at else 0.0)
        return loss, loss


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("at", [1, 2, 3, CHECKED, CHECKED + 1, KEPT + 1, KEPT + 2, 2 * KEPT + 28, 299])
@pytest.mark.parametrize("asked", [1, 1000])
def test_a_loss_that_is_not_finite_stops_and_leaves_the_last_good_weights(at, value, asked):
    recipe = Recipe("rings", updates=300)  # of which only updates, lr, ema and seed are read
    training, sound = Training(Breaking(recipe, at, value)), Training(Breaking(recipe, 1000, value))
    with pytest.raises(Diverged, match=rf"^The loss of update {at} is not finite\.$") as error:
        [*training.steps(every=asked)]
    assert error.value.update == at
    assert training.update == max(0, at - 2)
    sound.advance(training.update)
    same(training.state(), sound.state())


@pytest.mark.parametrize("first", [0, 1, KEPT, 2 * KEPT])
def test_a_loss_that_is_not_finite_after_a_restored_state_leaves_that_state(first):
    """The weights that were restored are the first whose loss is not finite: there are no better ones to return to."""
    recipe = Recipe("rings", updates=300)
    sound = Training(Breaking(recipe, 1000, math.nan))
    sound.advance(first)
    state = sound.state()
    again, further = (Training(Breaking(recipe, first + 1, math.nan)) for _ in range(2))
    further.task.at = 1000
    further.advance(299)  # whose copies are of later updates
    further.task.at = first + 1
    for training in (again, further):
        training.restore(state)
        for _ in range(2):
            with pytest.raises(Diverged, match=rf"^The loss of update {first + 1} is not finite\.$"):
                training.advance(5)
            same(training.state(), state)


class Overflowing(Breaking):
    """The same with one weight that is not finite after an update; the loss that shows it would be the next one's."""

    def loss(self, network, drawn, update):
        loss = (network(drawn) - 2 * drawn).square().mean()
        return loss, loss

    def after(self, network, update):
        if update == self.at:
            network.weight.detach().fill_(self.value)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize(("at", "asked"), [(300, 1), (300, 1000), (1, 1), (70, 70), (50, 50)])
def test_weights_that_are_not_finite_after_the_last_update_are_not_handed_out(at, asked, value):
    recipe = Recipe("rings", updates=300)
    training, sound = Training(Overflowing(recipe, at, value)), Training(Overflowing(recipe, 1000, value))
    with pytest.raises(Diverged, match=rf"^The weights after update {at} are not finite\.$") as error:
        [*training.steps(every=asked)]
    assert error.value.update == at
    sound.advance(at - 1)
    same(training.state(), sound.state())


@pytest.mark.parametrize("kind", [("plane", "network"), ("plane", "energy")])
@pytest.mark.parametrize("made", [5, 7])
def test_a_training_that_is_lengthened_is_the_one_of_the_recipe_that_says_so(kind, made):
    row, usual = DOMAINS[kind[0]].training[kind[1]], SETTINGS[kind]
    training = row.begin(row.format.recipe(**usual, updates=7))
    training.advance(made)
    training = training.lengthened(40).lengthened(20)
    assert training.recipe.earlier == f"{made}/7"
    training.advance(20)
    whole = row.begin(training.recipe)
    whole.advance(20)
    same(training.state(), whole.state())
    plain = row.begin(row.format.recipe(**usual, updates=20))
    plain.advance(20)
    assert any(not torch.equal(value, plain.state()[name]) for name, value in training.state().items())


def test_the_learning_rate_of_a_lengthened_training_was_made_for_its_earlier_length_and_rises_again():
    recipe = lengthened(lengthened(TINY, 7, 20), 13, 30)
    assert recipe.earlier == "7/7 13/20"
    assert [total_at(recipe, update) for update in (1, 7, 8, 13, 14, 30)] == [7, 7, 20, 20, 30, 30]
    task = Task(recipe)
    assert task.rate(1.0, 7) == pytest.approx(0.0, abs=1e-12)
    assert task.rate(1.0, 8) == learning_rate(1.0, 8, 20) > 0.5
    assert lengthened(lengthened(TINY, 5, 20), 5, 7) == TINY
    assert lengthened(TINY, 0, 9).earlier == ""
    with pytest.raises(ValueError, match="updates must be at least 5"):
        lengthened(TINY, 5, 4)


EARLIER = ("5", "5/4", "8/9", "5/7 5/7", "0/7", "5/7  6/7", "-1/7", "x/7")


@pytest.mark.parametrize("earlier", EARLIER)
def test_what_is_no_earlier_length_is_refused(earlier):
    with pytest.raises(ValueError, match="earlier must be like 783/5000"):
        Recipe("rings", updates=7, earlier=earlier)


def test_a_training_is_lengthened_so_often_and_no_more():
    often = [f"{update}/99" for update in range(1, MOST_EARLIER + 2)]
    recipe = Recipe("rings", updates=99, earlier=" ".join(often[:-1]))
    with pytest.raises(ValueError, match=r"^updates cannot be changed: a training is lengthened 32 times at most\.$"):
        lengthened(recipe, MOST_EARLIER + 1, 100)
    assert lengthened(recipe, MOST_EARLIER, 100).updates == 100  # instead of the last time
    with pytest.raises(ValueError, match=r"^earlier must have at most 32 entries, not 33\.$"):
        Recipe("rings", updates=99, earlier=" ".join(often))
