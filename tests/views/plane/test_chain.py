"""The charts of chains at one noise level: excess NLL over the moves, proposals accepted, and weights of the modes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.nearness import FEWEST_FOLLOWED, FOLLOWED, fresh_clouds, level_excess
from diffviz.engine import Setup
from diffviz.gaussian.quadrature import marginal
from diffviz.relevant import relevant
from diffviz.schedules import make_schedule
from diffviz.telling.charts import CHART_SETS
from diffviz.views import told, view
from tests.measured import measured

UNADJUSTED = Experiment(dataset="eight_gaussians", sampler="ula", langevin_step=0.02, langevin_level=4.0, steps=40, particles=400)
CHAIN = replace(UNADJUSTED, sampler="mala")


def charts(experiment):
    m = measured(experiment)
    return told.charts(view("plane"), m, m.setup)


def test_a_chain_has_charts_of_its_own_and_none_of_a_schedule():
    assert list(charts(CHAIN)) == list(CHART_SETS["samples"].charts)[:3] == ["level_excess", "accepted", "modes"]
    assert list(charts(UNADJUSTED)) == ["level_excess", "modes"]
    setup = Setup(CHAIN)
    assert told.first_charts(setup, view("plane").sent.times(setup)) == {}
    both = told.charts_of_both(view("plane"), measured(CHAIN), measured(UNADJUSTED))
    assert list(both["time"]) == ["level_excess", "modes"]
    titles = [found["level_excess"].figure["layout"]["xaxis"]["title"]["text"] for found in (charts(CHAIN), both["time"])]
    assert titles == ["steps left", "share of steps left"]


def test_what_is_said_of_steps_that_a_sampler_leaves_out_is_not_asked_of_a_chain():
    """All are at one noise level: fewer of them are fewer steps."""
    assert "sampler_steps" not in relevant(CHAIN)
    assert Experiment.from_query(f"{CHAIN.to_query()}&sampler_steps=7") == CHAIN
    assert "sampler_steps" in relevant(Experiment())


def test_a_chain_and_a_reverse_process_have_what_can_be_compared():
    both = told.charts_of_both(view("plane"), measured(CHAIN), measured(Experiment(dataset="eight_gaussians", steps=40)))
    assert list(both["time"]) == ["level_excess", "modes"]
    assert both["time"]["level_excess"].figure["layout"]["xaxis"]["range"] == [0.0, 1.0]


def test_the_excess_at_each_state_is_that_of_its_particles_and_ends_as_the_metric_has_it():
    trajectory, m = run(CHAIN), measured(CHAIN)
    curve, mixture = m.curves["level_excess_nats"], m.setup.distribution
    assert curve.x.tolist() == list(range(1, 41))  # at t = 0 stands the denoised estimate
    level = float(m.setup.schedule.alpha[-1]), float(m.setup.schedule.sigma[-1])
    variance = level[0] ** 2 * mixture.std**2 + level[1] ** 2
    for t in (40, 17, 1):
        x = torch.from_numpy(trajectory.reverse[trajectory.t.tolist().index(t)]).double()
        squares = torch.cdist(x, level[0] * mixture.means).square()
        log_q = torch.logsumexp(mixture.weights.log() - squares / (2 * variance), 1) - np.log(2 * np.pi * variance)
        expected = -float(log_q.mean()) - marginal(mixture, *level).entropy_nats
        assert curve.values[t - 1] == pytest.approx(expected, abs=1e-5)
    found = m.estimate("level_excess_nll_nats")
    assert (curve.values[0], curve.stderr[0]) == pytest.approx((found.value, found.stderr))


def test_true_samples_have_no_excess_at_any_level():
    mixture, schedule = make_dataset("eight_gaussians"), make_schedule("cosine", 10)
    times = np.array([0, 3, 10])
    data = fresh_clouds(mixture, 4000, 1, 1)[0]
    noise = np.random.default_rng(0).standard_normal((3, *data.shape))
    paths = [schedule.alpha[t] * data + schedule.sigma[t] * z for t, z in zip(times, noise, strict=True)]
    curve = level_excess(mixture, schedule, times, paths)
    assert (np.abs(curve.values) < 4 * curve.stderr).all()
    assert (curve.stderr < 0.03).all()
    moved = level_excess(mixture, schedule, times, [x + 0.2 for x in paths])
    assert (moved.values[:2] > 5 * moved.stderr[:2]).all()


def test_of_a_long_run_as_many_particles_are_measured_as_take_no_time():
    mixture, schedule = make_dataset("gaussian"), make_schedule("cosine", 2000)
    times = np.arange(2000)
    curve = level_excess(mixture, schedule, times, [np.zeros((500, 2))] * 2000)
    assert FOLLOWED // len(times) == 131 > FEWEST_FOLLOWED
    assert (curve.stderr <= 1e-5).all()  # they are all at one place


def test_what_was_accepted_over_the_moves_has_the_mean_of_the_metric():
    m = measured(CHAIN)
    curve = m.curves["accepted"]
    assert curve.x.tolist() == list(range(2, 41))  # the last step is no move
    assert curve.values.mean() == pytest.approx(m.estimate("accepted").value)
    assert curve.stderr == pytest.approx(np.sqrt(curve.values * (1 - curve.values) / 400))


def test_the_weights_of_the_modes_stand_beside_those_that_were_found():
    curves = measured(CHAIN).curves
    found, exact = curves["mode_shares"], curves["mode_weights"]
    assert found.x.tolist() == exact.x.tolist() == list(range(1, 9))
    assert exact.values == pytest.approx(0.125)
    assert found.values.sum() == pytest.approx(1.0)
    assert found.stderr == pytest.approx(np.sqrt(found.values * (1 - found.values) / 400))
