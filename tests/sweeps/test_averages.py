import csv
from dataclasses import replace

import numpy as np
import pytest

from diffviz.experiment import Experiment
from diffviz.sweeps.averages import Mean, by_seed, mean_of, metrics_in, write_means

LINEAR, COSINE = (Experiment(schedule=name, particles=10) for name in ("linear", "cosine"))
VALUES = np.random.default_rng(0).normal(3.0, 0.5, size=5)
ROWS = {
    **{
        replace(LINEAR, seed=n): {"gap_nats": 0.25, "gap_stderr_nats": 1e-6, "w": float(v), "w_stderr": 9.0}
        for n, v in enumerate(VALUES)
    },
    replace(COSINE, seed=7): {"gap_nats": 0.5, "gap_stderr_nats": 2e-6, "w": 1.0},
}


def test_runs_that_differ_in_their_seed_alone_are_one_group():
    assert {e: len(group) for e, group in by_seed(ROWS).items()} == {LINEAR: 5, COSINE: 1}


def test_the_error_of_a_mean_over_seeds_is_that_of_their_values():
    mean = mean_of(by_seed(ROWS)[LINEAR], "w")
    assert mean.value == pytest.approx(VALUES.mean(), rel=1e-14)
    assert mean.stderr == pytest.approx(VALUES.std(ddof=1) / np.sqrt(5), rel=1e-12)


def test_what_no_seed_changes_and_what_one_seed_gives_have_the_errors_of_the_runs():
    groups = by_seed(ROWS)
    assert mean_of(groups[LINEAR], "gap_nats") == Mean(0.25, 1e-6)
    assert mean_of(groups[COSINE], "gap_nats") == Mean(0.5, 2e-6)
    assert mean_of(groups[COSINE], "w") == Mean(1.0, None)
    assert mean_of(groups[COSINE], "absent") is None


def test_rows_that_lack_a_metric_are_not_counted_as_0():
    assert mean_of([{"w": 1.0}, {}, {"w": 3.0}], "w") == Mean(2.0, 1.0)


def test_an_error_is_no_metric():
    assert metrics_in(list(ROWS.values())) == ["gap_nats", "w"]


def test_the_table_of_means_has_a_row_for_each_combination(tmp_path):
    path = tmp_path / "means.csv"
    write_means(path, ROWS, ["schedule", "seed"])
    linear, cosine = csv.DictReader(path.read_text().splitlines())
    assert list(linear) == ["schedule", "seeds", "gap_nats", "gap_stderr_nats", "w", "w_stderr"]
    assert (linear["schedule"], linear["seeds"], cosine["seeds"], cosine["w_stderr"]) == ("linear", "5", "1", "")
    assert float(linear["w"]) == mean_of(list(ROWS.values())[:5], "w").value
