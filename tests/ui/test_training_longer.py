"""Trainings that go on with another number of updates."""

import pytest
import torch

from diffviz.domains.plane.energies import begin_energy
from diffviz.domains.plane.training import begin
from diffviz.ui import training as served
from tests.ui.trainings import SMALL, ask, energy, finished, more

pytestmark = pytest.mark.usefixtures("own_jobs")


def test_a_training_goes_on_when_more_updates_are_wanted_with_all_that_it_remembers():
    answer, reports = finished(SMALL)
    on = more(answer["job"], reports=len(reports), of=30)
    assert (on["update"], on["of"], on["done"]) == (30, 30, True)
    assert on["titles"] == [
        "v, Two moons, 30 updates, width 8, depth 2, features of x 4, batch 16, ema 0.99, continued after 12/12"
    ]
    network = served.SHELF.get(on["trained"][0])
    assert network.recipe.earlier == "12/12"
    again = begin(network.recipe)
    again.advance(30)
    assert all(torch.equal(value, again.average.state_dict()[name]) for name, value in network.network.state_dict().items())
    loaded = ask(served.train_load, data=ask(served.train_file, job=answer["job"], side=0)["data"])
    assert (loaded["update"], loaded["of"]) == (30, 30)
    assert more(loaded["job"], reports=1, of=40)["update"] == 40


@pytest.mark.parametrize("loss", ["cd", "pcd"])
def test_an_energy_goes_on_with_more_updates_to_the_weights_of_the_recipe_that_says_so(loss):
    answer, reports = finished(energy(loss))
    longer = more(answer["job"], reports=len(reports), of=20)
    assert (longer["update"], longer["of"], longer["done"]) == (20, 20, True)
    network = served.SHELF.get(longer["trained"][0])
    again = begin_energy(network.recipe)
    again.advance(20)
    assert all(torch.equal(value, again.average.state_dict()[name]) for name, value in network.network.state_dict().items())


TOO_FEW, TOO_MANY = (5, "Updates must be at least 12"), (2_000_000, "Updates must be from 1 to 1000000")


@pytest.mark.parametrize(("of", "message"), [TOO_FEW, TOO_MANY])
def test_a_length_that_cannot_be_is_refused_and_the_training_stays(of, message):
    answer, reports = finished(SMALL)
    (refused,) = more(answer["job"], reports=len(reports), of=of)["notices"]
    assert refused["field"] == "updates"
    assert refused["message"].startswith(message)
    assert more(answer["job"], reports=len(reports), updates=0)["of"] == 12


def test_a_training_that_was_lengthened_too_often_says_so_of_the_updates():
    answer = more(None, {**SMALL, "updates": 40}, updates=1)
    for update in range(2, 34):
        answer = more(answer["job"], updates=1, reports=10**6, of=40 + update)
    assert (answer["update"], answer["notices"]) == (33, [])
    (refused,) = more(answer["job"], updates=1, reports=10**6, of=99)["notices"]
    assert (refused["field"], refused["message"]) == (
        "updates",
        "Updates cannot be changed: a training is lengthened 32 times at most.",
    )
    assert more(answer["job"], updates=1, reports=10**6)["update"] == 34
