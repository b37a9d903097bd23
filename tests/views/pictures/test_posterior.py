"""What is said of samples given y, against counting over many runs and against leaving samples out one by one."""

import json
import math

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.diagnostics.report import report_json
from diffviz.engine import Setup
from diffviz.estimates import difference
from diffviz.views.pictures.posterior import distance_to_picture, exact_moments, posterior_summary, round_trip
from tests.measured import measured as measured_of

FIELDS = {"dataset": "digits", "denoiser": "exact", "device": "cpu", "steps": 5, "label": 3}


@pytest.fixture(scope="module")
def measured():
    setup = Setup(Experiment(**FIELDS, measurement="super_resolve", particles=6))
    return setup, run(setup.experiment, setup)


def test_its_figures_are_those_of_leaving_samples_out_one_by_one(measured):
    setup, trajectory = measured
    end, truth = trajectory.reverse[-1], setup.task.target[0].numpy()
    found, ends = posterior_summary(setup, end), end.astype(float)

    def without_bias(place):
        return lambda x: np.square(x.mean(0) - place).mean() - x.var(0, ddof=1).mean() / len(x)

    figures = {
        "to_truth": without_bias(truth),
        "to_exact": without_bias(found.exact_mean),
        "spread": lambda x: x.std(0, ddof=1).mean(),
    }
    for name, figure in figures.items():
        without = np.array([figure(np.delete(ends, i, 0)) for i in range(6)])
        jackknife = math.sqrt(5 / 6 * np.square(without - without.mean()).sum())
        estimate = getattr(found, name)
        assert estimate.value == pytest.approx(figure(ends), rel=1e-9)
        few = 1 if name == "spread" else 4 / 5  # (N - 2)/(N - 1) of pairs, and a half of the variance is the least that is real
        assert math.sqrt(estimate.first_order) == pytest.approx(few * jackknife, rel=1e-9)
        assert 0.7 * few * jackknife < estimate.estimate.stderr < 1.0001 * few * jackknife
    np.testing.assert_allclose(found.mean, ends.mean(0))
    np.testing.assert_allclose(found.std, ends.std(0, ddof=1), atol=1e-12)
    assert found.exact_to_truth == pytest.approx(np.square(found.exact_mean - truth).mean())
    assert found.exact_spread == pytest.approx(found.exact_std.mean())


def test_samples_of_the_exact_posterior_are_found_to_be_just_that(measured):
    """300 sets of 12 drawn from p(x_0|y) itself: no bias, and errors as large as told."""
    setup, _ = measured
    rng, found = np.random.default_rng(0), []
    mean, std = exact_moments(setup)
    for _ in range(300):
        ends = mean + std * rng.standard_normal((12, *mean.shape))  # the same means and spreads, whatever the shape
        found.append(posterior_summary(setup, ends))
    for name, expected in (("to_truth", found[0].exact_to_truth), ("to_exact", 0.0)):
        values, errors = np.array([[(e := getattr(each, name).estimate).value, e.stderr] for each in found]).T
        assert abs(values.mean() - expected) < 4 * values.std() / math.sqrt(300)
        assert 0.75 < values.std() / np.sqrt(np.square(errors).mean()) < 1.25
    values, errors = np.array([[each.spread.value, each.spread.estimate.stderr] for each in found]).T
    assert abs(values.mean() / found[0].exact_spread - 1) < 0.03  # a root of 12 samples' variance is 2 % too small
    assert 0.75 < values.std() / np.sqrt(np.square(errors).mean()) < 1.25


