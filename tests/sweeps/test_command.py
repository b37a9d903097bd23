import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
import torch

from diffviz import checkpoints
from diffviz.__main__ import main
from diffviz.domains.plane.training import Recipe, new_network
from diffviz.experiment import Experiment
from diffviz.files import claimed
from diffviz.sweeps import command
from diffviz.sweeps.cluster import SCHEDULER, SchedulerGoneError
from diffviz.sweeps.rows import compute, weights_of
from diffviz.sweeps.table import read_rows

ROOT = Path(__file__).parents[2]
GRID = ["--grid", "schedule=linear,cosine&steps=4,8", "--grid", "seed=1:2", "--particles", "4"]
RUNS = [
    Experiment(schedule=schedule, steps=steps, seed=seed, particles=4)
    for schedule in ("linear", "cosine")
    for steps in (4, 8)
    for seed in (1, 2)
]


def outputs(folder):
    return ["--out", folder / "sweep.csv", "--means", folder / "means.csv", "--plot", folder / "gap.png"]


@pytest.fixture
def here(monkeypatch):
    """Runs are computed in this process, last ones first; a list of those that were. What is in stops is raised after two."""

    def outcomes(client, experiments):
        for e in reversed(experiments):
            if len(ran) == 2 and here.stops:
                raise here.stops.pop()
            ran.append(e)
            yield e, here.compute(e.to_dict())

    class here:
        stops, compute, ran = [], staticmethod(compute), []

    ran = here.ran
    monkeypatch.delenv(SCHEDULER, raising=False)
    monkeypatch.setattr(command, "workers", lambda count: contextlib.nullcontext())
    monkeypatch.setattr(command, "outcomes", outcomes)
    return here


