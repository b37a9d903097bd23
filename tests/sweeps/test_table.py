import csv
import math
import time
from dataclasses import replace

import pytest

from diffviz.diagnostics.report import stderr_name
from diffviz.domains import DATASETS
from diffviz.experiment import DEFAULTS, Experiment, ExperimentError
from diffviz.files import WriteError
from diffviz.sweeps import table
from diffviz.sweeps.rows import Row, compute, numbers_of
from diffviz.sweeps.table import Keeper, check_table, read_rows, varying, write_rows

SMALL = Experiment(steps=4, particles=6)
ROWS = {
    replace(SMALL, schedule="linear", seed=1): Row(
        {"gap_nats": 1 / 3, "gap_stderr_nats": 1e-6, "evaluations": 4.0, "seconds": 0.1}
    ),
    replace(SMALL, schedule="cosine", seed=1): Row(
        {"gap_nats": 2.0, "evaluations": 4.0, "seconds": 1e-17, "other": -5e300}, "0123456789012345"
    ),
    Experiment(dataset="heartbeat", seed=3): Row({"gap_nats": 0.0}, "00000000000000e0"),
}
ENDINGS = pytest.mark.parametrize("ending", table.ENDINGS)


@ENDINGS
def test_a_table_is_read_as_it_was_written(tmp_path, ending):
    path = tmp_path / f"sweep{ending}"
    assert read_rows(path) == {}
    write_rows(path, ROWS, [])
    assert read_rows(path) == ROWS
    assert list(read_rows(path)) == list(ROWS)


def test_a_csv_has_a_column_for_each_field_that_varies_and_each_metric(tmp_path):
    path = tmp_path / "sweep.csv"
    write_rows(path, ROWS, ["eta"])
    head, *lines = csv.reader(path.read_text(encoding="utf-8").splitlines())
    fields = ["dataset", "schedule", "steps", "eta", "particles", "seed"]
    assert sorted(head[: len(fields)]) == sorted(fields)
    assert head[len(fields) :] == ["gap_nats", "gap_stderr_nats", "evaluations", "seconds", "other", "weights", "experiment"]
    first = dict(zip(head, lines[0], strict=True))
    assert (first["schedule"], first["steps"], first["evaluations"], first["other"]) == ("linear", "4", "4", "")
    assert float(first["gap_nats"]) == 1 / 3
    write_rows(path, {SMALL: Row({"gap_nats": 0.0})}, [])
    assert path.read_text() == f"gap_nats,experiment\n0,{SMALL.to_query()}\n"  # where no network is read from files


def test_a_parquet_has_columns_of_numbers(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "sweep.parquet"
    write_rows(path, ROWS, ["zero_snr"])
    types = {field.name: str(field.type) for field in parquet.read_schema(path)}
    assert (types["schedule"], types["steps"], types["zero_snr"], types["gap_nats"]) == ("string", "int64", "bool", "double")
    assert types["experiment"] == "string"


@ENDINGS
@pytest.mark.parametrize(
    "content", [b"a,b\n1,2\n", b"", b"\xff\xfe\x00", b"experiment,gap_nats\nsteps=x,1\n", b"experiment\n,\n"]
)
def test_a_file_that_is_no_sweeps_is_refused_and_left(tmp_path, ending, content):
    path = tmp_path / f"mine{ending}"
    path.write_bytes(content)
    if content == b"" and ending == ".csv":
        assert read_rows(path) == {}  # nothing is lost
        return
    with pytest.raises(ExperimentError, match=f"out must be a new file or the table of a sweep, which 'mine{ending}' is not."):
        read_rows(path)
    assert path.read_bytes() == content


def test_parquet_without_pyarrow_is_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "find_spec", lambda name: None)
    check_table(tmp_path / "a.csv")
    with pytest.raises(ExperimentError, match=r"means must end in \.csv here: \.parquet needs pyarrow"):
        check_table(tmp_path / "a.parquet", "means")


def test_what_varies_is_said_in_the_order_of_the_experiment():
    assert varying(ROWS) == [name for name in DEFAULTS if name in ("dataset", "schedule", "steps", "particles", "seed")]
    assert varying([SMALL]) == []
    assert varying([SMALL], ["seed", "dataset"]) == ["dataset", "seed"]


def test_a_row_has_every_metric_of_the_report_with_its_error():
    from diffviz.diagnostics.report import report_json
    from diffviz.records import Record

    report = report_json(Record.of(SMALL).measured)
    numbers = numbers_of(SMALL)
    pairs = {name: value for name, value in report.items() if isinstance(value, list) and len(value) == 2 and name in numbers}
    assert {"gap_nats", "bound_nats", "energy_distance", "sliced_wasserstein"} <= set(pairs)
    for name, (value, stderr) in pairs.items():
        assert numbers[name] == value
        assert numbers.get(stderr_name(name)) == stderr
    assert numbers["evaluations"] == report["evaluations"] == 4
    assert 0 < numbers["seconds"] < 60
    assert {"evaluations_stderr", "seconds_stderr"}.isdisjoint(numbers)
    assert all(map(math.isfinite, numbers.values()))


@pytest.mark.parametrize("dataset", ["eight_gaussians", "heartbeat", "digits"])
def test_no_metric_has_the_name_of_a_field(dataset):
    assert dataset in DATASETS
    assert not {*numbers_of(Experiment(dataset=dataset, steps=3, particles=4)), table.LINK, table.WEIGHTS} & set(DEFAULTS)


def test_a_run_that_fails_says_why_in_a_sentence():
    assert compute({"denoiser": "nothing"}).startswith("denoiser must be one of")
    assert compute({"stepz": 3}).startswith("experiment has no field 'stepz'")


def test_an_error_that_nobody_foresaw_is_said_too(monkeypatch):
    def broken(experiment):
        raise MemoryError("no room")

    monkeypatch.setattr("diffviz.sweeps.rows.numbers_of", broken)
    assert compute({}) == "MemoryError: no room"


def test_a_table_is_kept_now_and_then_in_the_order_of_the_grid(tmp_path, monkeypatch):
    path, now = tmp_path / "sweep.csv", [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    one, two, other = ROWS
    keeper = Keeper(path, ["seed"], [two, one])
    keeper.keep(ROWS)
    assert not path.exists()
    now[0] = table.LEAST_PAUSE
    keeper.keep({other: ROWS[other], one: ROWS[one]})
    assert list(read_rows(path)) == [one, other]
    keeper.keep(ROWS)
    assert len(read_rows(path)) == 2
    keeper.keep(ROWS, now=True)
    assert list(read_rows(path)) == [two, one, other]


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "sweep.csv"
    write_rows(path, ROWS, [])
    before = path.read_bytes()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("diffviz.files.os.replace", full)
    with pytest.raises(WriteError, match="the disk is full"):
        write_rows(path, dict(list(ROWS.items())[:1]), [])
    assert path.read_bytes() == before
