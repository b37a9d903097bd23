import numpy as np
import pytest

from diffviz import Experiment
from diffviz.datasets import DATASETS, make_dataset
from diffviz.diagnostics.report import analyse
from diffviz.engine import Setup
from diffviz.thermodynamics import least_gap_nats, thermodynamic_metric

DATA = [name for name in DATASETS if name != "gaussian"]  # on which every step is free


def gap(dataset, schedule, steps):
    return analyse(Setup(Experiment(dataset=dataset, schedule=schedule, steps=steps))).gap.value


@pytest.mark.parametrize("steps", [10, 20, 50])
@pytest.mark.parametrize("dataset", DATA)
def test_its_schedule_wastes_much_less_than_linear_and_cosine(dataset, steps):
    other = min(gap(dataset, name, steps) for name in ("linear", "cosine"))
    assert gap(dataset, "least_dissipation", steps) <= 0.6 * other


@pytest.mark.parametrize("dataset", DATA)
def test_many_steps_reach_the_squared_length_over_their_number(dataset):
    for steps, error in ((20, 0.15), (200, 0.01)):
        assert gap(dataset, "least_dissipation", steps) == pytest.approx(least_gap_nats(make_dataset(dataset), steps), rel=error)


@pytest.mark.parametrize("dataset", DATA)
def test_no_other_schedule_goes_below_that_when_steps_are_many(dataset):
    least = least_gap_nats(make_dataset(dataset), 200)
    for schedule in ("linear", "cosine", "karras", "rectified_flow", "shifted_cosine", "sohl_dickstein"):
        assert gap(dataset, schedule, 200) > 0.98 * least


def test_the_metric_is_measured_finely_enough(monkeypatch):
    mixture = make_dataset("smiley")
    length = thermodynamic_metric(mixture)[1][-1]
    monkeypatch.setattr("diffviz.thermodynamics.GRID", 720)
    finer = thermodynamic_metric.__wrapped__(mixture)[1][-1]
    assert finer == pytest.approx(length, rel=2e-3)


def test_a_gaussian_has_no_length_and_is_walked_evenly():
    mixture = make_dataset("gaussian", 0.5)
    log_snr, length = thermodynamic_metric(mixture)
    assert length[-1] < 1e-2
    steps = -np.diff(
        Setup(Experiment(dataset="gaussian", data_std=0.5, schedule="least_dissipation", steps=20)).schedule.log_snr[1:]
    )
    assert (steps > 0).all()
    assert log_snr[0] > log_snr[-1]
