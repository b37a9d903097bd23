"""What the Train tab is answered: trainings that go on while they are asked for, each visitor's own."""

import base64
import io
import json
import re
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffviz import Experiment, run
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.energies import EnergyRecipe, begin_energy
from diffviz.domains.plane.training import Recipe, begin
from diffviz.exports import fields_of, title
from diffviz.fields import ExperimentError
from diffviz.gaussian.quadrature import entropy_nats, marginal
from diffviz.levels import level_of
from diffviz.trained import file_of
from diffviz.training.settings import is_read
from diffviz.ui import jobs
from diffviz.ui import training as served
from diffviz.ui.jobs import MOST_WAITING, Jobs
from diffviz.ui.limits import TRAINING_IDLE_SECONDS, TRAININGS_BYTES
from diffviz.ui.training_form import check_training, parameters, point_cost, read_recipe, settings_of, table, update_cost
from diffviz.ui.turns import QUICK, Busy, called
from tests.benchmarks.training_cost import largest, longest, seconds

SMALL = {"hidden": 8, "layers": 2, "features": 4, "batch": 16, "updates": 12}


@pytest.fixture(autouse=True)
def _own_jobs(monkeypatch):
    """Those of other tests take no room, and each may make room for another at once."""
    monkeypatch.setattr(served, "JOBS", Jobs(TRAININGS_BYTES, 0.0, TRAINING_IDLE_SECONDS))


def ask(function=served.train_asked, **what):
    return json.loads(function(json.dumps(what)) or "null")


def more(job=None, *recipes, updates=100, reports=0, view=(("log_snr", 1.0),), **what):
    return ask(job=job, recipes=list(recipes), updates=updates, reports=reports, view=dict(view), **what)


def finished(*recipes):
    answer = more(None, *recipes)
    reports = answer["reports"]
    while not answer["done"]:
        answer = more(answer["job"], reports=len(reports))
        reports += answer["reports"]
    return answer, reports


def unpacked(packed):
    kind = np.dtype(packed["type"]).newbyteorder("<")
    return packed["scale"] * np.frombuffer(base64.b64decode(packed["data"]), kind).reshape(packed["shape"])


def test_a_training_that_is_pulled_is_the_one_of_the_command_line():
    answer, reports = finished(SMALL)
    told = [loss for report in reports for loss in report["runs"][0]["loss"]]
    expected = [step.loss for step in begin(Recipe("two_moons", **SMALL)).steps(1)]
    np.testing.assert_allclose(told, expected, rtol=1e-5)
    assert (answer["update"], answer["of"], answer["left"]) == (12, 12, None)
    assert reports[0]["update"] == 0
    (name,) = answer["trained"]
    assert ask(served.train_shelf, ids=[name, "trained:" + "1" * 16, 3]) == {"known": [name]}


def test_an_energy_is_told_with_its_landscape_and_its_divergences():
    _, reports = finished({**SMALL, "dataset": "eight_gaussians", "objective": "energy"})
    found = reports[-1]["runs"][0]["energy"]
    assert found["log_snr"] == 1.0
    assert found["kl_data_model"][0] > 0
    assert found["kl_model_data"][1] is None
    grid = unpacked(found["energy"])
    assert grid.shape == (49, 49)
    cell = (2 * 3.0 / 48) ** 2
    assert np.exp(-grid).sum() * cell == pytest.approx(1.0, abs=0.05)
    assert unpacked(found["chains"]).shape[2] == 2
    for each in ("exact", "found", "chains"):
        assert sum(found["weights"][each]) == pytest.approx(1.0, abs=1e-3)
    assert finished(SMALL)[1][-1]["runs"][0]["energy"] is None


CHAINS = {"moves": 2, "step": 0.01}
LOSSES = {
    "dsm_one": ("energy", 3.0, {}),
    "cd": ("contrast", 3.0, CHAINS),
    "pcd": ("contrast", 3.0, {**CHAINS, "buffer": 60, "fresh": 0.1}),
    "recovery": ("energy", None, {"moves": 2}),
    "mle": ("energy", 3.0, {}),
}


def energy(loss, **changed):
    level = {} if LOSSES[loss][1] is None else {"log_snr": LOSSES[loss][1]}
    return {**SMALL, "dataset": "eight_gaussians", "objective": "energy", "loss": loss, **level, **LOSSES[loss][2], **changed}


