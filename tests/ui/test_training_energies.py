"""Energies that are trained live: what is told of each loss, and how their networks are sampled in Explore."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.energies import EnergyRecipe, begin_energy
from diffviz.fields import ExperimentError
from diffviz.gaussian.quadrature import marginal
from diffviz.levels import level_of
from diffviz.ui.training_form import read_recipe
from tests.ui.trainings import LOSSES, SMALL, energy, finished, more, unpacked

pytestmark = pytest.mark.usefixtures("own_jobs")


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
