"""Heartbeats as a kind of data: what a run of them is, and what it cannot be."""

import json

import numpy as np
import pytest
import torch

from diffviz import Experiment, run, stream
from diffviz.__main__ import main
from diffviz.binomial.costs import excess_nats
from diffviz.domains import DOMAINS, domain_of
from diffviz.domains.heartbeat.data import RATE, heartbeat
from diffviz.engine import Setup
from diffviz.experiment import ExperimentError
from diffviz.relevant import relevant
from diffviz.schedules import SCHEDULES

E = Experiment(dataset="heartbeat", steps=12, particles=30)


def test_a_run_is_bits_forward_and_back_with_the_probability_of_a_one():
    trajectory = run(E)
    assert trajectory.forward.shape == trajectory.reverse.shape == trajectory.x0_hat.shape == (13, 30, 20)
    assert set(np.unique(trajectory.forward)) | set(np.unique(trajectory.reverse)) == {0.0, 1.0}
    assert trajectory.x0_hat.min() >= 0.0
    assert trajectory.x0_hat.max() <= 1.0
    states = heartbeat().states.numpy()
    assert (trajectory.forward[0][:, None] == states).all(2).any(1).all()


def test_fewer_particles_are_the_first_ones_and_a_run_may_start_where_the_forward_path_ends():
    few, more = run(E), run(Experiment(**{**E.to_dict(), "particles": 50}))
    assert np.array_equal(few.forward, more.forward[:, :30])
    assert np.array_equal(few.reverse, more.reverse[:, :30])
    own = run(Experiment(**{**E.to_dict(), "start": "forward"}))
    assert np.array_equal(own.reverse[0], own.forward[-1])


@pytest.mark.parametrize("schedule", [name for name, row in SCHEDULES.items() if not row.measured])
def test_every_schedule_that_is_not_measured_from_mixtures_runs(schedule):
    frames = list(stream(Experiment(dataset="heartbeat", schedule=schedule, steps=4, sampler_steps=3, particles=2)))
    assert len(frames) == 5 + 4
    assert all(torch.isfinite(frame.x).all() for frame in frames)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schedule", "optimal"),
        ("schedule", "least_dissipation"),
        ("sampler", "ddim"),
        ("start", "picture"),
        ("denoiser", "hub:google/ddpm-cifar10-32"),
    ],
)
def test_what_bits_do_not_have_is_refused_in_a_sentence(field, value, capsys):
    with pytest.raises(ExperimentError) as caught:
        Experiment(dataset="heartbeat", **{field: value})
    assert caught.value.field == field
    assert main(["run", "--dataset", "heartbeat", f"--{field}", value]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"{field} must be")
    assert told.err.count("\n") == 1


def test_fields_of_other_data_are_not_read():
    assert Experiment(dataset="heartbeat", variance="beta", label=3, data_std=0.5) == Experiment(dataset="heartbeat")
    assert not {"variance", "eta", "guidance", "measurement", "data_std"} & relevant(E)
    assert {"beta_start", "scale_betas"} <= relevant(Experiment(dataset="heartbeat", schedule="linear"))
    assert domain_of("heartbeat") is DOMAINS["heartbeat"]


def test_the_network_is_near_the_truth_and_its_card_says_how_near():
    schedule, setup = Setup(Experiment(dataset="heartbeat", denoiser="learned")).schedule, Setup(E)
    learned = Setup(Experiment(dataset="heartbeat", denoiser="learned"))
    added = excess_nats(learned.denoiser, heartbeat(), schedule, learned.times, RATE, samples=500).sum(0) / np.log(2)
    config = json.loads((DOMAINS["heartbeat"].training["network"].root / "heartbeat" / "config.json").read_text())["measured"]
    told = config["exact_log_likelihood_bits"] - config["log_likelihood_bits"]
    assert added.mean() == pytest.approx(told, abs=4 * added.std() / np.sqrt(500))
    assert told < 0.02
    assert setup.distribution.entropy_nats / np.log(2) == pytest.approx(config["entropy_bits"], abs=1e-5)


def test_the_command_line_knows_bits(capsys):
    def ask(*arguments):
        assert main([*arguments]) == 0
        return json.loads(capsys.readouterr().out)

    report = ask("run", "--dataset", "heartbeat", "--schedule", "2015", "--steps", "20", "--particles", "5")
    assert report["log_likelihood_bits"] == [pytest.approx(-2.5813, abs=1e-4), 0.0]
    data = ask("dataset", "--dataset", "heartbeat")
    assert data == {"states": heartbeat().states.int().tolist(), "probabilities": pytest.approx([0.2] * 5)}