@pytest.mark.parametrize("loss", LOSSES)
def test_an_energy_is_trained_by_any_loss_as_the_command_line_does(loss):
    kind, level, _ = LOSSES[loss]
    first = more(None, energy(loss), updates=0)
    answer = more(first["job"], reports=1)
    told = [each for report in answer["reports"] for each in report["runs"][0]["loss"]]
    while not answer["done"]:
        answer = more(answer["job"], reports=1 + len(answer["reports"]))
        told += [each for report in answer["reports"] for each in report["runs"][0]["loss"]]
    settings = {name: value for name, value in energy(loss).items() if name != "objective"}
    expected = [step.loss for step in begin_energy(EnergyRecipe(**settings)).steps(1)]
    np.testing.assert_allclose(told, expected, rtol=1e-4)
    assert energy(loss).items() <= first["begin"]["recipes"][0].items()
    run, report = first["begin"]["runs"][0], answer["reports"][-1]["runs"][0]
    assert (run["kind"], run["log_snr"]) == (kind, level)
    diffusion = level is None  # a reverse process, and its bound
    assert (report["gap"] is not None) == (report["bound"] is not None) == (run["exact_gap"] is not None) == diffusion
    assert report["levels"] is None
    assert run["floor"] is None
    assert report["energy"]["log_snr"] == (1.0 if level is None else level)
    assert report["energy"]["ais"][1] > 0
    assert len(report["field"]["log_snr"]) == len(unpacked(report["field"]["score"])) == (5 if diffusion else 1)
    assert unpacked(report["samples"]).shape == unpacked(first["begin"]["noise"]).shape
    assert (report["negatives"] is not None) == (kind == "contrast")
    assert bool(run["explore"]) == (level is not None)


def test_negative_samples_are_the_replay_buffer_or_where_the_chains_of_the_last_update_came_to():
    job = more(None, energy("pcd"), updates=0)
    assert unpacked(job["reports"][0]["runs"][0]["negatives"]).shape == (60, 2)
    job = more(None, energy("cd"), updates=0)
    assert job["reports"][0]["runs"][0]["negatives"] is None  # none has been drawn
    moved = more(job["job"], updates=1, reports=1)["reports"][-1]["runs"][0]["negatives"]
    assert unpacked(moved).shape == (SMALL["batch"], 2)


def test_the_least_loss_of_an_energy_at_one_level_is_known_in_closed_form_and_what_a_network_is_above_it():
    mixture, (alpha, sigma) = make_dataset("eight_gaussians"), level_of(3.0)
    known = marginal(mixture, alpha, sigma)
    first = {loss: more(None, energy(loss), updates=0) for loss in LOSSES}
    least = {loss: answer["begin"]["runs"][0]["least"] for loss, answer in first.items()}
    assert least["mle"] == pytest.approx(known.entropy_nats)
    assert least["dsm_one"] == pytest.approx(known.mmse / sigma**2 / 2)
    assert [least[loss] for loss in ("cd", "pcd", "recovery")] == [None] * 3

    runs = {loss: answer["reports"][0]["runs"][0] for loss, answer in first.items()}
    assert [runs[loss]["excess"] for loss in ("cd", "pcd", "recovery")] == [None] * 3
    assert runs["mle"]["excess"] == runs["mle"]["energy"]["kl_data_model"]  # E[U] + log Z less the entropy of the data
    recipe = read_recipe(energy("dsm_one"))
    task, network = begin_energy(replace(recipe, batch=65536)).task, begin_energy(recipe).average
    with torch.no_grad():
        loss = [float(task.loss(network, drawn, 0)[0]) for drawn in task.draw(8, torch.Generator().manual_seed(1))]
    value, stderr = runs["dsm_one"]["excess"]
    assert np.mean(loss) - least["dsm_one"] == pytest.approx(value, abs=4.0 * np.hypot(stderr, np.std(loss, ddof=1) / np.sqrt(8)))
    assert runs["dsm_one"]["levels"] is None  # it is of one


