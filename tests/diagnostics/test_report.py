import json
import math
from dataclasses import replace

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.diagnostics.report import report_json, schedule_json
from diffviz.engine import Setup
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.schedules import SCHEDULES, make_schedule
from diffviz.views.plane.measure import analyse
from tests import naive
from tests.measured import measured


def test_it_analyses_every_step_of_the_schedule_by_default_and_the_visited_ones_on_request():
    setup = Setup(Experiment(dataset="rings", steps=20, sampler_steps=5, particles=1))
    assert analyse(setup).times.tolist() == list(range(21))
    visited = analyse(setup, setup.times)
    assert visited.times.tolist() == [0, 4, 8, 12, 16, 20]
    assert visited.bound.value > analyse(setup).bound.value
    assert visited.entropy == analyse(setup).entropy


def test_the_learned_denoiser_is_measured_and_the_exact_one_known():
    exact, learned = (analyse(Setup(Experiment(dataset="rings", denoiser=d, steps=20))) for d in ("exact", "learned"))
    assert (exact.kl_stderr == 0).all()
    assert exact.bound.stderr < 1e-5 < learned.bound.stderr
    assert learned.bound.value > exact.bound.value
    np.testing.assert_array_equal(learned.exact_kl_nats, exact.kl_nats)


@pytest.mark.parametrize("dataset", ["eight_gaussians", "spiral"])
def test_a_cloud_of_data_is_as_far_from_data_as_sampling_makes_it(dataset):
    setup = Setup(Experiment(dataset=dataset, steps=2, particles=500, seed=3))
    rng, trajectory = np.random.default_rng(0), run(setup.experiment, setup)

    def quality(cloud):
        ending = np.concatenate([trajectory.reverse[:-1], cloud[None].astype(np.float32)])
        found = measured(setup, replace(trajectory, reverse=ending))
        return [found.estimate(name) for name in ("sliced_wasserstein", "sliced_wasserstein_floor", "excess_nll_nats")]

    found = [quality(naive.draw(setup.distribution, 500, rng)) for _ in range(12)]
    mean, error = naive.mean_and_error([sliced.value for sliced, *_ in found])
    _, floor, excess = found[0]
    assert floor == found[1][1]  # a matter of the data alone
    assert mean == pytest.approx(floor.value, abs=3 * math.hypot(error, floor.stderr))
    shifted, _, shifted_excess = quality(naive.draw(setup.distribution, 500, rng) + 1.0)
    assert shifted.value == pytest.approx(1.0, abs=3 * floor.value)  # |(1, 1)|/sqrt(2)
    assert 0 < shifted.stderr < 0.1
    assert abs(excess.value) < 4 * excess.stderr
    assert shifted_excess.value > 1.0


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_report_is_strict_json_of_the_right_lengths(schedule, sampler):
    experiment = Experiment(schedule=schedule, sampler=sampler, eta=0.5, steps=6, sampler_steps=3, particles=5)
    setup = Setup(experiment)
    trajectory = run(experiment, setup)
    report = json.loads(json.dumps(report_json(measured(setup, trajectory)), allow_nan=False))
    assert Experiment.from_dict(report["experiment"]) == experiment
    euler_only = 1 + (trajectory.alpha[-1] == 0)  # EDM's Heun does not evaluate at data, nor from alpha = 0
    evaluations = {"heun": 5, "heun_edm": 6 - euler_only, "langevin": 5}.get(sampler, 3)
    assert report["evaluations"] > 9 if sampler == "adaptive" else report["evaluations"] == evaluations
    assert report["seconds"] > 0
    assert len(report["kl_nats"]) == len(report["exact_kl_nats"]) == len(report["kl_stderr_nats"]) == len(report["times"]) == 4
    assert len(report["dissipation_nats"]) == len(report["exact_dissipation_nats"]) == 3
    bound, entropy, gap = (report[f"{name}_nats"][0] for name in ("bound", "entropy", "gap"))
    assert bound - entropy == pytest.approx(gap, abs=1e-12)
    assert sum(report["kl_nats"]) == pytest.approx(bound, abs=1e-9)


def test_a_schedules_table_is_null_where_log_snr_is_infinite():
    table = schedule_json(make_schedule("rectified_flow", 4))
    assert table["log_snr"][0] is None
    assert table["log_snr"][4] is None
    assert table["log_snr"][2] == pytest.approx(0, abs=1e-12)
    assert table["alpha"] == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert table["sigma"] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert len(table["beta"]) == 4
    json.dumps(table, allow_nan=False)
