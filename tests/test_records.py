import csv
import io
import json

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.diagnostics.curves import produced
from diffviz.engine import Setup
from diffviz.records import Record, pair_table, run_table, save_arrays, save_table
from diffviz.views.pictures.measure import metrics_of
from diffviz.views.plane.measure import METRICS

POINTS = Experiment(steps=6, particles=40, sampler_steps=3)
DIGITS = Experiment(dataset="digits", steps=5, particles=4)
GIVEN = Experiment(dataset="digits", steps=5, particles=4, measurement="inpaint")
COMMON = {"forward", "reverse", "x0_hat", "t", "alpha", "sigma", "beta", "experiment"}


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("experiment", [POINTS, DIGITS, GIVEN], ids=["points", "pictures", "given"])
def test_an_archive_holds_a_run_and_what_it_cost_without_pickle(experiment, tmp_path):
    record = Record.of(experiment)
    save_arrays(tmp_path / "run.npz", [record])
    bound = {"times", "kl_nats", "kl_stderr_nats"} if experiment.plain else set()
    with np.load(tmp_path / "run.npz", allow_pickle=False) as archive:
        assert set(archive) == COMMON | bound
        assert Experiment.from_json(str(archive["experiment"])) == experiment
        expected = run(experiment)
        for name in ("forward", "reverse", "x0_hat", "t", "alpha", "sigma"):
            np.testing.assert_array_equal(archive[name], getattr(expected, name))
        np.testing.assert_allclose(archive["beta"], 1 - (archive["alpha"][1:] / archive["alpha"][:-1]) ** 2)
        if bound:
            np.testing.assert_array_equal(archive["times"], archive["t"][::-1])
            assert archive["kl_nats"].shape == archive["kl_stderr_nats"].shape == archive["times"].shape
            assert np.isfinite(archive["kl_nats"]).all()


def test_the_costs_of_an_archive_add_up_to_the_bound(tmp_path):
    points, digits = Record.of(POINTS), Record.of(DIGITS)
    assert points.arrays()["kl_nats"].sum() == pytest.approx(points.measured.details.bound.value)
    bits = digits.arrays()["kl_nats"].sum() / (64 * np.log(2))
    assert bits == pytest.approx(digits.measured.estimate("bound_bits_per_dim").value)


def test_two_runs_share_an_archive(tmp_path):
    save_arrays(tmp_path / "both.npz", [Record.of(POINTS), Record.of(Experiment(steps=8, particles=40))])
    with np.load(tmp_path / "both.npz", allow_pickle=False) as archive:
        assert {name[:2] for name in archive} == {"a_", "b_"}
        assert [len(archive[f"{side}_kl_nats"]) for side in "ab"] == [4, 9]
        assert json.loads(str(archive["b_experiment"]))["steps"] == 8
        np.testing.assert_array_equal(archive["a_forward"][0], archive["b_forward"][0])


def test_the_table_of_one_run_has_its_metrics_then_its_curves(tmp_path):
    record = Record.of(POINTS)
    save_table(tmp_path / "run.csv", [record])
    table = rows((tmp_path / "run.csv").read_text(encoding="utf-8"))
    assert list(table[0]) == ["kind", "name", "unit", "t", "value", "stderr", "experiment"]
    metrics = {row["name"]: row for row in table if row["kind"] == "metric"}
    assert set(metrics) == set(METRICS)
    gap = record.measured.details.gap
    assert (float(metrics["gap_nats"]["value"]), float(metrics["gap_nats"]["stderr"])) == (gap.value, gap.stderr)
    assert {(row["t"], row["experiment"]) for row in metrics.values()} == {("", POINTS.to_query())}
    schedule, chain = Setup(POINTS).schedule, record.measured.details
    wanted = {
        "alpha": (range(7), schedule.alpha),
        "sigma": (range(7), schedule.sigma),
        "beta": (range(1, 7), schedule.beta),
        "signal_share": (range(7), schedule.signal_share),
        "log10_snr": (range(7), schedule.log_snr / np.log(10)),
        "kl_nats": (chain.times[1:], chain.kl_nats[:-1]),
        "exact_kl_nats": (chain.times[1:], chain.exact_kl_nats[:-1]),
        "cumulative_nats": (chain.times, np.cumsum(chain.kl_nats[::-1])[::-1]),
        "level_excess_nats": (chain.times, record.measured.curves["level_excess_nats"].values),
        "dissipation_nats": (chain.times[1:], chain.dissipation_nats),
        "exact_dissipation_nats": (chain.times[1:], chain.exact_dissipation_nats),
        "produced_nats": (chain.times, produced(chain.dissipation_nats, chain.mismatch_nats)),
        "exact_produced_nats": (chain.times, produced(chain.exact_dissipation_nats, chain.mismatch_nats)),
    }
    curves = [row for row in table if row["kind"] == "curve"]
    assert [row["name"] for row in curves] == [name for name, (times, _) in wanted.items() for _ in times]
    for name, (times, values) in wanted.items():
        mine = [row for row in curves if row["name"] == name]
        assert [int(row["t"]) for row in mine] == list(times)
        np.testing.assert_array_equal([float(row["value"]) for row in mine], values)


@pytest.mark.parametrize("experiment", [DIGITS, GIVEN], ids=["plain", "given"])
def test_the_table_of_pictures(experiment):
    table = rows(run_table(Record.of(experiment)))
    assert [row["name"] for row in table if row["kind"] == "metric"] == list(metrics_of(experiment))
    assert ("kl_nats" in {row["name"] for row in table}) == experiment.plain


def test_no_error_is_written_where_none_is_known():
    table = {row["name"]: row for row in rows(run_table(Record.of(Experiment(dataset="digits", steps=3, particles=1))))}
    assert table["bound_bits_per_dim"]["stderr"] == ""
    assert table["evaluations"]["stderr"] == "0.0"


def test_the_table_of_two_runs_has_both_sides_of_each_metric_and_of_each_curve():
    a, b = Record.of(POINTS), Record.of(Experiment(steps=3, particles=40, schedule="linear"))
    table = rows(pair_table(a, b))
    metrics = {row["name"]: row for row in table if row["kind"] == "metric"}
    assert list(metrics) == list(METRICS)
    assert float(metrics["gap_nats"]["b"]) == b.measured.details.gap.value
    links = [record.setup.experiment.to_query() for record in (a, b)]
    assert {(row["a_experiment"], row["b_experiment"]) for row in metrics.values()} == {tuple(links)}
    beta = {int(row["t"]): row for row in table if row["name"] == "beta"}
    assert set(beta) == set(range(1, 7))
    assert float(beta[3]["a"]) == pytest.approx(a.setup.schedule.beta[2])
    assert float(beta[3]["b"]) == pytest.approx(b.setup.schedule.beta[2])
    assert beta[4]["b"] == ""
    assert {len(row) for row in table} == {13}


def test_of_two_runs_of_pictures_the_difference_has_an_error_of_its_own():
    table = {
        row["name"]: row
        for row in rows(
            pair_table(Record.of(DIGITS), Record.of(Experiment(dataset="digits", steps=5, particles=4, schedule="linear")))
        )
    }
    bound = table["bound_bits_per_dim"]
    assert float(bound["difference"]) == pytest.approx(float(bound["a"]) - float(bound["b"]))
    assert float(bound["difference_stderr"]) > 0
    assert table["evaluations"]["difference"] == ""