def test_the_difference_of_two_sets_of_samples_that_go_together_has_its_own_error(measured):
    """300 pairs of sets of 12, sample i of both moved by the same noise."""
    setup, _ = measured
    rng, found = np.random.default_rng(3), []
    mean, std = exact_moments(setup)
    for _ in range(300):
        noise = rng.standard_normal((12, *mean.shape))
        a, b = (posterior_summary(setup, mean + shift + scale * std * noise) for shift, scale in ((0.0, 1.0), (0.1, 1.1)))
        found.append([difference(getattr(a, name), getattr(b, name)) for name in ("to_truth", "to_exact", "spread")])
        alone = [difference(x, y, False).stderr for x, y in ((a.to_truth, b.to_truth), (a.spread, b.spread))]
    values, errors = (np.array([[getattr(e, part) for e in row] for row in found]) for part in ("value", "stderr"))
    ratios = values.std(0) / np.sqrt(np.square(errors).mean(0))
    assert (ratios > 0.7).all()
    assert (ratios < 1.4).all()
    assert errors[-1, 0] < 0.7 * alone[0]
    assert errors[-1, 2] < 0.5 * alone[1]


def test_what_is_lost_on_the_way_there_and_back_is_no_draw():
    """Its error is told to be 0: other seeds give the same."""
    reports = []
    for seed in (0, 1):
        setup = Setup(Experiment(**FIELDS, start="between", sampler="ddim", particles=2, seed=seed))
        reports.append(report_json(measured_of(setup)))
    for name in ("round_trip_first_rmse", "round_trip_last_rmse"):
        assert reports[0][name] == pytest.approx(reports[1][name], rel=1e-5)
        assert reports[0][name][1] == 0.0


def test_the_exact_moments_are_those_of_its_samples(measured):
    setup, _ = measured
    rng = np.random.default_rng(1)
    uniform, normal = torch.from_numpy(rng.random(4000)), torch.from_numpy(rng.standard_normal((4000, 1, 8, 8)))
    x = setup.task.posterior.sample(uniform, normal).numpy()
    mean, std = exact_moments(setup)
    assert np.abs((x.mean(0) - mean) / (x.std(0) / math.sqrt(4000))).max() < 4.5
    np.testing.assert_allclose(x.std(0), std, rtol=0.15)


def test_how_far_from_the_picture_and_what_the_way_there_and_back_lost():
    setup = Setup(Experiment(**FIELDS, start="picture", particles=4))
    picture = setup.task.target.numpy()
    found = distance_to_picture(setup, picture + np.array([0.1, 0.2, 0.3, 0.4]).reshape(4, 1, 1, 1))
    assert found.value == pytest.approx(0.075, rel=1e-4)
    assert found.estimate.stderr == pytest.approx(np.std([0.01, 0.04, 0.09, 0.16], ddof=1) / 2, rel=1e-4)
    between = Setup(Experiment(**FIELDS, start="between", particles=3, sampler="ddim"))
    ends = between.task.target.numpy()[[0, 0, 1]] + np.array([0.1, 5.0, -0.2]).reshape(3, 1, 1, 1)
    assert round_trip(between, ends) == pytest.approx((0.1, 0.2), rel=1e-4)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        (
            {"measurement": "denoise"},
            {"mean_to_truth_mse", "exact_mean_to_truth_mse", "mean_to_exact_mse", "spread", "exact_spread", "spread_off"},
        ),
        ({"start": "picture"}, {"to_picture_mse"}),
        ({"start": "between", "sampler": "ddim"}, {"round_trip_first_rmse", "round_trip_last_rmse"}),
    ],
)
@pytest.mark.parametrize("particles", [1, 2, 5])
def test_the_report_is_strict_json_and_has_no_bound(fields, names, particles):
    particles = max(particles, 2) if fields.get("start") == "between" else particles
    setup = Setup(Experiment(**FIELDS, **fields, particles=particles))
    report = json.loads(json.dumps(report_json(measured_of(setup)), allow_nan=False))
    every = {"experiment", "device", "seconds", "evaluations", "nearest_training", "spread_over_time"}
    assert set(report) == every | names
    assert Experiment.from_dict(report["experiment"]) == setup.experiment
    if "spread" in report:
        assert (report["spread"][1] is None) == (particles < 3)
        assert (report["mean_to_truth_mse"][1] is None) == (particles < 2)