@pytest.fixture
def sweep(capsys):
    """Code, answer and standard error of a command."""

    def sweep(*arguments):
        code = main(["sweep", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out and json.loads(printed.out), printed.err

    return sweep


def alive(group):
    """Its processes, but for those that have ended and wait to be counted."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def test_a_sweep_writes_a_row_for_each_run_their_means_and_a_plot(here, sweep, tmp_path):
    out, means, plot = (tmp_path / name for name in ("sweep.csv", "means.csv", "gap.png"))
    code, answer, told = sweep(*GRID, "--out", out, "--means", means, "--plot", plot)
    assert code == 0
    assert told.startswith("8 runs.\n")
    assert (answer["runs"], answer["computed"], answer["already"], answer["other_rows"], answer["failed"]) == (8, 8, 0, 0, [])
    assert list(read_rows(out)) == RUNS  # in the order of the grid, whichever ended first
    rows = list(csv.DictReader(means.read_text().splitlines()))
    assert [(row["schedule"], row["steps"], row["seeds"]) for row in rows] == [
        (schedule, steps, "2") for schedule in ("linear", "cosine") for steps in ("4", "8")
    ]
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_the_same_command_computes_nothing_again(here, sweep, tmp_path):
    out = tmp_path / "sweep.csv"
    sweep(*GRID, "--out", out)
    before = out.read_bytes()
    here.ran.clear()
    code, answer, told = sweep(*GRID, "--out", out)
    assert (code, here.ran, answer["computed"], answer["already"]) == (0, [], 0, 8)
    assert told.startswith("8 runs; 8 of the runs are in sweep.csv already.\n")
    assert out.read_bytes() == before


def test_another_grid_adds_its_runs_and_says_that_others_stay(here, sweep, tmp_path):
    out, means = tmp_path / "sweep.csv", tmp_path / "means.csv"
    sweep(*GRID, "--out", out)
    here.ran.clear()
    code, answer, told = sweep("--grid", "schedule=cosine&steps=8,12&seed=2", "--particles", 4, "--out", out, "--means", means)
    new = Experiment(schedule="cosine", steps=12, seed=2, particles=4)
    assert (code, here.ran) == (0, [new])
    assert (answer["runs"], answer["computed"], answer["already"], answer["other_rows"]) == (2, 1, 1, 7)
    assert told.startswith("2 runs; 1 of the runs is in sweep.csv already; rows of other runs that stay there: 7.\n")
    assert set(read_rows(out)) == {*RUNS, new}
    assert [row["steps"] for row in csv.DictReader(means.read_text().splitlines())] == ["8", "12"]  # of this grid alone


@pytest.mark.parametrize(
    ("stop", "code", "says"),
    [
        (KeyboardInterrupt(), 130, "Stopped: 6 of 8"),
        (SchedulerGoneError(), 1, f"The scheduler that {SCHEDULER} names is gone: 6 of 8"),
    ],
)
def test_a_sweep_that_is_stopped_keeps_what_is_finished_and_goes_on(here, sweep, tmp_path, stop, code, says):
    out = tmp_path / "sweep.csv"
    here.stops.append(stop)
    stopped, answer, told = sweep(*GRID, "--out", out)
    assert (stopped, answer) == (code, "")
    assert told.splitlines()[-1] == f"{says} runs are left; the same command goes on."
    assert list(read_rows(out)) == RUNS[-2:]
    assert sweep(*GRID, "--out", out)[1]["computed"] == 6
    assert here.ran == RUNS[:-3:-1] + RUNS[-3::-1]
    assert list(read_rows(out)) == RUNS


def test_a_run_that_fails_is_told_by_name_has_no_row_and_is_tried_again(here, sweep, tmp_path):
    out = tmp_path / "sweep.csv"
    here.compute = lambda fields: "its worker died 3 times." if fields["steps"] == 8 else compute(fields)
    code, answer, told = sweep("--grid", "steps=4,8", "--particles", "4", "--out", out)
    assert code == 1
    assert answer["failed"] == [{"experiment": "steps=8&particles=4", "why": "its worker died 3 times."}]
    assert told.splitlines()[-1] == "No row for steps=8&particles=4: its worker died 3 times."
    assert [e.steps for e in read_rows(out)] == [4]
    here.compute = compute
    assert sweep("--grid", "steps=4,8", "--particles", "4", "--out", out)[1]["computed"] == 1


def save_network(folder, seed):
    recipe = Recipe("rings", hidden=4, layers=1, features=2)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        checkpoints.save(folder / "rings", new_network(recipe), recipe, {}, "")


def test_rows_of_other_weights_are_computed_anew(here, sweep, tmp_path, monkeypatch):
    """Of the exact denoiser nothing is, nor of a network that was written anew and is the same."""
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    out = tmp_path / "sweep.csv"
    grid = ["--grid", "denoiser=exact,learned&seed=1:2", "--dataset", "rings", "--steps", 4, "--particles", 4, "--out", out]
    save_network(tmp_path, 1)
    assert sweep(*grid)[0] == 0
    before = read_rows(out)
    assert [row.weights is None for row in before.values()] == [True, True, False, False]
    os.utime(tmp_path / "rings" / "model.safetensors", ns=(1, 1))
    here.ran.clear()
    assert sweep(*grid)[1]["computed"] == 0
    save_network(tmp_path, 2)
    code, answer, told = sweep(*grid)
    assert (code, answer["computed"], answer["already"], answer["other_rows"]) == (0, 2, 2, 0)
    assert told.startswith(
        "4 runs; 2 of the runs are in sweep.csv already; "
        "2 rows are computed anew, as the table does not have them of the network's present weights.\n"
    )
    after = read_rows(out)
    assert list(after) == list(before)
    assert [e.denoiser for e in after if after[e] != before[e]] == ["learned", "learned"]
    assert sweep(*grid)[1]["computed"] == 0
    lines = list(csv.DictReader(out.read_text().splitlines()))
    with out.open("w", newline="") as file:  # as tables were written before they had that column
        kept = csv.DictWriter(file, [name for name in lines[0] if name != "weights"], extrasaction="ignore")
        kept.writeheader()
        kept.writerows(lines)
    assert [e.denoiser for e in here.ran] == ["learned"] * 2
    assert sweep(*grid)[1]["computed"] == 2
    (tmp_path / "rings" / "model.safetensors").unlink()  # as where a scheduler's workers alone have it
    assert weights_of(next(reversed(after))) is None


def test_combinations_that_are_one_run_are_counted_once(here, sweep, tmp_path):
    code, answer, told = sweep(
        "--grid", "sampler=ancestral,ddim&eta=0,1", "--steps", 4, "--particles", 4, "--out", tmp_path / "a.csv"
    )
    assert (code, answer["runs"], len(here.ran)) == (0, 3, 3)
    assert told.startswith("3 runs; 4 combinations, some of which differ only in fields that the run does not read.\n")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--grid", "steps=5,x"], "steps must be a whole number"),
        (["--grid", "seed=1,2", "--seed", "3"], "grid must not name seed, which --seed sets."),
        (["--grid", "steps=5,10", "--workers", "0"], "workers must be a whole number from 1 to 256, not '0'."),
        (["--grid", "steps=5,10", "--workers", "two"], "workers must be a whole number"),
        (["--grid", "steps=5,10", "--out", "a.txt"], "out must end in .csv or .parquet, not 'a.txt'."),
        (["--grid", "steps=5,10", "--out", "nowhere/a.csv"], "out must be a file in a folder that exists."),
        (["--grid", "steps=5,10", "--means", "a.png"], "means must end in .csv or .parquet"),
        (["--grid", "steps=5,10", "--plot", "a.gif"], "plot must end in .png or .pdf"),
        (["--grid", "steps=5,10", "--plot", "a.png", "--metric", "gap"], "metric must be what all runs have"),
        (["--grid", "steps=5,10", "--denoiser", "nothing"], "denoiser must be one of"),
        (["--grid", "steps=5,10", "--device", "mps"], "device"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_before_anything_runs(here, sweep, tmp_path, monkeypatch, options, says):
    monkeypatch.chdir(tmp_path)
    code, answer, told = sweep("--out", "sweep.csv", *options)
    assert (code, answer, here.ran) == (2, "", [])
    assert told.startswith(says)
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_workers_are_not_counted_where_a_scheduler_has_its_own(here, sweep, tmp_path, monkeypatch):
    monkeypatch.setenv(SCHEDULER, "tcp://127.0.0.1:1")
    code, _, told = sweep("--grid", "steps=5,10", "--workers", "2", "--out", tmp_path / "a.csv")
    assert (code, told) == (2, f"workers must be left out: {SCHEDULER} names a scheduler, whose workers compute.\n")


def test_a_file_that_is_not_a_sweeps_is_left(here, sweep, tmp_path):
    out = tmp_path / "mine.csv"
    out.write_text("a,b\n1,2\n")
    code, _, told = sweep("--grid", "steps=5,10", "--out", out)
    assert (code, told) == (2, "out must be a new file or the table of a sweep, which 'mine.csv' is not.\n")
    assert out.read_text() == "a,b\n1,2\n"


def test_the_rows_of_a_sweep_hold_the_gaps_of_the_pages_figure(here, sweep, tmp_path, monkeypatch):
    """One particle is enough for both: the gap is found by quadrature."""
    from diffviz.views.plane.sweep import gap_sweep

    for module in ("sweep", "plane.sweep"):
        monkeypatch.setattr(f"diffviz.views.{module}.STEPS", (5, 10, 20))
    *_, last = gap_sweep(Experiment(schedule="cosine", variance="beta"), Experiment(schedule="linear", variance="beta"))
    drawn = {trace["name"].split(",")[0][3:]: trace["y"] for trace in last["figure"]["data"][:2]}
    out = tmp_path / "gap.parquet"
    grid = ["--grid", "schedule=cosine,linear&steps=5,10,20", "--particles", 1, "--variance", "beta"]
    assert sweep(*grid, "--out", out)[0] == 0
    rows = read_rows(out)
    for schedule, title in (("cosine", "Cosine"), ("linear", "Linear")):
        assert [row.numbers["gap_nats"] for e, row in rows.items() if e.schedule == schedule] == drawn[title]


def test_without_a_table_rows_are_in_the_answer(here, sweep, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, answer, _ = sweep(*GRID)
    assert (code, "out" in answer, answer["runs"]) == (0, False, 8)
    assert [Experiment.from_query(row["experiment"]) for row in answer["rows"]] == RUNS
    assert answer["rows"][0]["gap_nats"] == pytest.approx(compute(RUNS[0].to_dict()).numbers["gap_nats"], rel=1e-3)
    here.ran.clear()
    here.stops.append(KeyboardInterrupt())
    assert sweep(*GRID)[2].splitlines()[-1] == "Stopped: 6 of 8 runs are left; nothing is kept without --out."
    assert list(tmp_path.iterdir()) == []


def test_a_finished_table_is_drawn_without_a_worker(here, sweep, tmp_path, monkeypatch):
    out, plot = tmp_path / "sweep.csv", tmp_path / "gap.png"
    sweep(*GRID, "--out", out)
    monkeypatch.delattr(command, "workers")
    assert sweep(*GRID, "--out", out, "--plot", plot)[1]["computed"] == 0
    assert plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("option", "name"), [("out", "sweep.csv"), ("means", "means.csv"), ("plot", "gap.png")])
def test_a_file_that_another_sweep_is_writing_is_refused(here, sweep, tmp_path, option, name):
    with claimed(tmp_path / name):
        assert sweep(*GRID, *outputs(tmp_path)) == (
            2,
            "",
            f"{option} must be a file that no other sweep is writing now, which '{name}' is not.\n",
        )
        assert sweep("--grid", "steps=4,8", "--particles", 4, "--out", tmp_path / "other.csv")[0] == 0
    assert len(here.ran) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]


def test_a_sweep_holds_all_its_files_until_they_are_written(here, sweep, tmp_path):
    def look(fields):
        for path in outputs(tmp_path)[1::2] if len(here.ran) == len(RUNS) else ():  # each takes the time of a claim's tries
            with claimed(path) as free:
                found.append(free)
        return compute(fields)

    found, here.compute = [], look
    assert sweep(*GRID, *outputs(tmp_path))[0] == 0
    assert found == [False] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gap.png", "means.csv", "sweep.csv"]


@pytest.mark.parametrize("same", ["name", "folder", "link"])
def test_two_outputs_that_are_one_file_are_refused_before_anything_runs(here, sweep, tmp_path, monkeypatch, same):
    """The means would be all that is left of the table."""
    out = tmp_path / "sweep.csv"
    sweep(*GRID, "--out", out)
    before = out.read_bytes()
    here.ran.clear()
    monkeypatch.chdir(tmp_path)
    link = tmp_path / "means.csv"
    if same == "link":
        link.symlink_to(out)
    means = {"name": out, "folder": Path("..") / tmp_path.name / "sweep.csv", "link": link}[same]
    code, answer, told = sweep("--grid", "steps=5,10", "--out", "sweep.csv", "--means", means)
    assert (code, answer, here.ran) == (2, "", [])
    assert told == f"means must be another file than that of --out, which '{means.name}' is not.\n"
    assert out.read_bytes() == before


def test_a_plot_that_is_a_link_to_the_table_is_refused(here, sweep, tmp_path):
    out, plot = tmp_path / "sweep.csv", tmp_path / "gap.png"
    plot.symlink_to(out)
    code, _, told = sweep("--grid", "steps=5,10", "--out", out, "--plot", plot)
    assert (code, here.ran) == (2, [])
    assert told == "plot must be another file than that of --out, which 'gap.png' is not.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal's Ctrl-C goes to a group of processes there by other means")
def test_ctrl_c_in_a_terminal_keeps_what_is_finished_and_leaves_no_process(tmp_path):
    """It reaches the workers as well, which say nothing of it."""
    out = tmp_path / "sweep.csv"
    line = ["-m", "diffviz", "sweep", "--grid", "seed=0:9999", "--steps", "4", "--particles", "4", "--workers", "1", "--out", out]
    code = "import diffviz.sweeps.table as t, diffviz.__main__ as m, sys; t.LEAST_PAUSE = 0.1; sys.exit(m.main(sys.argv[1:]))"
    parts = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True, "cwd": ROOT}
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # though these tests run in the background
    environment = {name: value for name, value in os.environ.items() if name != SCHEDULER}
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, line[2:])], env=environment, preexec_fn=heard, **parts
    ) as process:
        while not out.exists() and process.poll() is None:
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        printed, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert printed == ""
    assert "Traceback" not in told
    finished = len(read_rows(out))
    assert finished
    assert told.splitlines()[-1] == f"Stopped: {10_000 - finished} of 10000 runs are left; the same command goes on."
    left = alive(process.pid)
    assert psutil.wait_procs(left, timeout=20)[1] == []
