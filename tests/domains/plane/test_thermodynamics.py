from functools import cache
from pathlib import Path

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.domains.plane.datasets import DATASETS, OWN, make_dataset
from diffviz.domains.plane.thermodynamics import leading_order_gap_nats, thermodynamic_metric
from diffviz.engine import Setup
from diffviz.views.plane.measure import analyse

DATA = [name for name in DATASETS if name not in ("gaussian", *OWN)]  # on which every step is free


README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
FEW = (10, 20, 50)


@cache
def gap(dataset, schedule, steps):
    return analyse(Setup(Experiment(dataset=dataset, schedule=schedule, steps=steps))).gap.value


def below_usual(dataset, schedule, steps):
    return gap(dataset, schedule, steps) / min(gap(dataset, usual, steps) for usual in ("linear", "cosine"))


def excess(dataset, steps):
    return 100 * (gap(dataset, "least_dissipation", steps) / gap(dataset, "optimal", steps) - 1)


def beside_order(dataset, steps):
    return gap(dataset, "least_dissipation", steps) / leading_order_gap_nats(make_dataset(dataset), steps)


def told(values, digits):
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def test_what_the_readme_says_of_both_schedules_is_so():
    readme = " ".join(README.split())
    order = [told([beside_order(d, steps) for d in DATA], 2) for steps in (10, 50)]
    assert f"its gap is {order[0]} of that order at T = 10 and {order[1]} at T = 50" in readme
    more = [told([excess(d, steps) for d in DATA], 0) for steps in (10, 50)]
    assert f"leaves {more[0]} % more than the smallest gap at T = 10 and {more[1]} % more at T = 50" in readme
    ratios = [told([below_usual(d, name, n) for d in DATA for n in FEW], 2) for name in ("least_dissipation", "optimal")]
    assert f"at T = 10, 20 and 50, least dissipation leaves {ratios[0]} and the optimal schedule {ratios[1]}" in readme


@pytest.mark.parametrize("dataset", DATA)
def test_many_steps_reach_the_squared_length_over_their_number(dataset):
    for schedule in ("least_dissipation", "optimal"):
        assert gap(dataset, schedule, 200) == pytest.approx(leading_order_gap_nats(make_dataset(dataset), 200), rel=0.01)


@pytest.mark.parametrize("dataset", DATA)
def test_no_other_schedule_is_below_the_optimal_one(dataset):
    others = ("linear", "cosine", "karras", "rectified_flow", "shifted_cosine", "sohl_dickstein", "least_dissipation")
    for steps in (10, 200):
        assert gap(dataset, "optimal", steps) < min(gap(dataset, other, steps) for other in others)


def test_the_metric_is_measured_finely_enough(monkeypatch):
    mixture = make_dataset("smiley")
    length = thermodynamic_metric(mixture)[1][-1]
    monkeypatch.setattr("diffviz.domains.plane.thermodynamics.GRID", 720)
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