def test_energies_of_two_losses_and_a_denoiser_keep_one_clock():
    for other in (energy("dsm_one"), energy("cd", log_snr=5.0), {**SMALL, "dataset": "eight_gaussians"}):
        first = more(None, energy("cd"), other, updates=0)
        runs = first["begin"]["runs"]
        assert first["titles"][0] != first["titles"][1]
        answer = more(first["job"], updates=12, reports=1)
        assert all(len({len(run["loss"]) for run in report["runs"]}) == 1 for report in answer["reports"])
    assert [run["kind"] for run in runs] == ["contrast", "denoiser"]
    assert first["titles"][0].startswith("Contrastive divergence")
    assert first["titles"][1].startswith("v")
    scored = more(None, energy("cd"), {**SMALL, "dataset": "eight_gaussians", "objective": "energy"}, updates=0)
    assert [run["energy"]["log_snr"] for run in scored["reports"][0]["runs"]] == [3.0, 3.0]  # where both can be compared


def test_langevin_moves_and_nodes_of_a_quadrature_are_counted():
    usual = {"objective": "energy", "batch": 512}
    few, many = (read_recipe({**usual, "loss": "cd", "moves": moves, "updates": 100}) for moves in (1, 20))
    assert update_cost(many) > 4 * update_cost(few)
    for loss in (*LOSSES, "dsm"):
        read_recipe({**usual, "loss": loss})  # the settings with which the form begins are within the bounds
    for changed, field, message in (
        ({"loss": "cd", "moves": 200}, "moves", "Moves k must be at most"),
        ({"loss": "pcd", "updates": 50_000}, "updates", "Updates must be at most"),
        ({"loss": "mle", "hidden": 200}, "hidden", "Width must be less here: log Z takes the energies of 9216 points"),
        ({"loss": "cd", "log_snr": 40}, "log_snr", "Noise level must be from"),
        ({"loss": "gan"}, "loss", "Loss must be one of"),
    ):
        (notice,) = more(None, {**usual, **changed})["notices"]
        assert (notice["field"], notice["message"][: len(message)]) == (field, message)
    (notice,) = more(None, {**usual, "loss": "cd", "moves": 200})["notices"]
    most = int(re.search(r"at most (\d+)", notice["message"])[1])
    read_recipe({**usual, "loss": "cd", "moves": most, "updates": 1000})


def test_the_form_shows_each_setting_of_a_loss_with_it_alone():
    rules = table()["rules"]

    def shown(**settings):
        values, names = table()["defaults"] | settings, set()
        for rule in rules:
            if all(field in names and (values[field] in among) == wanted for field, among, wanted in rule["when"]):
                names |= set(rule["uses"])
        return names

    for chosen in ({}, {"objective": "energy"}, *({"objective": "energy", "loss": loss} for loss in LOSSES)):
        recipe = read_recipe(chosen)
        read = {name for name, item in fields_of(recipe).items() if is_read(recipe, item)}
        means = {"objective", "loss"} if chosen.get("objective") == "energy" else {"objective"}
        assert shown(**chosen) == read | means, chosen
        assert chosen.items() <= settings_of(recipe).items()
    assert shown(weighting="min_snr") - shown() == {"gamma"}
    assert shown(loss="cd", moves=3) == shown()  # a loss counts of an energy alone
    defaults = [{name: item.default for name, item in fields_of(kind("two_moons")).items()} for kind in (Recipe, EnergyRecipe)]
    assert all(defaults[1].get(name, value) == value for name, value in defaults[0].items() if name != "dataset")


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


def test_an_energy_of_one_level_is_sampled_in_explore_by_chains_and_other_samplers_are_refused_in_a_sentence():
    answer, _ = finished(energy("cd"))
    explore = more(None, energy("cd"), updates=0)["begin"]["runs"][0]["explore"]
    (name,) = answer["trained"]
    usual = {"dataset": "eight_gaussians", "denoiser": name, "particles": 8, "steps": 4}
    for sampler in ("mala", "ula"):
        run(Experiment(**(explore | usual | {"sampler": sampler})))
    for other in ({}, {"sampler": "ddim"}, {"sampler": "mala", "langevin_level": 1.0}):
        with pytest.raises(ExperimentError, match=r"was trained at log SNR 3 alone.*(MALA|mala)"):
            run(Experiment(**usual, **other))


def test_chains_that_leave_the_plane_stop_their_training_in_a_sentence():
    answer, reports = finished(energy("cd", adjusted=False, step=50.0, moves=60))
    sentence = reports[-1]["runs"][0]["diverged"]
    assert re.match(r"The loss of update \d+ is not finite: training has stopped, with the weights of update \d+\.", sentence)
    assert sentence.endswith("A smaller learning rate or Langevin step may help.")
    assert reports[-1]["runs"][0]["warning"] is None
    assert answer["done"]


