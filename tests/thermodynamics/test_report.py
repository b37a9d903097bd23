"""The report of a run's thermodynamics, as JSON has it."""

import json
import math

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.domains.plane.speed import SHIFTS
from diffviz.engine import Setup
from diffviz.gaussian.speed import squared_speeds
from diffviz.thermodynamics.report import numbers
from diffviz.thermodynamics.work import work_of_run
from diffviz.views import thermo_report

OF_THE_ISSUE = {
    "work_forward_kT",
    "work_reverse_kT",
    "jarzynski",
    "crooks_slope",
    "gap_nats",
    "entropy_production_nats",
    "brackets",
    "commit",
    "speed_accuracy",
    "neural_entropy",
}


def report_of(paths=400, **fields):
    found = thermo_report(Setup(Experiment(**fields)), paths)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) >= OF_THE_ISSUE
    return found


@pytest.fixture(scope="module")
def points():
    return report_of(dataset="two_gaussians", steps=20, variance="optimal", seed=4)


@pytest.fixture(scope="module")
def bits():
    return report_of(2000, dataset="heartbeat", steps=5)


def test_of_points_every_field_has_its_value(points):
    assert set(points["reasons"]) == {"brackets"}  # the first lower one
    work = work_of_run(Setup(Experiment(dataset="two_gaussians", steps=20, variance="optimal", seed=4)), 400)
    for name, each in (("work_forward_kT", work.work_forward), ("work_reverse_kT", work.work_reverse)):
        value, stderr = points[name]["mean"]
        assert value == pytest.approx(each.mean())
        assert stderr == pytest.approx(each.std(ddof=1) / 20)
        assert sum(points[name]["counts"]) == 400
        assert len(points[name]["edges"]) == len(points[name]["counts"]) + 1
    assert points["work_forward_kT"]["edges"] == points["work_reverse_kT"]["edges"]
    value, stderr = points["jarzynski"]
    assert value == pytest.approx(1.0, abs=3 * stderr)
    slope, stderr = points["crooks_slope"]
    assert slope == pytest.approx(1.0, abs=3 * stderr)
    assert sum(points["entropy_production_nats"]) + points["mismatch_nats"] == pytest.approx(points["gap_nats"][0], abs=1e-6)
    assert points["work_forward_kT"]["mean"][0] == pytest.approx(
        points["gap_nats"][0], abs=4 * points["work_forward_kT"]["mean"][1]
    )
    assert len(points["entropy_production_nats"]) == len(points["brackets"]["exact"]) == 20


def test_of_points_the_moments_are_those_of_the_papers(points):
    commit = points["commit"]
    assert commit["density_split"]["alpha"] == pytest.approx(0.7143, abs=5e-5)
    assert commit["drift_split"]["alpha"] == pytest.approx(0.6474, abs=5e-5)
    assert 0 < commit["density_split"]["t"] < commit["drift_split"]["t"] < 20
    speed, entropy = points["speed_accuracy"], points["neural_entropy"]
    setup = Setup(Experiment(dataset="two_gaussians", steps=20))
    assert speed["bound"] == pytest.approx(squared_speeds(setup.distribution, setup.schedule).mean())  # tau int v_2^2, tau = 1
    assert [each["shift"] for each in speed["shifted"]] == list(SHIFTS)
    for each in speed["shifted"]:
        left, stderr = each["left"]
        assert 0 < stderr < left < speed["bound"]
        assert each["loose_by"] == pytest.approx(speed["bound"] / left)
    assert speed["floor_w2_squared"] < speed["v2_squared"]
    assert entropy["left"] == pytest.approx(entropy["right"], abs=1e-6)


def test_brackets_enclose_and_the_first_lower_one_is_null(points):
    lower, exact, upper = (points["brackets"][name] for name in ("lower", "exact", "upper"))
    assert lower[0] is None
    assert "lower bound is null" in points["reasons"]["brackets"]
    assert all(a <= b + 1e-6 for a, b in zip(lower[1:], exact[1:], strict=True))
    assert all(a <= b + 1e-6 for a, b in zip(exact, upper, strict=True))


def test_of_bits_what_does_not_apply_is_null_with_a_reason(bits):
    for name in ("commit", "speed_accuracy", "neural_entropy"):
        assert bits[name] is None
        assert bits["reasons"][name].endswith(".")
    assert bits["brackets"]["lower"][0] == pytest.approx(0.0, abs=1e-12)
    outside = bits["work_reverse_kT"]["outside_data"]
    assert 0.05 < outside < 0.2
    assert f"{outside:.2%}" in bits["reasons"]["work_reverse_kT"]
    assert sum(bits["work_reverse_kT"]["counts"]) == round(2000 * (1 - outside))
    assert bits["jarzynski_expected"][0] == pytest.approx(1 - outside)
    assert abs(bits["jarzynski"][0] - 1 + outside) < 4 * math.hypot(bits["jarzynski"][1], bits["jarzynski_expected"][1])


def test_of_one_gaussian_there_is_no_line_and_nothing_splits():
    found = report_of(200, dataset="gaussian", steps=4, variance="optimal")
    assert found["crooks_slope"] is None
    assert "no slope can be fitted" in found["reasons"]["crooks_slope"]
    assert found["commit"] == {"density_split": None, "drift_split": None, "speciation": None}
    assert found["reasons"]["commit.drift_split"] == "One Gaussian has nothing that could split."
    assert found["gap_nats"][0] == pytest.approx(0.0, abs=1e-5)


def test_where_brackets_fail_the_report_says_so():
    found = report_of(50, dataset="gaussian", data_std=1.5, steps=4)
    assert "falls with t" in found["reasons"]["brackets"]


def test_the_seed_is_the_experiments(bits):
    again = report_of(2000, dataset="heartbeat", steps=5)
    other = report_of(2000, dataset="heartbeat", steps=5, seed=1)
    assert again == bits
    assert other["work_forward_kT"] != bits["work_forward_kT"]


def test_what_is_not_finite_is_null():
    assert numbers(np.array([1.0, np.inf, -np.inf, np.nan])) == [1.0, None, None, None]
