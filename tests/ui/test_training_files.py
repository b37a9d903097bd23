"""Trainings that are saved and loaded on the page."""

import base64
import io
import json
import zipfile

import numpy as np
import pytest

from diffviz.domains.plane.training import Recipe, begin
from diffviz.trained import file_of
from diffviz.ui import training as served
from tests.ui.trainings import SMALL, ask, energy, finished, more, unpacked

pytestmark = pytest.mark.usefixtures("own_jobs")


@pytest.mark.parametrize("loss", ["pcd", "cd"])
def test_an_energy_is_saved_and_loaded_and_goes_on_to_the_same_weights(loss):
    whole, _ = finished(energy(loss))
    first = more(None, energy(loss), updates=5)
    saved = ask(served.train_file, job=first["job"], side=0)
    loaded = ask(served.train_load, data=saved["data"])
    assert loaded["update"] == 5
    assert loaded["begin"]["runs"][0]["kind"] == "contrast"
    of_both = (answer["reports"][-1]["runs"][0]["negatives"] for answer in (first, loaded))
    np.testing.assert_array_equal(*map(unpacked, of_both))
    assert energy(loss).items() <= loaded["begin"]["recipes"][0].items()
    answer = loaded
    while not answer["done"]:
        answer = more(answer["job"])
    assert answer["trained"] == whole["trained"]


def test_a_saved_training_is_loaded_and_goes_on_to_the_same_weights():
    answer = more(None, SMALL, updates=5)
    saved = ask(served.train_file, job=answer["job"], side=0)
    assert saved["name"] == "two_moons-5-updates.zip"
    loaded = ask(served.train_load, data=saved["data"])
    assert loaded["update"] == 5
    assert loaded["begin"]["recipes"][0]["hidden"] == 8
    ends = [more(job, reports=10**6) for job in (answer["job"], loaded["job"])]
    assert ends[0]["trained"] == ends[1]["trained"]
    assert ask(served.train_load, data="%%")["error"].startswith("The file is not in base64")


def configuration(saved):
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(saved["data"]))) as file:
        return json.loads(file.read("config.json"))["measured"]


def test_a_saved_file_says_what_was_measured_of_its_own_weights_alone():
    answer = more(None, {**SMALL, "updates": 5000}, updates=1)
    job, reports = answer["job"], len(answer["reports"])
    answer = more(job, updates=0, reports=reports)  # it stands still: all is measured
    bound = answer["reports"][-1]["runs"][0]["bound"]
    still = configuration(ask(served.train_file, job=job, side=0))
    assert (still["updates"], still["bound"]) == (1, bound)
    held = served.JOBS.get(job)
    held.reports._quick.trained(-1e3)  # no report is due, nor is any of what takes long
    held._advance(5)
    assert configuration(ask(served.train_file, job=job, side=0)) == {"updates": 6}
    kept = more(job, updates=0, reports=reports + 1, keep=True)  # measured before it is named
    told = served.SHELF.get(kept["trained"][0]).measured
    assert (told["updates"], told["bound"]) == (6, kept["reports"][-1]["runs"][0]["bound"])


def without_state(data):
    """A file of a training, with the network alone."""
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(found, "w") as alone:
        for name in ("config.json", "model.safetensors"):
            alone.writestr(name, before.read(name))
    return found.getvalue()


def test_a_network_alone_is_told_after_its_updates_and_is_trained_no_further():
    training = begin(Recipe("two_moons", **SMALL))
    training.advance(5)
    data = without_state(file_of(training.average, training.recipe, {"updates": 5}, training.state()))
    loaded = ask(served.train_load, data=base64.b64encode(data).decode())
    assert (loaded["update"], loaded["of"], loaded["done"]) == (5, 12, True)
    assert "5 of 12 updates" in loaded["titles"][0]
    (refused,) = more(loaded["job"], reports=1, of=40)["notices"]
    assert "the network alone" in refused["message"]


@pytest.mark.parametrize("alone", [False, True])
def test_a_file_whose_training_was_continued_after_updates_that_were_not_made_is_refused(alone):
    training = begin(Recipe("two_moons", **{**SMALL, "updates": 30, "earlier": "8/12"}))
    training.advance(5)
    data = file_of(training.average, training.recipe, {"updates": 5}, training.state())
    data = without_state(data) if alone else data
    told = ask(served.train_load, data=base64.b64encode(data).decode())
    assert told["error"] == (
        "The file: its configuration says that training was continued after update 8 of 12, but only 5 updates were made."
    )