def test_an_energy_and_a_diffusion_model_are_compared_with_as_many_function_evaluations():
    both = more(None, energy("cd"), {**SMALL, "dataset": "eight_gaussians"}, updates=0)["begin"]["runs"]
    runs = [Experiment(dataset="eight_gaussians", **side["explore"]) for side in both]
    assert [e.sampler for e in runs] == ["mala", "ancestral"]
    assert [run(replace(e, particles=4)).evaluations for e in runs] == [99, 99]
    assert more(None, SMALL, updates=0)["begin"]["runs"][0]["explore"] == {}


def test_every_preset_is_a_training_that_the_page_affords():
    for preset in table()["presets"]:
        recipes = [read_recipe(settings) for settings in preset["runs"]]
        assert len({recipe.updates for recipe in recipes}) == 1
    assert any("run away" in preset["title"] for preset in table()["presets"])


def test_reports_hold_what_the_contract_says():
    first = more(None, SMALL, updates=3)
    begin_of, report = first["begin"], first["reports"][-1]["runs"][0]
    levels = len(begin_of["levels"])
    assert report["batches"] == 1
    assert len(report["levels"]["loss"]) == len(report["levels"]["stderr"]) == len(begin_of["runs"][0]["floor"]) == levels
    count, rows, columns, two = report["field"]["score"]["shape"]
    assert (rows, two, report["field"]["log_snr"][0]) == (columns, 2, 1.0)
    assert count == len(report["field"]["log_snr"])
    assert unpacked(report["samples"]).shape == unpacked(begin_of["noise"]).shape
    loss, error, floor = (np.array(each) for each in (*report["levels"].values(), begin_of["runs"][0]["floor"]))
    assert (loss > floor - 5 * error).all()  # the least that any network can reach


def test_two_trainings_keep_one_clock_and_one_budget_names_its_field():
    answer, reports = finished(SMALL, {**SMALL, "objective": "eps"})
    assert len(answer["trained"]) == 2
    assert all(len({len(run["loss"]) for run in report["runs"]}) == 1 for report in reports)
    refused = more(None, SMALL, {**SMALL, "updates": 5})
    assert refused["notices"][0]["field"] == "updates"


@pytest.mark.parametrize(
    ("recipe", "field", "message"),
    [
        ({"lr": 2}, "lr", "Learning rate must be from"),
        ({"updates": 900_000}, "updates", "Updates must be at most"),
        ({"hidden": 1024}, "hidden", "Width must be less here"),
        ({"batch": 65_536}, "batch", "Batch must be at most"),
        ({"batch": True}, "batch", "Batch must be a whole number"),
        ({"dataset": "nothing"}, "dataset", "Data distribution must be one of"),
        ({"dataset": "own_points", "own_points": "zz"}, "own_points", "Points must be points"),
        ({"dataset": "own_points", "bandwidth": "wide"}, "bandwidth", "Kernel bandwidth h must be"),
        ({"objective": "z"}, "objective", "Prediction must be one of"),
    ],
)
def test_a_refusal_names_the_field_as_the_form_does(recipe, field, message):
    (notice,) = more(None, recipe)["notices"]
    assert (notice["field"], notice["side"]) == (field, None)
    assert notice["message"].startswith(message)


@pytest.mark.parametrize("objective", ["v", "energy"])
@pytest.mark.parametrize("shape", [(1, 1, 512), (8, 16, 4), (128, 3, 32)])
def test_the_largest_batch_is_an_update_of_a_moment(objective, shape):
    """Whatever costs: products, or the functions of many units, or an energy's second derivatives."""
    recipe = largest(objective, *shape)
    check_training(recipe)
    assert recipe.batch * parameters(recipe) < 200_000_000
    assert seconds(recipe, 2) < 0.25
    with pytest.raises(ExperimentError, match="must be at most"):
        check_training(replace(recipe, batch=recipe.batch + 1))


