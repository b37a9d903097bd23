"""What is measured of a run of bit sequences."""

import math
from dataclasses import replace

import numpy as np
import pytest

from diffviz.binomial.costs import exact_costs
from diffviz.binomial.kernels import step_kernels
from diffviz.diagnostics.comparison import compare
from diffviz.domains.heartbeat.data import LENGTH, RATE, heartbeat
from diffviz.engine import Setup, run
from diffviz.experiment import Experiment
from diffviz.schedules import make_schedule
from diffviz.views.heartbeat.measure import METRICS, measure

BASE = Experiment(dataset="heartbeat", schedule="sohl_dickstein", steps=20, particles=400)


def measured(experiment):
    setup = Setup(experiment)
    return measure(setup, run(experiment, setup))


@pytest.fixture(scope="module")
def exact():
    return measured(BASE)


@pytest.mark.parametrize(
    ("schedule", "steps", "bits", "error"),
    [
        ("sohl_dickstein", 20, -2.588, 0.009),
        ("sohl_dickstein", 100, -2.371, 0.004),
        ("cosine", 100, -2.390, 0.004),
        ("linear", 20, -3.074, 0.009),
    ],
)
def test_k_is_that_of_the_2015_paper_s_bound(schedule, steps, bits, error):
    found = measured(replace(BASE, schedule=schedule, steps=steps, particles=10)).estimate("log_likelihood_bits")
    assert found.value == pytest.approx(bits, abs=3 * error)
    assert found.stderr == 0.0


def test_the_paper_s_own_k_draws_the_data_by_the_forward_kernel():
    """Its last term is E[-log q], with the kernel that leads from x_0 to x_1 taken from x_1 to x_0."""
    schedule, data = make_schedule("sohl_dickstein", 2000), heartbeat()
    ones = float(data.mean.sum())
    kernel = step_kernels(schedule, np.array([0, 1]), RATE)[0]
    into_data = -float(np.array([LENGTH - ones, ones]) @ (kernel * np.log(kernel.T)).sum(1))
    later = exact_costs(data, schedule, np.arange(2001), RATE).kl[1:].sum()
    assert -(into_data + later) / math.log(2) == pytest.approx(-2.368, abs=5e-4)
    assert "its own K of the exact denoiser is −2.368 with the 2015 schedule and T = 2000" in METRICS["log_likelihood_bits"].why


def test_metrics_of_the_exact_denoiser_agree_with_one_another(exact):
    found = {name: estimate.value for name, estimate in exact.estimates().items()}
    assert found["entropy_nats"] == pytest.approx(math.log(5))
    assert found["bound_nats"] == pytest.approx(-math.log(2) * found["log_likelihood_bits"])
    assert found["gap_nats"] == pytest.approx(found["bound_nats"] - found["entropy_nats"])
    assert found["gap_nats"] == pytest.approx(found["discretisation_gap_nats"] + found["mismatch_nats"])
    assert found["gap_nats"] == pytest.approx(found["exact_gap_nats"])
    assert found["gap_bits"] == pytest.approx(-math.log2(5) - found["log_likelihood_bits"])
    assert found["over_null_bits"] == pytest.approx(found["log_likelihood_bits"] + 14.4386, abs=1e-3)
    assert found["mismatch_nats"] == pytest.approx(0.0, abs=1e-12)
    assert found["terminal_snr"] == 0.0
    assert exact.costs.kl_nats.sum() == pytest.approx(found["bound_nats"])
    dissipated = exact.curves["dissipation_nats"]
    assert dissipated.values.sum() == pytest.approx(found["discretisation_gap_nats"])
    assert dissipated.x.tolist() == list(range(1, 21))
    assert all(type(value) is float for value in found.values())


def test_samples_are_counted_as_heartbeats_or_not(exact):
    share = exact.estimate("broken_share")
    ends = [tuple(row) for row in exact.end.astype(int).tolist()]
    beats = {tuple(int(place % 5 == phase) for place in range(20)) for phase in range(5)}
    assert share.value == pytest.approx(np.mean([end not in beats for end in ends]))
    assert share.stderr == pytest.approx(math.hypot(math.sqrt(share.value * (1 - share.value) / 399), 1 / 400))
    assert exact.estimate("wrong_bits").value >= share.value
    assert exact.curves["phase_shares"].values.sum() == pytest.approx(1.0)


def test_a_network_pays_for_its_errors_with_a_standard_error(exact):
    learned = measured(replace(BASE, denoiser="learned"))
    gap, floor = learned.estimate("gap_nats"), learned.estimate("exact_gap_nats")
    assert floor.value == pytest.approx(exact.estimate("gap_nats").value)
    assert 0 < gap.value - floor.value < 0.02
    assert 0 < gap.stderr < 0.1 * (gap.value - floor.value)
    assert learned.costs.stderr[-1] == 0.0
    assert np.all(learned.costs.kl_nats >= exact.costs.kl_nats - 1e-12)


def test_two_runs_are_compared_sequence_by_sequence():
    a, b = (measured(replace(BASE, schedule=name)) for name in ("linear", "cosine"))
    rows = {row.name: row for row in compare(a, b)}
    assert rows["gap_nats"].winner == "b"
    assert (
        rows["broken_share"].difference.stderr < math.hypot(rows["broken_share"].a.stderr, rows["broken_share"].b.stderr) * 1.01
    )
    same = {row.name: row for row in compare(a, a)}
    assert not any(row.winner for row in same.values())