@pytest.mark.parametrize("loss", ["pcd", "recovery", "mle"])
def test_the_longest_update_of_an_energy_takes_a_moment(loss):
    recipe = longest(loss)
    check_training(recipe)
    assert seconds(recipe, 2) < 0.25
    if recipe.chain_moves:
        with pytest.raises(ExperimentError, match="must be at most"):
            check_training(replace(recipe, moves=recipe.moves + 2))


def test_features_and_an_energy_s_derivatives_are_counted():
    few = {"hidden": 1, "layers": 1, "batch": 16_384, "objective": "energy"}
    assert more(None, few | {"features": 512})["notices"][0]["message"].startswith("Batch must be at most")
    costs = [point_cost(Recipe("two_moons", **few | each)) for each in ({"objective": "v"}, {}, {"features": 512})]
    assert costs[0] < costs[1] < costs[2] / 5


def test_own_data_are_trained_on_and_their_own_exact_minimum_is_told():
    """The floor is that of the mixture which was sent: of one Gaussian it is known."""
    own = SMALL | {"dataset": "own_mixture", "own_mixture": "0,0,0.5,1", "objective": "x0", "weighting": "simple"}
    answer = more(None, own, updates=1)
    assert answer["notices"] == []
    begun, plain = answer["begin"], more(None, SMALL | {"dataset": "own_points", "bandwidth": 0.3}, updates=1)
    assert begun["entropy"] == pytest.approx(np.log(2 * np.pi * np.e * 0.25), abs=1e-6)
    assert plain["begin"]["entropy"] == pytest.approx(entropy_nats(make_dataset("own_points", bandwidth=0.3)), abs=1e-6)
    assert begun["runs"][0]["floor"] != plain["begin"]["runs"][0]["floor"]


def test_reports_that_nobody_fetches_are_no_more_than_so_many():
    answer = more(None, SMALL | {"updates": 200}, updates=3)
    told = [report["runs"][0] for report in answer["reports"]]
    job = served.JOBS.get(answer["job"])
    for level in (2.0, 5.0):
        answer = more(answer["job"], updates=0, view={"log_snr": level})
        assert [report["update"] for report in answer["reports"]] == [0, 3]
        seen = answer["reports"][-1]["runs"][0]
        assert seen["field"]["log_snr"][0] == level
        assert seen["loss"] == told[-1]["loss"]  # of before
        assert seen["bound"]  # of a page that stands still all is measured
    anew = more(answer["job"], updates=0, reports=2)["reports"]
    assert [(report["update"], report["runs"][0]["loss"]) for report in anew] == [(3, [])]  # the page has the losses
    answers = [more(answer["job"], updates=1, reports=2) for _ in range(MOST_WAITING + 5)]
    assert answers[-1]["update"] == answers[-2]["update"] == 3 + MOST_WAITING - 1
    assert len(answers[-1]["reports"]) == MOST_WAITING
    assert sum(len(report["runs"][0]["loss"]) for report in answers[-1]["reports"]) == MOST_WAITING - 1
    assert more(answer["job"], updates=1, reports=2 + MOST_WAITING)["update"] == 3 + MOST_WAITING
    assert len(job.live._excess[0]) == 1 + 1 + MOST_WAITING  # at updates 0, 3 and those of the single ones


def test_a_training_that_is_gone_is_told_and_so_is_one_at_work():
    assert more("nothing")["gone"] is True
    answer = more(None, SMALL, updates=1)
    job = served.JOBS.get(answer["job"])
    with job.lock:
        assert more(answer["job"]) == {"later": True}
        assert ask(served.train_file, job=answer["job"], side=0) == {"later": True}
    assert more(answer["job"], updates=1)["update"] == 2


def test_a_loss_that_is_not_finite_stops_and_is_told():
    answer = more(None, SMALL, updates=4)
    training = served.JOBS.get(answer["job"]).trainings[0]
    diverge(training, 5)
    answer = more(answer["job"], reports=len(answer["reports"]))
    said = answer["reports"][-1]["runs"][0]["diverged"]
    assert answer["done"] is True
    assert said.startswith("The loss of update 5 is not finite: training has stopped, with the weights of update 3.")
    assert all(value.isfinite().all() for value in training.average.state_dict().values())


def diverge(training, at):
    """Its loss is not a number from this update on."""
    loss = training.task.loss

    def diverging(network, drawn, update):
        return tuple(each * (1.0 if update < at else float("nan")) for each in loss(network, drawn, update))

    training.task.loss = diverging


@pytest.mark.parametrize("at", [1, 2, 30])
@pytest.mark.parametrize("side", [0, 1])
def test_where_one_of_two_trainings_diverges_both_stop_at_the_same_update(side, at, monkeypatch):
    monkeypatch.setattr(jobs, "SLICE_SECONDS", 1e3)
    recipes = [{**SMALL, "updates": 60}, {**SMALL, "updates": 60, "objective": "eps"}]
    answer = more(None, *recipes, updates=0)
    job = served.JOBS.get(answer["job"])
    job.pace = 1.0  # seconds, so that parts are of 32 updates
    diverge(job.trainings[side], at)
    answer = more(answer["job"], reports=1)
    (report,), made = answer["reports"], max(0, at - 2)
    said = f"{'AB'[side]}: the loss of update {at} is not finite: training has stopped, with the weights of update {made}."
    assert answer["update"] == report["update"] == made
    assert [(run["diverged"] or "").startswith(said) for run in report["runs"]] == [side == 0, side == 1]
    for each, told in zip(job.trainings, report["runs"], strict=True):
        assert each.update == made
        alone = begin(each.recipe)
        losses = alone.advance(made).losses
        assert all(torch.equal(value, alone.state()[name]) for name, value in each.state().items())
        np.testing.assert_allclose(told["loss"], losses, rtol=1e-5)


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
    held._meters[0].earn(-1e3)  # no report is due, nor is any of what takes long
    held._advance(5)
    assert configuration(ask(served.train_file, job=job, side=0)) == {"updates": 6}
    kept = more(job, updates=0, reports=reports + 1, keep=True)  # measured before it is named
    told = served.SHELF.get(kept["trained"][0]).measured
    assert (told["updates"], told["bound"]) == (6, kept["reports"][-1]["runs"][0]["bound"])


def test_two_visitors_train_at_once_and_a_quick_run_goes_first(monkeypatch):
    monkeypatch.setattr(jobs, "SLICE_SECONDS", 0.05)  # so that there are enough of them
    recipe, made, waits = {"updates": 5000}, {}, []
    more(None, SMALL)  # what is known of the data is found before
    begun = [more(None, recipe | {"seed": seed}, updates=1) for seed in (1, 2)]
    end = time.perf_counter() + 3.0

    def visitor(answer):
        while time.perf_counter() < end:
            answer = more(answer["job"], reports=10**6)
        made[answer["job"]] = answer["update"]

    threads = [threading.Thread(target=visitor, args=(answer,)) for answer in begun]
    for thread in threads:
        thread.start()
    for _ in range(4):
        time.sleep(0.3)
        began = time.perf_counter()
        with called(QUICK):
            waits.append(time.perf_counter() - began)
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert min(made.values()) > 0.7 * max(made.values())
    assert max(made.values()) < 5000  # the time has ended, not the training
    assert np.median(waits) < 0.2


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


def test_a_class_trains_at_once_and_its_reports_have_their_room():
    usual = {"dataset": "eight_gaussians", "objective": "energy"}  # whose reports are the longest
    answer = more(None, usual, updates=1)
    assert 1.5 * MOST_WAITING * len(json.dumps(answer["reports"][-1])) < served.REPORT_BYTES  # as objects they take a third more
    assert 45 * served.JOBS.get(answer["job"]).nbytes < TRAININGS_BYTES


class Sized:
    nbytes = 40


@pytest.fixture
def clocked():
    """Jobs for 100 bytes, which may leave after 5 seconds and do after 20, and their clock."""
    now = [0.0]
    return Jobs(100, 5.0, 20.0, lambda: now[0]), now


def test_jobs_leave_by_size_and_when_nobody_asks(clocked):
    kept, now = clocked
    first, second = kept.put(Sized()), kept.put(Sized())
    now[0] = 6.0
    assert kept.get(first)
    third = kept.put(Sized())
    assert [kept.get(token) is not None for token in (first, second, third)] == [True, False, True]
    now[0] = 27.0
    assert kept.get(first) is None
    assert len({first, second, third}) == 3


def test_a_new_job_takes_no_other_from_a_page_that_asks_for_it(clocked):
    kept, now = clocked
    first, second = kept.put(Sized()), kept.put(Sized())
    for now[0] in (3.0, 6.0):
        assert kept.get(first)
        assert kept.get(second)
        with pytest.raises(Busy):
            kept.put(Sized())
    kept.drop(second)
    third = kept.put(Sized())
    assert kept.get(first)
    assert kept.get(second) is None
    assert kept.get(third)


def test_where_there_is_no_room_a_new_training_is_put_off_and_the_one_that_is_let_go_makes_room(monkeypatch):
    monkeypatch.setattr(served, "JOBS", Jobs(3 * 2**19, 10.0, 1800.0))  # of one of them
    first = more(None, SMALL, updates=1)
    assert more(None, SMALL, updates=1) == {"later": True}
    assert more(first["job"], updates=1, reports=2)["update"] == 2
    second = more(None, SMALL, updates=1, instead=first["job"])
    assert second["update"] == 1
    assert more(first["job"])["gone"] is True


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["hidden", "updates", "batch", "lr", "dataset", "objective", "seed"])


@settings(max_examples=60, deadline=None)
@given(
    JSON
    | st.fixed_dictionaries(
        {"job": st.none() | JSON, "recipes": st.lists(st.dictionaries(NAMES, JSON, max_size=2), max_size=2)},
        optional={"updates": JSON, "reports": JSON, "view": JSON, "data": JSON, "side": JSON, "ids": JSON},
    )
)
def test_whatever_is_asked_is_answered(what):
    for function in served.SERVED:
        answer = json.loads(function(json.dumps(what)) or "null")
        assert answer is None or isinstance(answer, dict)


@pytest.mark.parametrize("loss", ["cd", "pcd"])
def test_an_energy_goes_on_with_more_updates_to_the_weights_of_the_recipe_that_says_so(loss):
    answer, reports = finished(energy(loss))
    longer = more(answer["job"], reports=len(reports), of=20)
    assert (longer["update"], longer["of"], longer["done"]) == (20, 20, True)
    network = served.SHELF.get(longer["trained"][0])
    again = begin_energy(network.recipe)
    again.advance(20)
    assert all(torch.equal(value, again.average.state_dict()[name]) for name, value in network.network.state_dict().items())


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


TOO_FEW, TOO_MANY = (5, "Updates must be at least 12"), (2_000_000, "Updates must be from 1 to 1000000")


@pytest.mark.parametrize(("of", "message"), [TOO_FEW, TOO_MANY])
def test_a_length_that_cannot_be_is_refused_and_the_training_stays(of, message):
    answer, reports = finished(SMALL)
    (refused,) = more(answer["job"], reports=len(reports), of=of)["notices"]
    assert refused["field"] == "updates"
    assert refused["message"].startswith(message)
    assert more(answer["job"], reports=len(reports), updates=0)["of"] == 12


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


def test_networks_are_called_by_the_updates_that_were_made():
    answer = more(None, SMALL, updates=3, keep=True)
    assert answer["titles"][0].startswith("v, Two moons, 3 of 12 updates")
    (name,) = answer["trained"]
    run = Experiment(denoiser=name, dataset="two_moons")
    assert "your network: v, Two moons, 3 of 12 updates" in title(run)
    assert served.SHELF.get(name).measured["updates"] == 3


def test_a_page_that_stands_still_has_all_of_the_update_that_it_shows():
    answer = more(None, {**SMALL, "updates": 100}, updates=3)
    assert more(answer["job"], updates=2, reports=len(answer["reports"]))["reports"][-1]["runs"][0]["gap"] is None
    still = more(answer["job"], updates=0, reports=len(answer["reports"]) + 1)["reports"][-1]
    assert still["update"] == 5
    assert still["runs"][0]["gap"][1] > 0
    value, error = still["runs"][0]["excess"]
    assert 0 < error < value


WARMED = """
import json, sys
from diffviz.ui import page, training
page.warm()
before = set(sys.modules)
what = {"job": None, "recipes": [{"hidden": 4}], "updates": 1, "reports": 0, "view": {"log_snr": 1.0}}
assert json.loads(training.train_asked(json.dumps(what)))["update"] == 1
print(len(set(sys.modules) - before))
"""


def test_a_first_training_imports_hardly_anything_once_the_server_is_warm():
    """There are more than 800 modules otherwise."""
    found = subprocess.run([sys.executable, "-c", WARMED], capture_output=True, text=True, check=True, timeout=120)
    assert int(found.stdout.split()[-1]) < 40
